/** Sources of every kind: how little is asked of them, when they are closed, and what is handed back. */
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import {
  ascii,
  bigWords,
  libxc,
  libxcHeaders,
  libxl,
  pageData,
  record,
  remus,
  xenopsd,
  xl,
} from './build.testing.js'
import { SourceError } from './errors.js'
import { readHead } from './head.js'
import { bytesOf, CountedSource, concat, readAll, sameBytes } from './images.testing.js'
import { readImage } from './read.js'

const tail = ascii('what follows the image')

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

  it('a Node stream goes on in the rest, and is closed with it', async () => {
    const pieces = () => [image.slice(0, 70), image.slice(70), tail]
    const { remainder, bytes } = await readHead(Readable.from(pieces()))
    expect(sameBytes(concat([bytes, await bytesOf(remainder)]), concat([image, tail]))).toBe(true)
    const stream = Readable.from(pieces())
    const unread = await readHead(stream)
    expect(stream.destroyed).toBe(false)
    await unread.remainder.close()
    expect(stream.destroyed).toBe(true)
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

  it('ends a Node stream that waits', async () => {
    const controller = new AbortController()
    const stream = new Readable({ read: () => undefined })
    stream.push(libxc().subarray(0, 100))
    const outcome = readHead(stream, { signal: controller.signal })
    await new Promise((resolve) => setTimeout(resolve, 5))
    controller.abort(new Error('enough'))
    await expect(outcome).rejects.toThrow('enough')
    expect(stream.destroyed).toBe(true)
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
  it('does not end before its checkpoint does', async () => {
    const image = remus()
    const { events } = await readAll(image)
    const { offset = 0 } = events.find(({ name }) => name === 'CHECKPOINT_END') ?? {}
    const { error } = await readAll(concat([image.subarray(0, offset), record(0)]))
    expect(error).toMatchObject({ code: 'UNEXPECTED_RECORD', offset })
  })

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
