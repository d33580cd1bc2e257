/** Makes a choice of sites better, one for another, until no exchange of one site does. */
import type { Fleet } from './fleet.js'
import type { Site } from './site.js'

/** Exchanges are few: each gains, and the first ones gain most. */
const MOST_EXCHANGES = 400

/** Sites by number, as many as `chosen`, which together cover all batches and are worth no less. */
export function interchange(
  sites: readonly Site[],
  chosen: readonly number[],
  fleet: Fleet,
): number[] {
  const state = new Choice(sites, chosen, fleet)
  for (let turn = 0; turn < MOST_EXCHANGES; turn++) {
    const exchange = state.best()
    if (exchange === null) break
    state.apply(exchange)
  }
  return state.chosen
}

interface Exchange {
  readonly leaving: number
  readonly coming: number
}

class Choice {
  readonly chosen: number[]
  readonly #sites: readonly Site[]
  readonly #fleet: Fleet
  /** Of each batch: the place in `chosen` of the best site, what that keeps of it, and what the second best keeps; -1 for none. */
  readonly #place: Int32Array
  readonly #first: Float64Array
  readonly #second: Float64Array

  constructor(sites: readonly Site[], chosen: readonly number[], fleet: Fleet) {
    this.chosen = [...chosen]
    this.#sites = sites
    this.#fleet = fleet
    const count = fleet.batches.length
    this.#place = new Int32Array(count)
    this.#first = new Float64Array(count)
    this.#second = new Float64Array(count)
    this.#serve()
  }

  apply({ leaving, coming }: Exchange): void {
    this.chosen[leaving] = coming
    this.#serve()
  }

  /** The exchange that gains most, the first of equals; null if none gains. */
  best(): Exchange | null {
    const places = this.chosen.length
    const loss = new Float64Array(places)
    const orphans = new Int32Array(places)
    this.#place.forEach((place, batch) => {
      const second = this.#second[batch] ?? -1
      const kept = Math.max(0, second)
      loss[place] = (loss[place] ?? 0) + this.#worth(batch, (this.#first[batch] ?? 0) - kept)
      if (second < 0) orphans[place] = (orphans[place] ?? 0) + 1
    })
    let best: Exchange | null = null
    let most = Math.max(1, ...this.#first) * 1e-9
    const saved = new Float64Array(places)
    const adopted = new Int32Array(places)
    this.#sites.forEach((site, coming) => {
      saved.fill(0)
      adopted.fill(0)
      const gain = this.#gain(site, saved, adopted)
      for (let leaving = 0; leaving < places; leaving++) {
        if (adopted[leaving] !== orphans[leaving]) continue
        const net = gain - (loss[leaving] ?? 0) + (saved[leaving] ?? 0)
        if (net > most) {
          most = net
          best = { leaving, coming }
        }
      }
    })
    return best
  }

  /** What batches gain that go to this site of their own, and what others save by going there if their own site leaves. */
  #gain({ level, batches }: Site, saved: Float64Array, adopted: Int32Array): number {
    let gain = 0
    for (const batch of batches) {
      const place = this.#place[batch] ?? 0
      const first = this.#first[batch] ?? 0
      const second = this.#second[batch] ?? -1
      if (second < 0) adopted[place] = (adopted[place] ?? 0) + 1
      const next = Math.min(first, level.worth) - Math.max(0, second)
      if (next > 0 || second < 0) saved[place] = (saved[place] ?? 0) + this.#worth(batch, next)
      if (level.worth > first) gain += this.#worth(batch, level.worth - first)
    }
    return gain
  }

  #worth(batch: number, kept: number): number {
    return (this.#fleet.batches[batch]?.capacity ?? 0) * kept
  }

  #serve(): void {
    this.#first.fill(-1)
    this.#second.fill(-1)
    this.chosen.forEach((number, place) => {
      const site = this.#sites[number]
      if (site === undefined) return
      const { worth } = site.level
      for (const batch of site.batches) {
        if (worth > (this.#first[batch] ?? -1)) {
          this.#second[batch] = this.#first[batch] ?? -1
          this.#first[batch] = worth
          this.#place[batch] = place
        } else if (worth > (this.#second[batch] ?? -1)) this.#second[batch] = worth
      }
    })
  }
}
