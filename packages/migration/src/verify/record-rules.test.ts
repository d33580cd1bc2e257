/** Lengths and reserved bytes of the records of a libxc image: what each has to be, and how it is said. */
import { describe, expect, it } from 'vitest'
import { ByteQueue } from '../input/queue.js'
import { Cursor } from '../walk.js'
import type { Fault } from './finding.js'
import { brokenLengths, lengthInWords, noteReservedBytes, reservedBody } from './record-rules.js'

const PAGE_DATA = 1
const UNKNOWN = 0x2a

describe('lengths', () => {
  it.each([
    ['END', 0, 8, ['no body']],
    ['X86_PV_INFO', 2, 7, ['at least 8 bytes']],
    ['X86_PV_INFO', 2, 9, ['at most 8 bytes']],
    ['X86_PV_P2M_FRAMES', 3, 4, ['at least 8 bytes', 'a multiple of 8 bytes']],
    ['X86_PV_P2M_FRAMES', 3, 20, ['a multiple of 8 bytes']],
    ['SHARED_INFO', 7, 4095, ['exactly 4096 bytes']],
    ['SHARED_INFO', 7, 4097, ['exactly 4096 bytes']],
    ['HVM_CONTEXT', 9, 0, ['something in it']],
    ['X86_CPUID_POLICY', 0x11, 0, ['a multiple of 24 bytes and something in it']],
    ['X86_MSR_POLICY', 0x12, 24, ['a multiple of 16 bytes and something in it']],
    ['X86_CPUID_POLICY', 0x11, 48, []],
    ['X86_TSC_INFO', 8, 24, []],
    // Its length follows its count.
    ['PAGE_DATA', PAGE_DATA, 3, []],
    ['nothing that Xen knows', UNKNOWN, 3, []],
  ])('of %s: type %i with %i bytes', (_, type, length, broken) =>
    expect(brokenLengths(type, length).map(lengthInWords)).toEqual(broken),
  )

  it('are said in full', () => {
    expect(lengthInWords({ least: 2 })).toBe('at least 2 bytes')
    expect(lengthInWords({ least: 4, most: 16, unit: 4 })).toBe(
      'at least 4 bytes and at most 16 bytes and a multiple of 4 bytes',
    )
  })
})

describe('reserved bytes', () => {
  const benchOf = (found: Fault[]) => ({
    options: {},
    cursor: new Cursor(new ByteQueue()),
    found: (fault: Fault) => found.push(fault),
    unseen: () => undefined,
  })
  const noted = (type: number, ...bytes: readonly number[]) => {
    const found: Fault[] = []
    noteReservedBytes(benchOf(found), type, 100, new DataView(Uint8Array.of(...bytes).buffer))
    return found
  }
  const fault = { code: 'RESERVED_BITS', message: 'Bytes 2 to 7 of the body have to be zero' }

  it('are found by the first that is not zero', () => {
    expect(noted(2, 8, 4, 0, 0, 0, 0, 0, 0, 9)).toEqual([])
    expect(noted(2, 8, 4, 1, 1, 0, 0, 0, 0)).toEqual([{ ...fault, offset: 110 }])
    expect(noted(2, 8, 4, 0, 0, 0, 0, 0, 1)).toEqual([{ ...fault, offset: 115 }])
    // There are no more of them in a body that is too short.
    expect(noted(2, 8, 4, 0, 0)).toEqual([])
  })

  it('are in some records only', () => {
    const body = (type: number) =>
      reservedBody(
        { layer: 'libxc', name: 'X', type, offset: 0, length: 64, size: 72 },
        benchOf([]),
      )
    for (const type of [PAGE_DATA, UNKNOWN]) {
      expect(noted(type, 255, 255, 255, 255)).toEqual([])
      expect(body(type)).toBeNull()
    }
    expect(body(8)?.shown).toBe(24)
  })
})
