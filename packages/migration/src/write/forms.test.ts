import { describe, expect, it } from 'vitest'
import { IMAGES, IMAGES_BY_HAND } from '../build.testing.js'
import { readHead } from '../head.js'
import { concat, readAll } from '../images.testing.js'
import { ImageWriterError } from './errors.js'
import type { ImageWriterOptions } from './options.js'
import { ImageWriter } from './writer.js'

import { page, refusalOf, state, TSC, withHead, XEN } from './writer.testing.js'

it.each(IMAGES)('$form is what it is byte by byte', ({ form, image }) => {
  const byHand = IMAGES_BY_HAND[IMAGES.findIndex((each) => each.form === form)]
  expect(image).toEqual(byHand?.())
})

const WRAPPED: readonly { form: string; options: ImageWriterOptions; layers: readonly string[] }[] =
  [
    {
      form: 'libxl',
      options: { form: 'libxl', kind: 'hvm', xen: XEN },
      layers: ['libxl', 'libxc'],
    },
    {
      form: 'xl',
      options: { form: 'xl', kind: 'hvm', xen: XEN, config: '{"a":1}' },
      layers: ['xl', 'libxl', 'libxc'],
    },
    {
      form: 'libvirt',
      options: { form: 'libvirt', kind: 'hvm', xen: XEN, xml: '<domain/>' },
      layers: ['libvirt', 'libxl', 'libxc'],
    },
  ]

describe.each(WRAPPED)('$form', ({ options, layers }) => {
  it('is around the image, with the state of device models behind it', async () => {
    const writer = withHead(new ImageWriter(options))
    state(writer)
    writer.endLibxc()
    writer.emulatorXenstoreData([['physmap/f0000000/name', 'vga.vram']])
    writer.emulatorContext(Uint8Array.of(1, 2, 3))
    expect(writer.end()).toMatchObject({ ok: true, layers })
    const bytes = concat(writer.take())
    const head = await readHead(bytes)
    expect(head.layers).toEqual(layers)
    expect((await readAll(bytes)).error).toBeNull()
    if (options.form === 'xl')
      expect([head.config, head.configLanguage]).toEqual(['{"a":1}', 'json'])
    if (options.form === 'libvirt') expect(head.config).toBe('<domain/>')
  })

  it('ends with its image where nothing else is to be said', async () => {
    const writer = withHead(new ImageWriter(options))
    state(writer)
    expect(writer.end().complete).toBe(true)
    const { events } = await readAll(concat(writer.take()))
    expect(events.slice(-3).map(({ layer, name }) => `${layer} ${name}`)).toEqual([
      'libxc END',
      'libxl END',
      `${layers[0]} end`,
    ])
  })

  it('has checkpoints, and ends behind one', async () => {
    const writer = withHead(new ImageWriter({ ...options, checkpointed: true }))
    for (let round = 0; round < 3; round++) {
      writer.pageData([round], page(round))
      state(writer)
      writer.checkpoint()
      writer.emulatorContext(Uint8Array.of(round))
      writer.checkpointEnd()
    }
    expect(writer.end()).toMatchObject({ ok: true, checkpoints: { complete: 3 } })
    const { events } = await readAll(concat(writer.take()))
    expect(events.at(-1)).toMatchObject({ kind: 'end', by: 'end-of-input', checkpoints: 3 })
  })

  it('does not end within a round, nor between two', () => {
    const writer = withHead(new ImageWriter({ ...options, checkpointed: true }))
    state(writer)
    writer.checkpoint()
    expect(refusalOf(() => writer.end()).code).toBe('UNEXPECTED_RECORD')
    writer.checkpointEnd()
    writer.pageData([1], page(1))
    expect(refusalOf(() => writer.end()).message).toMatch(/TRUNCATED|ends|missing/)
    expect(writer.report).toBeNull()
  })

  it('keeps records of its forms apart', () => {
    const writer = withHead(new ImageWriter(options))
    state(writer)
    expect(refusalOf(() => writer.emulatorContext(new Uint8Array())).code).toBe('UNEXPECTED_RECORD')
    expect(refusalOf(() => writer.checkpointEnd()).code).toBe('UNEXPECTED_RECORD')
    expect(refusalOf(() => writer.xenopsdRecord('Varstored', new Uint8Array())).code).toBe(
      'UNEXPECTED_RECORD',
    )
    writer.endLibxc()
    expect(refusalOf(() => writer.tscInfo(TSC)).message).toContain('libxl is being written')
    // None of that spoiled it.
    expect(writer.end().ok).toBe(true)
    expect(refusalOf(() => writer.tscInfo(TSC)).message).toContain('behind the end')
    expect(writer.end()).toBe(writer.report)
  })
})

describe('xenopsd', () => {
  const options: ImageWriterOptions = {
    form: 'xenopsd',
    kind: 'hvm',
    xen: XEN,
    metadata: '((vm_str "(a b)")(xs_subtree()))',
  }

  it('is around the image, with its records behind it', async () => {
    const writer = withHead(new ImageWriter(options))
    state(writer)
    writer.endLibxc()
    writer.xenopsdRecord('Varstored', Uint8Array.of(1))
    writer.xenopsdRecord('Qemu_trad', Uint8Array.of(1, 2, 3))
    expect(writer.end()).toMatchObject({ ok: true, layers: ['xenopsd', 'libxc'] })
    const bytes = concat(writer.take())
    expect((await readHead(bytes)).metadata?.vm).toBe('(a b)')
    const { events } = await readAll(bytes)
    expect(events.at(-2)?.name).toBe('End_of_image')
  })

  it('refuses metadata that xenopsd could not read', () => {
    expect(() => {
      const writer = withHead(new ImageWriter({ ...options, metadata: '((' }))
      state(writer)
      writer.end()
    }).toThrow(ImageWriterError)
  })
})
