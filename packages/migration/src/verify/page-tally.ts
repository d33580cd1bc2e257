/** The lists of PAGE_DATA, counted: their types, which pfns were listed before, and the first that cannot be. */
import {
  type PageTypeName,
  pageTypeName,
  RESERVED_TYPES,
  UNBACKED,
  WITH_DATA,
} from '../records/page-types.js'
import { ListWords } from './list-words.js'
import type { ListJudgement, PageLists, PageRound, PageSummary } from './pages.js'
import { PfnSet } from './pfn-set.js'

/** The upper word of an entry: type, reserved bits, the highest bits of the pfn. */
const TYPE_SHIFT = 28
const RESERVED_BITS = 0x0ff0_0000
const HIGH_PFN = 0x000f_ffff
const HIGHEST_PFN = 2 ** 52 - 1

/** The lower word: which 32 pfns, and which of these words in its block. Here and not with the set, for the sake of the loop. */
const WORD_SHIFT = 5
const BLOCK_SHIFT = 10
const WORD_OF_BLOCK = 1023
const WORDS_OF_LOW = 2 ** 27

/** A checkpointed image may have a round every few milliseconds: what comes after so many counts towards the last. */
const MOST_ROUNDS = 10_000

type Changing<Type> = { -readonly [Name in keyof Type]: Type[Name] }

/** What is counted of a round. */
interface RoundCount {
  listed: number
  withData: number
  resent: number
  /** Whether there are entries of which nobody knows whether they were listed before. */
  unknown: boolean
}

