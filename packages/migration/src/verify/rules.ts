/** What rules are made of: each form has its own, and all are shown what is read of it. */
import type { HeaderEvent, RecordEvent } from '../event.js'
import type { Beginning, Cursor } from '../walk.js'
import type { Fault } from './finding.js'
import type { ImageVerifierOptions } from './options.js'

/** What rules work with. */
export interface Bench {
  /** What is known besides the image. */
  readonly options: ImageVerifierOptions
  /** Where the walk is. */
  readonly cursor: Cursor
  /** Takes a fault; its place is where the walk is. */
  found(fault: Fault): void
  /** Takes a sentence on what was not looked into; each once. */
  unseen(sentence: string): void
}

/** The rules of one form. */
export interface Rules {
  /** A record or body begins; how much of it they want to see, as the walk is answered. */
  begin(piece: Beginning): number
  /** A piece of what they wanted to see. */
  data(bytes: Uint8Array): void
  /** A header or record was read to its end. */
  event(event: HeaderEvent | RecordEvent): void
  /** The input ends; whether the image was read up to its end. */
  end(complete: boolean): void
}

/** Reads the body of one record, piece by piece. */
export interface BodyReader {
  /** The next piece. */
  take(bytes: Uint8Array): void
  /** The body is complete. */
  end(): void
}

/** How a body is read. */
export interface Reading {
  /** How much of it is to be shown, as the walk is answered. */
  readonly shown: number
  /** Takes it. */
  readonly reader: BodyReader
}

/** The rules of one kind of guest. */
export interface GuestRules {
  /** A record begins that can be in such an image; null if there is nothing to look for in its body. */
  read(piece: Beginning): Reading | null
  /** A round is complete: its state counts. */
  commit(): void
  /** The round at hand, behind a complete one, is never used. */
  drop(): void
  /** What the state of the guest lacks or contradicts in the end. */
  complete(offset: number): Fault[]
}

/** Gathers the beginning of a body, up to so many bytes, and has a look at it when the body is complete. */
export class Beginnings implements BodyReader {
  readonly #bytes: Uint8Array
  #length = 0
  readonly #look: (view: DataView) => void

  /** @param look - is given what there is of the beginning; less than asked for where the body is shorter. */
  constructor(most: number, look: (view: DataView) => void) {
    this.#bytes = new Uint8Array(most)
    this.#look = look
  }

  take(bytes: Uint8Array): void {
    const piece = bytes.subarray(0, this.#bytes.length - this.#length)
    this.#bytes.set(piece, this.#length)
    this.#length += piece.length
  }

  end(): void {
    this.#look(new DataView(this.#bytes.buffer, 0, this.#length))
  }
}

/** A body that is a head and then something else. */
export class HeadedBody implements BodyReader {
  readonly #head: Beginnings
  readonly #rest: Pick<BodyReader, 'take'> & Partial<BodyReader>
  #left: number

  /** @param head - is given the head when it is complete, before the rest. */
  constructor(
    bytes: number,
    head: (view: DataView) => void,
    rest: Pick<BodyReader, 'take'> & Partial<BodyReader>,
  ) {
    this.#left = bytes
    this.#head = new Beginnings(bytes, head)
    this.#rest = rest
  }

  take(bytes: Uint8Array): void {
    const first = Math.min(this.#left, bytes.length)
    if (first > 0) {
      this.#head.take(bytes.subarray(0, first))
      this.#left -= first
      if (this.#left === 0) this.#head.end()
    }
    if (first < bytes.length) this.#rest.take(bytes.subarray(first))
  }

  end(): void {
    this.#rest.end?.()
  }
}

/** Makes items of one size of pieces of any size. What is left over at the end is no item. */
export class Items {
  readonly #size: number
  readonly #take: (view: DataView, at: number, index: number) => void
  readonly #cut: Uint8Array
  #held = 0
  #index = 0

  /** @param take - is given each item by where it begins. */
  constructor(size: number, take: (view: DataView, at: number, index: number) => void) {
    this.#size = size
    this.#take = take
    this.#cut = new Uint8Array(size)
  }

  /** Takes a piece. */
  take(bytes: Uint8Array): void {
    let from = 0
    if (this.#held > 0) {
      from = Math.min(this.#size - this.#held, bytes.length)
      this.#cut.set(bytes.subarray(0, from), this.#held)
      this.#held += from
      if (this.#held < this.#size) return
      this.#held = 0
      this.#take(new DataView(this.#cut.buffer), 0, this.#index++)
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = from
    for (; at + this.#size <= bytes.length; at += this.#size) this.#take(view, at, this.#index++)
    this.#cut.set(bytes.subarray(at))
    this.#held = bytes.length - at
  }
}
