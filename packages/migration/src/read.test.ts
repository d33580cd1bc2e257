/** Reading: what holds for every way of bringing the bytes, for every bad input, and for those who stop early. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ascii, IMAGES, libxcHeaders, libxlHeader, record, words } from './build.testing.js'
import { ImageError } from './errors.js'
import { readHead } from './head.js'
import { bytesOf, CountedSource, concat, readAll, sameBytes } from './images.testing.js'
import { readImage } from './read.js'

const tail = ascii('what follows the image')

describe.each(IMAGES)('an image of $form', ({ image }) => {
  it('gives the same events however the input is cut', async () => {
    const { events: whole } = await readAll(image)
    expect(whole.at(-1)?.kind).toBe('end')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9000 })), {
          minLength: 1,
          maxLength: 20,
        }),
        async (sizes) => {
          const { events, error } = await readAll(new CountedSource(image, sizes))
          expect(error).toBeNull()
          expect(events).toEqual(whole)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('is truncated wherever it is cut off, with the same error however it came', async () => {
    const whole = (await readAll(image)).events
    const rounds = whole.filter(({ name }) => name === 'CHECKPOINT_END')
    const restorable = rounds.map(({ offset, size }) => offset + size)
    await fc.assert(
      fc.asyncProperty(
        fc.nat(image.length - 1),
        fc.integer({ min: 1, max: 99 }),
        async (at, size) => {
          const cut = image.subarray(0, at)
          const { error, events, consumed, rest } = await readAll(cut)
          expect(consumed + rest.length).toBe(at)
          if (restorable.includes(at)) {
            expect(events.at(-1)).toMatchObject({ kind: 'end', by: 'end-of-input' })
            return
          }
          expect(error).toBeInstanceOf(ImageError)
          expect(error).toMatchObject({ code: 'TRUNCATED', offset: at })
          const again = await readAll(new CountedSource(cut, [size]))
          expect(again.error).toEqual(error)
          expect(events).toEqual(whole.slice(0, events.length))
        },
      ),
      { numRuns: 150 },
    )
  })

  it('can be left after any event, and the rest is intact', async () => {
    const { events } = await readAll(image)
    for (const [at, last] of events.entries()) {
      const source = new CountedSource(image, [11, 5000])
      const reading = readImage(source, { keepOpen: true })
      let seen = 0
      for await (const _ of reading) if (seen++ === at) break
      expect(reading.consumed).toBe(last.offset + last.size)
      expect(source.closed).toBe(false)
      const rest = await bytesOf(reading.remainder)
      expect(sameBytes(rest, image.subarray(reading.consumed))).toBe(true)
    }
  })

  it('never breaks on damage', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(image.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        async (changes, early) => {
          const damaged = image.slice()
          for (const [at, byte] of changes) damaged[early ? at % 1200 : at] = byte
          for (const outcome of [readAll(damaged).then(({ error }) => error), headError(damaged)]) {
            const error = await outcome
            if (error !== null) expect(error).toBeInstanceOf(ImageError)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

it.each(IMAGES.filter(({ form }) => !form.includes('checkpointed')))(
  'an image of $form leaves what follows it alone',
  async ({ image }) => {
    const input = concat([image, tail])
    for (const sizes of [[input.length], [7]]) {
      const { error, consumed, rest } = await readAll(new CountedSource(input, sizes))
      expect(error).toBeNull()
      expect(consumed).toBe(image.length)
      expect(rest).toEqual(tail)
    }
  },
)

const headError = (bytes: Uint8Array): Promise<unknown> =>
  readHead(bytes).then(
    () => null,
    (error: unknown) => error,
  )

describe('any bytes', () => {
  it('are an image or a typed error', async () => {
    const beginnings = [
      '',
      'LibxlFmt',
      'XenSavedDomv2-\n',
      'XenSavedDomain\n',
      'Xen saved domain, xl format\n \0 \r',
      'libvirt-xml\n \0 \r',
      '\xff\xff\xff\xff\xff\xff\xff\xffXENF\0\0\0\x03',
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...beginnings),
        fc.uint8Array({ maxLength: 300 }),
        async (beginning, bytes) => {
          const input = concat([ascii(beginning), bytes])
          const { error } = await readAll(input)
          expect(error).toBeInstanceOf(ImageError)
          expect(await headError(input)).toBeInstanceOf(ImageError)
        },
      ),
      { numRuns: 500 },
    )
  })

  it.each([
    { what: 'nothing', input: new Uint8Array(), code: 'TRUNCATED' },
    { what: 'a text', input: ascii('#!/bin/sh\nexit 0\n# and more of that\n'), code: 'BAD_MAGIC' },
    { what: 'a damaged ident', input: ascii('LibxlFmu--------'), code: 'BAD_ID' },
    { what: 'zeros', input: new Uint8Array(64), code: 'BAD_MAGIC' },
  ])('$what is $code', async ({ input, code }) => {
    expect((await readAll(input)).error).toMatchObject({ code })
  })
})

/** A source that goes on for as long as it is asked, and says how much that was. */
async function* endless(head: Uint8Array, chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  yield head
  for (;;) yield chunk
}

