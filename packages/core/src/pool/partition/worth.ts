/**
 * What a level is worth: the sum of the weights of the features it keeps, found by table from words of columns.
 *
 * A column is a set of features that the same batches have: they are kept or lost together, so one bit stands for all of them.
 */

/** What bits are worth. */
export interface Worths {
  /** Words of one era. */
  readonly words: number
  /** What these bits are worth in an era. */
  of(bits: Uint32Array, era: number): number
  /** What two vectors of bits have in common is worth in an era. */
  ofBoth(a: Uint32Array, b: Uint32Array, era: number): number
}

/** Sums weights over the bits of dense words; one table of 256 sums for each byte. */
export class WorthTable implements Worths {
  readonly words: number
  readonly #base: readonly number[]
  readonly #sums: Float64Array

  /**
   * @param base - of each era: the weight of what all batches have.
   * @param columns - of each era: the weight of each column.
   */
  constructor(base: readonly number[], columns: readonly (readonly number[])[]) {
    this.words = Math.max(1, ...columns.map(({ length }) => Math.ceil(length / 32)))
    this.#base = base
    this.#sums = new Float64Array(columns.length * this.words * 4 * 256)
    columns.forEach((weights, era) => {
      for (let byte = 0; byte < this.words * 4; byte++) {
        const at = (era * this.words * 4 + byte) * 256
        for (let value = 1; value < 256; value++) {
          const low = value & -value
          const column = byte * 8 + 31 - Math.clz32(low)
          this.#sums[at + value] = (this.#sums[at + (value ^ low)] ?? 0) + (weights[column] ?? 0)
        }
      }
    })
  }

  of(bits: Uint32Array, era: number): number {
    return this.ofBoth(bits, bits, era)
  }

  ofBoth(a: Uint32Array, b: Uint32Array, era: number): number {
    const sums = this.#sums
    let sum = this.#base[era] ?? 0
    let at = era * this.words * 4 * 256
    for (let word = era * this.words, end = word + this.words; word < end; word++, at += 1024) {
      const both = (a[word] ?? 0) & (b[word] ?? 0)
      if (both === 0) continue
      sum +=
        (sums[at + (both & 255)] ?? 0) +
        (sums[at + 256 + ((both >>> 8) & 255)] ?? 0) +
        (sums[at + 512 + ((both >>> 16) & 255)] ?? 0) +
        (sums[at + 768 + (both >>> 24)] ?? 0)
    }
    return sum
  }
}

/**
 * What bits are worth in the era where they are worth most, of those up to the given one. By this measure, which is never lower, hosts that
 * leave a pool never make it worth less: by the rules of a newer release, which then may count, something may have to go.
 */
export function highestWorths(worths: Worths): Worths {
  return {
    words: worths.words,
    of: (bits, era) => highest(era, (at) => worths.of(bits, at)),
    ofBoth: (a, b, era) => highest(era, (at) => worths.ofBoth(a, b, at)),
  }
}

function highest(era: number, worthIn: (era: number) => number): number {
  let most = worthIn(era)
  for (let at = 0; at < era; at++) most = Math.max(most, worthIn(at))
  return most
}
