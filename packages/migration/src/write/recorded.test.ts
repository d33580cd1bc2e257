/** Recorded images, written again from what is read of them: to the byte. */
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedBytes } from '../../../../fixtures/recorded.js'
import { imageBytes, sameBytes, validImages } from '../images.testing.js'
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
