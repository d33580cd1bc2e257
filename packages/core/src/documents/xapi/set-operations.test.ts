import {
  Featureset,
  FeaturesetRangeError,
  FeaturesetSyntaxError,
  featureTable,
} from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../../fixtures/recorded.js'
import { parseXapiCpuFlags } from './compatibility.js'
import {
  readXapiFeatureset,
  swapXapiMaskOrder,
  toXapiFeatureset,
  XapiCpuInfoError,
} from './featureset.js'
import {
  xapiExtend,
  xapiIntersect,
  xapiIsEqual,
  xapiIsStrictSubset,
  xapiIsSubset,
  xapiUpgradeFeatures,
  xapiZeroExtend,
} from './set-operations.js'

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
const read = (text: string) => readXapiFeatureset(text, { key: 'features_pv', source: 'host-1' })

describeRecorded('levelling/xapi-cpuid.json', () => {
  const cases = readRecordedJson<XapiCases>('levelling/xapi-cpuid.json')

  it.each(cases.string_of_features)('writes $in', ({ in: words, out }) => {
    expect(toXapiFeatureset(setOf(words))).toBe(out)
  })

  it.each(cases.features_of_string)('reads "$in"', ({ in: text, out }) => {
    expect(read(text).words).toEqual(setOf(out).words)
  })

  it.each(cases.parse_failure)('refuses "$in"', ({ in: text }) => {
    expect(() => read(text)).toThrow(XapiCpuInfoError)
  })

  it.each(cases.roundtrip_string)('reads and writes "$in"', ({ in: text, out }) => {
    expect(toXapiFeatureset(read(text))).toBe(out)
  })

  it.each(cases.zero_extend)('zero_extend $arr to $len words', ({ arr, len, out }) => {
    expect(xapiZeroExtend(setOf(arr), len).words).toEqual(setOf(out).words)
  })

  it.each(cases.extend)('extend $arr0 by $arr1', ({ arr0, arr1, out }) => {
    expect(xapiExtend(setOf(arr0), setOf(arr1)).words).toEqual(setOf(out).words)
  })

  it.each(cases.intersect)('intersect $a with $b', ({ a, b, out }) => {
    expect(xapiIntersect(setOf(a), setOf(b)).words).toEqual(setOf(out).words)
  })

  it.each(cases.is_equal)('is_equal $a, $b: $out', ({ a, b, out }) => {
    expect(xapiIsEqual(setOf(a), setOf(b))).toBe(out)
  })

  it.each(cases.comparisons)('is_subset $a, $b', ({ a, b, is_subset, is_strict_subset }) => {
    expect(xapiIsSubset(setOf(a), setOf(b))).toBe(is_subset)
    expect(xapiIsStrictSubset(setOf(a), setOf(b))).toBe(is_strict_subset)
  })

  it('has all 78', () => {
    const lists = Object.values(cases).filter((value) => Array.isArray(value))
    expect(lists.reduce((sum, list) => sum + list.length, 0)).toBe(78)
  })
})

describeRecorded('levelling/xapi-upgrade-features-historic.json', () => {
  const { upgrade_features } = readRecordedJson<{
    upgrade_features: { vm: string; host: string; out: string }[]
  }>('levelling/xapi-upgrade-features-historic.json')

  it.each(upgrade_features)('$vm on $host', ({ vm, host, out }) => {
    const [guest, offered] = [Featureset.parse(vm), Featureset.parse(host)]
    expect(xapiUpgradeFeatures(guest, offered, { historic: true }).toString()).toBe(out)
    // Today's rule differs where the guest's set is one of the old masks, and only there.
    const today = xapiUpgradeFeatures(guest, offered)
    expect(today.words).toHaveLength(offered.words.length)
    expect(today.equals(guest)).toBe(true)
    expect(today.toString() === out).toBe(guest.words.length > 4)
  })
})

describe('toXapiFeatureset', () => {
  const set = Featureset.fromWords([1, 2])

  it('writes as many words as asked for, and never fewer than have bits', () => {
    expect(toXapiFeatureset(set, { words: 4 })).toBe('00000001-00000002-00000000-00000000')
    expect(toXapiFeatureset(xapiZeroExtend(set, 9), { words: 2 })).toBe('00000001-00000002')
    expect(() => toXapiFeatureset(set, { words: 1 })).toThrow(FeaturesetRangeError)
    expect(toXapiFeatureset(Featureset.empty)).toBe('')
  })
})

describe('readXapiFeatureset', () => {
  it.each([
    ['12:34', 2, 'features_pv, word 0', 'unexpected ":"'],
    ['1-0x12', 3, 'features_pv, word 1', 'unexpected "x"'],
    ['1-123456789', 10, 'features_pv, word 1', 'more than eight digits'],
    ['1-', 2, 'features_pv, word 1', 'the end'],
    ['-1', 0, 'features_pv, word 0', 'hexadecimal digit'],
    ['1-2 ', 3, 'features_pv, word 1', 'unexpected " "'],
  ])('refuses %j at character %d', (text, offset, path, part) => {
    const attempt = () => read(text)
    expect(attempt).toThrow(expect.objectContaining({ code: 'XAPI_FEATURESET', offset, path }))
    expect(attempt).toThrow(/^features_pv of host-1: /)
    expect(attempt).toThrow(part)
  })

  it('keeps the cause', () => {
    expect(() => parseXapiCpuFlags({ features: 'x' })).toThrow(
      expect.objectContaining({ cause: expect.any(FeaturesetSyntaxError) }),
    )
  })

  it.each([4, 9, 10, 11, 12, 14, 15, 18, 19, 22, 23])('takes %d words', (length) => {
    const words = Array.from({ length }, (_, index) => (index < 4 ? 0xffff_ffff : 0))
    const text = toXapiFeatureset(Featureset.fromWords(words))
    expect(read(text).words).toEqual(words)
    expect(toXapiFeatureset(read(text))).toBe(text)
  })

  it.each([0, 2])('refuses bits that no release knows, %d words beyond', (beyond) => {
    const word = featureTable().words.length + beyond
    const text = toXapiFeatureset(Featureset.fromWords([...new Array<number>(word).fill(0), 1]))
    expect(() => read(text)).toThrow(
      expect.objectContaining({
        code: 'XAPI_UNKNOWN_WORD',
        offset: word * 9,
        path: `features_pv, word ${word}`,
      }),
    )
    expect(() => read(text)).toThrow(`features_pv of host-1 has bits in word ${word}, `)
  })
})

describe('swapXapiMaskOrder', () => {
  it('turns the order of old masks into Xen’s and back', () => {
    const mask = Featureset.fromWords([1, 2, 3, 4])
    expect(swapXapiMaskOrder(mask).words).toEqual([2, 1, 4, 3])
    expect(swapXapiMaskOrder(swapXapiMaskOrder(mask)).words).toEqual(mask.words)
    const newer = Featureset.fromWords([1, 2, 3, 4, 5])
    expect(swapXapiMaskOrder(newer)).toBe(newer)
  })
})
