/**
 * How the forms are read: by generators that hold no bytes, do no I/O, and say what they need. Whoever drives them brings bytes from a
 * stream, from memory or from a file, and may stop anywhere.
 */
import { ImageError, type ImageErrorCode } from './errors.js'
import type { ImageEvent, ImageLayer, ImagePiece } from './event.js'
import { type ByteQueue, MOST_AT_ONCE } from './input/queue.js'
import type { Fault } from './verify/finding.js'
import type { PageLists } from './verify/pages.js'

/** A piece that begins: nothing of it is used yet. */
export interface Beginning extends ImagePiece {
  /** The number of its type, where it has one. */
  readonly type?: number
}

/** What a walk says or asks for. */
export type Step =
  /** There have to be so many bytes in the queue. The answer is how many there are; less means that the input ends. */
  | { readonly do: 'fill'; readonly bytes: number }
  /** So many bytes are of no interest; the queue is empty. The answer is how many there were to pass over. */
  | { readonly do: 'skip'; readonly bytes: number }
  /** A piece begins. The answer is how much of its body is to be shown: 0 for nothing, 1 for all, else so many bytes from its start. */
  | { readonly do: 'begin'; readonly piece: Beginning }
  /** Something was read. */
  | { readonly do: 'event'; readonly event: ImageEvent }

/** A walk, or a part of one, that ends in a value. */
export type Steps<Value> = Generator<Step, Value, number>

/** Who is told of faults instead of the walk ending with the first, and of more than finding the next piece needs. */
export interface Judge {
  /** Takes a fault; its place is where the walk is. */
  found(fault: Fault): void
  /** Takes the lists of PAGE_DATA. */
  readonly lists: Pick<PageLists, 'add'>
}

/** What errors call a piece; made when it is asked for, as there may be very many pieces. */
export type Place = string | (() => string)

/** Where a walk is, and the ways in which it asks. */
export class Cursor {
  /** The bytes that have come. */
  readonly queue: ByteQueue
  /** Who is told of faults; null where the first one ends the walk. */
  readonly judge: Judge | null
  /** Names of the forms around the place, outermost first. */
  readonly layers: ImageLayer[] = []
  /** How many checkpoints are complete. */
  checkpoints = 0
  /** Where the last complete checkpoint ends. */
  lastCheckpoint = 0
  /** The piece that is being read, for errors. */
  #piece: Place | null = null
  /** Bytes that never came to the queue, as their place was enough. */
  #passed = 0

  constructor(queue: ByteQueue, judge: Judge | null = null) {
    this.queue = queue
    this.judge = judge
  }

  /** How many bytes were used: the offset of the next. */
  get offset(): number {
    return this.queue.offset + this.#passed
  }

  /** Which part is being read, outermost first. */
  get path(): string {
    const piece = typeof this.#piece === 'function' ? this.#piece() : this.#piece
    const path = [...this.layers, ...(piece === null ? [] : [piece])].join('.')
    return path === '' ? 'image' : path
  }

  /** Says that bytes behind the queue, which is empty, were passed over without being read. */
  pass(bytes: number): void {
    this.#passed += bytes
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

  /** A body, as much of it shown as a piece's beginning was answered with. */
  *body(piece: Beginning, bytes: number, shown: number): Steps<void> {
    const first = shown === 1 ? bytes : Math.min(shown, bytes)
    for (let left = first; left > 0; ) {
      if (this.queue.length === 0 && (yield { do: 'fill', bytes: 1 }) < 1)
        throw this.truncated(left)
      const shownBytes = this.queue.takeView(Math.min(left, MOST_AT_ONCE))
      left -= shownBytes.length
      yield* this.show(piece, shownBytes)
    }
    yield* this.skip(bytes - first)
  }

  /** Zeros up to a multiple of 8, which only a judge looks at. */
  *padding(bytes: number): Steps<void> {
    if (this.judge === null || bytes === 0) return yield* this.skip(bytes)
    const offset = this.offset
    const padding = yield* this.take(bytes)
    if (padding.some((byte) => byte !== 0))
      this.note({ code: 'BAD_PADDING', message: 'The padding of a record is not zero', offset })
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

  /** Says that a piece begins; how much of its body is to be shown. */
  *begin(piece: Beginning, place: Place): Steps<number> {
    this.#piece = place
    return yield { do: 'begin', piece }
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
  at(place: Place): void {
    this.#piece = place
  }

  /** Tells a judge of what nobody else looks at. */
  note(fault: Fault): void {
    this.judge?.found(fault)
  }

  /** A fault behind which the image can still be followed: a judge is told, anyone else stops here. */
  report(code: ImageErrorCode, message: string, offset = this.offset): void {
    if (this.judge === null) throw this.error(code, message, offset)
    this.judge.found({ code, message, offset })
  }

  /** An error at the place, behind which nothing can be followed. */
  error(
    code: ImageErrorCode,
    message: string,
    offset = this.offset,
    details: Readonly<Record<string, unknown>> = {},
  ): ImageError {
    return new ImageError({ code, message, offset, path: this.path, details })
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
