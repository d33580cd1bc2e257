/** Images of any form, as events: from a stream, in bounded memory, with the rest handed back. */
import type { ImageEvent, ImageLayer } from './event.js'
import { drive } from './input/drive.js'
import { ByteQueue } from './input/queue.js'
import { type Remainder, UnreadInput } from './input/remainder.js'
import {
  type AbortLike,
  abandon,
  type Chunks,
  type ImageSource,
  openSource,
} from './input/source.js'
import { walkImage } from './layers/recognise.js'
import { Cursor } from './walk.js'

/** A piece whose body may be asked for. */
export interface BodyQuestion {
  /** The form that it belongs to. */
  readonly layer: ImageLayer
  /** Its name, such as `PAGE_DATA`. */
  readonly name: string
  /** Where it begins. */
  readonly offset: number
  /** How many bytes its body has, as it claims. */
  readonly length: number
}

/** Options of {@link readImage}. */
export interface ReadImageOptions {
  /** Which bodies are given, as `data` events before the record's own; none by default. A PAGE_DATA comes whole: count, pfns, pages. */
  readonly contents?: (piece: BodyQuestion) => boolean
  /** Ends reading with its reason and closes the source. */
  readonly signal?: AbortLike
  /** Leaves the source open however reading ends, for {@link ImageReading.remainder}; by default it is closed with the reading. */
  readonly keepOpen?: boolean
}

/** An image that is being read. Can be gone through once. */
export interface ImageReading extends AsyncIterable<ImageEvent> {
  /** How many bytes are used so far: all of the pieces whose events were given, and none behind them. */
  readonly consumed: number
  /**
   * The input behind the last event that was given: the rest of an image that was not read to its end, or what follows it. Needs
   * {@link ReadImageOptions.keepOpen} for a stream; bytes in memory are always there.
   */
  readonly remainder: Remainder
}

/**
 * Reads an image of xl, libvirt, libxl, xenopsd or libxc, version 2 or 3, of a PV, HVM or PVH guest, plain or checkpointed. The form is
 * told by the content; forms inside each other are followed.
 *
 * An event comes when its piece has been read whole, so the rest begins right behind it. At most 64 KiB and the chunk at hand are
 * held, whatever lengths claim. Pieces are judged only as far as finding the next one needs: {@link readHead} and those who verify judge.
 *
 * @throws {@link ImageError}, from the iteration, where the image cannot be followed, with offset and path; a {@link LegacyImageError}
 * for streams from before Xen 4.6; the reason of the signal.
 */
export function readImage(source: ImageSource, options: ReadImageOptions = {}): ImageReading {
  return new Reading(source, options)
}

class Reading implements ImageReading {
  readonly #queue = new ByteQueue()
  readonly #chunks: Chunks
  readonly #options: ReadImageOptions
  readonly #closes: boolean
  readonly remainder: UnreadInput
  readonly #events: AsyncGenerator<ImageEvent, void, undefined>

  constructor(source: ImageSource, options: ReadImageOptions) {
    this.#options = options
    this.#closes = options.keepOpen !== true && !(source instanceof Uint8Array)
    this.#chunks = openSource(source)
    this.remainder = new UnreadInput(this.#queue, this.#chunks)
    this.#events = this.#read()
  }

  get consumed(): number {
    return this.#queue.offset
  }

  [Symbol.asyncIterator](): AsyncGenerator<ImageEvent, void, undefined> {
    return this.#events
  }

  async *#read(): AsyncGenerator<ImageEvent, void, undefined> {
    const { contents, signal } = this.#options
    let complete = false
    try {
      yield* drive({
        walk: walkImage(new Cursor(this.#queue)),
        queue: this.#queue,
        chunks: this.#chunks,
        signal,
        begin: (piece) => (contents?.(piece) === true ? 'show' : 'pass'),
      })
      complete = true
    } finally {
      // One that failed or was given up may never answer; one that was read to the end is waited for.
      if (this.#closes) {
        if (complete) await this.remainder.close()
        else abandon({ ...this.#chunks, close: () => this.remainder.close() })
      }
    }
  }
}
