/**
 * Featuresets: which features a CPU has, a host offers or a guest was promised, as the bitmap that Xen defines.
 *
 * Word order is Xen's ABI (xen/include/public/arch-x86/cpufeatureset.h): words are appended, never renumbered, and a word
 * that is not there is zero. Names need a feature table, because bits move between releases.
 */
import { bigIntToWords, wordsToBigInt } from './bigint.js'
import { XenlevelError } from './errors.js'
import type { FeatureName, FeatureTable } from './features/table.js'
import { UnknownFeatureError } from './features/table.js'
import { featureTable } from './features/tables.js'
import { WordReader } from './featureset-text.js'
import { bitsOf, hexWord, isWord, significantWords, testBit, wordsOfBits } from './words.js'

/** A number that no featureset word or bit can be. Code `FEATURESET_RANGE`. */
export class FeaturesetRangeError extends XenlevelError {
  constructor(message: string, details: Readonly<Record<string, unknown>>) {
    super({ code: 'FEATURESET_RANGE', message, details })
  }
}

/** An immutable bitmap of CPU features in 32-bit words, of any length; missing words are zero. */
export class Featureset {
  /** No words at all. */
  static readonly empty: Featureset = /* @__PURE__ */ new Featureset(
    /* @__PURE__ */ Object.freeze([]),
  )

  /** The words, word 0 first, each an unsigned 32-bit number. As many as were given: zero words at the end are kept. */
  readonly words: readonly number[]

  private constructor(words: readonly number[]) {
    this.words = words
  }

  /**
   * Reads the text form: words of one to eight hexadecimal digits, each with or without `0x`, joined by `-` (xapi) or `:`
   * (xen-cpuid). The empty text is the empty featureset.
   *
   * @throws {@link FeaturesetSyntaxError} for anything else, with the character and word that are wrong.
   */
  static parse(text: string): Featureset {
    const words: number[] = []
    const reader = new WordReader(text)
    while (reader.next()) words.push(reader.value)
    return new Featureset(Object.freeze(words))
  }

  /**
   * Takes words as they are.
   *
   * @throws {@link FeaturesetRangeError} if one is not an unsigned 32-bit integer (a result of `&` or `|` wants `>>> 0`).
   */
  static fromWords(words: ArrayLike<number>): Featureset {
    const copy: number[] = []
    for (let index = 0; index < words.length; index++) {
      const word = words[index]
      if (word === undefined || !isWord(word)) {
        throw new FeaturesetRangeError(
          `Word ${index} of the featureset is ${String(word)}; expected an integer from 0 to 0xffffffff${(word ?? 0) < 0 ? ' (a result of & or | becomes one by ">>> 0")' : ''}.`,
          { word: index, value: word },
        )
      }
      copy.push(word)
    }
    return new Featureset(Object.freeze(copy))
  }

  /**
   * Takes the bits of a whole number; word 0 is its lowest 32 bits.
   *
   * @throws {@link FeaturesetRangeError} if it is negative.
   */
  static fromBigInt(bits: bigint): Featureset {
    if (bits < 0n) {
      throw new FeaturesetRangeError(
        `A featureset cannot be made of the negative number ${bits} (a result of ~ becomes one by BigInt.asUintN with its width).`,
        {
          value: bits,
        },
      )
    }
    return new Featureset(Object.freeze(bigIntToWords(bits)))
  }

  /**
   * The featureset of the named features, as long as the table's.
   *
   * @param names - either spelling: `AVX512F` or `avx512f`, `SSE4_1` or `sse4-1`.
   * @param table - whose names; the newest release's by default.
   * @throws {@link UnknownFeatureError} for a name that the table does not have.
   */
  static fromNames(
    names: Iterable<string>,
    table: FeatureTable<string> = featureTable(),
  ): Featureset {
    const bits: number[] = []
    for (const name of names) {
      const feature = table.feature(name)
      if (feature === undefined) throw new UnknownFeatureError(name, table.release)
      bits.push(feature.bit)
    }
    return new Featureset(Object.freeze(wordsOfBits(bits, table.words.length)))
  }

