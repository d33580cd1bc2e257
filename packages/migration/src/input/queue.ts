/** Bytes that have come and have not been used: chunks in order, and the offset of the first. */

/** The most bytes that are ever looked at in one piece. */
export const MOST_AT_ONCE = 65_536

const NOTHING: Uint8Array = /* @__PURE__ */ new Uint8Array()

/** Bytes between a source and those who read them. */
export class ByteQueue {
  #chunks: Uint8Array[] = []
  /** Index of the first chunk that has bytes left. */
  #first = 0
  /** How much of that chunk is used. */
  #used = 0
  #length = 0
  #offset = 0
  readonly #onUsed: ((bytes: Uint8Array) => void) | undefined

  /** @param onUsed - is shown all bytes as they are used, in order. */
  constructor(onUsed?: (bytes: Uint8Array) => void) {
    this.#onUsed = onUsed
  }

  /** How many bytes have come and are not used. */
  get length(): number {
    return this.#length
  }

  /** How many bytes have been used. */
  get offset(): number {
    return this.#offset
  }

  /** Adds a chunk; it is kept as it is, not copied. */
  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /** The next bytes, as many as asked for or as there are: a view where one chunk has them, else a copy. */
  peek(bytes: number): Uint8Array {
    const wanted = Math.min(bytes, this.#length)
    const chunk = this.#chunks[this.#first]
    if (chunk === undefined || wanted === 0) return NOTHING
    if (chunk.length - this.#used >= wanted) return chunk.subarray(this.#used, this.#used + wanted)
    const copy = new Uint8Array(wanted)
    let at = 0
    let used = this.#used
    for (let index = this.#first; at < wanted; index++) {
      const piece = (this.#chunks[index] ?? NOTHING).subarray(used, used + wanted - at)
      copy.set(piece, at)
      at += piece.length
      used = 0
    }
    return copy
  }

  /** The same, and they are used. */
  take(bytes: number): Uint8Array {
    const taken = this.peek(bytes)
    this.drop(taken.length)
    return taken
  }

  /** Uses some bytes of the first chunk, without a copy. */
  takeView(bytes: number): Uint8Array {
    const chunk = this.#chunks[this.#first]
    return chunk === undefined ? NOTHING : this.take(Math.min(bytes, chunk.length - this.#used))
  }

  /**
   * Uses whole units, as many as the first chunk has and no more than asked for, without a copy. Only a unit that lies in two chunks is put
   * together, alone.
   */
  takeUnits(unit: number, bytes: number): Uint8Array {
    const chunk = this.#chunks[this.#first]
    const here = chunk === undefined ? 0 : Math.min(bytes, chunk.length - this.#used)
    return this.take(here < unit ? unit : here - (here % unit))
  }

  /** Uses bytes without a look at them; how many there were. */
  drop(bytes: number): number {
    const dropped = Math.min(bytes, this.#length)
    let left = dropped
    while (left > 0) {
      const chunk = this.#chunks[this.#first] ?? NOTHING
      const here = Math.min(left, chunk.length - this.#used)
      this.#onUsed?.(chunk.subarray(this.#used, this.#used + here))
      left -= here
      this.#used += here
      if (this.#used === chunk.length) this.#next()
    }
    this.#length -= dropped
    this.#offset += dropped
    return dropped
  }

  /** Keeps a copy of what is left of the last chunk: whoever pushed it may write over it from here on. */
  settle(): void {
    const last = this.#chunks.length - 1
    const used = last === this.#first ? this.#used : 0
    if (used > 0) this.#used = 0
    if (last >= this.#first) this.#chunks[last] = (this.#chunks[last] ?? NOTHING).slice(used)
  }

  /** Takes out what is left, chunk by chunk; it does not count as used. */
  drain(): Uint8Array[] {
    const left = this.#chunks.slice(this.#first)
    const [first] = left
    if (first !== undefined) left[0] = first.subarray(this.#used)
    this.#chunks = []
    this.#first = 0
    this.#used = 0
    this.#length = 0
    return left
  }

  #next(): void {
    this.#first++
    this.#used = 0
    // What is used up goes at the latest when it is half of the list, so that each chunk is moved only a few times.
    if (this.#first * 2 >= this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first)
      this.#first = 0
    }
  }
}
