/** What an image is read from, whatever it is: chunks one after the other, given up in good order. */
import { SourceError } from '../errors.js'

/** The part of a web stream that is used; `ReadableStream<Uint8Array>` fits. */
export interface ReadableByteStream {
  /** Locks the stream. */
  getReader(): ReadableByteReader
}

/** What a web stream's reader gives. */
export interface ReadableChunk {
  /** The stream has ended. */
  readonly done: boolean
  /** The next bytes; none at the end. */
  readonly value?: Uint8Array | undefined
}

/** The part of a web stream's reader that is used. */
export interface ReadableByteReader {
  /** The next chunk. */
  read(): Promise<ReadableChunk>
  /** Tells the stream that no more is wanted. */
  cancel(reason?: unknown): Promise<void>
  /** Gives the stream back. */
  releaseLock(): void
}

/** Where bytes come from: a Node stream, a generator, a web stream, or bytes in memory. */
export type ImageSource = AsyncIterable<Uint8Array> | ReadableByteStream | Uint8Array

/** The part of an AbortSignal that is used. */
export interface AbortLike {
  /** It has happened. */
  readonly aborted: boolean
  /** What is thrown then. */
  readonly reason?: unknown
  /** Says when it happens. */
  addEventListener(type: 'abort', listener: () => void): void
  /** No longer says so. */
  removeEventListener(type: 'abort', listener: () => void): void
}

/** Chunks, pulled one by one: nothing is asked for before it is needed. */
export interface Chunks {
  /** The next chunk; null at the end. */
  next(): Promise<Uint8Array | null>
  /** No more is wanted: whoever gives them may let go of what they hold. */
  close(): Promise<void>
}

/** Opens a source. Nothing is read yet. */
export function openSource(source: ImageSource): Chunks {
  if (source instanceof Uint8Array) return bytesOf(source)
  return 'getReader' in source ? webChunks(source) : iteratedChunks(source)
}

function bytesOf(bytes: Uint8Array): Chunks {
  let left: Uint8Array | null = bytes
  return {
    async next() {
      const chunk = left
      left = null
      return chunk
    },
    async close() {
      left = null
    },
  }
}

function webChunks(stream: ReadableByteStream): Chunks {
  const reader = stream.getReader()
  let ended = false
  return {
    async next() {
      if (ended) return null
      const { done, value } = await reader.read()
      if (!done) return chunkOf(value)
      ended = true
      reader.releaseLock()
      return null
    },
    async close() {
      if (ended) return
      ended = true
      await reader.cancel()
      reader.releaseLock()
    },
  }
}

function iteratedChunks(source: AsyncIterable<Uint8Array>): Chunks {
  const iterator = source[Symbol.asyncIterator]()
  return {
    async next() {
      const result = await iterator.next()
      return result.done === true ? null : chunkOf(result.value)
    },
    async close() {
      // A Node stream that is waiting would hear of the return only after its next chunk.
      if (isDestroyable(source)) source.destroy()
      await iterator.return?.()
    },
  }
}

function isDestroyable(source: object): source is { destroy(): void } {
  return 'destroy' in source && typeof source.destroy === 'function'
}

function chunkOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value
  throw new SourceError(
    'SOURCE_CHUNK',
    `The source gave a chunk of type ${typeof value} where bytes are needed; a Node stream must have no encoding set.`,
  )
}

/** The next chunk, unless the signal comes first; then its reason is thrown. */
export async function nextChunk(
  chunks: Chunks,
  signal: AbortLike | undefined,
): Promise<Uint8Array | null> {
  if (signal === undefined) return chunks.next()
  throwIfAborted(signal)
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort)
    chunks
      .next()
      .then(resolve, reject)
      .finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** Throws the reason of a signal that has come. */
export function throwIfAborted(signal: AbortLike | undefined): void {
  if (signal?.aborted === true) throw signal.reason
}

/** Closes a source that failed or was given up: what it says to that is of no interest, and it may never answer. */
export function abandon(chunks: Chunks): void {
  chunks.close().catch(() => undefined)
}
