/** Recorded images, written again from what is read of them: to the byte. */
import { gunzipSync } from 'node:zlib'
import { XenlevelError } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import {
  describeRecorded,
  readRecordedBytes,
  readRecordedJson,
} from '../../../../fixtures/recorded.js'
import {
  type DamagedImage,
  damagedBytes,
  imageBytes,
  sameBytes,
  validImages,
} from '../images.testing.js'
import { ImageVerifier } from '../verify/verifier.js'
import { copied } from './copy.testing.js'

describeRecorded('streams/valid/manifest.json', () => {
  const images = validImages()

  it('has 45 images', () => expect(images).toHaveLength(45))

  it.each(images)('$id is written as it was', async (image) => {
    const bytes = imageBytes(image.file)
    const written = await copied(bytes, image)
    expect(written.length).toBe(bytes.length)
    expect(sameBytes(written, bytes)).toBe(true)
  })
})

/** Damage that is not in what is written: the writer chooses those bytes itself, or they are no part of what is read. */
const NOT_COPIED = {
  RESERVED_BITS: 14,
  TYPE_MISMATCH: 1,
  BAD_PAGE_SHIFT: 1,
  BAD_PADDING: 3,
  BAD_RECORD_LENGTH: 11,
  TRAILING_DATA: 2,
  BAD_EMULATOR_ID: 1,
  BAD_XENSTORE_DATA: 2,
}

describe.each([
  { folder: 'mutated', images: 340, notCopied: NOT_COPIED },
  { folder: 'fuzz', images: 361, notCopied: {} },
])('$folder', ({ folder, images, notCopied }) => {
  describeRecorded(`streams/${folder}/manifest.json`, () => {
    const { vectors } = readRecordedJson<{ vectors: DamagedImage[] }>(
      `streams/${folder}/manifest.json`,
    )
    const bases = new Map(validImages().map((image) => [image.id, image]))
    const mended: Record<string, number> = {}

    it('has all images', () => expect(vectors).toHaveLength(images))

    it.each(vectors)('nothing wrong is written of $id', async ({ base, ...image }) => {
      const said = bases.get(base)
      if (said === undefined) throw new Error(`no ${base}`)
      const bytes = damagedBytes({ base, ...image })
      const written = await copied(bytes, said).catch((error: unknown) => error)
      if (!(written instanceof Uint8Array)) {
        expect(written).toBeInstanceOf(XenlevelError)
        return
      }
      const verifier = new ImageVerifier({ kind: said.guest, checkpointed: said.remus })
      verifier.push(written)
      const { verify, restore, complete } = verifier.end()
      expect([verify.ok, restore.ok, complete]).toEqual([true, true, true])
      const { verify: verdict, code = '' } = image.expect ?? {}
      if (verdict === 'reject') mended[code] = (mended[code] ?? 0) + 1
    })

    it('what is written all the same has no part of the damage', () =>
      expect(mended).toEqual(notCopied))
  })
})

const SAVED = [
  { name: '4.17.7-EPYC-tpv', guest: 'pv' },
  { name: '4.17.7-EPYC-tpvh', guest: 'hvm' },
  { name: '4.17.7-Haswell-tpv', guest: 'pv' },
  { name: '4.17.7-Opteron_G3-tpv', guest: 'pv' },
  { name: '4.17.7-Skylake-Server-tpv', guest: 'pv' },
  { name: '4.17.7-Skylake-levelled-tpv', guest: 'pv' },
] as const

describe.each(SAVED)('$name', ({ name, guest }) => {
  const file = `xen/streams/${name}.save.gz`
  describeRecorded(file, () => {
    it('is written as xl wrote it', async () => {
      const bytes = new Uint8Array(gunzipSync(readRecordedBytes(file)))
      expect(sameBytes(await copied(bytes, { guest, remus: false }), bytes)).toBe(true)
    })
  })
})
