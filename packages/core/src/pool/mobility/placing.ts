/** Where guests go that have to leave a host: each to a host that takes it, none beyond its room. */
import { findShortage, type Item, type Shortage } from './room-bound.js'

/** Where everything goes; or that, and perhaps why, no way was found. */
export type Placing =
  | {
      /** There is a way. */
      readonly ok: true
      /** The bin of each item. */
      readonly bins: readonly number[]
    }
  | {
      /** No way was found. */
      readonly ok: false
      /** True if there is none. */
      readonly exact: boolean
      /** Why there is none, where that can be said in one sentence. */
      readonly shortage: Shortage | null
      /** Items for which no room was left. */
      readonly unplaced: readonly number[]
    }

/** Something to place: the options that come first are taken first. */
export interface RankedItem extends Item {
  /** How good each option is, the lowest first; all the same by default. */
  readonly ranks?: readonly number[]
}

/**
 * Places items in bins.
 *
 * First by a rule of thumb, which spreads them: the largest first, each to the best of its bins that has most room. Where that fails, it
 * is asked whether they could fit at all; then every way is tried, as far as the effort goes.
 *
 * @param rooms - bytes of each bin; null without a limit.
 * @param effort - how many placements are tried at most.
 */
export function place(
  items: readonly RankedItem[],
  rooms: readonly (bigint | null)[],
  effort: number,
): Placing {
  const order = items.map((_, index) => index).sort(bySize(items))
  const spread = spreadOut(items, rooms, order)
  if (spread.unplaced.length === 0) return { ok: true, bins: spread.bins }
  const { unplaced } = spread
  const shortage = findShortage(items, rooms)
  if (shortage !== null) return { ok: false, exact: true, shortage, unplaced }
  const tight = order.filter((index) =>
    (items[index]?.options ?? []).every((bin) => rooms[bin] !== null),
  )
  const searched = new Search(items, rooms, tight).run(effort)
  if (searched === null) return { ok: false, exact: false, shortage, unplaced }
  if (searched === false) return { ok: false, exact: true, shortage, unplaced }
  return { ok: true, bins: fillUp(items, searched, rooms) }
}

/** The largest first; of those, the ones with least choice. */
function bySize(items: readonly RankedItem[]): (a: number, b: number) => number {
  return (a, b) => {
    const [first, second] = [items[a], items[b]]
    if (first === undefined || second === undefined) return 0
    if (first.memory !== second.memory) return first.memory > second.memory ? -1 : 1
    return first.options.length - second.options.length || a - b
  }
}

function spreadOut(
  items: readonly RankedItem[],
  rooms: readonly (bigint | null)[],
  order: readonly number[],
): { bins: number[]; unplaced: number[] } {
  const left = [...rooms]
  const taken = rooms.map(() => 0)
  const bins = items.map(() => -1)
  const unplaced: number[] = []
  for (const index of order) {
    const item = items[index]
    if (item === undefined) continue
    const bin = roomiest(item, left, taken)
    if (bin < 0) unplaced.push(index)
    else {
      bins[index] = bin
      taken[bin] = (taken[bin] ?? 0) + 1
      const room = left[bin] ?? null
      left[bin] = room === null ? null : room - item.memory
    }
  }
  return { bins, unplaced }
}

/** Of the best bins that have room the one with most; without limits the one that was given least. */
function roomiest(
  { options, memory, ranks }: RankedItem,
  left: readonly (bigint | null)[],
  taken: readonly number[],
): number {
  let best = -1
  let bestRank = Number.POSITIVE_INFINITY
  for (const [at, bin] of options.entries()) {
    const rank = ranks?.[at] ?? 0
    const room = left[bin] ?? null
    if (rank > bestRank || (room !== null && room < memory)) continue
    if (rank < bestRank || isRoomier(bin, best, left, taken)) {
      best = bin
      bestRank = rank
    }
  }
  return best
}

function isRoomier(
  bin: number,
  best: number,
  left: readonly (bigint | null)[],
  taken: readonly number[],
): boolean {
  const [room, most] = [left[bin] ?? null, left[best] ?? null]
  if (room === null || most === null)
    return room === most ? (taken[bin] ?? 0) < (taken[best] ?? 0) : room === null
  return room > most
}

