/** Moments that the search has seen: numbered in the order they were found, each kept once. */
import { LateLoadRequestError } from './errors.js'

/** A set of word arrays of one length. Memory is one block for the words and one for the hash table; both double when full. */
export class StateTable {
  readonly #width: number
  readonly #limit: number
  #words: Uint16Array
  /** Number of the moment plus one; 0 for a free slot. */
  #slots = new Int32Array(1 << 12)
  #size = 0

  /**
   * @param width - words of a moment.
   * @param limit - moments at most; one more is a {@link LateLoadRequestError}.
   */
  constructor(width: number, limit: number) {
    this.#width = width
    this.#limit = limit
    this.#words = new Uint16Array(width << 11)
  }

  /** Moments in it. */
  get size(): number {
    return this.#size
  }

  /** Adds a moment. True if it was not there; its number is then the size before. */
  add(words: Uint16Array): boolean {
    const slot = this.#find(words)
    if (this.#slots[slot] !== 0) return false
    this.#grow()
    this.#words.set(words, this.#size * this.#width)
    this.#size += 1
    // Growing moves the slots.
    this.#slots[this.#find(words)] = this.#size
    return true
  }

  /** Copies a moment out. */
  read(number: number, into: Uint16Array): void {
    const from = number * this.#width
    for (let word = 0; word < this.#width; word += 1) into[word] = this.#words[from + word] ?? 0
  }

  /** The slot of a moment, or the free one where it belongs. */
  #find(words: Uint16Array): number {
    const mask = this.#slots.length - 1
    for (let slot = hash(words) & mask; ; slot = (slot + 1) & mask) {
      const number = this.#slots[slot] ?? 0
      if (number === 0 || this.#equals(number - 1, words)) return slot
    }
  }

  #equals(number: number, words: Uint16Array): boolean {
    const from = number * this.#width
    for (let word = 0; word < words.length; word += 1) {
      if (this.#words[from + word] !== words[word]) return false
    }
    return true
  }

  #grow(): void {
    if (this.#size === this.#limit) {
      throw new LateLoadRequestError({
        code: 'LATE_LOAD_TOO_MANY_STATES',
        message: `The search has found ${this.#limit} states and is not done: ask for fewer CPUs or fewer external NMIs, or allow more with maxStates.`,
        details: { limit: this.#limit },
      })
    }
    const capacity = this.#words.length / this.#width
    if (this.#size < capacity) return
    const words = new Uint16Array(this.#words.length * 2)
    words.set(this.#words)
    this.#words = words
    // Twice as many slots as moments: chains stay short.
    this.#slots = new Int32Array(capacity * 4)
    const moment = new Uint16Array(this.#width)
    const size = this.#size
    for (let number = 0; number < size; number += 1) {
      this.read(number, moment)
      this.#slots[this.#find(moment)] = number + 1
    }
  }
}

/** Multiplies and folds word by word: without the folds, moments that differ in one bit gather in the same slots (ten times slower). */
function hash(words: Uint16Array): number {
  let value = 0x811c_9dc5
  for (let word = 0; word < words.length; word += 1) {
    value = Math.imul(value ^ (words[word] ?? 0), 0x9e37_79b1)
    value ^= value >>> 15
  }
  return value >>> 0
}
