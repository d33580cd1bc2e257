/**
 * Domain images in files, block devices, pipes and sockets of Node. Files are read where it matters alone: the pages of the guest are passed
 * over, so a file of gigabytes is judged in milliseconds.
 *
 * @module @xenlevel/migration/node
 */
import { close, constants, fstat, open, read, readlink, type Stats } from 'node:fs'
import { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { fileError, ImageFileError } from './input/file-error.js'
import { bringFile, MOST_READ } from './input/positional.js'
import { Progress } from './input/progress.js'
import { Rooms } from './input/rooms.js'
import { type AbortLike, nextChunk, throwIfAborted } from './input/source.js'
import type { ImageVerifierOptions } from './verify/options.js'
import type { ImageReport } from './verify/report.js'
import { ImageVerifier } from './verify/verifier.js'
import type { VerifyProgress } from './verify.js'

export { ImageFileError, type ImageFileErrorCode } from './input/file-error.js'

/** How far verifying a file is. */
export interface VerifyFileProgress extends VerifyProgress {
  /** Bytes of the file; null for what has no size, such as a pipe. */
  readonly size: number | null
}

/** Options of {@link verifyFile} and {@link verifyDescriptor}. */
export interface VerifyFileOptions extends ImageVerifierOptions {
  /**
   * Whether the page tables of PV guests are looked into, for which their pages have to be read. By default not in a file, whose pages are
   * passed over, and the report says what was not looked into; but in pipes and sockets, whose bytes come anyway.
   */
  readonly pageTables?: boolean
  /** Where in a file or block device the image begins, in bytes; 0 by default. Offsets in the report are counted from there. */
  readonly position?: number
  /** Is told of progress every few megabytes of the image, and at the end. */
  readonly onProgress?: (progress: VerifyFileProgress) => void
  /** Ends verifying with its reason: a file between two reads, a pipe or socket at once. */
  readonly signal?: AbortLike
}

/**
 * Verifies an image in a file, a block device or a named pipe. The memory that is needed does not grow with the image.
 *
 * @returns what an `ImageVerifier` finds; whatever is wrong with the image is in it.
 * @throws {@link ImageFileError} where the file cannot be opened or read; the reason of the signal.
 */
export async function verifyFile(
  path: string,
  options: VerifyFileOptions = {},
): Promise<ImageReport> {
  throwIfAborted(options.signal)
  const file = await openedFile(path)
  try {
    return await verifyOpened(file, options)
  } finally {
    await closed(file)
  }
}

/**
 * Verifies an image that comes from a descriptor, such as 0. A file or block device is read by positions: the offset of the descriptor is
 * neither used nor changed. A pipe or socket is read to its end. The descriptor stays open.
 *
 * @returns what an `ImageVerifier` finds; whatever is wrong with the image is in it.
 * @throws {@link ImageFileError} where the descriptor cannot be read; the reason of the signal.
 */
export async function verifyDescriptor(
  fd: number,
  options: VerifyFileOptions = {},
): Promise<ImageReport> {
  throwIfAborted(options.signal)
  return verifyOpened({ fd, name: `Descriptor ${fd}` }, options)
}

/** A first chunk has room for a head; later ones are as long as reading pays. */
const FIRST_CHUNK = 4096

/**
 * The bytes of a file as a source for `readHead`, `readImage` and all others that take one. The file is opened when the first chunk is asked
 * for, and closed at the end or when no more is wanted.
 *
 * @throws {@link ImageFileError}, from the iteration, where the file cannot be opened or read.
 */
export async function* openImageFile(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  const file = await openedFile(path)
  try {
    for (let size = FIRST_CHUNK; ; size = Math.min(size * 2, MOST_READ)) {
      const chunk = new Uint8Array(size)
      const bytes = await bytesRead(file, chunk, null)
      if (bytes === 0) return
      yield chunk.subarray(0, bytes)
    }
  } finally {
    await closed(file)
  }
}

async function verifyOpened(opened: Opened, options: VerifyFileOptions): Promise<ImageReport> {
  const stats = await statusOf(opened)
  if (stats.isDirectory()) throw new ImageFileError(opened.name, 'EISDIR')
  const positional = stats.isFile() || stats.isBlockDevice()
  const { onProgress, signal, position: _, ...known } = options
  const verifier = new ImageVerifier({ pageTables: !positional, ...known })
  const size = stats.isFile() ? stats.size : null
  const tell = (bytes: number) =>
    onProgress?.({ bytes, size, path: verifier.path, findings: verifier.findings.length })
  const progress = new Progress(signal, tell)
  if (positional) await bringFile(verifier, fileOf(opened, options), progress)
  else await (stats.isFIFO() ? bringPipe : bringReads)(opened, { verifier, progress })
  const report = verifier.end()
  tell(verifier.offset)
  return report
}

function fileOf(opened: Opened, { position = 0 }: VerifyFileOptions) {
  return {
    read: (into: Uint8Array, at: number) => bytesRead(opened, into, position + at),
    size: async () => {
      const stats = await statusOf(opened)
      // The status of a block device does not tell.
      return stats.isFile() ? Math.max(0, stats.size - position) : Number.POSITIVE_INFINITY
    },
  }
}

/** What is read as it comes goes here. */
interface Flow {
  readonly verifier: ImageVerifier
  readonly progress: Progress
}

/** As much as a pipe holds. */
const PIPE_READ = 65_536

/**
 * Reads a pipe by the event loop, several times as fast as by the threads that read files. The pipe is opened once more for that, as the
 * descriptor itself would have to be changed for everybody who has it, and closed with the reading.
 */
async function bringPipe(opened: Opened, flow: Flow): Promise<void> {
  const own = await reopened(opened)
  return own === null ? bringReads(opened, flow) : bringSocket({ ...opened, fd: own }, flow)
}

/**
 * Another opening of the same pipe, where the system has the descriptors of a process as files. Not of a pipe with a name: who opens that
 * when its writer is gone already is never told so.
 */
async function reopened({ fd }: Opened): Promise<number | null> {
  const file = `/proc/self/fd/${fd}`
  try {
    const target = await called<string>((done) => readlink(file, done))
    if (!target.startsWith('pipe:')) return null
    const flags = constants.O_RDONLY | constants.O_NONBLOCK
    return await called<number>((done) => open(file, flags, done))
  } catch {
    return null
  }
}

function bringSocket({ fd, name }: Opened, { verifier, progress }: Flow): Promise<void> {
  const rooms = new Rooms(PIPE_READ)
  const { signal } = progress
  let failure: unknown
  const onread = {
    buffer: () => rooms.next(PIPE_READ),
    callback: (bytes: number) => {
      try {
        verifier.push(rooms.read(bytes))
        progress.moved(verifier.offset)
      } catch (error) {
        fail(error)
      }
      return true
    },
  }
  const options = { fd, readable: true, writable: false, onread }
  const socket = new Socket(options)
  const fail = (error: unknown) => {
    failure ??= error
    socket.destroy()
  }
  const onAbort = () => fail(signal?.reason)
  signal?.addEventListener('abort', onAbort)
  return new Promise((resolve, reject) => {
    socket.on('error', (error) => fail(fileError(name, error)))
    socket.on('close', () => {
      signal?.removeEventListener('abort', onAbort)
      if (failure === undefined) resolve()
      else reject(failure)
    })
    socket.on('end', () => socket.destroy())
    socket.resume()
    // It may have come while the pipe was opened once more, and is not told again.
    if (signal?.aborted === true) onAbort()
  })
}

/** Reads sockets and whatever else there is. */
async function bringReads(opened: Opened, { verifier, progress }: Flow): Promise<void> {
  const rooms = new Rooms(MOST_READ)
  const chunks = {
    next: async () => {
      const bytes = await bytesRead(opened, rooms.next(MOST_READ), null)
      return bytes === 0 ? null : rooms.read(bytes)
    },
    close: async () => {},
  }
  for (;;) {
    const chunk = await nextChunk(chunks, progress.signal)
    if (chunk === null) return
    verifier.push(chunk)
    progress.moved(verifier.offset)
  }
}

/** A descriptor, and what errors call it. */
interface Opened {
  readonly fd: number
  readonly name: string
}

async function openedFile(path: string): Promise<Opened> {
  const name = `The file ${path}`
  return { fd: await asked<number>(name, (done) => open(path, constants.O_RDONLY, done)), name }
}

function statusOf({ fd, name }: Opened): Promise<Stats> {
  return asked(name, (done) => fstat(fd, done))
}

function closed({ fd, name }: Opened): Promise<void> {
  return asked(name, (done) => close(fd, (error) => done(error ?? null, undefined)))
}

/** Milliseconds between two looks at a descriptor that somebody made one that does not wait. */
const WAIT = 5

async function bytesRead({ fd, name }: Opened, into: Uint8Array, position: number | null) {
  for (;;) {
    try {
      return await called<number>((done) => read(fd, into, 0, into.length, position, done))
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN'))
        throw fileError(name, error)
      await setTimeout(WAIT)
    }
  }
}

type Call<Answer> = (done: (error: Error | null, answer: Answer) => void) => void

/** The answer of a call that calls back. */
function called<Answer>(call: Call<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    call((error, answer) => (error === null ? resolve(answer) : reject(error)))
  })
}

/** The same, with the system's errors in words. */
async function asked<Answer>(name: string, call: Call<Answer>): Promise<Answer> {
  try {
    return await called(call)
  } catch (error) {
    throw fileError(name, error)
  }
}
