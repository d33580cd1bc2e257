/** For tests: recorded images, damaged ones, and inputs cut in every way. */
import { readRecordedBytes, readRecordedJson } from '../../../fixtures/recorded.js'
import type { ImageEvent } from './event.js'
import { type ReadImageOptions, readImage } from './read.js'

/** A well-formed image of the corpus, and what is in it. */
export interface RecordedImage {
  readonly id: string
  readonly file: string
  readonly format: string
  readonly guest: 'pv' | 'hvm'
  readonly remus: boolean
  readonly size: number
  readonly head: {
    readonly version: number
    readonly xen: readonly number[]
    readonly policy_records: readonly unknown[]
    readonly static_data_end: string
    readonly head_end: number
    readonly image_offset: number
    readonly missing: readonly string[]
    readonly featureset?: string
  }
  readonly records: readonly {
    readonly layer: string
    readonly name: string
    readonly type?: number
    readonly offset: number
    readonly length?: number
    readonly size: number
    readonly count?: number
    readonly pages_with_data?: number
  }[]
}

/** A change to one of them. */
export interface DamagedImage {
  readonly id: string
  readonly base: string
  readonly file?: string
  readonly size: number
  readonly expect?: { readonly verify: string; readonly restore: string; readonly code: string }
  readonly c_receiver: { readonly verdict: string }
  readonly splice: {
    readonly offset: number
    readonly delete: number
    readonly insert_b64: string
  } | null
}

/** The well-formed images. */
export function validImages(): readonly RecordedImage[] {
  return readRecordedJson<{ vectors: RecordedImage[] }>('streams/valid/manifest.json').vectors
}

const files = new Map<string, Uint8Array>()

/** A file of the corpus. */
export function imageBytes(file: string): Uint8Array {
  const known = files.get(file) ?? readRecordedBytes(`streams/${file}`)
  files.set(file, known)
  return known
}

/** A damaged image. */
export function damagedBytes({ base, file, splice }: DamagedImage): Uint8Array {
  if (splice === null) return imageBytes(file ?? '')
  const whole = imageBytes(`valid/${base}.img`)
  const insert = Uint8Array.from(atob(splice.insert_b64), (character) => character.charCodeAt(0))
  const end = splice.offset + splice.delete
  return concat([whole.subarray(0, splice.offset), insert, whole.subarray(end)])
}

/** Pieces in a row. */
export function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

/** Whether bytes are the same; a matcher would take long over a megabyte. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}

/** A source that counts what was asked of it. */
export class CountedSource implements AsyncIterable<Uint8Array> {
  /** Chunks that were asked for. */
  asked = 0
  /** Bytes that were given. */
  given = 0
  /** Whether it was told that no more is wanted. */
  closed = false
  readonly #bytes: Uint8Array
  readonly #sizes: readonly number[]

  /** @param sizes - sizes of the chunks, over and over. */
  constructor(bytes: Uint8Array, sizes: readonly number[] = [bytes.length]) {
    this.#bytes = bytes
    this.#sizes = sizes
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: async () => {
        if (this.closed || this.given >= this.#bytes.length) return { done: true, value: undefined }
        const size = this.#sizes[this.asked++ % this.#sizes.length] ?? 1
        const value = this.#bytes.subarray(this.given, this.given + size)
        this.given += value.length
        return { done: false, value }
      },
      return: async () => {
        this.closed = true
        return { done: true, value: undefined }
      },
    }
  }
}

/** All that an image gives: its events, and the error that ended them. */
export async function readAll(
  source: AsyncIterable<Uint8Array> | Uint8Array,
  options: ReadImageOptions = {},
): Promise<{ events: ImageEvent[]; error: unknown; rest: Uint8Array; consumed: number }> {
  const reading = readImage(source, { keepOpen: true, ...options })
  const events: ImageEvent[] = []
  let error: unknown = null
  try {
    for await (const event of reading) events.push(event)
  } catch (thrown) {
    error = thrown
  }
  const rest = await bytesOf(reading.remainder)
  return { events, error, rest, consumed: reading.consumed }
}

/** All bytes of a source. */
export async function bytesOf(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of source) pieces.push(piece)
  return concat(pieces)
}
