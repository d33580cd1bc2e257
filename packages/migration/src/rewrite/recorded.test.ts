/** Recorded images, rewritten: the recorded results to the byte, and every other image of the corpus by what it is read as. */
import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { CpuPolicy, PolicyRecordError } from '@xenlevel/core'
import { decodeLeaves, decodeMsrs } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  describeRecorded,
  readRecorded,
  readRecordedBytes,
  readRecordedJson,
} from '../../../../fixtures/recorded.js'
import { ImageError } from '../errors.js'
import { readHead } from '../head.js'
import {
  concat,
  type DamagedImage,
  damagedBytes,
  imageBytes,
  type RecordedImage,
  readAll,
  sameBytes,
  validImages,
} from '../images.testing.js'
import { ImageVerifier } from '../verify/verifier.js'
import { viewOf } from '../walk.js'
import { RewriteError } from './errors.js'
import { rewritePolicy } from './policy.js'
import type { PolicyChange } from './policy-records.js'
import { failing, through } from './transform.testing.js'
import { trimImage } from './trim.js'
import { upgradeImage } from './upgrade.js'

/** A policy file of the corpus: two counts, leaves, MSRs. */
function readPolicy(
  path: string,
): Required<PolicyChange> & { leaves: Uint8Array; msrs: Uint8Array } {
  const bytes = readRecordedBytes(path)
  const end = 8 + viewOf(bytes).getUint32(0, true) * 24
  return { leaves: bytes.subarray(8, end), msrs: bytes.subarray(end) }
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

interface Rewritten {
  readonly id: string
  readonly base: string
  readonly new_policy: string
  readonly result_sha256: string
  readonly result_size: number
}

describeRecorded('streams/rewrite/manifest.json', () => {
  const rewritten = readRecordedJson<Rewritten[]>('streams/rewrite/manifest.json')

  it('has 6 images', () => expect(rewritten).toHaveLength(6))

  describe.each(rewritten)('$id', ({ base, new_policy, result_sha256, result_size }) => {
    const bytes = imageBytes(base)
    const { leaves, msrs } = readPolicy(`streams/${new_policy}`)
    const forms = [
      { as: 'bodies', policy: { leaves, msrs } },
      { as: 'values', policy: { leaves: decodeLeaves(leaves), msrs: decodeMsrs(msrs) } },
      { as: 'a policy', policy: CpuPolicy.fromRecords(decodeLeaves(leaves), decodeMsrs(msrs)) },
    ]

    it.each(forms)('comes out as recorded, given $as', async ({ policy }) => {
      const result = await through(rewritePolicy(policy), bytes)
      expect([result.length, sha256(result)]).toEqual([result_size, result_sha256])
    })

    it('comes out the same however the input is cut', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 9 }),
          async (sizes) => {
            const result = await through(rewritePolicy({ leaves, msrs }), bytes, sizes)
            expect(sha256(result)).toBe(result_sha256)
          },
        ),
        { numRuns: 25 },
      )
      expect(sha256(await through(rewritePolicy({ leaves, msrs }), bytes, [1]))).toBe(result_sha256)
    })
  })
})

/** An image without what lies in these pieces. */
function without(bytes: Uint8Array, pieces: readonly { offset: number; size: number }[]) {
  const kept: Uint8Array[] = []
  let at = 0
  for (const { offset, size } of pieces) {
    kept.push(bytes.subarray(at, offset))
    at = offset + size
  }
  return concat([...kept, bytes.subarray(at)])
}

function verdictsOf(bytes: Uint8Array, { guest, remus }: RecordedImage) {
  const verifier = new ImageVerifier({ kind: guest, checkpointed: remus })
  verifier.push(bytes)
  const { verify, restore } = verifier.end()
  return { verify: verify.ok, restore: restore.ok }
}

const POLICY = ['X86_CPUID_POLICY', 'X86_MSR_POLICY']
const ofName =
  (...names: readonly string[]) =>
  ({ name }: { name: string }) =>
    names.includes(name)

