/** xapi's own unit tests of its featureset functions (78 cases), answered by ours. Where ours refuse or differ, the case says so. */
import { Featureset, FeaturesetRangeError, FeaturesetSyntaxError } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { combineFeaturesets } from './combine.js'

interface XapiCases {
  string_of_features: { in: string[]; out: string }[]
  features_of_string: { in: string; out: string[] }[]
  parse_failure: { in: string }[]
  roundtrip_string: { in: string; out: string }[]
  extend: { arr0: string[]; arr1: string[]; out: string[] }[]
  zero_extend: { arr: string[]; len: number; out: string[] }[]
  intersect: { a: string[]; b: string[]; out: string[] }[]
  is_equal: { a: string[]; b: string[]; out: boolean }[]
  comparisons: { a: string[]; b: string[]; is_subset: boolean; is_strict_subset: boolean }[]
}

const setOf = (words: readonly string[]) =>
  Featureset.fromWords(words.map((word) => Number.parseInt(word, 16)))
/** The words that a longer set has beyond `length` are not all zero. */
const cutsBits = (words: readonly string[], length: number) =>
  words.slice(length).some((word) => Number.parseInt(word, 16) !== 0)

describeRecorded('levelling/xapi-cpuid.json', () => {
  const cases = readRecordedJson<XapiCases>('levelling/xapi-cpuid.json')

  it.each(cases.string_of_features)('writes $in', ({ in: words, out }) => {
    expect(setOf(words).toString()).toBe(out)
  })

  it.each(cases.features_of_string)('reads "$in"', ({ in: text, out }) => {
    expect(Featureset.parse(text).words).toEqual(setOf(out).words)
  })

  it.each(cases.parse_failure)('refuses "$in"', ({ in: text }) => {
    expect(() => Featureset.parse(text)).toThrow(FeaturesetSyntaxError)
  })

  it.each(cases.roundtrip_string)('reads and writes "$in"', ({ in: text, out }) => {
    expect(Featureset.parse(text).toString()).toBe(out)
  })

  describe('zero_extend', () => {
    it.each(cases.zero_extend)('$arr to $len words', ({ arr, len, out }) => {
      const attempt = () => setOf(arr).toString('-', len)
      // xapi truncates here; we never cut off a feature in silence
      if (cutsBits(arr, len)) expect(attempt).toThrow(FeaturesetRangeError)
      else expect(attempt()).toBe(setOf(out).toString())
    })
  })

  describe('extend', () => {
    it.each(cases.extend)('$arr0 by the tail of $arr1', ({ arr0, arr1, out }) => {
      const prefix = Featureset.fromWords(arr0.map(() => 0xffff_ffff))
      const attempt = () => setOf(arr0).or(setOf(arr1).andNot(prefix)).toString('-', arr1.length)
      // xapi truncates here; we never cut off a feature in silence
      if (cutsBits(arr0, arr1.length)) expect(attempt).toThrow(FeaturesetRangeError)
      else expect(attempt()).toBe(setOf(out).toString())
    })
  })

  it.each(cases.intersect)('intersects $a with $b', ({ a, b, out }) => {
    const level = combineFeaturesets([setOf(a), setOf(b)], { method: 'intersection' })
    expect(level.words).toEqual(setOf(out).words)
  })

  it.each(cases.is_equal)('$a equals $b: $out', ({ a, b, out }) => {
    expect(setOf(a).equals(setOf(b))).toBe(out)
  })

  describe('is_subset and is_strict_subset', () => {
    it.each(cases.comparisons)('$a, $b', ({ a, b, is_subset, is_strict_subset }) => {
      const [x, y] = [setOf(a), setOf(b)]
      const ours = { subset: x.isSubsetOf(y), strict: x.isSubsetOf(y) && !x.equals(y) }
      const xapis = { subset: is_subset, strict: is_strict_subset }
      // To xapi the empty set is the identity of its intersection, hence a superset of everything; to us it has no features.
      if ((a.length === 0) !== (b.length === 0)) {
        expect(xapis.subset).toBe(b.length === 0)
        expect(ours.subset).toBe(a.length === 0 || x.isEmpty)
      } else expect(ours).toEqual(xapis)
    })
  })
})
