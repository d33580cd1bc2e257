import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { Featureset } from '../featureset.js'
import { FeatureDeclarationError, type FeatureDeclarations } from './declarations.js'
import { flattenFeatures } from './flatten.js'
import { UnknownReleaseError } from './releases.js'
import { describeWordSource, UnknownFeatureError } from './table.js'
import { featureTable } from './tables.js'

const table = featureTable()
describeRecorded('levelling/deep-deps.json', () => {
  const { cases } = readRecordedJson<{ cases: { name: string; in: string; out: string }[] }>(
    'levelling/deep-deps.json',
  )
  it.each(cases)('clears $name', ({ in: before, out }) => {
    expect(table.clearDependents(Featureset.parse(before)).toString()).toBe(out)
  })
})

describe('the newest table', () => {
  it('finds a feature by bit and by either spelling', () => {
    for (const feature of table.features) {
      expect(table.feature(feature.bit)).toBe(feature)
      expect(table.feature(feature.name)).toBe(feature)
      expect(table.feature(feature.lowerName)).toBe(feature)
    }
    expect(table.feature('nonsense')).toBeUndefined()
    expect(table.feature(10)).toBeUndefined()
  })

  it('is the same for everyone who asks, and refuses a release it does not have', () => {
    expect(featureTable('4.23-dev')).toBe(table)
    expect(() => featureTable('4.6')).toThrow(UnknownReleaseError)
  })

  it('explains what has to go, and only that', () => {
    const set = Featureset.fromNames(['FPU', 'AVX2', 'AVX512F', 'AVX512BW', 'SSE', 'FXSR'])
    expect(table.explainCleared(set)).toEqual([
      { feature: 'AVX2', missing: ['XSAVE', 'AVX'] },
      { feature: 'AVX512F', missing: ['XSAVE', 'AVX'] },
      { feature: 'AVX512BW', missing: ['XSAVE', 'AVX'] },
    ])
    expect(table.explainCleared(table.clearDependents(set))).toEqual([])
  })

  it('refuses to speak of features it does not know', () => {
    const custom = flattenFeatures<string>(
      { words: table.words.slice(0, 1), features: [['ONE', 0, 'A']] },
      {},
    )
    expect(() => custom.dependents('TWO')).toThrow(UnknownFeatureError)
    expect(() => custom.requirements('TWO')).toThrow(UnknownFeatureError)
  })

  it('names a register as people do', () => {
    expect(table.words.map(({ source }) => describeWordSource(source)).slice(0, 6)).toEqual([
      '1.edx',
      '1.ecx',
      '0x80000001.edx',
      '0x80000001.ecx',
      '0xd:1.eax',
      '7:0.ebx',
    ])
    const msr = table.words[16]
    expect(msr === undefined ? '' : describeWordSource(msr.source)).toBe('MSR 0x10a.eax')
  })
})

describe('clearDependents', () => {
  const words = fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 24 })

  it('only takes bits away, settles at once, and agrees with its explanation', () => {
    fc.assert(
      fc.property(words, (raw) => {
        const set = Featureset.fromWords(raw)
        const cleared = table.clearDependents(set)
        expect(cleared.isSubsetOf(set)).toBe(true)
        expect(cleared.words).toHaveLength(set.words.length)
        expect(table.clearDependents(cleared).equals(cleared)).toBe(true)
        expect(table.explainCleared(set).map(({ feature }) => feature)).toEqual(
          set.andNot(cleared).names(),
        )
        for (const { feature, missing } of table.explainCleared(set)) {
          expect(missing.length).toBeGreaterThan(0)
          for (const need of missing) {
            expect(set.has(need)).toBe(false)
            expect(table.requirements(feature)).toContain(need)
          }
        }
      }),
    )
  })

  it('leaves nothing behind whose requirement is absent', () => {
    fc.assert(
      fc.property(words, (raw) => {
        const cleared = table.clearDependents(Featureset.fromWords(raw))
        for (const name of cleared.names()) {
          expect(table.requirements(name).filter((need) => !cleared.has(need))).toEqual([])
        }
      }),
    )
  })
})

describe('flattenFeatures', () => {
  const word = { index: 0, source: { leaf: 1, subleaf: null, register: 'edx' } } as const
  const declare = (...features: FeatureDeclarations['features'][number][]) => ({
    words: [word],
    features,
  })

  it('takes a diamond for what it is', () => {
    const diamond = flattenFeatures(
      declare(['A', 0, ''], ['B', 1, ''], ['C', 2, ''], ['D', 3, '']),
      {
        A: ['B', 'C'],
        B: ['D'],
        C: ['D'],
      },
    )
    expect(diamond.dependents('A')).toEqual(['B', 'C', 'D'])
    expect(diamond.requirements('D')).toEqual(['A', 'B', 'C'])
    expect(diamond.clearDependents(Featureset.fromWords([0b1101])).words).toEqual([0b101])
  })

  it('calls a table custom unless told otherwise, and makes each of its masks once', () => {
    const custom = flattenFeatures(declare(['A', 0, 'A']), {})
    expect(custom.release).toBe('custom')
    expect(custom.mask('pvMax').words).toEqual([1])
    expect(custom.mask('pvMax')).toBe(custom.mask('pvMax'))
    expect(flattenFeatures(declare(), {}, '4.17.7-acme').release).toBe('4.17.7-acme')
  })

  it.each<[string, () => unknown, string]>([
    [
      'FEATURE_DUPLICATE',
      () => flattenFeatures(declare(['A', 0, ''], ['A', 1, '']), {}),
      'Feature A is declared twice.',
    ],
    [
      'FEATURE_ALIASED',
      () => flattenFeatures(declare(['A', 0, ''], ['B', 0, '']), {}),
      'Features A and B are both bit 0.',
    ],
    [
      'FEATURE_RANGE',
      () => flattenFeatures(declare(['A', 32, '']), {}),
      'Feature A is bit 32, but there are 1 words of 32 bits.',
    ],
    [
      'FEATURE_RANGE',
      () => flattenFeatures(declare(['A', -1, '']), {}),
      'Feature A is bit -1, but there are 1 words of 32 bits.',
    ],
    [
      'FEATURE_ATTRIBUTE',
      () => flattenFeatures(declare(['A', 0, 'Ax']), {}),
      'Feature A has the unknown attribute "x".',
    ],
    [
      'DEPENDENCY_UNKNOWN',
      () => flattenFeatures(declare(['A', 0, '']), { A: ['B'] }),
      'A dependency names B, which is not declared.',
    ],
    [
      'DEPENDENCY_CYCLE',
      () =>
        flattenFeatures(declare(['A', 0, ''], ['B', 1, ''], ['C', 2, '']), {
          A: ['B'],
          B: ['C'],
          C: ['B'],
        }),
      'The dependencies go in a circle: B -> C -> B.',
    ],
    [
      'DEPENDENCY_CYCLE',
      () => flattenFeatures(declare(['A', 0, '']), { A: ['A'] }),
      'The dependencies go in a circle: A -> A.',
    ],
  ])('refuses with %s', (code, attempt, message) => {
    expect(attempt).toThrow(FeatureDeclarationError)
    expect(attempt).toThrow(expect.objectContaining({ code, message }))
  })
})