  /**
   * True if the feature is in the set.
   *
   * @param feature - a name, or a bit number (`word * 32 + bit`).
   * @param table - whose names; the newest release's by default.
   * @throws {@link UnknownFeatureError} for a name that the table does not have; {@link FeaturesetRangeError} for a bit that is
   * not a whole number from 0.
   */
  has(feature: FeatureName | number, table?: FeatureTable): boolean
  has<Name extends string>(feature: Name | number, table: FeatureTable<Name>): boolean
  has(feature: string | number, table: FeatureTable<string> = featureTable()): boolean {
    if (typeof feature === 'number') {
      if (!Number.isSafeInteger(feature) || feature < 0) {
        throw new FeaturesetRangeError(
          `There is no feature bit ${feature}: bits are whole numbers from 0, word * 32 + bit in the word.`,
          { bit: feature },
        )
      }
      return feature < this.words.length * 32 && testBit(this.words, feature)
    }
    const known = table.feature(feature)
    if (known === undefined) throw new UnknownFeatureError(feature, table.release)
    return testBit(this.words, known.bit)
  }

  /** What both have; as long as the longer one. */
  and(other: Featureset): Featureset {
    return this.#combine(other, (a, b) => a & b)
  }

  /** What either has; as long as the longer one. */
  or(other: Featureset): Featureset {
    return this.#combine(other, (a, b) => a | b)
  }

  /** What exactly one of them has; as long as the longer one. */
  xor(other: Featureset): Featureset {
    return this.#combine(other, (a, b) => a ^ b)
  }

  /** What this has and the other lacks; as long as the longer one. */
  andNot(other: Featureset): Featureset {
    return this.#combine(other, (a, b) => a & ~b)
  }

  /** True if the other has everything that this has; the shorter one is extended with zeros, nothing is cut off. */
  isSubsetOf(other: Featureset): boolean {
    return this.words.every((word, index) => (word & ~(other.words[index] ?? 0)) === 0)
  }

  /** True if both have the same features, whatever their lengths. */
  equals(other: Featureset): boolean {
    const length = Math.max(this.words.length, other.words.length)
    for (let index = 0; index < length; index++) {
      if ((this.words[index] ?? 0) !== (other.words[index] ?? 0)) return false
    }
    return true
  }

  /** True if no bit is set. */
  get isEmpty(): boolean {
    return significantWords(this.words) === 0
  }

  /** The numbers of all set bits, ascending. */
  bits(): number[] {
    return bitsOf(this.words)
  }

  /** The names of the set bits, by bit; bits that the table does not name are left to {@link Featureset.unknownBits}. */
  names(table?: FeatureTable): FeatureName[]
  names<Name extends string>(table: FeatureTable<Name>): Name[]
  names(table: FeatureTable<string> = featureTable()): string[] {
    const names: string[] = []
    for (const bit of bitsOf(this.words)) {
      const feature = table.feature(bit)
      if (feature !== undefined) names.push(feature.name)
    }
    return names
  }

  /** The set bits that the table has no name for, ascending. */
  unknownBits(table: FeatureTable<string> = featureTable()): number[] {
    return bitsOf(this.words).filter((bit) => table.feature(bit) === undefined)
  }

  /**
   * The text form: eight lower-case digits a word.
   *
   * @param separator - `-` as xapi writes it, `:` as xen-cpuid does.
   * @param words - how many words to write: zeros are added, and zero words at the end left out.
   * @throws {@link FeaturesetRangeError} if `words` would cut off a set bit.
   */
  toString(separator: '-' | ':' = '-', words: number = this.words.length): string {
    if (!Number.isInteger(words) || words < significantWords(this.words)) {
      throw new FeaturesetRangeError(
        `The featureset has bits in word ${significantWords(this.words) - 1}, so it cannot be written in ${words} words.`,
        { words, significantWords: significantWords(this.words) },
      )
    }
    const text: string[] = []
    for (let index = 0; index < words; index++) text.push(hexWord(this.words[index] ?? 0))
    return text.join(separator)
  }

  /** All bits as one whole number; word 0 is its lowest 32 bits. Needs the global `Buffer`. */
  toBigInt(): bigint {
    return wordsToBigInt(this.words)
  }

  /** The text form with `-`, so that documents hold it as xapi does. */
  toJSON(): string {
    return this.toString()
  }

  #combine(other: Featureset, operation: (a: number, b: number) => number): Featureset {
    const length = Math.max(this.words.length, other.words.length)
    const words = new Array<number>(length)
    for (let index = 0; index < length; index++) {
      words[index] = operation(this.words[index] ?? 0, other.words[index] ?? 0) >>> 0
    }
    return new Featureset(Object.freeze(words))
  }
}
