/**
 * Combining featuresets: what every host of a pool can promise.
 *
 * `intersection` is the bare AND that upstream Xen's xapi falls back to. `xenserver` is what the library of XenServer and XCP-ng does:
 * AND; the bits that a pool accumulates are OR-ed; what depends on something absent goes; RSBA and RRSBA are settled over all hosts.
 */
import { Featureset, type FeatureTable, featureTable, parseWordsInto } from '@xenlevel/cpuid'

/** How featuresets are combined. */
export type CombineMethod = 'xenserver' | 'intersection'

/** Options of {@link combineFeaturesets}. */
export interface CombineOptions {
  /** Whose table: names, accumulated marks, dependencies. The newest by default. */
  readonly release?: string
  /** `'xenserver'` by default. */
  readonly method?: CombineMethod
}

/**
 * What all of them have in common, by the rules of the method; the order of the sets does not matter.
 *
 * One set is combined with itself, so that a level of one host obeys the same rules as any other. A set without words says nothing
 * and is passed over, as xapi does; of nothing at all the answer is the empty set. The result is as long as the longest set.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function combineFeaturesets(
  sets: readonly Featureset[],
  options: CombineOptions = {},
): Featureset {
  const combiner = new FeaturesetCombiner(options)
  for (const set of sets) combiner.add(set)
  return combiner.result()
}

/** Words of the longest featureset ever seen, and room for those to come; longer sets make room for themselves. */
const USUAL_WORDS = 32

/**
 * {@link combineFeaturesets} for sets that come one by one: two words of memory for each word of a set, however many sets there are.
 */
export class FeaturesetCombiner {
  readonly #options: CombineOptions
  /** AND of all sets; words that a set does not have are zero. */
  #all = new Uint32Array(USUAL_WORDS).fill(0xffff_ffff)
  /** OR of all sets. */
  #any = new Uint32Array(USUAL_WORDS)
  #text = new Uint32Array(USUAL_WORDS)
  #length = 0
  #count = 0

  constructor(options: CombineOptions = {}) {
    this.#options = options
  }

  /** How many sets that have words were added. */
  get count(): number {
    return this.#count
  }

  /** Adds one set. */
  add(set: Featureset): void {
    this.#addWords(set.words, set.words.length)
  }

  /**
   * Adds one set in its text form, without making a {@link @xenlevel/cpuid!Featureset} of it.
   *
   * @throws {@link @xenlevel/cpuid!FeaturesetSyntaxError} for a text that is not a featureset; nothing is added then.
   */
  addText(text: string): void {
    const most = (text.length >>> 1) + 1
    if (most > this.#text.length) this.#text = new Uint32Array(most)
    this.#addWords(this.#text, parseWordsInto(text, this.#text))
  }

  /** Adds sets of one length of which it is known what all of them have and what any has. */
  addSpan(all: Featureset, any: Featureset): void {
    this.#addWords(all.words, any.words.length)
    if (all === any) return
    for (let index = 0; index < any.words.length; index++) {
      this.#any[index] = (this.#any[index] ?? 0) | (any.words[index] ?? 0)
    }
  }

  /** What all sets so far have in common. More may be added afterwards. */
  result(): Featureset {
    if (this.#count === 0) return Featureset.empty
    const all = this.#all.slice(0, this.#length)
    if ((this.#options.method ?? 'xenserver') === 'xenserver') {
      settleWords(all, this.#any, featureTable(this.#options.release))
    }
    return Featureset.fromWords(all)
  }

  #addWords(words: ArrayLike<number>, length: number): void {
    if (length === 0) return
    if (length > this.#all.length) this.#grow(length)
    const all = this.#all
    const any = this.#any
    for (let index = 0; index < length; index++) {
      const word = words[index] ?? 0
      all[index] = (all[index] ?? 0) & word
      any[index] = (any[index] ?? 0) | word
    }
    for (let index = length; index < this.#length; index++) all[index] = 0
    if (length > this.#length) {
      if (this.#count > 0) all.fill(0, this.#length, length)
      this.#length = length
    }
    this.#count++
  }

  #grow(length: number): void {
    const [all, any] = [new Uint32Array(length).fill(0xffff_ffff), new Uint32Array(length)]
    all.set(this.#all)
    any.set(this.#any)
    this.#all = all
    this.#any = any
  }
}

/** Turns the AND of all sets into the level, in place, given the OR of them: what `xenserver` does beside the AND. */
export function settleWords(all: Uint32Array, any: Uint32Array, table: FeatureTable): void {
  const accumulated = accumulatedFeatures(table).words
  for (let index = 0; index < all.length; index++) {
    all[index] = (all[index] ?? 0) | ((any[index] ?? 0) & (accumulated[index] ?? 0))
  }
  table.clearDependentsInPlace(all)
  settleReturnPredictions(all, any, table)
}

/** The bits that a pool accumulates. Releases before 4.19 have no marks for them: the newest marks are taken, by name. */
export function accumulatedFeatures(table: FeatureTable): Featureset {
  const own = table.mask('accumulated')
  if (!own.isEmpty) return own
  const names = featureTable().mask('accumulated').names()
  return Featureset.fromNames(
    names.filter((name) => table.feature(name) !== undefined),
    table,
  )
}

/**
 * RSBA says that an empty return stack may fall back on other predictions, RRSBA that it may do so under enhanced IBRS. A guest
 * must know if that holds on any host it may run on: in which of the two forms depends on whether it sees enhanced IBRS.
 */
function settleReturnPredictions(all: Uint32Array, any: Uint32Array, table: FeatureTable): void {
  const bitOf = (name: 'ARCH_CAPS' | 'EIBRS' | 'RSBA' | 'RRSBA') => table.feature(name)?.bit ?? -1
  const [archCaps, eibrs, rsba, rrsba] = [
    bitOf('ARCH_CAPS'),
    bitOf('EIBRS'),
    bitOf('RSBA'),
    bitOf('RRSBA'),
  ]
  if (!test(all, archCaps) || !(test(any, rsba) || test(any, rrsba))) return
  put(all, rsba, !test(all, eibrs))
  put(all, rrsba, test(all, eibrs))
}

// A feature without a bit is at -1: a typed array has nothing there, and takes nothing.
function test(words: Uint32Array, bit: number): boolean {
  return (((words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1
}

function put(words: Uint32Array, bit: number, on: boolean): void {
  const index = bit >>> 5
  const mask = 1 << (bit & 31)
  words[index] = on ? (words[index] ?? 0) | mask : (words[index] ?? 0) & ~mask
}
