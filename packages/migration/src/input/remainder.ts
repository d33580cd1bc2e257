/** The part of the input that was not read, handed back. */
import { SourceError } from '../errors.js'
import type { ByteQueue } from './queue.js'
import type { Chunks } from './source.js'

/** The rest of an input: can be gone through once, and holds the source open until then. */
export interface Remainder extends AsyncIterable<Uint8Array> {
  /** Gives the source up without reading on. */
  close(): Promise<void>
}

/** Goes on behind the last byte that was used. */
export class UnreadInput implements Remainder {
  readonly #queue: ByteQueue
  readonly #chunks: Chunks
  #state: 'open' | 'reading' | 'closed' = 'open'

  constructor(queue: ByteQueue, chunks: Chunks) {
    this.#queue = queue
    this.#chunks = chunks
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.#state !== 'open')
      throw new SourceError(
        'SOURCE_CLOSED',
        this.#state === 'closed'
          ? 'The rest of the input is gone: its source was closed when reading ended. Ask for `keepOpen` to go on with it.'
          : 'The rest of the input is already being read.',
      )
    this.#state = 'reading'
    try {
      yield* this.#queue.drain()
      for (;;) {
        const chunk = await this.#chunks.next()
        if (chunk === null) break
        if (chunk.length > 0) yield chunk
      }
      this.#state = 'closed'
    } finally {
      if (this.#state !== 'closed') await this.close()
    }
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    await this.#chunks.close()
  }
}
