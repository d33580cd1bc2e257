import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { Featureset } from '../featureset.js'
import { hexWord, testBit } from '../words.js'
import {
  featureDependencies,
  knownReleases,
  pointRelease,
  releaseHas,
  scriptRules,
  UnknownReleaseError,
  XEN_RELEASES,
} from './releases.js'
import type { FeatureMask, FeatureTable } from './table.js'
import { featureTable } from './tables.js'

interface RecordedTable {
  nrEntries: number
  words: ({ index: number; register: string } & (
    | { leaf: string; subleaf: number | null }
    | { msr: string }
  ))[]
  features: { name: string; bit: number; word: number; bitInWord: number; annotations: string }[]
  deepDependencies: Record<string, string[]>
  deepDependencyWords: Record<string, string[]>
  masks: Record<string, string[]>
  featureNames: Record<string, number> | null
}

const prefixed = (set: Featureset) => set.words.map((word) => `0x${hexWord(word)}`)

/** The recorded name of a mask; before 4.14 max and default were one, before 4.19 nothing was accumulated. */
const MASKS: readonly (readonly [FeatureMask, string, string | null])[] = [
  ['known', 'known', 'known'],
  ['special', 'special', 'special'],
  ['accumulated', 'simpleOr', null],
  ['pvDefault', 'pvDef', 'pv'],
  ['pvMax', 'pvMax', 'pv'],
  ['hvmShadowDefault', 'hvmShadowDef', 'hvmShadow'],
  ['hvmShadowMax', 'hvmShadowMax', 'hvmShadow'],
  ['hvmHapDefault', 'hvmHapDef', 'hvmHap'],
  ['hvmHapMax', 'hvmHapMax', 'hvmHap'],
]

function compare(table: FeatureTable, recorded: RecordedTable): void {
  expect(table.words).toHaveLength(recorded.nrEntries)
  expect(
    table.words.map(({ index, source }) => ({
      index,
      ...(source !== null && 'msr' in source
        ? { msr: `0x${hexWord(source.msr)}` }
        : { leaf: `0x${hexWord(source?.leaf ?? 0)}`, subleaf: source?.subleaf }),
      register: source?.register,
    })),
  ).toEqual(recorded.words)

  expect(
    table.features.map(({ name, bit, word, bitInWord, attributes }) => ({
      name,
      bit,
      word,
      bitInWord,
      annotations: attributes,
    })),
  ).toEqual([...recorded.features].sort((a, b) => a.bit - b.bit))

  const none = prefixed(Featureset.fromWords(table.words.map(() => 0)))
  for (const [mask, name, older] of MASKS) {
    const expected = recorded.masks[name] ?? (older === null ? none : recorded.masks[older])
    expect(prefixed(table.mask(mask)), mask).toEqual(expected)
  }

  const needed = table.features.filter(({ name }) => table.dependents(name).length > 0)
  const deepWords: Record<string, string[]> = {}
  for (const { name, bit } of needed) {
    expect([...table.dependents(name)].sort()).toEqual(
      [...(recorded.deepDependencies[name] ?? [])].sort(),
    )
    // Every bit set but this one: what is cleared is its closure, bits without a name included.
    const all = Featureset.fromWords(table.words.map(() => 0xffff_ffff))
    const without = all.andNot(Featureset.fromBigInt(1n << BigInt(bit)))
    deepWords[name] = prefixed(without.andNot(table.clearDependents(without)))
  }
  expect(deepWords).toEqual(recorded.deepDependencyWords)
  const deep = Featureset.parse((recorded.masks.deepFeatures ?? []).join('-'))
  expect(needed.map(({ bit }) => bit)).toEqual(deep.bits())

  if (recorded.featureNames !== null) {
    const lower = Object.fromEntries(table.features.map(({ lowerName, bit }) => [lowerName, bit]))
    expect(lower).toEqual(recorded.featureNames)
  }
}

const fileOf = (release: string) =>
  `policy/tables/${release.endsWith('-dev') ? 'HEAD' : `RELEASE-${release}`}.json`
const inFixtures = ['4.7.0', '4.12.4', '4.14.4', '4.17.7', '4.19.0', '4.23-dev']
const others = knownReleases().filter((release) => !inFixtures.includes(release))

describe('every release', () => {
  for (const release of inFixtures) {
    describeRecorded(fileOf(release), () => {
      it(`${release} is equal word for word`, () => {
        compare(featureTable(release), readRecordedJson(fileOf(release)))
      })
    })
  }
  describeRecorded(['policy/tables/index.json', ...others.map(fileOf)], () => {
    it.each(others)('%s is equal word for word', (release) => {
      compare(featureTable(release), readRecordedJson(fileOf(release)))
    })

    it('is known', () => {
      const index = readRecordedJson<{ release: string }[]>('policy/tables/index.json')
      expect(knownReleases().map(fileOf).sort()).toEqual(
        index.map(({ release }) => `policy/tables/${release}.json`).sort(),
      )
      expect(knownReleases()).toHaveLength(94)
    })
  })
})

