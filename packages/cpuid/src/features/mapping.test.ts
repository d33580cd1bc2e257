import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Featureset } from '../featureset.js'
import { mapFeatureset } from './mapping.js'
import { compareReleases, knownReleases, nearestRelease, newestName } from './releases.js'
import { featureTable } from './tables.js'

it('follows features that moved or were renamed', () => {
  const [from, to] = [featureTable('4.16.0'), featureTable('4.17')]
  const mapped = mapFeatureset(Featureset.fromNames(['TSXLDTRK', 'AVX'], from), from, to)
  expect(mapped.featureset.names(to)).toEqual(['AVX', 'TSXLDTRK'])
  expect(mapped.featureset.words).toHaveLength(19)

  const older = featureTable('4.12')
  const back = mapFeatureset(Featureset.fromNames(['AVX512_IFMA', 'TSXLDTRK'], to), to, older)
  expect(back.featureset.names(older)).toEqual(['AVX512IFMA'])
  expect(back.lost).toEqual(['TSXLDTRK'])
  expect(newestName('AVX512VBMI')).toBe('AVX512_VBMI')
})

it('leaves a bit without a name where it is, if there is such a place', () => {
  const [from, to] = [featureTable('4.18'), featureTable('4.16.0')]
  const set = Featureset.fromBigInt((1n << 10n) | (1n << 545n) | (1n << 350n))
  const mapped = mapFeatureset(set, from, to)
  expect(mapped.featureset.bits()).toEqual([10, 350])
  expect(mapped).toMatchObject({ lost: [], unnamed: [545] })
  // Its 12 words end before bit 384.
  const ends = mapFeatureset(Featureset.fromBigInt((1n << 382n) | (1n << 384n)), to, to)
  expect(ends.featureset.bits()).toEqual([382])
  expect(ends.unnamed).toEqual([384])
  // bit 350 has a name in the newest table
  expect(mapFeatureset(set, to, featureTable()).unnamed).toEqual([350])
})

it('loses nothing to itself, and nothing twice on the way there and back', () => {
  const release = fc.constantFrom(...knownReleases())
  const words = fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 19 })
  fc.assert(
    fc.property(release, release, words, (a, b, raw) => {
      const [from, to] = [featureTable(a), featureTable(b)]
      const set = Featureset.fromWords(raw)
        .and(from.mask('known'))
        .and(
          Featureset.fromNames(
            from.features.map(({ name }) => name),
            from,
          ),
        )
      expect(mapFeatureset(set, from, from).featureset.equals(set)).toBe(true)
      const there = mapFeatureset(set, from, to)
      const back = mapFeatureset(there.featureset, to, from)
      expect(back.lost).toEqual([])
      expect(back.featureset.or(Featureset.fromNames(there.lost, from)).equals(set)).toBe(true)
      expect(there.unnamed).toEqual([])
    }),
    { numRuns: 300 },
  )
})

it('orders releases', () => {
  const releases = ['4.23-dev', '4.9.4', '4.17', '4.17.0', '4.10.0', '4.7.0']
  expect([...releases].sort(compareReleases)).toEqual([
    '4.7.0',
    '4.9.4',
    '4.10.0',
    '4.17.0',
    '4.17',
    '4.23-dev',
  ])
})

it.each([
  ['4.17', '4.17.7'],
  ['4.17.2', '4.17.2'],
  ['4.17.6-2', '4.17.6'],
  ['4.17.7-xcp', '4.17.7'],
  ['4.17.99', '4.17.7'],
  ['4.23-dev', '4.23-dev'],
  ['4.23', '4.23-dev'],
  ['4.6.5', undefined],
  ['5.0', undefined],
  ['4.17.7.1', undefined],
  ['xen-4.17.7', undefined],
  ['unstable', undefined],
])('takes %j for %j', (release, nearest) => {
  expect(nearestRelease(release)).toBe(nearest)
})
