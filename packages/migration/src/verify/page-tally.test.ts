/** Lists of pfns, counted as one would count them with a Set, and bounded whatever they say. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PageTypeName } from '../records/page-types.js'
import { PageTally } from './page-tally.js'

interface Entry {
  readonly pfn: number
  readonly type: number
  /** Bits 52 to 59. */
  readonly reserved: number
}

const NAMES: readonly PageTypeName[] = [
  'NOTAB',
  'L1TAB',
  'L2TAB',
  'L3TAB',
  'L4TAB',
  'RESERVED',
  'RESERVED',
  'RESERVED',
  'RESERVED',
  'L1TAB_PINNED',
  'L2TAB_PINNED',
  'L3TAB_PINNED',
  'L4TAB_PINNED',
  'BROKEN',
  'XALLOC',
  'XTAB',
]

/** A list at an address that is a multiple of 8, and so many bytes more. */
function listOf(entries: readonly Entry[], shift = 0): Uint8Array {
  const bytes = new Uint8Array(entries.length * 8 + 8).subarray(shift, shift + entries.length * 8)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  entries.forEach(({ pfn, type, reserved }, at) => {
    const word = (BigInt(type) << 60n) | (BigInt(reserved) << 52n) | BigInt(pfn)
    view.setBigUint64(at * 8, word, true)
  })
  return bytes
}

const plain = (pfn: number, type = 0): Entry => ({ pfn, type, reserved: 0 })
const hasData = (type: number) => type < 5 || (type > 8 && type < 0xd)
const isReserved = (type: number) => type > 4 && type < 9

/** Pfns that lie together, far apart, and at the ends. */
const pfns = fc.oneof(
  fc.nat({ max: 100 }),
  fc.nat({ max: 100_000 }),
  fc.nat({ max: 2 ** 31 }),
  fc.integer({ min: 2 ** 32 - 40, max: 2 ** 32 + 40 }),
  fc.integer({ min: 2 ** 52 - 50, max: 2 ** 52 - 1 }),
  fc.maxSafeNat().map((pfn) => pfn % 2 ** 52),
)
const entries = fc.record({
  pfn: pfns,
  type: fc.nat({ max: 15 }),
  reserved: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, fc.nat({ max: 255 })),
})
const runs = fc
  .record({ first: pfns, length: fc.nat({ max: 80 }), type: fc.nat({ max: 15 }) })
  .map(({ first, length, type }) =>
    Array.from({ length }, (_, at) => plain((first + at) % 2 ** 52, type)),
  )
const lists = fc.oneof(fc.array(entries, { maxLength: 60 }), runs)

describe('lists', () => {
  it('are counted as a Set counts them, however they lie in memory', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(lists, { maxLength: 5 }), { maxLength: 4 }),
        fc.nat({ max: 7 }),
        (rounds, shift) => {
          const tally = new PageTally()
          const seen = new Set<number>()
          const expected = rounds.map((round) => {
            const all = round.flat()
            let resent = 0
            for (const { pfn } of all) {
              if (seen.has(pfn)) resent++
              seen.add(pfn)
            }
            const withData = all.filter(({ type }) => hasData(type)).length
            return { listed: all.length, withData, resent }
          })
          rounds.forEach((round, at) => {
            if (at > 0) tally.endRound()
            for (const list of round) tally.add(listOf(list, shift))
          })
          const all = rounds.flat(2)
          const types: Partial<Record<PageTypeName, number>> = {}
          for (const { type } of all) {
            const name = NAMES[type] ?? 'RESERVED'
            types[name] = (types[name] ?? 0) + 1
          }
          if (expected.at(-1)?.listed === 0) expected.pop()
          const sum = (name: 'listed' | 'withData' | 'resent') =>
            expected.reduce((total, round) => total + round[name], 0)
          expect(tally.summary()).toEqual({
            listed: all.length,
            withData: sum('withData'),
            unique: seen.size,
            resent: sum('resent'),
            highestPfn: Math.max(-1, ...seen),
            types,
            rounds: expected,
          })
        },
      ),
    )
  })

  it('are judged by their first entry of each kind', () => {
    fc.assert(
      fc.property(lists, pfns, fc.nat({ max: 7 }), (list, maxPfn, shift) => {
        const tally = new PageTally()
        tally.maxPfn = maxPfn
        expect(tally.add(listOf(list, shift))).toEqual({
          withData: list.filter(({ type }) => hasData(type)).length,
          reservedType: list.findIndex(({ type }) => isReserved(type)),
          reservedBits: list.findIndex(({ reserved }) => reserved !== 0),
          beyond: list.findIndex(({ pfn }) => pfn > maxPfn),
          beyondBacked: list.findIndex(
            ({ pfn, type }) => pfn > maxPfn && type !== 0xd && type !== 0xf,
          ),
        })
      }),
    )
  })

  it.each([32_766, 65_504, 2 ** 36 - 2])(
    'are beyond the last pfn %i from the next one on, at the end of what is remembered together',
    (maxPfn) => {
      const tally = new PageTally()
      tally.maxPfn = maxPfn
      expect(tally.add(listOf([plain(maxPfn)])).beyond).toBe(-1)
      expect(tally.add(listOf([plain(maxPfn + 1)])).beyond).toBe(0)
    },
  )

  it('may be cut anywhere between entries', () => {
    fc.assert(
      fc.property(lists, fc.nat({ max: 60 }), (list, cut) => {
        const [whole, pieces] = [new PageTally(), new PageTally()]
        whole.add(listOf(list))
        pieces.add(listOf(list.slice(0, cut)))
        pieces.add(listOf(list.slice(cut)))
        expect(pieces.summary()).toEqual(whole.summary())
      }),
    )
  })
})

