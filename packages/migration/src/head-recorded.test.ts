/** Heads of recorded images, and legacy streams, against what was recorded of them. */
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../fixtures/recorded.js'
import { LegacyImageError } from './errors.js'
import { readHead } from './head.js'
import {
  bytesOf,
  CountedSource,
  concat,
  imageBytes,
  readAll,
  sameBytes,
  validImages,
} from './images.testing.js'

describeRecorded('streams/valid/manifest.json', () => {
  const images = validImages()

  it.each(images)(
    'the head of $id is as recorded',
    async ({ file, format, guest, head: known }) => {
      const bytes = imageBytes(file)
      const head = await readHead(bytes)
      expect(head).toMatchObject({
        format,
        version: known.version,
        xen: known.xen,
        kind: guest,
        staticDataEnd: known.static_data_end,
        headEnd: known.head_end,
        missing: known.missing,
        policyError: null,
      })
      expect(head.layers.at(0)).toBe(format)
      expect(head.layers.at(-1)).toBe('libxc')
      expect(head.layerOffsets.libxc).toBe(known.image_offset)
      expect(
        head.policyRecords.map(({ name, offset, length, entries }) => ({
          name,
          offset,
          length,
          entries,
        })),
      ).toEqual(known.policy_records)
      expect(head.cpuPolicy?.featureset.toString()).toBe(known.featureset)
      expect(head.msrPolicy === null).toBe(known.missing.includes('MSR'))
      expect(head.invented.map(({ code }) => code)).toEqual(
        known.missing.map((name) => `${name}_POLICY_INVENTED`),
      )
      expect(head.metadata === undefined).toBe(format !== 'xenopsd')
      expect(head.config === undefined).toBe(!['xl', 'libvirt'].includes(format))
      expect(sameBytes(concat([head.bytes, await bytesOf(head.remainder)]), bytes)).toBe(true)
    },
  )

  it.each(images)('the head of $id is all that is asked for', async ({ file, head: known }) => {
    const source = new CountedSource(imageBytes(file), [1])
    const head = await readHead(source)
    // An inferred end is seen by the header of the record behind it.
    expect(source.given).toBe(known.head_end + (head.staticDataEnd === 'inferred' ? 8 : 0))
    expect(source.closed).toBe(false)
    await head.remainder.close()
    expect(source.closed).toBe(true)
  })

  it('a 32-bit PV guest is known by its head', async () => {
    const head = await readHead(imageBytes('valid/libxc-v3-pv32.img'))
    expect([head.kind, head.guestKind]).toEqual(['pv', 'pv32'])
  })

  it("xenopsd's featureset is known by its metadata", async () => {
    const { metadata, cpuPolicy } = await readHead(imageBytes('valid/xenopsd-v3-hvm.img'))
    expect(metadata?.featureset?.equals(cpuPolicy?.featureset ?? metadata.featureset)).toBe(true)
    expect(metadata?.vm).toMatch(/^\(\(id [-0-9a-f]{36}\)\(name vm\)/)
    expect(metadata?.text).toMatch(/^\(\(time .*\)\)$/)
  })

  it('the configuration is the text that the file has', async () => {
    const xl = await readHead(imageBytes('valid/xl-v3-hvm.img'))
    expect([xl.configLanguage, JSON.parse(xl.config ?? '')]).toMatchObject(['json', {}])
    const text = await readHead(imageBytes('valid/xl-v3-pv64-text-config.img'))
    expect([text.configLanguage, text.config?.includes('=')]).toEqual(['xl', true])
    const libvirt = await readHead(imageBytes('valid/libvirt-v3-hvm.img'))
    expect([libvirt.configLanguage, libvirt.config?.startsWith('<domain')]).toEqual(['xml', true])
  })
})

interface LegacyStream {
  readonly id: string
  readonly file: string
  readonly out?: string
  readonly width: 32 | 64
  readonly guest: 'pv' | 'hvm'
  readonly xl_header: boolean
  readonly peer_verify?: string
}

describeRecorded('streams/legacy/manifest.json', () => {
  const { vectors: streams } = readRecordedJson<{ vectors: LegacyStream[] }>(
    'streams/legacy/manifest.json',
  )

  it('has twelve streams', () => expect(streams).toHaveLength(12))

  describe.each(streams)('$id', ({ file, out, width, guest, xl_header }) => {
    const bytes = imageBytes(`legacy/${file}`)

    it('is recognised, described and refused with the name of the converter', async () => {
      for (const refused of [
        readHead(bytes),
        readAll(bytes).then(({ error }) => Promise.reject(error)),
      ]) {
        const error: unknown = await refused.catch((thrown: unknown) => thrown)
        expect(error).toBeInstanceOf(LegacyImageError)
        if (!(error instanceof LegacyImageError)) return
        const { legacy } = error
        expect(error.code).toBe('LEGACY')
        expect(legacy).toMatchObject({ width, kind: guest, wrapper: xl_header ? 'xl' : null })
        expect(legacy.offset).toBe(xl_header ? 57 : 0)
        expect(legacy.converter).toEqual({
          name: 'convert-legacy-stream',
          arguments: [
            ...['--width', `${width}`, '--guest-type', guest],
            ...(xl_header ? ['--format', 'libxl'] : []),
          ],
        })
        expect(error.message).toContain(
          `convert-legacy-stream --width ${width} --guest-type ${guest}`,
        )
      }
    })

    it('is read when it has been converted', async () => {
      if (out === undefined) return
      const converted = imageBytes(`legacy/${out}`)
      const { events, error } = await readAll(converted)
      // The converter makes a PAGE_DATA without pfns of a batch that has none left; no receiver takes it.
      if (file.includes('all-xtab-batch')) {
        expect(error).toMatchObject({ code: 'BAD_PAGE_DATA' })
        return
      }
      expect(error).toBeNull()
      expect(events.at(-1)?.kind).toBe('end')
      const head = await readHead(converted)
      expect(head).toMatchObject({
        version: 3,
        kind: guest,
        xen: [0, 1],
        missing: ['CPUID', 'MSR'],
      })
    })
  })
})