/** Counts the lists of an image, in bounded memory: pfns are remembered in at most 32 MiB. */
export class PageTally implements PageLists {
  maxPfn = HIGHEST_PFN
  readonly #words = new ListWords()
  readonly #seen: PfnSet
  readonly #types = new Float64Array(16)
  /** One object for all lists: each sets all of it anew. */
  readonly #judgement: Changing<ListJudgement> = {
    withData: 0,
    reservedType: 0,
    reservedBits: 0,
    beyond: 0,
    beyondBacked: 0,
  }
  readonly #rounds: RoundCount[] = []
  #round = newRound()
  /** The highest pfn of those that are not remembered. */
  #highest = -1

  /** @param most - how many blocks of 4 KiB remember pfns. */
  constructor(most?: number) {
    this.#seen = new PfnSet(most)
  }

  add(list: Uint8Array): ListJudgement {
    const words = this.#words.of(list)
    const length = (list.length >>> 3) * 2
    this.#round.listed += length / 2
    const highs = this.#countTypes(words, length)
    const mayBeBeyond = this.#remember(words, length)
    const judgement = this.#judgement
    judgement.reservedType =
      (highs.types & RESERVED_TYPES) !== 0 ? first(words, length, isReserved) : -1
    judgement.reservedBits =
      (highs.bits & RESERVED_BITS) !== 0 ? first(words, length, hasReservedBits) : -1
    judgement.beyond = mayBeBeyond ? first(words, length, this.#isBeyond) : -1
    judgement.beyondBacked = judgement.beyond < 0 ? -1 : first(words, length, this.#isBeyondBacked)
    return judgement
  }

  readonly #isBeyond: EntryTest = (low, high) => pfnOf(low, high) > this.maxPfn
  readonly #isBeyondBacked: EntryTest = (low, high) =>
    !has(UNBACKED, high) && this.#isBeyond(low, high)

  /** Counts the types of a piece by runs of the same upper word; which types and bits there were at all. */
  #countTypes(words: Int32Array, length: number): { types: number; bits: number } {
    const counts = this.#types
    let types = 0
    let bits = 0
    let withData = 0
    for (let at = 1; at < length; ) {
      const start = at
      const high = words[at] ?? 0
      do at += 2
      while (at < length && words[at] === high)
      const type = high >>> TYPE_SHIFT
      const entries = (at - start) >>> 1
      counts[type] = (counts[type] ?? 0) + entries
      withData += ((WITH_DATA >>> type) & 1) * entries
      types |= 1 << type
      bits |= high
    }
    this.#judgement.withData = withData
    this.#round.withData += withData
    return { types, bits }
  }

  /** Remembers the pfns of a piece, 32 neighbours at a time; whether one of them may be too high. */
  #remember(words: Int32Array, length: number): boolean {
    const lastWord = Math.floor(this.maxPfn / 32)
    const round = this.#round
    let mayBeBeyond = false
    let blockHigh = -1
    let blockLow = -1
    let block: Uint32Array | null = null
    for (let at = 0; at < length; ) {
      let low = words[at] ?? 0
      const high = (words[at + 1] ?? 0) & HIGH_PFN
      const word = low >>> WORD_SHIFT
      if (word >>> BLOCK_SHIFT !== blockLow || high !== blockHigh) {
        blockLow = word >>> BLOCK_SHIFT
        blockHigh = high
        block = this.#seen.block(high, blockLow)
        mayBeBeyond ||= high * WORDS_OF_LOW + (word | WORD_OF_BLOCK) >= lastWord
      }
      let seen = block?.[word & WORD_OF_BLOCK] ?? 0
      let resent = 0
      do {
        resent += (seen >>> low) & 1
        seen |= 1 << low
        at += 2
        if (at >= length) break
        low = words[at] ?? 0
      } while (low >>> WORD_SHIFT === word && ((words[at + 1] ?? 0) & HIGH_PFN) === high)
      if (block === null) {
        round.unknown = true
        const highest = (high * WORDS_OF_LOW + word) * 32 + 31 - Math.clz32(seen)
        this.#highest = Math.max(this.#highest, highest)
      } else {
        block[word & WORD_OF_BLOCK] = seen
        round.resent += resent
      }
    }
    return mayBeBeyond
  }

  endRound(): void {
    if (this.#rounds.length === MOST_ROUNDS) return
    this.#rounds.push(this.#round)
    this.#round = newRound()
  }

  summary(): PageSummary {
    const last = this.#round
    const rounds = last.listed === 0 ? this.#rounds : [...this.#rounds, last]
    const whole = newRound()
    for (const { listed, withData, resent, unknown } of rounds) {
      whole.listed += listed
      whole.withData += withData
      whole.resent += resent
      whole.unknown ||= unknown
    }
    const { listed, withData, resent } = roundOf(whole)
    return {
      listed,
      withData,
      resent,
      unique: resent === null ? null : listed - resent,
      highestPfn: Math.max(this.#highest, this.#seen.highest()),
      types: this.#typesByName(),
      rounds: rounds.map(roundOf),
    }
  }

  #typesByName(): Partial<Record<PageTypeName, number>> {
    const byName: Partial<Record<PageTypeName, number>> = {}
    this.#types.forEach((entries, type) => {
      const name = pageTypeName(type)
      if (entries > 0) byName[name] = (byName[name] ?? 0) + entries
    })
    return byName
  }
}

function newRound(): RoundCount {
  return { listed: 0, withData: 0, resent: 0, unknown: false }
}

function roundOf({ listed, withData, resent, unknown }: RoundCount): PageRound {
  return { listed, withData, resent: unknown ? null : resent }
}

type EntryTest = (low: number, high: number) => boolean

/** Index of the first entry that is so; -1 if there is none. */
function first(words: Int32Array, length: number, is: EntryTest): number {
  for (let at = 0; at < length; at += 2) if (is(words[at] ?? 0, words[at + 1] ?? 0)) return at / 2
  return -1
}

const isReserved: EntryTest = (_, high) => has(RESERVED_TYPES, high)
const hasReservedBits: EntryTest = (_, high) => (high & RESERVED_BITS) !== 0

function has(types: number, high: number): boolean {
  return ((types >>> (high >>> TYPE_SHIFT)) & 1) !== 0
}

function pfnOf(low: number, high: number): number {
  return (high & HIGH_PFN) * 2 ** 32 + (low >>> 0)
}