describe('featureTable', () => {
  it('takes a minor release for its newest point release', () => {
    expect(featureTable('4.17')).toBe(featureTable('4.17.7'))
    expect(featureTable('4.17').release).toBe('4.17.7')
    expect(featureTable('4.17.0').release).toBe('4.17.0')
    expect(featureTable().release).toBe('4.23-dev')
    expect(pointRelease('4.22')).toBe('4.22.0')
    expect(XEN_RELEASES[0]).toBe('4.7')
    expect(XEN_RELEASES.at(-1)).toBe('4.22')
    expect(XEN_RELEASES).toHaveLength(16)
  })

  it.each([
    ['4.6', 'There are tables for 4.7.6 to 4.22.0'],
    ['4.17.8', 'The newest point release known of 4.17 is 4.17.7.'],
    ['4.17.07', 'The newest point release known'],
    ['4.17.7-pre', 'The newest point release known'],
    ['4.1', 'There are tables'],
    ['', 'There are tables'],
    ['latest', 'There are tables'],
  ])('refuses %j', (release, part) => {
    expect(() => featureTable(release)).toThrow(UnknownReleaseError)
    expect(() => featureTable(release)).toThrow(part)
  })

  it('knows the newest point release of each branch', () => {
    expect(XEN_RELEASES.map(pointRelease)).toEqual([
      ...['4.7.6', '4.8.5', '4.9.4', '4.10.4', '4.11.4', '4.12.4', '4.13.5', '4.14.6'],
      ...['4.15.7', '4.16.7', '4.17.7', '4.18.6', '4.19.6', '4.20.4', '4.21.2', '4.22.0'],
    ])
  })

  it.each(['4.7x3', '9.9.1', '44.7', '4.70.1', ' 4.17', `4.6.${'1'.repeat(100)}`])(
    'refuses %j with its facts',
    (release) => {
      expect(() => pointRelease(release)).toThrow(
        expect.objectContaining({
          code: 'RELEASE_UNKNOWN',
          details: { release },
          message: expect.stringContaining(` Xen ${JSON.stringify(release.slice(0, 40))}. `),
        }),
      )
    },
  )

  it('knows that TSXLDTRK moved and the AVX-512 names got their underscore', () => {
    expect(featureTable('4.14.3').feature('TSXLDTRK')?.bit).toBe(208)
    expect(featureTable('4.14.4').feature('TSXLDTRK')?.bit).toBe(304)
    expect(featureTable('4.12').feature('AVX512IFMA')?.bit).toBe(181)
    expect(featureTable('4.12').feature('AVX512_IFMA')).toBeUndefined()
    expect(featureTable('4.13').feature('AVX512_IFMA')?.bit).toBe(181)
  })

  it('clears bits without a name with ARCH_CAPS as long as Xen did', () => {
    const unnamed = Featureset.fromBigInt(1n << 541n)
    const left = (release: string) =>
      testBit(featureTable(release).clearDependents(unnamed).words, 541)
    expect(['4.17.7', '4.19.3', '4.19.4', '4.20.1', '4.20.2', '4.23-dev'].map(left)).toEqual([
      false,
      false,
      true,
      false,
      true,
      false,
    ])
  })
})

it.each([
  ['4.7.0', []],
  ['4.13.0', ['common-1d-once']],
  ['4.17.0', ['common-1d-once', 'max-attributes']],
  [
    'a name that is no release',
    [
      ...['common-1d-once', 'max-attributes', 'word-comments'],
      ...['accumulated-attribute', 'word-comment-text', 'arch-caps-named-bits'],
    ],
  ],
])('the script of %s has the rules %j', (release, rules) => {
  expect(scriptRules(release)).toEqual(rules)
})

it('names among the dependencies what the release has, and nothing else', () => {
  for (const release of ['4.7.0', '4.13.5', '4.22.0']) {
    const names = new Set<unknown>(featureTable(release).features.map(({ name }) => name))
    const edges = Object.entries(featureDependencies(release)).flat(2)
    expect(edges.filter((name) => !names.has(name))).toEqual([])
  }
})

it('names what depends on a whole word among the dependencies', () => {
  const { ARCH_CAPS: dependents } = featureDependencies('4.19.0')
  const inWords = featureTable('4.19.0').features.filter(({ word }) => word === 16 || word === 17)
  expect(inWords.length).toBeGreaterThan(20)
  expect(dependents).toEqual(inWords.map(({ name }) => name))
})

it.each([
  ['4.17.1', false],
  ['4.17.2', true],
  ['4.17', true],
  ['4.18.0', true],
  ['4.16.7', false],
  ['4.23-dev', true],
])('%s has what landed in 4.18.0 and was taken back to 4.17.2: %j', (release, expected) => {
  expect(releaseHas(release, ['4.18.0', '4.17.2'])).toBe(expected)
})
