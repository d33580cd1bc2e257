/** Configurations in files, changed: lengths follow, every other byte stays, and what could not be read again is refused. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded } from '../../../../fixtures/recorded.js'
import { ascii, IMAGES, libvirt, libxl, words, xl } from '../build.testing.js'
import { readHead } from '../head.js'
import { concat, imageBytes, readAll, sameBytes, validImages } from '../images.testing.js'
import { editLibvirtXml, editXlConfig } from './config.js'
import { RewriteError } from './errors.js'
import { failing, through } from './transform.testing.js'

const CONFIG = '{"c_info":{"type":"pvh","name":"guest"}}\0'
const rename = (config: string) => config.replace('guest', 'another guest – größer')

/** A file of xl whose configuration is no JSON, is in these bytes, and has others behind it. */
function xlText(config: Uint8Array, more: Uint8Array = new Uint8Array()): Uint8Array {
  const length = 4 + config.length + more.length
  const head = [ascii('Xen saved domain, xl format\n \0 \r'), words(0x0102_0304, 2, 0, length)]
  return concat([...head, words(config.length), config, more, libxl()])
}

describe('the configuration of xl', () => {
  it('is changed, and everything else stays', async () => {
    const result = await through(editXlConfig(rename), xl(CONFIG), [11])
    const head = await readHead(result)
    expect(head.config).toBe('{"c_info":{"type":"pvh","name":"another guest – größer"}}')
    const added = new TextEncoder().encode(rename(CONFIG)).length - CONFIG.length
    expect(result.length - xl(CONFIG).length).toBe(added)
    expect(sameBytes(result.subarray(head.layerOffsets.libxl), libxl())).toBe(true)
    expect(sameBytes(result.subarray(0, 44), xl(CONFIG).subarray(0, 44))).toBe(true)
    expect((await readAll(result)).error).toBeNull()
    const back = await through(
      editXlConfig((config) => config.replace('another guest – größer', 'guest')),
      result,
    )
    expect(sameBytes(back, xl(CONFIG))).toBe(true)
  })

  it('may be changed to any JSON, and by a promise', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.integer({ min: 1, max: 400 }), async (json, size) => {
        const edit = editXlConfig(async () => json)
        const result = await through(edit, xl(CONFIG), [size])
        expect((await readHead(result)).config).toBe(json)
        expect(sameBytes(result.subarray(-libxl().length), libxl())).toBe(true)
      }),
      { numRuns: 60 },
    )
  })

  it('as text has no zero behind it, and keeps what follows it', async () => {
    const [text, more] = [ascii('name = "guest"\n'), ascii('more of a later xl')]
    const seen: string[] = []
    const edit = editXlConfig((config, language) => {
      seen.push(language)
      return `${config}memory = 64\n`
    })
    const result = await through(edit, xlText(text, more))
    const expected = xlText(ascii('name = "guest"\nmemory = 64\n'), more)
    expect(sameBytes(result, expected)).toBe(true)
    expect(seen).toEqual(['xl'])
  })

  it('that does not change leaves every byte, UTF-8 or not', async () => {
    const image = xlText(Uint8Array.of(0x6e, 0xff, 0xfe))
    expect(
      sameBytes(
        await through(
          editXlConfig((config) => config),
          image,
        ),
        image,
      ),
    ).toBe(true)
  })

  it.each([
    { what: 'no JSON', edit: () => '{', image: xl(CONFIG), said: 'JSON' },
    { what: 'a zero within', edit: () => '"a\0b"', image: xl(CONFIG), said: 'zero' },
    { what: 'nothing', edit: () => '', image: xlText(ascii('a')), said: 'nothing' },
    { what: 'text in Latin 1', edit: () => 'b', image: xlText(Uint8Array.of(0xff)), said: 'UTF-8' },
  ])('$what is refused, and nothing is written', async ({ edit, image, said }) => {
    const { error, written } = await failing(editXlConfig(edit), image, [50])
    expect(error).toBeInstanceOf(RewriteError)
    expect(error).toMatchObject({ code: 'BAD_XL_CONFIG', message: expect.stringContaining(said) })
    expect(written).toHaveLength(0)
  })

  it('fails as the edit fails', async () => {
    const failure = new Error('no such disk')
    const edit = editXlConfig(() => {
      throw failure
    })
    expect((await failing(edit, xl())).error).toBe(failure)
  })

  it('may be longer than a head if that is asked for', async () => {
    const long = JSON.stringify({ description: 'x'.repeat(100_000) })
    const { error } = await failing(editXlConfig(rename), xl(`${long}\0`))
    expect(error).toMatchObject({ code: 'HEAD_TOO_LONG' })
    const edit = editXlConfig(() => '{}', { limit: 200_000 })
    expect(sameBytes(await through(edit, xl(`${long}\0`), [5000]), xl('{}\0'))).toBe(true)
  })

  it.each(IMAGES.filter(({ form }) => form !== 'xl'))('is not in $form', async ({ image }) => {
    const { error, written } = await failing(editXlConfig(rename), image)
    expect(error).toMatchObject({ code: 'NO_XL_CONFIG' })
    expect(written).toHaveLength(0)
  })

  it('is not in a file without', async () => {
    const header = [ascii('Xen saved domain, xl format\n \0 \r'), words(0x0102_0304, 3, 0, 0)]
    const { error } = await failing(editXlConfig(rename), concat([...header, libxl()]))
    expect(error).toMatchObject({ code: 'NO_XL_CONFIG' })
  })
})

describe("libvirt's XML", () => {
  it('is changed, and everything else stays', async () => {
    const edit = editLibvirtXml((xml, language) => {
      expect(language).toBe('xml')
      return xml.replace('<domain>', '<domain type="xen">')
    })
    const result = await through(edit, libvirt(), [17])
    const head = await readHead(result)
    expect(head.config).toBe('<domain type="xen"><os><type>xenpvh</type></os></domain>')
    expect(result.length - libvirt().length).toBe(' type="xen"'.length)
    expect(sameBytes(result.subarray(head.layerOffsets.libxl), libxl())).toBe(true)
    expect(result[head.layerOffsets.libxl === undefined ? 0 : head.layerOffsets.libxl - 1]).toBe(0)
  })

  it('is not in another form', async () => {
    const { error } = await failing(editLibvirtXml(rename), xl())
    expect(error).toMatchObject({ code: 'NO_LIBVIRT_XML' })
  })
})

describeRecorded('streams/valid/manifest.json', () => {
  const images = validImages().filter(({ format }) => format === 'xl' || format === 'libvirt')

  it('has 7 files with a configuration', () => expect(images).toHaveLength(7))

  it.each(images)('$id is changed and changed back', async ({ file, format, records }) => {
    const bytes = imageBytes(file)
    const edit = format === 'xl' ? editXlConfig : editLibvirtXml
    const longer = await through(
      edit((config) => ` ${config}`),
      bytes,
    )
    expect(longer.length).toBe(bytes.length + 1)
    const { events } = await readAll(longer)
    expect(events.slice(0, -1).map(({ name, size }) => [name, size])).toEqual(
      records.map(({ name, size }) => [
        name,
        name === 'XlOptionalData' || name === 'LibvirtXml' ? size + 1 : size,
      ]),
    )
    const back = await through(
      edit((config) => config.slice(1)),
      longer,
    )
    expect(sameBytes(back, bytes)).toBe(true)
  })
})
