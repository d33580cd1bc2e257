/** The relaxation behind {@link prove}: what sites are worth at given prices, and prices at which that says most. */
import type { Fleet } from './fleet.js'
import type { Site } from './site.js'

/** Where a descent ended. */
export interface Descent {
  /** No choice that the states allow exceeds it. */
  readonly bound: number
  readonly prices: Float64Array
  /** What each site is worth at these prices. */
  readonly gains: Float64Array
  /** The sites that would be taken at these prices, best first; those that are chosen already are not among them. */
  readonly taken: readonly number[]
}

/** Turns without a lower bound after which steps become shorter. */
const PATIENCE = 12

/** Descends on prices, and keeps the best choice that it meets. */
export class Prices {
  /** The best choice so far, and its score. */
  chosen: readonly number[]
  score: number
  /** How many batches of sites were looked at. */
  looks = 0
  readonly #pools: number
  readonly #whole: boolean
  readonly #capacity: Float64Array
  readonly #worth: Float64Array
  readonly #batches: readonly Int32Array[]

  constructor(sites: readonly Site[], fleet: Fleet, pools: number, start: readonly number[]) {
    this.#pools = pools
    this.#whole = fleet.whole
    this.#capacity = Float64Array.from(fleet.batches, ({ capacity }) => capacity)
    this.#worth = Float64Array.from(sites, ({ level }) => level.worth)
    this.#batches = sites.map(({ batches }) => batches)
    this.chosen = start
    this.score = this.#scoreOf(start)
  }

  /** Whether a choice under this bound could be better than the best so far. */
  mayBeat(bound: number): boolean {
    return this.round(bound) > this.score + 1e-9 * Math.abs(this.score)
  }

  /** Scores of whole numbers are whole; the little that is added is more than sums of them are off. */
  round(bound: number): number {
    return this.#whole ? Math.floor(bound + 1e-3) : bound
  }

  /** Prices at which each batch is content with this choice. */
  pricesOf(chosen: readonly number[]): Float64Array {
    const prices = new Float64Array(this.#capacity.length)
    for (const site of chosen) {
      for (const batch of this.#batches[site] ?? []) {
        prices[batch] = Math.max(prices[batch] ?? 0, this.#profit(site, batch))
      }
    }
    return prices
  }

  /** Moves prices for so many turns, or until nothing under these states can be better than what is known. */
  descend(states: Int8Array, start: Float64Array, turns: number): Descent {
    const prices = start.slice()
    let best: Descent = this.#look(states, prices)
    let next = best
    let stride = 1
    for (let turn = 1, since = 0; turn < turns && this.mayBeat(best.bound); turn++) {
      if (!this.#move(states, prices, next, stride)) break
      next = this.#look(states, prices)
      if (next.bound < best.bound - 1e-9 * Math.abs(best.bound)) {
        best = next
        since = 0
      } else if (++since === PATIENCE) {
        since = 0
        stride /= 2
        prices.set(best.prices)
        next = best
      }
    }
    return best
  }

  /**
   * Settles the sites of which the descent shows that they must, or must not, be in a better choice. The site to branch on, or -1 if
   * nothing is left open: then what is left has been looked at.
   */
  settle(states: Int8Array, { bound, gains, taken }: Descent): number {
    const isTaken = new Set(taken)
    const least = gains[taken.at(-1) ?? -1] ?? 0
    let reserve = 0
    gains.forEach((gain, site) => {
      if (states[site] === 0 && !isTaken.has(site) && gain > reserve) reserve = gain
    })
    gains.forEach((gain, site) => {
      if (states[site] !== 0) return
      if (isTaken.has(site)) {
        if (!this.mayBeat(bound - gain + reserve)) states[site] = 1
      } else if (taken.length === 0 || !this.mayBeat(bound - least + gain)) states[site] = -1
    })
    const branch = taken.find((site) => states[site] === 0)
    if (branch !== undefined) return branch
    this.#offer(chosenBy(states))
    return -1
  }

  /** The bound at these prices; the choice it comes from is remembered if it is a good one. */
  #look(states: Int8Array, prices: Float64Array): Descent {
    const gains = new Float64Array(states.length)
    const chosen = chosenBy(states)
    states.forEach((state, site) => {
      if (state >= 0) gains[site] = this.#gain(site, prices)
    })
    const taken = largest(gains, states, this.#pools - chosen.length)
    const both = [...chosen, ...taken]
    this.#offer(both)
    let bound = both.reduce((sum, site) => sum + (gains[site] ?? 0), 0)
    for (const price of prices) bound += price
    return { bound, prices: prices.slice(), gains, taken }
  }

  #gain(site: number, prices: Float64Array): number {
    const batches = this.#batches[site] ?? []
    const worth = this.#worth[site] ?? 0
    let gain = 0
    for (const batch of batches) {
      const profit = (this.#capacity[batch] ?? 0) * worth - (prices[batch] ?? 0)
      if (profit > 0) gain += profit
    }
    this.looks += batches.length
    return gain
  }

  /** Lowers the price of batches that no site takes, and raises that of batches that several take; false if there are none. */
  #move(states: Int8Array, prices: Float64Array, { bound, taken }: Descent, stride: number) {
    const excess = new Float64Array(prices.length).fill(-1)
    for (const site of [...chosenBy(states), ...taken]) {
      for (const batch of this.#batches[site] ?? []) {
        if (this.#profit(site, batch) > (prices[batch] ?? 0))
          excess[batch] = (excess[batch] ?? 0) + 1
      }
    }
    const norm = excess.reduce((sum, one) => sum + one * one, 0)
    if (norm === 0) return false
    const step = (stride * (bound - this.score)) / norm
    excess.forEach((one, batch) => {
      prices[batch] = (prices[batch] ?? 0) + step * one
    })
    return true
  }

  #profit(site: number, batch: number): number {
    return (this.#capacity[batch] ?? 0) * (this.#worth[site] ?? 0)
  }

  /** Keeps a choice if it is better than the best so far. */
  #offer(chosen: readonly number[]): void {
    const score = this.#scoreOf(chosen)
    if (score <= this.score) return
    this.score = score
    this.chosen = [...chosen]
  }

  /** The score of a choice; -1 if it leaves a batch without a site. */
  #scoreOf(chosen: readonly number[]): number {
    const kept = new Float64Array(this.#capacity.length).fill(-1)
    for (const site of chosen) {
      const worth = this.#worth[site] ?? 0
      const batches = this.#batches[site] ?? []
      this.looks += batches.length
      for (const batch of batches) if (worth > (kept[batch] ?? 0)) kept[batch] = worth
    }
    let score = 0
    for (const [batch, worth] of kept.entries()) {
      if (worth < 0) return -1
      score += worth * (this.#capacity[batch] ?? 0)
    }
    return score
  }
}

/** The open sites that gain most, best first, the first of equals first. */
function largest(gains: Float64Array, states: Int8Array, count: number): number[] {
  const sites: number[] = []
  if (count <= 0) return sites
  gains.forEach((gain, site) => {
    if (states[site] !== 0) return
    if (sites.length === count) {
      if (gain <= (gains[sites[count - 1] ?? 0] ?? 0)) return
      sites.pop()
    }
    let at = sites.length
    while (at > 0 && gain > (gains[sites[at - 1] ?? 0] ?? 0)) at--
    sites.splice(at, 0, site)
  })
  return sites
}

function chosenBy(states: Int8Array): number[] {
  const chosen: number[] = []
  states.forEach((state, site) => {
    if (state > 0) chosen.push(site)
  })
  return chosen
}
