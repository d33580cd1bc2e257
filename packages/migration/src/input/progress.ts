/** How far reading has come, told now and then, and ended where that is wanted. */
import { type AbortLike, throwIfAborted } from './source.js'

/** Bytes between two calls. */
const STEP = 2 ** 23

/** Watches over a reading. */
export class Progress {
  /** Ends it. */
  readonly signal: AbortLike | undefined
  readonly #tell: (bytes: number) => void
  #told = 0

  /** @param tell - is told every few megabytes how many bytes are behind. */
  constructor(signal: AbortLike | undefined, tell: (bytes: number) => void) {
    this.signal = signal
    this.#tell = tell
  }

  /** So many bytes are behind; throws the reason of a signal that has come. */
  moved(bytes: number): void {
    throwIfAborted(this.signal)
    if (bytes - this.#told < STEP) return
    this.#told = bytes
    this.#tell(bytes)
  }
}
