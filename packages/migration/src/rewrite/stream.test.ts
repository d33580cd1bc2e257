/** Transforms as streams: bad input, how much is held, and when they are let go. */
import { PolicyRecordError } from '@xenlevel/core'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { LEAVES, libxc, libxcHeaders, POLICY, record, xl } from '../build.testing.js'
import { ImageError, LegacyImageError } from '../errors.js'
import { readHead } from '../head.js'
import { concat, sameBytes } from '../images.testing.js'
import { RewriteError } from './errors.js'
import { rewritePolicy } from './policy.js'
import { failing, streamOf, through } from './transform.testing.js'
import { trimImage } from './trim.js'
import { upgradeImage } from './upgrade.js'

const OTHER = LEAVES.map((leaf) => (leaf.leaf === 1 ? { ...leaf, d: 0x8001 } : leaf))

const TRANSFORMS = [
  { name: 'rewritePolicy', make: () => rewritePolicy({ leaves: OTHER }), writes: 'nothing' },
  { name: 'upgradeImage', make: () => upgradeImage({ leaves: OTHER }), writes: 'nothing' },
  { name: 'trimImage', make: () => trimImage(), writes: 'what it kept' },
] as const

describe.each(TRANSFORMS)('bad input to $name', ({ make, writes }) => {
  it('is an error with its offset, and writes $writes', async () => {
    const damaged = xl().slice()
    damaged[150] = 0x55
    const legacy = new Uint8Array(new Uint32Array([0x20000, 0, 8, 1, 0, 2, 0, 3, 0]).buffer)
    const cases = [
      { input: new Uint8Array(), code: 'TRUNCATED', offset: 0 },
      { input: xl().subarray(0, 120), code: 'TRUNCATED', offset: 120 },
      { input: new Uint8Array(100), code: 'BAD_MAGIC', offset: 0 },
      { input: legacy, code: 'LEGACY', offset: 0 },
    ]
    for (const { input, code, offset } of cases) {
      const { error, written } = await failing(make(), input, [7])
      expect(error).toBeInstanceOf(code === 'LEGACY' ? LegacyImageError : ImageError)
      expect(error).toMatchObject({ code, offset })
      if (writes === 'nothing') expect(written).toHaveLength(0)
      else expect(sameBytes(written, input.subarray(0, written.length))).toBe(true)
    }
  })

  it('never hangs and fails with a typed error alone', async () => {
    const input = concat([xl()])
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(900), fc.nat(255)), { maxLength: 4 }),
        fc.nat(input.length),
        fc.integer({ min: 1, max: 500 }),
        async (changes, end, size) => {
          const damaged = input.slice(0, end)
          for (const [at, byte] of changes) if (at < end) damaged[at] = byte
          const { error } = await failing(make(), damaged, [size])
          if (error !== null)
            expect(
              [ImageError, RewriteError, PolicyRecordError].some((kind) => error instanceof kind),
            ).toBe(true)
        },
      ),
      { numRuns: 120 },
    )
  })
})

describe('a stream', () => {
  const tail = new Uint8Array(500).fill(7)

  it('that follows the image passes', async () => {
    const image = concat([libxc(), tail])
    const { leaves } = { leaves: LEAVES }
    expect(sameBytes(await through(rewritePolicy({ leaves }), image, [100]), image)).toBe(true)
    const trimmed = await through(trimImage(), image, [100])
    expect(sameBytes(trimmed.subarray(-tail.length), tail)).toBe(true)
  })

  it('is held no further than its consumer is', async () => {
    const chunk = 4096
    const memory = new Uint8Array(chunk)
    let given = 0
    const head = concat([libxcHeaders(), ...POLICY, record(0x10)])
    const source = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          controller.enqueue(given++ === 0 ? head : memory)
        },
      },
      { highWaterMark: 0 },
    )
    const reader = source.pipeThrough(rewritePolicy({ leaves: OTHER })).getReader()
    for (let taken = 1; taken <= 50; taken++) {
      expect((await reader.read()).done).toBe(false)
      await new Promise((resolve) => setTimeout(resolve, 1))
      expect(given - taken).toBeLessThanOrEqual(2)
    }
    await reader.cancel()
  })

  it('with one record of 100 MB is not held either', async () => {
    const length = 100 * 2 ** 20
    const start = record(9, new Uint8Array(8)).slice()
    new DataView(start.buffer).setUint32(4, length, true)
    let left = length - 8
    let most = 0
    const chunk = new Uint8Array(65_536)
    const pieces = [libxcHeaders(), ...POLICY, record(0x10), start]
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces.shift()
        if (piece !== undefined) controller.enqueue(piece)
        else if (left > 0) {
          controller.enqueue(chunk.subarray(0, Math.min(left, chunk.length)))
          left -= chunk.length
        } else {
          controller.enqueue(record(0))
          controller.close()
        }
      },
    })
    let size = 0
    for await (const piece of source.pipeThrough(trimImage())) {
      most = Math.max(most, piece.length)
      size += piece.length
    }
    expect(most).toBeLessThanOrEqual(65_536)
    expect(size).toBe(length + 8 + 8 + concat([libxcHeaders(), ...POLICY, record(0x10)]).length)
  })

  it('is let go when its consumer has enough', async () => {
    let cancelled: unknown = null
    const pieces = [xl().slice(0, 700), xl().slice(700)]
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(pieces.shift() ?? tail)
      },
      cancel(reason) {
        cancelled = reason
      },
    })
    const reader = source.pipeThrough(trimImage()).getReader()
    await reader.read()
    await reader.cancel('enough')
    await vi.waitFor(() => expect(cancelled).toBe('enough'))
  })

  it.each(TRANSFORMS)('that fails makes $name fail', async ({ make }) => {
    const failure = new Error('the wire was cut')
    const source = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(failure)
      },
    })
    await expect(source.pipeThrough(make()).getReader().read()).rejects.toBe(failure)
  })

  it('is aborted by a signal', async () => {
    const stop = new AbortController()
    const never = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(xl().slice(0, 60))
      },
    })
    const piped = never.pipeThrough(rewritePolicy(null), { signal: stop.signal })
    const read = piped.getReader().read()
    stop.abort(new Error('the guest was shut down'))
    await expect(read).rejects.toThrow('the guest was shut down')
  })

  it('gives nothing of a head before all of it is there', async () => {
    const image = libxc()
    const { headEnd } = await readHead(image)
    const { readable, writable } = rewritePolicy({ leaves: LEAVES })
    const [reader, writer] = [readable.getReader(), writable.getWriter()]
    let seen = 0
    const first = reader.read().then(({ value }) => {
      seen = value?.length ?? 0
    })
    for (let at = 0; at < headEnd - 1; at += 40)
      await writer.write(image.slice(at, Math.min(at + 40, headEnd - 1)))
    expect(seen).toBe(0)
    await writer.write(image.slice(headEnd - 1, headEnd))
    await first
    expect(seen).toBe(headEnd)
    const written = writer.write(image.slice(headEnd))
    expect((await reader.read()).value?.length).toBe(image.length - headEnd)
    await written
    await writer.close()
    expect((await reader.read()).done).toBe(true)
  })

  it('comes from and goes to what the platform has', async () => {
    const image = xl()
    const result = await new Response(
      streamOf(image, [777]).pipeThrough(rewritePolicy({ leaves: LEAVES })),
    ).arrayBuffer()
    expect(sameBytes(new Uint8Array(result), image)).toBe(true)
  })
})
