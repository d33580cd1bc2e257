/** The state of PV vCPUs, finding by finding: what is said of it, and how much of it is kept. */
import { describe, expect, it } from 'vitest'
import { record, words } from '../build.testing.js'
import { concat } from '../images.testing.js'
import { ByteQueue } from '../input/queue.js'
import {
  X86_PV_VCPU_BASIC,
  X86_PV_VCPU_EXTENDED,
  X86_PV_VCPU_MSRS,
  X86_PV_VCPU_XSAVE,
} from '../records/types.js'
import { Cursor } from '../walk.js'
import type { Fault } from './finding.js'
import { basic, frames, PAGES, PLACES, page, pages, pvImage } from './pv.testing.js'
import { PvPages } from './pv-pages.js'
import { PvVcpus } from './pv-vcpus.js'
import { ImageVerifier } from './verifier.js'

/** Code, verdicts and message of each finding. */
function said(image: Uint8Array, vcpus?: number): [string, string, string][] {
  const verifier = new ImageVerifier(vcpus === undefined ? {} : { vcpus })
  verifier.push(image)
  return verifier
    .end()
    .findings.map(({ code, rejects, message }) => [code, rejects.join(), message])
}

/** X86_PV_VCPU_BASIC with words of 32 bits at the places given. */
function state(size: number, values: Readonly<Record<number, number>>, vcpu = 0): Uint8Array {
  const body = new Uint8Array(8 + size)
  const view = new DataView(body.buffer)
  view.setUint32(0, vcpu, true)
  for (const [at, value] of Object.entries(values)) view.setUint32(8 + Number(at), value, true)
  return record(4, body)
}

const { edx, gdtFrames, gdtEntries, cr1, cr3 } = PLACES
const BEYOND = 'which is beyond the last of the guest, 0x9'
const deep = (message: string) => ['DEEP', 'restore', message]

describe('pages that a vCPU of 64 bits names', () => {
  const START = { [edx]: 1, [cr3]: 5 << 12 }

  it.each<[string, Record<number, number>, string[]]>([
    ['no fault', START, []],
    ['flags in cr3', { [edx]: 1, [cr3]: (5 << 12) + 0x18 }, []],
    [
      'a start info above 2^32',
      { ...START, [edx + 4]: 3 },
      [`vCPU 0: its start info is page 0x300000001, ${BEYOND}`],
    ],
    [
      'a cr3 above 2^44',
      { ...START, [cr3 + 4]: 0x1200 },
      [`vCPU 0: cr3 is page 0x120000005, ${BEYOND}`],
    ],
    [
      'a cr1 above 2^44',
      { ...START, [cr1]: 0x4001, [cr1 + 4]: 0x1000 },
      [`vCPU 0: cr1 is page 0x100000004, ${BEYOND}`],
    ],
    [
      'a cr1 that is a table of a lower level',
      { ...START, [cr1]: 0x4001 },
      ['vCPU 0: cr1 is page 0x4, which is no page table of level 4'],
    ],
    ['one frame of a GDT', { ...START, [gdtEntries]: 512, [gdtFrames]: 6, [gdtFrames + 8]: 4 }, []],
    [
      'two frames',
      { ...START, [gdtEntries]: 513, [gdtFrames]: 6, [gdtFrames + 8]: 4, [gdtFrames + 12]: 1 },
      [`vCPU 0: frame 1 of its GDT is page 0x100000004, ${BEYOND}`],
    ],
    ['the longest GDT', { ...START, [gdtEntries]: 7168 }, []],
    [
      'a longer GDT',
      { ...START, [gdtEntries]: 7169 },
      ['vCPU 0: its GDT has 7169 entries, and 7168 are the most'],
    ],
    [
      'a GDT of more than 2^32 entries',
      { ...START, [gdtEntries + 4]: 2 },
      [`vCPU 0: its GDT has ${2 ** 33} entries, and 7168 are the most`],
    ],
    [
      'a start info in a page table',
      { ...START, [edx]: 4 },
      ['vCPU 0: its start info is page 0x4, which is no plain page but of type 1'],
    ],
    [
      'a start info that was never sent',
      { ...START, [edx]: 8 },
      ['vCPU 0: its start info is page 0x8, which was never sent'],
    ],
  ])('%s', (_, values, messages) => {
    expect(said(pvImage({ vcpus: state(5168, values) }))).toEqual(messages.map(deep))
  })

  it('have to be plain by their type, even a reserved one', () => {
    const listed = pages(...PAGES.filter(({ pfn }) => pfn !== 1), { pfn: 1, type: 8 })
    expect(said(pvImage({ pages: listed }))).toContainEqual(
      deep('vCPU 0: its start info is page 0x1, which is no plain page but of type 8'),
    )
  })

  it('are not judged beyond 64 GiB, which is said', () => {
    const verifier = new ImageVerifier()
    const table = new Uint32Array(2 + 2 * (2 ** 15 + 1))
    table.set([0, 2 ** 24])
    table.set([2 ** 24], 16)
    const longest = record(3, new Uint8Array(table.buffer))
    verifier.push(pvImage({ frames: longest, vcpus: basic({ cr3: 2 ** 24 * 4096 }) }))
    expect(verifier.end()).toMatchObject({
      findings: [],
      unseen: ['The types of pages beyond the first 64 GiB of the guest.'],
    })
  })
})