describeRecorded(['streams/valid/manifest.json', 'streams/rewrite/manifest.json'], () => {
  const images = validImages()
  const { leaves, msrs } = readPolicy('streams/rewrite/policy-0.pol')
  const policy = CpuPolicy.fromRecords(decodeLeaves(leaves), decodeMsrs(msrs))
  const current = images.filter(({ head }) => head.version === 3)
  const old = images.filter(({ head }) => head.version === 2)

  it('has 41 images of version 3 and 4 of version 2', () =>
    expect([current.length, old.length]).toEqual([41, 4]))

  const bare = (image: RecordedImage, bytes: Uint8Array) =>
    without(bytes, image.records.filter(ofName(...POLICY)))

  it.each(current)('$id has its policy replaced, and the rest as it was', async (image) => {
    const bytes = imageBytes(image.file)
    const result = await through(rewritePolicy(policy), bytes, [700])
    const { events, error } = await readAll(result)
    expect(error).toBeNull()
    expect(events.filter(ofName(...POLICY))).toHaveLength(2)
    expect(sameBytes(without(result, events.filter(ofName(...POLICY))), bare(image, bytes))).toBe(
      true,
    )
    const head = await readHead(result)
    expect(head.cpuPolicy?.equals(policy)).toBe(true)
    expect(head.missing).toEqual([])
    expect(head.staticDataEnd).toBe('explicit')
    const names = events.map(({ name }) => name)
    expect(Math.max(...POLICY.map((name) => names.indexOf(name)))).toBeLessThan(
      names.indexOf('STATIC_DATA_END'),
    )
    expect(verdictsOf(result, image)).toEqual(verdictsOf(bytes, image))
  })

  it.each(images)('$id has its policy taken out, and the rest as it was', async (image) => {
    const bytes = imageBytes(image.file)
    const result = await through(rewritePolicy(null), bytes, [700])
    expect(sameBytes(result, bare(image, bytes))).toBe(true)
    expect((await readHead(result)).missing).toEqual(['CPUID', 'MSR'])
    expect(verdictsOf(result, image)).toEqual({ verify: true, restore: true })
  })

  it.each(current)('$id comes back from a policy and its own again', async (image) => {
    const bytes = imageBytes(image.file)
    const { policyRecords } = await readHead(bytes)
    const bodyOf = (name: string) =>
      policyRecords.find((record) => record.name === name)?.bytes ?? null
    const own = { leaves: bodyOf('X86_CPUID_POLICY'), msrs: bodyOf('X86_MSR_POLICY') }
    const back = await through(rewritePolicy(own), await through(rewritePolicy(policy), bytes))
    expect(sameBytes(back, bytes)).toBe(true)
  })

  it.each(old)('$id becomes one of version 3', async (image) => {
    const bytes = imageBytes(image.file)
    const result = await through(upgradeImage(policy), bytes, [333])
    const { events, error } = await readAll(result)
    expect(error).toBeNull()
    const head = await readHead(result)
    expect(head).toMatchObject({ version: 3, staticDataEnd: 'explicit', missing: [] })
    expect(head.cpuPolicy?.equals(policy)).toBe(true)
    expect(head.headEnd).toBe(image.head.head_end + 816 + 32 + 3 * 8)
    const added = events.filter(ofName(...POLICY, 'STATIC_DATA_END'))
    expect(added.map(({ name }) => name)).toEqual([...POLICY, 'STATIC_DATA_END'])
    const rest = without(result, added).slice()
    // The one byte that changes: the version.
    expect(rest[image.head.image_offset + 15]).toBe(3)
    rest[image.head.image_offset + 15] = 2
    expect(sameBytes(rest, bytes)).toBe(true)
    expect(verdictsOf(result, image)).toEqual({ verify: true, restore: true })
  })

  it.each(old)('$id refuses records in version 2', async (image) => {
    await expect(through(rewritePolicy(policy), imageBytes(image.file))).rejects.toMatchObject({
      code: 'V3_RECORD_IN_V2',
    })
  })

  it.each(images)('$id is trimmed', async (image) => {
    const bytes = imageBytes(image.file)
    const expected = without(bytes, image.records.filter(ofName('PAGE_DATA')))
    for (const sizes of [[bytes.length], [1, 4000], [333]]) {
      const result = await through(trimImage(), bytes, sizes)
      expect(sameBytes(result, expected)).toBe(true)
      expect(sameBytes(await through(trimImage(), result), result)).toBe(true)
    }
  })
})

