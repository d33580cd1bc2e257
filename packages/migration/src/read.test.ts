/** Reading: what holds for every way of bringing the bytes, for every bad input, and for those who stop early. */
import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  ascii,
  bigWords,
  IMAGES,
  libxc,
  libxcHeaders,
  libxl,
  libxlHeader,
  pageData,
  record,
  remus,
  words,
  xenopsd,
  xl,
} from './build.testing.js'
import { ImageError, SourceError } from './errors.js'
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

describe('sources', () => {
  const image = xl()

  it('a web stream and a Node stream give what bytes give', async () => {
    const { events } = await readAll(image)
    const web = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(image.slice(0, 70))
        controller.enqueue(image.slice(70))
        controller.close()
      },
    })
    const sources = [
      Readable.from([image.subarray(0, 100), image.subarray(100)]),
      new Blob([image.slice().buffer]).stream(),
      web,
    ]
    for (const source of sources) {
      const seen = []
      for await (const event of readImage(source)) seen.push(event)
      expect(seen).toEqual(events)
    }
  })

  it('a web stream is cancelled by whoever stops, and goes on in the rest', async () => {
    let cancelled = false
    const pieces = [image.slice(0, 70), image.slice(70), tail]
    const web = () =>
      new ReadableStream<Uint8Array>({
        pull(controller) {
          const piece = pieces.shift()
          if (piece === undefined) controller.close()
          else controller.enqueue(piece)
        },
        cancel() {
          cancelled = true
        },
      })
    const { remainder, bytes } = await readHead(web())
    expect(sameBytes(concat([bytes, await bytesOf(remainder)]), concat([image, tail]))).toBe(true)
    expect(cancelled).toBe(false)
    pieces.push(image.slice(0, 500), image.slice(500), tail)
    for await (const _ of readImage(web())) break
    expect(cancelled).toBe(true)
  })

  it('nothing is asked for before it is needed', async () => {
    const source = new CountedSource(image, [64])
    const reading = readImage(source, { keepOpen: true })
    expect(source.asked).toBe(0)
    for await (const { offset, size } of reading) {
      const used = offset + size
      expect(source.given - used).toBeLessThan(64 + 64)
    }
  })

  it('is closed by whoever stops, and at the end', async () => {
    for (const stopAt of ['XlHeader', 'END', 'none']) {
      const source = new CountedSource(image, [64])
      for await (const { name } of readImage(source)) if (name === stopAt) break
      expect(source.closed).toBe(true)
    }
  })

  it('is closed when it is no image', async () => {
    const source = new CountedSource(concat([ascii('LibxlFmt'), bigWords(3, 0)]), [16])
    const reading = readImage(source)
    await expect(count(reading)).rejects.toMatchObject({ code: 'BAD_VERSION' })
    expect(source.closed).toBe(true)
    await expect(bytesOf(reading.remainder)).rejects.toMatchObject({ code: 'SOURCE_CLOSED' })
  })

  it('must give bytes', async () => {
    const texts = Readable.from(['Xen saved domain']).setEncoding('utf8')
    await expect(count(readImage(texts))).rejects.toBeInstanceOf(SourceError)
  })

  it('fails with its own error', async () => {
    const failure = new Error('the wire was cut')
    const source = async function* () {
      yield image.subarray(0, 60)
      throw failure
    }
    await expect(count(readImage(source()))).rejects.toBe(failure)
    await expect(readHead(source())).rejects.toBe(failure)
  })

  it('the rest is given once', async () => {
    const { remainder } = await readHead(image)
    await bytesOf(remainder)
    await expect(bytesOf(remainder)).rejects.toMatchObject({ code: 'SOURCE_CLOSED' })
  })
})

const count = async (events: AsyncIterable<unknown>): Promise<number> => {
  let seen = 0
  for await (const _ of events) seen++
  return seen
}

describe('an abort', () => {
  /** Never gives anything. */
  const silent = (): AsyncIterable<Uint8Array> => ({
    [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
  })

  it('ends a wait for the source', async () => {
    for (const start of [
      (signal: AbortSignal) => count(readImage(silent(), { signal })),
      (signal: AbortSignal) => readHead(silent(), { signal }),
    ]) {
      const controller = new AbortController()
      const outcome = start(controller.signal)
      controller.abort(new Error('enough'))
      await expect(outcome).rejects.toThrow('enough')
    }
  })

  it('ends reading between events, and closes the source', async () => {
    const controller = new AbortController()
    const source = new CountedSource(libxc(), [64])
    const seen: string[] = []
    const reading = async () => {
      for await (const { name } of readImage(source, { signal: controller.signal })) {
        seen.push(name)
        if (name === 'STATIC_DATA_END') controller.abort()
      }
    }
    await expect(reading()).rejects.toMatchObject({ name: 'AbortError' })
    expect(seen.at(-1)).toBe('STATIC_DATA_END')
    expect(source.closed).toBe(true)
  })

  it('that came before it began asks for nothing', async () => {
    const source = new CountedSource(libxc())
    const signal = AbortSignal.abort(new Error('no'))
    await expect(readHead(source, { signal })).rejects.toThrow('no')
    expect(source.asked).toBe(0)
  })
})

describe('bodies', () => {
  it('are given where they are asked for, piece by piece', async () => {
    const image = libxl(concat([libxcHeaders(), record(0x10), pageData([0, 0xf, 0]), record(0)]))
    for (const sizes of [[image.length], [1000], [1, 2, 3]]) {
      const pieces: Uint8Array[] = []
      let body: { offset: number; length: number } | null = null
      const source = new CountedSource(image, sizes)
      for await (const event of readImage(source, {
        contents: ({ name }) => name === 'PAGE_DATA',
      })) {
        if (event.kind === 'data') pieces.push(event.bytes.slice())
        if (event.name === 'PAGE_DATA' && event.kind === 'record') body = event
      }
      const { offset, length } = body ?? { offset: 0, length: 0 }
      expect(length).toBe(8 + 3 * 8 + 2 * 4096)
      expect(sameBytes(concat(pieces), image.subarray(offset + 8, offset + 8 + length))).toBe(true)
    }
  })

  it('are not given otherwise', async () => {
    const { events } = await readAll(xenopsd())
    expect(events.filter(({ kind }) => kind === 'data')).toEqual([])
  })
})

describe('a checkpointed image', () => {
  it('says which checkpoint is the last when it breaks off', async () => {
    const image = remus()
    const { events } = await readAll(image)
    const [first] = events.filter(({ name }) => name === 'CHECKPOINT_END')
    const complete = (first?.offset ?? 0) + (first?.size ?? 0)
    const { error } = await readAll(image.subarray(0, complete + 100))
    expect(error).toMatchObject({
      code: 'TRUNCATED',
      details: { checkpoints: 1, lastCheckpoint: complete },
    })
    expect(events.at(-1)).toMatchObject({ by: 'end-of-input', checkpoints: 2 })
  })
})