/** Items that may go where there is no limit are no trouble: they take what is left, or go there. */
function fillUp(
  items: readonly RankedItem[],
  placed: ReadonlyMap<number, number>,
  rooms: readonly (bigint | null)[],
): number[] {
  const left = [...rooms]
  for (const [index, bin] of placed) {
    const room = left[bin] ?? null
    left[bin] = room === null ? null : room - (items[index]?.memory ?? 0n)
  }
  const taken = rooms.map(() => 0)
  return items.map((item, index) => {
    const bin = placed.get(index) ?? roomiest(item, left, taken)
    if (!placed.has(index)) {
      const room = left[bin] ?? null
      left[bin] = room === null ? null : room - item.memory
      taken[bin] = (taken[bin] ?? 0) + 1
    }
    return bin
  })
}

/** Every way to place items of which each bin has a limit. */
class Search {
  readonly #items: readonly (RankedItem & { readonly index: number })[]
  readonly #left: bigint[]
  /** Bins with the same number are open to the same items. */
  readonly #binKinds: readonly string[]
  /** For each item, which of its options it has. */
  readonly #choice: number[]

  constructor(
    items: readonly RankedItem[],
    rooms: readonly (bigint | null)[],
    order: readonly number[],
  ) {
    this.#items = order.flatMap((index) => {
      const item = items[index]
      return item === undefined ? [] : [{ ...item, index }]
    })
    this.#left = rooms.map((room) => room ?? 0n)
    this.#choice = this.#items.map(() => -1)
    const openTo = rooms.map((): number[] => [])
    for (const [at, { options }] of this.#items.entries())
      for (const bin of options) openTo[bin]?.push(at)
    this.#binKinds = openTo.map((open) => open.join())
  }

  /** The bin of each item by its index; false if there is no way, null if the effort did not suffice. */
  run(effort: number): ReadonlyMap<number, number> | false | null {
    let at = 0
    for (let tries = 0; at < this.#items.length; tries++) {
      if (tries >= effort) return null
      if (this.#advance(at)) at++
      else if (at === 0) return false
      else at--
    }
    return new Map(
      this.#items.map(({ index, options }, at) => [index, options[this.#choice[at] ?? 0] ?? -1]),
    )
  }

  /** Puts an item into the next bin that is worth trying; false if there is none, and then it is in none. */
  #advance(at: number): boolean {
    const item = this.#items[at]
    if (item === undefined) return false
    const { options, memory } = item
    const current = this.#choice[at] ?? -1
    const held = options[current]
    if (held !== undefined) this.#left[held] = (this.#left[held] ?? 0n) + memory
    for (let next = current < 0 ? this.#start(at) : current + 1; next < options.length; next++) {
      const bin = options[next]
      if (bin === undefined || (this.#left[bin] ?? 0n) < memory) continue
      if (this.#isLikeEarlier(options, next)) continue
      this.#choice[at] = next
      this.#left[bin] = (this.#left[bin] ?? 0n) - memory
      return true
    }
    this.#choice[at] = -1
    return false
  }

  /** Two items that are alike are placed in one order: the other comes to the same. */
  #start(at: number): number {
    const [item, before] = [this.#items[at], this.#items[at - 1]]
    const alike =
      item !== undefined &&
      before !== undefined &&
      item.memory === before.memory &&
      item.options.length === before.options.length &&
      item.options.every((bin, index) => bin === before.options[index])
    return alike ? (this.#choice[at - 1] ?? 0) : 0
  }

  /** A bin that is open to the same items and has as much room as one that was tried comes to the same. */
  #isLikeEarlier(options: readonly number[], next: number): boolean {
    const bin = options[next] ?? -1
    for (let earlier = 0; earlier < next; earlier++) {
      const other = options[earlier] ?? -1
      if (this.#left[other] === this.#left[bin] && this.#binKinds[other] === this.#binKinds[bin])
        return true
    }
    return false
  }
}