describe.each([
  { folder: 'mutated', images: 340 },
  { folder: 'fuzz', images: 361 },
])('$folder', ({ folder, images }) => {
  describeRecorded(`streams/${folder}/manifest.json`, () => {
    const { vectors } = readRecordedJson<{ vectors: DamagedImage[] }>(
      `streams/${folder}/manifest.json`,
    )

    it('has all images', () => expect(vectors).toHaveLength(images))

    it.each(vectors)('$id passes as it is, or fails with nothing written', async (image) => {
      const bytes = damagedBytes(image)
      const { written, error } = await failing(rewritePolicy({}), bytes, [1000])
      if (error === null) expect(sameBytes(written, bytes)).toBe(true)
      else {
        expect(written).toHaveLength(0)
        expect(isExpected(error)).toBe(true)
      }
      // Heads that a receiver takes are rewritten.
      if (image.expect?.restore === 'accept' && !NO_HEAD.has(image.id)) expect(error).toBeNull()
    })

    it.each(vectors)('$id is trimmed as far as it can be read', async (image) => {
      const bytes = damagedBytes(image)
      const { written, error } = await failing(trimImage(), bytes, [1, 3000])
      const { events, error: unread } = await readAll(bytes)
      if (error !== null) expect(isExpected(error)).toBe(true)
      expect(error).toEqual(unread)
      const kept = without(bytes, events.filter(ofName('PAGE_DATA')))
      // What a broken record begins with may be kept.
      if (error === null) expect(sameBytes(written, kept)).toBe(true)
      else expect(sameBytes(written, kept.subarray(0, written.length))).toBe(true)
    })
  })
})

/** A receiver takes them, and they have no guest, or a policy that is never applied. */
const NO_HEAD = new Set(['libxl-no-libxc'])

const isExpected = (error: unknown) =>
  [ImageError, RewriteError, PolicyRecordError].some((kind) => error instanceof kind)

describeRecorded('streams/real/manifest.json', () => {
  const { vectors } = readRecordedJson<{ vectors: { file: string }[] }>(
    'streams/real/manifest.json',
  )

  it.each(vectors)('$file has nothing left to trim', async ({ file }) => {
    const bytes = imageBytes(`real/${file}`)
    expect(sameBytes(await through(trimImage(), bytes, [99]), bytes)).toBe(true)
  })
})

const SAVED = [
  '4.17.7-EPYC-tpv',
  '4.17.7-EPYC-tpvh',
  '4.17.7-Haswell-tpv',
  '4.17.7-Opteron_G3-tpv',
  '4.17.7-Skylake-Server-tpv',
  '4.17.7-Skylake-levelled-tpv',
]

describe.each(SAVED)('%s', (name) => {
  const [file, listing] = [`xen/streams/${name}.save.gz`, `xen/streams/${name}.txt`]
  describeRecorded([file, listing], () => {
    const bytes = new Uint8Array(gunzipSync(readRecordedBytes(file)))

    it('keeps what is no memory when it is trimmed', async () => {
      const result = await through(trimImage(), bytes, [65_536])
      const { events } = await readAll(bytes)
      expect(
        sameBytes(
          result,
          without(
            bytes,
            events.filter(({ name }) => name === 'PAGE_DATA'),
          ),
        ),
      ).toBe(true)
      const said = /PAGE_DATA \{'recs': (\d+), 'pfns': \d+, 'bytes': (\d+)\}/.exec(
        readRecorded(listing),
      )
      const [records = 0, length = 0] = said?.slice(1).map(Number) ?? []
      // Bodies of whole pages and pfns need no padding.
      expect(bytes.length - result.length).toBe(length + records * 8)
    })

    it('has its own policy, rewritten for its own release, to the byte', async () => {
      const rewritten = rewritePolicy(({ cpuPolicy }) => cpuPolicy, { release: '4.17.7' })
      expect(sameBytes(await through(rewritten, bytes, [65_536]), bytes)).toBe(true)
    })
  })
})
