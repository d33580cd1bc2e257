/** Folding words of policies: what all have, what any has, the least of each number; in any order, and in parts. */
import { POLICY_WORDS } from '../../policy/layout.js'
import { zeroWords } from '../../policy/storage.js'

/** A number in a register of a policy of which the least counts. */
export interface LeastNumber {
  /** Place of the register. */
  readonly at: number
  /** Its lowest bit. */
  readonly low: number
  /** Its bits, shifted down. */
  readonly mask: number
  /** What is taken off before two are compared: 1 where zero stands for the most. */
  readonly bias: number
}

/** Which words of a policy count. */
export interface FoldShape {
  /** Places of the words. */
  readonly places: Uint16Array
  /** Numbers in them. */
  readonly numbers: readonly LeastNumber[]
}

/** A shape from ranges of words, each with the place behind its last. */
export function foldShape(
  ranges: readonly (readonly [from: number, to: number])[],
  numbers: readonly LeastNumber[] = [],
): FoldShape {
  const places = ranges.flatMap(([from, to]) =>
    Array.from({ length: to - from }, (_, index) => from + index),
  )
  return { places: Uint16Array.from(places), numbers }
}

/**
 * The fold. Every operation is associative, commutative and idempotent, so the order of the policies does not matter, nor whether one comes
 * twice, nor how they were parted before they were merged.
 */
export class WordFold {
  readonly #shape: FoldShape
  readonly #all = new Uint32Array(POLICY_WORDS).fill(0xffff_ffff)
  readonly #any = new Uint32Array(POLICY_WORDS)
  readonly #least: Uint32Array

  constructor(shape: FoldShape) {
    this.#shape = shape
    this.#least = new Uint32Array(shape.numbers.length).fill(0xffff_ffff)
  }

  /** Adds the words of one policy. */
  add(words: Uint32Array): void {
    const { places, numbers } = this.#shape
    const [all, any, least] = [this.#all, this.#any, this.#least]
    for (let index = 0; index < places.length; index++) {
      const at = places[index] ?? 0
      const word = words[at] ?? 0
      all[at] = (all[at] ?? 0) & word
      any[at] = (any[at] ?? 0) | word
    }
    for (let index = 0; index < numbers.length; index++) {
      const number = numbers[index]
      if (number === undefined) continue
      const value = ((((words[number.at] ?? 0) >>> number.low) - number.bias) & number.mask) >>> 0
      if (value < (least[index] ?? 0)) least[index] = value
    }
  }

  /** Adds what another fold of the same shape has been given. */
  merge(other: WordFold): void {
    for (const at of this.#shape.places) {
      this.#all[at] = (this.#all[at] ?? 0) & (other.#all[at] ?? 0)
      this.#any[at] = (this.#any[at] ?? 0) | (other.#any[at] ?? 0)
    }
    other.#least.forEach((value, index) => {
      this.#least[index] = Math.min(this.#least[index] ?? 0, value)
    })
  }

  /** Puts what all have, and the least of each number, over a policy. */
  putLow(policy: Uint32Array): void {
    for (const at of this.#shape.places) policy[at] = this.#all[at] ?? 0
    this.#shape.numbers.forEach(({ at, low, mask, bias }, index) => {
      const value = ((this.#least[index] ?? 0) + bias) & mask
      policy[at] = ((policy[at] ?? 0) & ~(mask << low)) | (value << low)
    })
  }

  /** A policy of what all have and of the least of each number; words that do not count are zero. */
  low(): Uint32Array {
    const policy = zeroWords(POLICY_WORDS)
    this.putLow(policy)
    return policy
  }

  /** A policy of what any has. A word is the same in `low` and `high` exactly if it is the same in all, numbers aside. */
  high(): Uint32Array {
    const policy = zeroWords(POLICY_WORDS)
    for (const at of this.#shape.places) policy[at] = this.#any[at] ?? 0
    return policy
  }
}
