/** The level of all groups but one, for each of them, without levelling as often as there are groups. */
import { Featureset, type FeatureTable, nearestRelease } from '@xenlevel/cpuid'
import { settleWords } from '../combine.js'
import { carryGroup } from '../groups/carried.js'
import type { LevelKind, OfferGroup } from '../groups/host-group.js'
import { releasesOf } from '../groups/settle.js'
import { type BootSets, bootSets } from './gains.js'
import type { PlannedPool } from './leave.js'

/** Levels, and in whose words they are. */
interface Levels {
  readonly sets: BootSets
  readonly table: FeatureTable
}

/** Answers for a group what the others can promise. */
export function levelsWithoutEach(pool: PlannedPool): (index: number) => Levels {
  const { groups, purpose, table } = pool
  const alone = purpose.asked === null ? loneOldest(groups) : -1
  const [pv, hvm] = [new AllButOne(pool, 'pv'), new AllButOne(pool, 'hvm')]
  return (index) =>
    // When the last host of the oldest release leaves, the words change, and everything is found anew.
    index === alone
      ? bootSets(
          groups.filter((_, other) => other !== index),
          pool,
        )
      : { sets: { pv: pv.without(index), hvm: hvm.without(index) }, table }
}

/** The only group of the oldest release; -1 if there are several. */
function loneOldest(groups: readonly OfferGroup[]): number {
  const [oldest] = releasesOf(groups)
  const places = groups.flatMap(({ traits: { xen } }, place) =>
    xen !== null && nearestRelease(xen) === oldest ? [place] : [],
  )
  return places.length === 1 ? (places[0] ?? -1) : -1
}

/** What all groups before a place have, and all behind it; and the same of what any has. */
class AllButOne {
  readonly #pool: PlannedPool
  readonly #words: number
  /** Row `i` is of the first `i` groups. */
  readonly #before: Fold
  /** Row `i` is of all groups from `i` on. */
  readonly #behind: Fold

  constructor(pool: PlannedPool, kind: LevelKind) {
    const { groups, table } = pool
    const offers = groups.map((group) => carryGroup(group, table)[kind]?.default ?? null)
    this.#pool = pool
    this.#words = Math.max(0, ...offers.map((offer) => offer?.any.words.length ?? 0))
    this.#before = new Fold(groups.length + 1, this.#words)
    this.#behind = new Fold(groups.length + 1, this.#words)
    offers.forEach((offer, index) => {
      this.#before.put(index + 1, index, offer)
      const place = groups.length - 1 - index
      this.#behind.put(place, place + 1, offers[place] ?? null)
    })
  }

  /** Null if none of the others counts. */
  without(index: number): Featureset | null {
    const [before, behind, words] = [this.#before, this.#behind, this.#words]
    if (before.counts[index] === 0 && behind.counts[index + 1] === 0) return null
    const [all, any] = [new Uint32Array(words), new Uint32Array(words)]
    for (let word = 0; word < words; word++) {
      const [first, second] = [index * words + word, (index + 1) * words + word]
      all[word] = (before.all[first] ?? 0) & (behind.all[second] ?? 0)
      any[word] = (before.any[first] ?? 0) | (behind.any[second] ?? 0)
    }
    const { purpose, table } = this.#pool
    if (purpose.method === 'xenserver') settleWords(all, any, table)
    return Featureset.fromWords(all)
  }
}

/** Rows of words. */
class Fold {
  readonly all: Uint32Array
  readonly any: Uint32Array
  /** How many groups of each row say anything. */
  readonly counts: Uint32Array
  readonly #words: number

  constructor(rows: number, words: number) {
    this.all = new Uint32Array(rows * words).fill(0xffff_ffff)
    this.any = new Uint32Array(rows * words)
    this.counts = new Uint32Array(rows)
    this.#words = words
  }

  /** Makes a row of another and what a group offers; a featureset without words says nothing. */
  put(
    row: number,
    from: number,
    offer: { readonly all: Featureset; readonly any: Featureset } | null,
  ): void {
    const words = this.#words
    const speaks = offer !== null && offer.any.words.length > 0
    this.counts[row] = (this.counts[from] ?? 0) + (speaks ? 1 : 0)
    for (let word = 0; word < words; word++) {
      const [to, old] = [row * words + word, from * words + word]
      this.all[to] = (this.all[old] ?? 0) & (speaks ? (offer.all.words[word] ?? 0) : 0xffff_ffff)
      this.any[to] = (this.any[old] ?? 0) | (speaks ? (offer.any.words[word] ?? 0) : 0)
    }
  }
}