describe('lengths that claim too much', () => {
  const huge = [
    {
      what: 'a libxc record',
      input: concat([libxcHeaders(), words(9, 0xffff_ffff)]),
      code: 'RECORD_TOO_LONG',
    },
    {
      what: 'one of 128 MiB and a byte',
      input: concat([libxcHeaders(), words(1, 0x800_0001)]),
      code: 'RECORD_TOO_LONG',
    },
    {
      what: 'a PAGE_DATA of 2^32 - 1 pfns',
      input: concat([libxcHeaders(), words(1, 0x800_0000, 0xffff_ffff, 0)]),
      code: 'TRUNCATED',
    },
    {
      what: 'a libxl record whose padded length wraps',
      input: concat([libxlHeader(), words(2, 0xffff_fff9)]),
      code: 'RECORD_TOO_LONG',
    },
    {
      what: 'a libxl record of nearly 4 GiB',
      input: concat([libxlHeader(), words(2, 0xffff_fff8)]),
      code: 'TRUNCATED',
    },
    {
      what: 'optional data of 4 GiB',
      input: concat([
        ascii('Xen saved domain, xl format\n \0 \r'),
        words(0x0102_0304, 3, 0, 0xffff_ffff, 0xffff_fffb),
      ]),
      code: 'TRUNCATED',
    },
    {
      what: 'XML of 4 GiB',
      input: concat([ascii('libvirt-xml\n \0 \r'), words(2, 0xffff_ffff), new Uint8Array(40)]),
      code: 'TRUNCATED',
    },
    {
      what: 'a body of 2^53 - 1 bytes',
      input: concat([ascii('XenSavedDomv2-\n'), words(0x0f, 0, 0xffff_ffff, 0x1f_ffff)]),
      code: 'TRUNCATED',
    },
    {
      what: 'one of 2^53',
      input: concat([ascii('XenSavedDomv2-\n'), words(0x0f, 0, 0, 0x20_0000)]),
      code: 'RECORD_TOO_LONG',
    },
    {
      what: 'one of -1',
      input: concat([ascii('XenSavedDomv2-\n'), words(0x0f, 0, 0xffff_ffff, 0xffff_ffff)]),
      code: 'RECORD_TOO_LONG',
    },
  ]

  it.each(huge)('$what is $code', async ({ input, code }) => {
    const before = process.memoryUsage().arrayBuffers
    const { error } = await readAll(input)
    expect(error).toMatchObject({ code })
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20)
    expect(await headError(input)).toBeInstanceOf(ImageError)
  })

  it('a body of 128 MiB passes through without being held', async () => {
    const chunk = new Uint8Array(65_536)
    const reading = readImage(
      endless(concat([libxcHeaders(), record(0x10), words(9, 2 ** 27)]), chunk),
    )
    let most = 0
    for await (const { name } of reading) {
      most = Math.max(most, process.memoryUsage().arrayBuffers)
      if (name === 'HVM_CONTEXT') break
    }
    expect(reading.consumed).toBe(40 + 8 + 8 + 2 ** 27)
    expect(most).toBeLessThan(64 * 2 ** 20)
  })

  it('a long list of pfns is counted piece by piece', async () => {
    const count = 1_000_000
    const list = new Uint8Array(count * 8)
    for (let at = 7; at < list.length; at += 8) list[at] = 0xf0
    const body = concat([words(count, 0), list])
    const { events } = await readAll(
      new CountedSource(concat([libxcHeaders(), record(0x10), record(1, body), record(0)]), [4099]),
    )
    expect(events.at(-3)).toMatchObject({ name: 'PAGE_DATA', count, withData: 0 })
  })
})
