/** What is found in the lists of PAGE_DATA: which entry, where in the image, and what is said of it. */
import { describe, expect, it } from 'vitest'
import { ByteQueue } from '../input/queue.js'
import { Cursor } from '../walk.js'
import type { Fault } from './finding.js'
import { JudgedLists, type ListOwner } from './judged-lists.js'

/** An entry by its pfn and what is above it: four bits of type, eight that have to be zero. */
interface Entry {
  readonly pfn: number
  readonly type?: number
  readonly reserved?: number
}

/** A list, one byte behind where it would be aligned. */
function listOf(entries: readonly Entry[]): Uint8Array {
  const bytes = new Uint8Array(entries.length * 8 + 1).subarray(1)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  for (const [at, { pfn, type = 0, reserved = 0 }] of entries.entries())
    view.setBigUint64(at * 8, (BigInt(type) << 60n) | (BigInt(reserved) << 52n) | BigInt(pfn), true)
  return bytes
}

type Owner = Pick<ListOwner, 'kind' | 'lastPfn'>

const PV: Owner = { kind: 'pv', lastPfn: 0x1_2345_6789 }
const HVM: Owner = { kind: 'hvm', lastPfn: null }

/** Lists of an image from its byte 1000 on, and what is found in them. */
function judged(owner: Owner, maxPfn?: number) {
  const found: Fault[] = []
  const cursor = new Cursor(new ByteQueue())
  cursor.pass(1000)
  const lists = new JudgedLists(
    {
      options: maxPfn === undefined ? {} : { maxPfn },
      cursor,
      found: (fault) => found.push(fault),
      unseen: () => {},
    },
    { ...owner, list: () => {} },
  )
  const add = (...entries: readonly Entry[]) => {
    cursor.pass(entries.length * 8)
    return lists.add(listOf(entries))
  }
  return { lists, add, found }
}

describe('a page that cannot be', () => {
  it('is found where its entry is, and called by its whole number: PV', () => {
    const { add, found } = judged(PV)
    add({ pfn: 1 }, { pfn: 0x1_2345_6789 }, { pfn: 2 }, { pfn: 0x5_8765_4321, type: 0xf })
    expect(found).toEqual([
      {
        code: 'PFN_OUT_OF_RANGE',
        message: expect.stringMatching(/^Page 0x587654321 .* the guest, 0x123456789 by/),
        offset: 1024,
      },
    ])
  })

  it('is found where its entry is, and called by its whole number: HVM', () => {
    const { add, found } = judged(HVM)
    add({ pfn: 2 ** 36 - 1 }, { pfn: 2 ** 40, type: 0xf }, { pfn: 0xf_edcb_a987_6543 })
    expect(found).toEqual([
      {
        code: 'PFN_OUT_OF_RANGE',
        message: expect.stringMatching(/ page 0xfedcba9876543: .* 0xfffffffff$/),
        offset: 1016,
        rejects: ['restore'],
      },
    ])
  })

  it('is one above what the receiver can give', () => {
    const { add, found } = judged(HVM, 0xff)
    add({ pfn: 0xff })
    expect(found).toEqual([])
    add({ pfn: 0x100 })
    expect(found).toMatchObject([{ message: expect.stringMatching(/0x100: .* 0xff$/) }])
  })

  it.each<Owner>([
    { kind: 'pv', lastPfn: null },
    { kind: null, lastPfn: null },
  ])('is not known of a guest of kind $kind whose last page is $lastPfn', (owner) => {
    const { add, found } = judged(owner)
    expect(add({ pfn: 2 ** 40 })).toMatchObject({ beyond: 0, beyondBacked: 0 })
    expect(found).toEqual([])
  })
})

describe('reserved bits', () => {
  it('are found where their entry is', () => {
    const { add, found } = judged(HVM)
    add({ pfn: 1 }, { pfn: 2 }, { pfn: 3 }, { pfn: 4, reserved: 0x80 })
    expect(found).toMatchObject([{ code: 'RESERVED_BITS', offset: 1024 }])
  })
})

describe('a list that comes in pieces', () => {
  it('has the first fault of each kind found, the next list its own', () => {
    const { lists, add, found } = judged(HVM)
    lists.begin()
    add({ pfn: 1, reserved: 1 })
    add({ pfn: 2, reserved: 1 }, { pfn: 2 ** 40 })
    add({ pfn: 2 ** 41 })
    expect(found).toMatchObject([
      { code: 'RESERVED_BITS', offset: 1000 },
      { code: 'PFN_OUT_OF_RANGE', offset: 1016 },
    ])
    lists.begin()
    add({ pfn: 2 ** 41 })
    expect(found.slice(2)).toMatchObject([{ code: 'PFN_OUT_OF_RANGE', offset: 1032 }])
  })
})
