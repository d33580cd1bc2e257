/**
 * How the forms are read: by generators that hold no bytes, do no I/O, and say what they need. Whoever drives them brings bytes from a
 * stream, from memory or from a file, and may stop anywhere.
 */
import { ImageError, type ImageErrorCode } from './errors.js'
import type { ImageEvent, ImageLayer, ImagePiece } from './event.js'
import { type ByteQueue, MOST_AT_ONCE } from './input/queue.js'

/** A piece that begins: nothing of it is used yet. */
export interface Beginning extends ImagePiece {
  /** The number of its type, where it has one. */
  readonly type?: number
}

/** What a walk says or asks for. */
type Step =
  /** There have to be so many bytes in the queue. The answer is how many there are; less means that the input ends. */
  | { readonly do: 'fill'; readonly bytes: number }
  /** So many bytes are of no interest; the queue is empty. The answer is how many there were to pass over. */
  | { readonly do: 'skip'; readonly bytes: number }
  /** A piece begins. The answer is 1 if its body is to be shown. */
  | { readonly do: 'begin'; readonly piece: Beginning }
  /** Something was read. */
  | { readonly do: 'event'; readonly event: ImageEvent }

/** A walk, or a part of one, that ends in a value. */
export type Steps<Value> = Generator<Step, Value, number>

/** Where a walk is, and the ways in which it asks. */
export class Cursor {
  /** The bytes that have come. */
  readonly queue: ByteQueue
  /** Names of the forms around the place, outermost first. */
  readonly layers: ImageLayer[] = []
  /** How many checkpoints are complete. */
  checkpoints = 0
  /** Where the last complete checkpoint ends. */
  lastCheckpoint = 0
  /** The piece that is being read, for errors. */
  #piece: string | null = null

  constructor(queue: ByteQueue) {
    this.queue = queue
  }

  /** How many bytes were used: the offset of the next. */
  get offset(): number {
    return this.queue.offset
  }

  /** The next bytes; fewer if the input ends before. */
  *peek(bytes: number): Steps<Uint8Array> {
    if (this.queue.length < bytes) yield { do: 'fill', bytes }
    return this.queue.peek(bytes)
  }

  /** Exactly so many bytes, at most {@link MOST_AT_ONCE}; they are used. */
  *take(bytes: number): Steps<Uint8Array> {
    if (this.queue.length < bytes && (yield { do: 'fill', bytes }) < bytes)
      throw this.truncated(bytes)
    return this.queue.take(bytes)
  }

  /** Passes over bytes. */
  *skip(bytes: number): Steps<void> {
    const left = bytes - this.queue.drop(bytes)
    const passed = left > 0 ? yield { do: 'skip', bytes: left } : 0
    if (passed < left) throw this.truncated(left - passed)
  }

  /** A body, shown or not. */
  *body(piece: Beginning, bytes: number, shown: boolean): Steps<void> {
    if (!shown) return yield* this.skip(bytes)
    for (let left = bytes; left > 0; ) {
      if (this.queue.length === 0 && (yield { do: 'fill', bytes: 1 }) < 1)
        throw this.truncated(left)
      const shownBytes = this.queue.takeView(Math.min(left, MOST_AT_ONCE))
      left -= shownBytes.length
      yield* this.show(piece, shownBytes)
    }
  }

  /** A piece of a body that was just used. */
  *show({ layer, name }: Beginning, bytes: Uint8Array): Steps<void> {
    const { length } = bytes
    const offset = this.offset - length
    yield {
      do: 'event',
      event: { kind: 'data', layer, name, offset, length, size: length, bytes },
    }
  }

  /** Says that a piece begins; whether its body is to be shown. */
  *begin(piece: Beginning, place: string): Steps<boolean> {
    this.#piece = place
    return (yield { do: 'begin', piece }) === 1
  }

  /** Says that a header was read. */
  *header(
    { layer, name, offset, length, size }: ImagePiece,
    fields: Readonly<Record<string, number>>,
  ): Steps<void> {
    this.#piece = null
    yield { do: 'event', event: { kind: 'header', layer, name, offset, length, size, fields } }
  }

  /** Goes on with the piece that is named, where none is announced. */
  at(place: string): void {
    this.#piece = place
  }

  /** An error at the place. */
  error(
    code: ImageErrorCode,
    message: string,
    offset = this.offset,
    details: Readonly<Record<string, unknown>> = {},
  ): ImageError {
    const path = [...this.layers, ...(this.#piece === null ? [] : [this.#piece])].join('.')
    return new ImageError({ code, message, offset, path: path === '' ? 'image' : path, details })
  }

  /** The input ends too early. */
  truncated(missing: number): ImageError {
    const { checkpoints, lastCheckpoint } = this
    const more = missing - this.queue.length
    const restorable =
      checkpoints === 0
        ? ''
        : `; ${checkpoints} checkpoints are complete, the last up to byte ${lastCheckpoint}`
    return this.error(
      'TRUNCATED',
      `The input ends before the image does: at least ${more} bytes are missing${restorable}`,
      this.offset + this.queue.length,
      { missing: more, checkpoints, lastCheckpoint },
    )
  }
}

/** Numbers in a header. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