describe('a list', () => {
  it('is judged by its own entries, whatever a longer one before it had', () => {
    const tally = new PageTally()
    tally.maxPfn = 9
    const shifted = 1
    expect(tally.add(listOf([plain(1), plain(10)], shifted))).toMatchObject({
      beyond: 1,
      beyondBacked: 1,
    })
    expect(tally.add(listOf([plain(10, 0xf)], shifted))).toMatchObject({
      beyond: 0,
      beyondBacked: -1,
    })
  })
})

describe('what is remembered', () => {
  it('is bounded, and what is not known is not said', () => {
    const tally = new PageTally(2)
    tally.add(listOf([plain(1), plain(40_000), plain(1)]))
    tally.endRound()
    tally.add(listOf([plain(2 ** 40), plain(2 ** 40), plain(1)]))
    tally.endRound()
    // The first two blocks are known for good.
    tally.add(listOf([plain(1), plain(2), plain(40_000)]))
    expect(tally.summary()).toEqual({
      listed: 9,
      withData: 9,
      unique: null,
      resent: null,
      highestPfn: 2 ** 40,
      types: { NOTAB: 9 },
      rounds: [
        { listed: 3, withData: 3, resent: 1 },
        { listed: 3, withData: 3, resent: null },
        { listed: 3, withData: 3, resent: 2 },
      ],
    })
  })

  it('has the highest pfn to the bit, also of those that are not remembered', () => {
    const tally = new PageTally(1)
    tally.add(listOf([plain(1), plain(2 ** 40 + 40_013), plain(2 ** 40 + 7)]))
    expect(tally.summary()).toMatchObject({ unique: null, highestPfn: 2 ** 40 + 40_013 })
  })

  it('takes 32 MiB at most, whatever the pfns are', () => {
    const tally = new PageTally()
    const before = process.memoryUsage().arrayBuffers
    let pfn = 0
    for (let list = 0; list < 100; list++)
      tally.add(
        listOf(
          Array.from({ length: 1000 }, () => {
            pfn = (pfn + 32_768 * 40_503 + 1) % 2 ** 52
            return plain(pfn)
          }),
        ),
      )
    expect(tally.summary()).toMatchObject({ listed: 100_000, unique: null })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(34 * 2 ** 20)
  })

  it('is not a list of rounds without end', () => {
    const tally = new PageTally()
    for (let round = 0; round < 10_100; round++) {
      tally.add(listOf([plain(round)]))
      tally.endRound()
    }
    const { rounds, listed } = tally.summary()
    expect(listed).toBe(10_100)
    expect(rounds).toHaveLength(10_001)
    expect(rounds.at(-1)).toEqual({ listed: 100, withData: 100, resent: 0 })
  })
})
