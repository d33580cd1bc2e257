import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../fixtures/recorded.js'
import { patchDigest } from './amd/facts.js'
import { CORPUS_MANIFEST, readCorpus } from './corpus.testing.js'
import { parseMicrocode } from './file.js'
import { sha256 } from './sha256.js'

const theirs = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

it('gives what the standard gives', () => {
  const text = (value: string) => new TextEncoder().encode(value)
  expect(sha256(text(''))).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  expect(sha256(text('abc'))).toBe(
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  )
})

it('gives what node:crypto gives, at every length around a block', () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 0xff)
    expect(sha256(bytes)).toBe(theirs(bytes))
  }
})

it('gives what node:crypto gives for any bytes, wherever they lie in their buffer', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 6000 }), fc.nat(70), (bytes, skip) => {
      const part = bytes.subarray(skip)
      expect(sha256(part)).toBe(theirs(part))
    }),
  )
})

describeRecorded(CORPUS_MANIFEST, () => {
  const files = readRecordedJson<{ files: { path: string; kind: string }[] }>(CORPUS_MANIFEST).files
  const patches = files
    .filter(({ kind }) => kind === 'amd-patch' || kind === 'amd-container')
    .flatMap(({ path }) => parseMicrocode(readCorpus(path), { format: 'amd' }).updates)

  it('gives the digest that Xen lists for each listed patch that is here: 25 of 41', () => {
    const listed = new Set<number>()
    for (const { revision, bytes } of patches) {
      expect(sha256(bytes)).toBe(theirs(bytes))
      if (patchDigest(revision) === sha256(bytes)) listed.add(revision)
    }
    expect(listed.size).toBe(25)
  })
})
