/** Room for bytes that is used again and again, so that reading a long image takes no more memory than reading a short one. */
import { MOST_AT_ONCE } from './queue.js'

/**
 * Three buffers in turn: what is read, what was read and is being looked at, and what is left of the bytes before, at most
 * {@link MOST_AT_ONCE} that wait for more. Each is written up to its end before the next is written over, so none of them is in the way.
 */
export class Rooms {
  readonly #buffers: readonly Uint8Array[]
  readonly #mostRead: number
  #at = 0
  #used = 0

  /** @param mostRead - the most that is ever read at once. */
  constructor(mostRead: number) {
    this.#mostRead = mostRead
    this.#buffers = [0, 1, 2].map(() => new Uint8Array(mostRead + MOST_AT_ONCE))
  }

  get #buffer(): Uint8Array {
    return this.#buffers[this.#at] ?? new Uint8Array()
  }

  /** Where the next bytes are to be read to: as many as are wanted, or as are ever read at once. */
  next(wanted: number): Uint8Array {
    const bytes = Math.min(wanted, this.#mostRead)
    if (this.#buffer.length - this.#used < bytes) {
      this.#at = (this.#at + 1) % this.#buffers.length
      this.#used = 0
    }
    return this.#buffer.subarray(this.#used, this.#used + bytes)
  }

  /** So many bytes were read there: the bytes. */
  read(bytes: number): Uint8Array {
    this.#used += bytes
    return this.#buffer.subarray(this.#used - bytes, this.#used)
  }

  /** Nothing waits and nothing is being read: the start of the buffer is used again, which the processor has at hand. */
  restart(): void {
    this.#used = 0
  }
}