describe('the start info', () => {
  const torn = page({ 7: 2, 9: 99 })
  const withTorn = (pfn: number) =>
    pages(...PAGES.map((known) => (known.pfn === pfn ? { ...known, content: torn } : known)))
  const words1 =
    'its start info, page 0x1, has pages for xenstore or the console that the guest does not have'

  it('is looked into where nothing else of the vCPU is wrong', () => {
    expect(said(pvImage({ pages: withTorn(1) }))).toEqual([deep(`vCPU 0: ${words1}`)])
    const wrong = pvImage({ pages: withTorn(1), vcpus: basic({ cr3: 4 * 4096 }) })
    expect(said(wrong)).toEqual([
      deep('vCPU 0: cr3 is page 0x4, which is no page table of level 4'),
    ])
  })

  it('is that of vCPU 0 alone', () => {
    const vcpus = concat([basic(), basic({ edx: 99 }, 1), basic({ edx: 6 }, 2)])
    expect(said(pvImage({ pages: withTorn(6), vcpus }))).toEqual([])
  })
})

describe('a vCPU of 32 bits', () => {
  const info = record(2, Uint8Array.of(4, 3, 0, 0, 0, 0, 0, 0))
  const table = { pfn: 5, type: 0xb, content: page() }
  // The start info has its words at 44 and 52.
  const start = { pfn: 1, type: 0, content: page({ 5: 2 * 2 ** 32, 6: 3 * 2 ** 32, 9: 99 }) }
  const listed = pages(
    ...PAGES.map((known) => [start, table].find((p) => p.pfn === known.pfn) ?? known),
  )
  const judged = (values: Readonly<Record<number, number>>) =>
    said(
      pvImage({
        info,
        frames: frames(0, 9, 0),
        pages: listed,
        vcpus: state(2800, { 524: 1, 2728: 5 << 12, ...values }),
      }),
    )

  it.each<[string, Record<number, number>, string[]]>([
    ['has words of 32 bits', { 528: 1, 2708: 1, 2732: 1 }, []],
    [
      'has the frames of its GDT side by side',
      { 2704: 1024, 2640: 6, 2644: 4 },
      ['vCPU 0: frame 1 of its GDT is page 0x4, which is no plain page but of type 1'],
    ],
    [
      'has a table of level 3',
      { 2728: 4 << 12 },
      ['vCPU 0: cr3 is page 0x4, which is no page table of level 3'],
    ],
  ])('%s', (_, values, messages) => {
    expect(judged(values)).toEqual(messages.map(deep))
  })
})

