import { Featureset, featureTable } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { combineFeaturesets } from './combine.js'

interface RecordedPool {
  kind: string
  hosts: string[]
  featuresets: string[]
  rawAnd: string
  peerCombine: string
}

const parse = (texts: readonly string[]) => texts.map((text) => Featureset.parse(text))

describeRecorded('levelling/pools.json', () => {
  const { pools } = readRecordedJson<{ pools: RecordedPool[] }>('levelling/pools.json')

  it.each(pools.map((pool, at) => ({ ...pool, at })))(
    'pool $at, $kind',
    ({ featuresets, rawAnd, peerCombine }) => {
      const sets = parse(featuresets)
      expect(combineFeaturesets(sets, { method: 'intersection' }).toString()).toBe(rawAnd)
      expect(combineFeaturesets(sets).toString()).toBe(peerCombine)
      expect(combineFeaturesets([...sets].reverse()).toString()).toBe(peerCombine)
    },
  )
})

describeRecorded('levelling/pools-rsba.json', () => {
  const { pools } = readRecordedJson<{
    pools: Pick<RecordedPool, 'featuresets' | 'peerCombine'>[]
  }>('levelling/pools-rsba.json')

  it.each(pools.map((pool, at) => ({ ...pool, at })))(
    'pool $at',
    ({ featuresets, peerCombine }) => {
      expect(combineFeaturesets(parse(featuresets)).toString()).toBe(peerCombine)
    },
  )
})

describe('combineFeaturesets', () => {
  const table = featureTable()
  const word = fc.oneof(
    fc.integer({ min: 0, max: 0xffff_ffff }),
    fc.constantFrom(0, 0xffff_ffff, 0x2000_0400),
  )
  const set = fc.array(word, { maxLength: 22 }).map((words) => Featureset.fromWords(words))
  const method = fc.constantFrom('xenserver' as const, 'intersection' as const)

  it('does not depend on order or grouping', () => {
    fc.assert(
      fc.property(set, set, set, method, (a, b, c, chosen) => {
        const combine = (...sets: Featureset[]) => combineFeaturesets(sets, { method: chosen })
        const together = combine(a, b, c)
        expect(combine(c, a, b).words).toEqual(together.words)
        expect(combine(combine(a, b), c).equals(together)).toBe(true)
        expect(combine(a, combine(b, c)).equals(together)).toBe(true)
        expect(combine(together, together).equals(together)).toBe(true)
      }),
      { numRuns: 2000 },
    )
  })

  it('promises nothing that a host lacks, but for what a pool accumulates', () => {
    const accumulated = table.mask('accumulated').or(Featureset.fromNames(['RSBA', 'RRSBA']))
    fc.assert(
      fc.property(
        fc.array(
          set.filter(({ words }) => words.length > 0),
          { minLength: 1, maxLength: 6 },
        ),
        (sets) => {
          const level = combineFeaturesets(sets)
          for (const host of sets) expect(level.andNot(accumulated).isSubsetOf(host)).toBe(true)
          expect(
            level
              .andNot(Featureset.fromNames(['RSBA', 'RRSBA']))
              .equals(table.clearDependents(level).andNot(Featureset.fromNames(['RSBA', 'RRSBA']))),
          ).toBe(true)
        },
      ),
    )
  })

  it('treats a set without words as saying nothing', () => {
    const avx = Featureset.fromNames(['FPU'])
    expect(combineFeaturesets([])).toBe(Featureset.empty)
    expect(combineFeaturesets([Featureset.empty, avx]).equals(avx)).toBe(true)
    expect(combineFeaturesets([Featureset.fromWords([0]), avx]).isEmpty).toBe(true)
  })

  it('extends a shorter set with zeros', () => {
    const level = combineFeaturesets([Featureset.fromWords([3]), Featureset.fromWords([1, 1, 1])])
    expect(level.words).toEqual([1, 0, 0])
  })

  it.each([
    [['RSBA'], [], ['RSBA']],
    [
      ['RRSBA', 'EIBRS', 'IBRSB'],
      ['EIBRS', 'IBRSB'],
      ['EIBRS', 'IBRSB', 'RRSBA'],
    ],
    [['RRSBA', 'EIBRS', 'IBRSB'], ['IBRSB'], ['IBRSB', 'RSBA']],
    [['RSBA'], ['RRSBA', 'EIBRS', 'IBRSB'], ['RSBA']],
    [
      ['EIBRS', 'IBRSB'],
      ['EIBRS', 'IBRSB'],
      ['EIBRS', 'IBRSB'],
    ],
  ])('settles return predictions of %j with %j as %j', (a, b, expected) => {
    const host = (names: string[]) => Featureset.fromNames(['ARCH_CAPS', ...names])
    expect(
      combineFeaturesets([host(a), host(b)])
        .names()
        .sort(),
    ).toEqual(['ARCH_CAPS', ...expected].sort())
  })

  it('forgets return predictions where a host has no MSR_ARCH_CAPABILITIES', () => {
    const level = combineFeaturesets([
      Featureset.fromNames(['ARCH_CAPS', 'RSBA']),
      Featureset.fromNames(['FPU']),
    ])
    expect(level.names()).toEqual([])
  })
})
