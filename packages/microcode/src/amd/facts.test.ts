import { expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import {
  ENTRYSIGN_FIRST_FIXED,
  FINAL_REVISIONS_10H,
  firstFixedRevision,
  isFinalRevision,
  MAX_PATCH_SIZES,
  maxPatchSize,
  PATCH_DIGESTS,
  patchDigest,
} from './facts.js'

it('finds what there is and nothing else', () => {
  expect(patchDigest(0x0800_126f)).toMatch(/^2b5af29c/)
  expect(patchDigest(0x0800_1270)).toBeUndefined()
  expect(firstFixedRevision(0x0800_1200)).toBe(0x0800_1278)
  expect(firstFixedRevision(0x0800_1300)).toBeUndefined()
  expect(maxPatchSize(0x19)).toBe(5568)
  expect(maxPatchSize(0x10)).toBe(2048)
  expect(isFinalRevision(0x10, 0x0100_0098)).toBe(true)
  expect(isFinalRevision(0x12, 0x0100_0098)).toBe(false)
})

it('keeps its tables in order: ids ascend, digests are whole, first fixed revisions belong to their line', () => {
  const ids = PATCH_DIGESTS.map(([id]) => id)
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b))
  for (const [, digest] of PATCH_DIGESTS) expect(digest).toMatch(/^[0-9a-f]{64}$/)
  for (const [prefix, first] of ENTRYSIGN_FIRST_FIXED) expect(first >>> 8).toBe(prefix)
})

describeRecorded('microcode/facts/xen-amd.json', () => {
  interface Facts {
    readonly digests: readonly { readonly patchId: string; readonly sha256: string }[]
    readonly entrysignFirstFixed: readonly {
      readonly revPrefix: string
      readonly firstFixed: string
    }[]
    readonly maxPatchSize: Readonly<Record<string, number>>
    readonly finalLevelsFam10h: readonly string[]
  }
  const facts = readRecordedJson<Facts>('microcode/facts/xen-amd.json')

  it('holds the same as the generated tables: 41 digests, 34 first fixed revisions', () => {
    expect(facts.digests).toHaveLength(41)
    expect(facts.entrysignFirstFixed).toHaveLength(34)
    expect(PATCH_DIGESTS).toEqual(
      facts.digests.map(({ patchId, sha256 }) => [Number(patchId), sha256]),
    )
    expect(ENTRYSIGN_FIRST_FIXED).toEqual(
      facts.entrysignFirstFixed.map((row) => [Number(row.revPrefix), Number(row.firstFixed)]),
    )
    expect(FINAL_REVISIONS_10H).toEqual(facts.finalLevelsFam10h.map(Number))
    for (const [family, bytes] of Object.entries(facts.maxPatchSize)) {
      expect(maxPatchSize(Number(family))).toBe(bytes) // 'other' becomes NaN, which no row names
    }
    expect(MAX_PATCH_SIZES).toHaveLength(Object.keys(facts.maxPatchSize).length - 1)
  })
})
