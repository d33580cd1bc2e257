/** What must hold for every pool: 10^5 random ones, made of recorded CPUs and of bits at random, on every release and by both methods. */
import { Featureset, featureTable, knownReleases } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { readRecordedJson } from '../../../../fixtures/recorded.js'
import { accumulatedFeatures, combineFeaturesets, FeaturesetCombiner } from './combine.js'

const { pools } = readRecordedJson<{ pools: { featuresets: string[] }[] }>('levelling/pools.json')
const real = pools.flatMap(({ featuresets }) => featuresets).map((text) => Featureset.parse(text))

const word = fc.oneof(
  fc.integer({ min: 0, max: 0xffff_ffff }),
  // ARCH_CAPS, IBRSB and the words of MSR_ARCH_CAPABILITIES all set or clear, so that RSBA and RRSBA meet every neighbour.
  fc.constantFrom(0, 0xffff_ffff, 0x2c00_0400, 0x0008_0006),
)
const set = fc.oneof(
  fc.constantFrom(...real),
  fc.array(word, { maxLength: 22 }).map((words) => Featureset.fromWords(words)),
  fc
    .tuple(fc.constantFrom(...real), fc.array(word, { maxLength: 19 }))
    .map(([host, words]) => host.xor(Featureset.fromWords(words))),
)
const pool = fc.tuple(
  fc.array(set, { minLength: 1, maxLength: 6 }),
  fc.constantFrom(...knownReleases()),
  fc.constantFrom('xenserver' as const, 'intersection' as const),
  fc.nat(),
)

// All of them take a minute; they run where the full recorded answers are checked.
const ALL = 100_000
const runs = process.env.XENLEVEL_CORPUS ? ALL : 5_000
if (runs < ALL) test.skip(`${ALL - runs} of ${ALL} random pools`)

it(`levels ${runs} random pools by the rules`, { timeout: 180_000 }, () => {
  let count = 0
  fc.assert(
    fc.property(pool, ([sets, release, method, seed]) => {
      count++
      const options = { release, method }
      const combine = (...some: Featureset[]) => combineFeaturesets(some, options)
      const level = combine(...sets)
      const cut = 1 + (seed % sets.length)
      const [left, right] = [sets.slice(0, cut), sets.slice(cut)]
      const fail = (rule: string) => `${rule}: ${release} ${method} ${sets.join(' ')}`

      if (!combine(...[...sets].reverse()).equals(level)) expect.unreachable(fail('order counts'))
      if (!combine(combine(...left), ...right).equals(level))
        expect.unreachable(fail('grouping on the left counts'))
      if (!combine(...left, combine(...right)).equals(level))
        expect.unreachable(fail('grouping on the right counts'))
      if (!combine(level, level).equals(level))
        expect.unreachable(fail('levelling a level changes it'))
      if (!combine(...sets, ...sets).equals(level)) expect.unreachable(fail('a host counts twice'))

      const table = featureTable(release)
      const told =
        method === 'intersection'
          ? Featureset.empty
          : accumulatedFeatures(table).or(named(['RSBA', 'RRSBA'], release))
      for (const host of sets) {
        if (host.words.length > 0 && !level.andNot(told).isSubsetOf(host))
          expect.unreachable(fail('promises what a host lacks'))
      }
      const settled = method === 'intersection' ? level : table.clearDependents(level)
      if (!settled.or(told).equals(level.or(told)))
        expect.unreachable(fail('keeps what depends on something absent'))
    }),
    { numRuns: runs },
  )
  expect(count).toBeGreaterThanOrEqual(runs)
})

it('reads texts one by one and comes to the same level', () => {
  fc.assert(
    fc.property(fc.array(set, { maxLength: 8 }), (sets) => {
      const combiner = new FeaturesetCombiner()
      for (const host of sets) combiner.addText(host.toString())
      expect(combiner.result().words).toEqual(combineFeaturesets(sets).words)
      expect(combiner.count).toBe(sets.filter(({ words }) => words.length > 0).length)
    }),
    { numRuns: 2000 },
  )
})

it('adds nothing of a text that is not a featureset', () => {
  const combiner = new FeaturesetCombiner({ method: 'intersection' })
  combiner.addText('ff-ff')
  expect(() => combiner.addText('0f-0x')).toThrow(
    expect.objectContaining({ code: 'FEATURESET_SYNTAX' }),
  )
  expect(combiner.result().toString()).toBe('000000ff-000000ff')
  combiner.addText('0-0-'.repeat(400).slice(0, -1))
  expect(combiner.result().words).toHaveLength(800)
})

function named(names: readonly string[], release: string): Featureset {
  const table = featureTable(release)
  return Featureset.fromNames(
    names.filter((name) => table.feature(name) !== undefined),
    table,
  )
}
