/** The list inside of HVM_CONTEXT (xen/include/public/hvm/save.h): opaque to who restores, and to be seen all the same. */
import { RECORD_HEAD } from '../layers/framing.js'
import type { Beginning } from '../walk.js'
import type { Bench, BodyReader } from './rules.js'

/** Bytes before each part: type, instance, length. */
const PART_HEAD = 8
const END = 0
const HEADER = 1
/** HVM_FILE_MAGIC, the first word of the first part. */
const MAGIC = 0x5438_1286
const MAGIC_BYTES = 4

/** Follows the list of one record; only what is wrong first is said, as nothing behind it means anything. */
export class HvmContextList implements BodyReader {
  readonly #bench: Bench
  readonly #offset: number
  readonly #length: number
  readonly #head = new Uint8Array(PART_HEAD)
  readonly #view = new DataView(this.#head.buffer)
  /** How much of the head of a part came; and of its body, what is still to come. */
  #held = 0
  #left = 0
  #used = 0
  #state: 'list' | 'magic' | 'ended' | 'wrong' = 'list'

  constructor(bench: Bench, { offset, length }: Beginning) {
    this.#bench = bench
    this.#offset = offset + RECORD_HEAD
    this.#length = length
  }

  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && this.#state !== 'wrong'; ) {
      const skipped = this.#state === 'list' ? Math.min(this.#left, bytes.length - at) : 0
      this.#left -= skipped
      this.#used += skipped
      at += skipped
      if (this.#state === 'ended') {
        this.#wrong(`${this.#length - this.#used} bytes follow the part that ends its list`)
        return
      }
      const wanted = this.#state === 'magic' ? MAGIC_BYTES : PART_HEAD
      const piece = bytes.subarray(at, at + wanted - this.#held)
      this.#head.set(piece, this.#held)
      this.#held += piece.length
      this.#used += piece.length
      at += piece.length
      if (this.#held < wanted) return
      this.#held = 0
      if (this.#state === 'magic') this.#magic()
      else this.#part()
    }
  }

  end(): void {
    // A header whose magic is missing claims too much or is too short, which was said.
    if (this.#state === 'list') this.#wrong('its list has no part that ends it')
  }

  #part(): void {
    const type = this.#view.getUint16(0, true)
    const length = this.#view.getUint32(4, true)
    const first = this.#used === PART_HEAD
    this.#left = first ? length - MAGIC_BYTES : length
    this.#state = first ? 'magic' : type === END ? 'ended' : 'list'
    const left = this.#length - this.#used
    if (length > left)
      this.#wrong(`a part of type ${type} claims ${length} bytes of the ${left} that are left`)
    else if (first && type !== HEADER) this.#wrong('its first part is no header')
    else if (first && length < MAGIC_BYTES) this.#wrong('its header is too short')
    else if (type === END && length > 0) this.#wrong('the part that ends its list has a body')
  }

  #magic(): void {
    this.#state = 'list'
    if (this.#view.getUint32(0, true) !== MAGIC) this.#wrong('its header has another magic')
  }

  #wrong(message: string): void {
    this.#state = 'wrong'
    this.#bench.found({
      code: 'DEEP',
      message: `HVM_CONTEXT: ${message}, which who restores does not look at and the hypervisor refuses`,
      offset: this.#offset + this.#used,
    })
  }
}