describe('records', () => {
  it.each<[string, number, number, string]>([
    ['X86_PV_VCPU_BASIC', 4, 5160, '5168 bytes'],
    ['X86_PV_VCPU_EXTENDED', 5, 136, 'at most 128 bytes'],
    ['X86_PV_VCPU_XSAVE', 6, 8, 'at least 16 bytes'],
    ['X86_PV_VCPU_MSRS', 0xc, 24, 'a multiple of 16 bytes'],
  ])('of another size: %s', (name, type, bytes, wanted) => {
    const more = record(type, concat([words(1, 0), new Uint8Array(bytes)]))
    expect(said(pvImage({ vcpus: concat([basic(), more]) }))).toEqual([
      [
        'BAD_VCPU',
        'verify,restore',
        `${name} of vCPU 1 has ${bytes} bytes of state, and has to have ${wanted}`,
      ],
    ])
  })

  it('of a vCPU that the domain does not have, or that comes twice', () => {
    expect(said(pvImage({ vcpus: concat([basic(), basic({ cr3: 0 }, 2)]) }), 2)).toEqual([
      ['VCPU_OUT_OF_RANGE', 'restore', 'X86_PV_VCPU_BASIC is of vCPU 2, and the domain has 2'],
    ])
    expect(said(pvImage({ vcpus: concat([basic(), basic({}, 1), basic({}, 1)]) }))).toEqual([
      ['DUPLICATE_RECORD', 'verify', 'X86_PV_VCPU_BASIC of vCPU 1 comes a second time in a round'],
    ])
  })

  it('of the highest number are told apart by their type', () => {
    const blob = concat([words(0xffff_ffff, 0), new Uint8Array(16)])
    const vcpus = concat([basic(), record(5, blob), record(6, blob), record(0xc, blob)])
    expect(said(pvImage({ vcpus }))).toEqual([])
  })
})

describe('what is kept', () => {
  /** A judge of vCPUs alone, and what it found. */
  function vcpusAlone() {
    const found: Fault[] = []
    const bench = {
      options: {},
      cursor: new Cursor(new ByteQueue()),
      found: (fault: Fault) => found.push(fault),
      unseen: () => undefined,
    }
    const vcpus = new PvVcpus(bench)
    const bodies = new Map<number, Uint8Array>()
    const take = (type: number, vcpu: number, size: number, cr3Page = 5) => {
      const body = bodies.get(type) ?? new Uint8Array(8 + size)
      bodies.set(type, body)
      const view = new DataView(body.buffer)
      view.setUint32(0, vcpu, true)
      if (type === X86_PV_VCPU_BASIC) view.setUint32(8 + cr3, cr3Page << 12, true)
      const { length } = body
      const piece = { type, name: 'X', layer: 'libxc', offset: vcpu, length, size: length } as const
      const { reader } = vcpus.read(piece, 8)
      reader.take(body)
      reader.end()
    }
    const tables = new PvPages()
    tables.list(5, 4)
    const complete = () =>
      vcpus
        .complete({ pages: tables, last: 9, width: 8, contents: false }, 0)
        .map(({ offset }) => offset)
    return { vcpus, take, complete, codes: () => found.map(({ code }) => code) }
  }

  it('are the first 200 faults', () => {
    const { vcpus, take, complete } = vcpusAlone()
    for (let vcpu = 0; vcpu < 201; vcpu++) take(X86_PV_VCPU_BASIC, vcpu, 5168, 6)
    vcpus.commit()
    expect(complete()).toEqual(Array.from({ length: 200 }, (_, vcpu) => vcpu))
  })

  it('are the states of 8192 vCPUs, the last of each', () => {
    const { vcpus, take, complete } = vcpusAlone()
    for (let vcpu = 0; vcpu < 8193; vcpu++) take(X86_PV_VCPU_BASIC, vcpu, 5168, vcpu < 8191 ? 5 : 6)
    take(X86_PV_VCPU_BASIC, 3, 5168, 6)
    vcpus.commit()
    expect(complete()).toEqual([3, 8191])
  })

  it('are the numbers of as many records of the four types', () => {
    const { take, codes } = vcpusAlone()
    for (const [type, size] of [
      [X86_PV_VCPU_EXTENDED, 8],
      [X86_PV_VCPU_XSAVE, 16],
      [X86_PV_VCPU_MSRS, 16],
    ] as const)
      for (let vcpu = 0; vcpu < 8192; vcpu++) take(type, vcpu, size)
    for (let vcpu = 8192; vcpu < 2 * 8192; vcpu++) take(X86_PV_VCPU_MSRS, vcpu, 16)
    take(X86_PV_VCPU_MSRS, 2 * 8192 - 1, 16)
    take(X86_PV_VCPU_MSRS, 2 * 8192, 16)
    expect(codes()).toEqual(['DUPLICATE_RECORD'])
    take(X86_PV_VCPU_MSRS, 2 * 8192, 16)
    expect(codes()).toEqual(['DUPLICATE_RECORD'])
  })
})
