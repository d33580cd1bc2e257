/** What comes through pipes and sockets: long images, and ends that come from outside. */
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { libxcHeaders, pageData, record } from './build.testing.js'
import { concat } from './images.testing.js'
import { type VerifyFileOptions, verifyDescriptor, verifyFile } from './node.js'
import { throughPipe } from './node.testing.js'
import { verifyImage } from './verify.js'

const folder = mkdtempSync(join(tmpdir(), 'xenlevel-pipes-'))
const path = join(folder, 'image')
let descriptors: readonly string[] = []
const open = () => readdirSync('/proc/self/fd')
beforeEach(() => {
  descriptors = open()
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Longer than any buffer: lists and pages, and something behind the end. */
const LONG = concat([
  libxcHeaders(),
  record(0x10),
  ...[3, 40_000, 300, 100_000, 700].map((entries) =>
    pageData(Array.from({ length: entries }, (_, at) => (entries < 1000 && at % 3 > 0 ? 0 : 0xf))),
  ),
  record(9, new Uint8Array(70_001)),
  record(0),
  new Uint8Array(100_000),
])

const KINDS = ['a pipe', 'a pipe with a name'] as const

describe('a long image', () => {
  it.each(KINDS)('is the same from %s', async (kind) => {
    const told: number[] = []
    const options: VerifyFileOptions = {
      onProgress: ({ bytes, size }) => {
        expect(size).toBeNull()
        told.push(bytes)
      },
    }
    const use = (file: string) => verifyFile(file, options)
    expect(await throughPipe(kind, { path, bytes: LONG }, use)).toEqual(await verifyImage(LONG))
    expect(told.at(-1)).toBe(LONG.length)
    expect(open()).toEqual(descriptors)
  })

  it('is the same from a socket that does not wait', async () => {
    const server = createServer({ pauseOnConnect: true }).listen(join(folder, 'socket'))
    await once(server, 'listening')
    const sender = connect(join(folder, 'socket'))
    const [receiver] = await once(server, 'connection')
    // Node's own end of the connection, which it does not read from.
    const fd = Number(Reflect.get(Reflect.get(receiver, '_handle'), 'fd'))
    setTimeout(() => sender.end(LONG), 20)
    expect(await verifyDescriptor(fd)).toEqual(await verifyImage(LONG))
    const closed = [receiver, sender].map((socket) => once(socket, 'close'))
    receiver.destroy()
    sender.destroy()
    await Promise.all(closed)
    server.close()
    await once(server, 'close')
  })
})

const reason = new Error('enough')

describe('an abort', () => {
  it.each(KINDS)('ends reading of %s', async (kind) => {
    const controller = new AbortController()
    const onProgress = () => controller.abort(reason)
    const bytes = concat([
      libxcHeaders(),
      record(0x10),
      ...Array(4).fill(pageData(Array(2500).fill(0))),
    ])
    const use = (file: string) => verifyFile(file, { signal: controller.signal, onProgress })
    await expect(throughPipe(kind, { path, bytes }, use)).rejects.toBe(reason)
    expect(open()).toEqual(descriptors)
  })

  it.each([
    ['while it waits', (abort: () => void) => setTimeout(abort, 20)],
    ['at once', queueMicrotask],
    ['in the next turn', setImmediate],
  ])('ends waiting for a pipe %s, and its descriptor stays open', async (_, later) => {
    const use = async (file: string) => {
      const fd = openSync(file, 'r')
      const controller = new AbortController()
      const outcome = verifyDescriptor(fd, { signal: controller.signal })
      later(() => controller.abort(reason))
      await expect(outcome).rejects.toBe(reason)
      closeSync(fd)
    }
    await throughPipe('a silent pipe', { path, bytes: new Uint8Array() }, use)
    expect(open()).toEqual(descriptors)
  })

  it('ends waiting for a pipe with a name', async () => {
    const use = async (file: string) => {
      const fd = openSync(file, 'r')
      const controller = new AbortController()
      const outcome = verifyDescriptor(fd, { signal: controller.signal })
      setTimeout(() => controller.abort(reason), 20)
      await expect(outcome).rejects.toBe(reason)
      return fd
    }
    // A thread still waits for it, until its writer is gone.
    closeSync(
      await throughPipe('a silent pipe with a name', { path, bytes: new Uint8Array() }, use),
    )
    expect(open()).toEqual(descriptors)
  })

  it('ends reading of a file between two reads', async () => {
    const bytes = concat([
      libxcHeaders(),
      record(0x10),
      ...Array(3).fill(pageData(Array(2500).fill(0))),
    ])
    writeFileSync(path, bytes)
    const controller = new AbortController()
    let told = 0
    const onProgress = () => {
      told++
      controller.abort(reason)
    }
    await expect(verifyFile(path, { signal: controller.signal, onProgress })).rejects.toBe(reason)
    expect(told).toBe(1)
    expect(open()).toEqual(descriptors)
  })

  it('lets others have their turn while a file without pages is read', async () => {
    writeFileSync(
      path,
      concat([libxcHeaders(), record(0x10), ...Array(20).fill(pageData(Array(100_000).fill(0xf)))]),
    )
    const controller = new AbortController()
    setImmediate(() => controller.abort(reason))
    await expect(verifyFile(path, { signal: controller.signal })).rejects.toBe(reason)
    expect(open()).toEqual(descriptors)
  })

  it('that came before opens nothing', async () => {
    const signal = AbortSignal.abort(reason)
    await expect(verifyFile(join(folder, 'missing'), { signal })).rejects.toBe(reason)
    await expect(verifyDescriptor(-1, { signal })).rejects.toBe(reason)
  })
})
