/** Every order of a rolling update and every way to place guests, as far as the effort goes. For small fleets. */
import { moveOf } from './evacuation.js'
import type { RollingStep } from './rolling-greedy.js'
import type { Rolling } from './rolling-state.js'

/** More guests than this on hosts that are to be updated, and the search would not come to an end. */
const MOST_GUESTS = 200

/** The steps; false if there is no way, null if the effort did not suffice. */
export function searchAll(
  rolling: Rolling,
  order: 'any' | 'given',
): readonly RollingStep[] | false | null {
  const { fleet } = rolling
  const travellers = fleet.guests.flatMap((_, guest) =>
    rolling.isListed(fleet.homes[guest] ?? -1) ? [guest] : [],
  )
  if (travellers.length > MOST_GUESTS) return null
  const search = new Search(rolling, travellers, order)
  return search.run() ? search.steps : search.exhausted ? null : false
}

interface Placed {
  readonly guest: number
  readonly memory: bigint
  at: number
  view: number
}

class Search {
  readonly steps: RollingStep[] = []
  readonly #rolling: Rolling
  readonly #guests: readonly Placed[]
  readonly #order: 'any' | 'given'
  readonly #updated = new Set<number>()
  readonly #rooms: (bigint | null)[]
  /** States from which there is no way to the end. */
  readonly #dead = new Set<string>()
  #left: number

  constructor(rolling: Rolling, travellers: readonly number[], order: 'any' | 'given') {
    const { fleet } = rolling
    this.#rolling = rolling
    this.#order = order
    this.#rooms = [...fleet.rooms]
    this.#left = fleet.effort
    this.#guests = travellers.map((guest) => ({
      guest,
      memory: fleet.memory(guest),
      at: fleet.homes[guest] ?? -1,
      view: fleet.views[guest] ?? 0,
    }))
  }

  /** Whether it was given up. */
  get exhausted(): boolean {
    return this.#left <= 0
  }

  run(): boolean {
    const remaining = this.#rolling.listed.filter((host) => !this.#updated.has(host))
    if (remaining.length === 0) return true
    const state = this.#state()
    if (this.#dead.has(state)) return false
    for (const host of this.#order === 'given' ? remaining.slice(0, 1) : remaining) {
      const guests = this.#guests.filter(({ at }) => at === host)
      guests.sort((a, b) => a.view - b.view || (a.memory < b.memory ? 1 : -1))
      if (this.#empty(host, guests, [])) return true
      if (this.exhausted) return false
    }
    this.#dead.add(state)
    return false
  }

  /** What counts of where everybody is: guests that are alike may change places. */
  #state(): string {
    const places = this.#guests.map(({ at, view, memory }) => `${at} ${view} ${memory}`).sort()
    return `${[...this.#updated].sort((a, b) => a - b).join()}|${places.join()}`
  }

  /** Finds a place for the next guest of a host, then for the others; when all have one, the host is updated and the rest follows. */
  #empty(host: number, guests: readonly Placed[], chosen: readonly number[]): boolean {
    const next = guests[chosen.length]
    if (next === undefined) return this.#update(host, guests, chosen)
    const before = guests[chosen.length - 1]
    const alike = before !== undefined && isAlike(before, next, host)
    const { fleet } = this.#rolling
    for (let to = alike ? (chosen[chosen.length - 1] ?? 0) : 0; to < fleet.hosts.length; to++) {
      if (--this.#left <= 0) return false
      if (!this.#opens(to, host, next)) continue
      this.#shift(next.memory, host, to)
      if (this.#empty(host, guests, [...chosen, to])) return true
      this.#shift(next.memory, to, host)
      if (this.exhausted) return false
    }
    return false
  }

  #opens(to: number, from: number, { view, memory }: Placed): boolean {
    if (to === from) return false
    const room = this.#rooms[to] ?? null
    if (room !== null && room < memory) return false
    return this.#rolling.takes(to, this.#updated.has(to), { view, from })
  }

  #update(host: number, guests: readonly Placed[], chosen: readonly number[]): boolean {
    const { fleet } = this.#rolling
    const views = guests.map(({ view }) => view)
    for (const [index, guest] of guests.entries()) {
      const to = chosen[index] ?? -1
      guest.view = this.#rolling.viewOn(to, this.#updated.has(to), guest.view)
      guest.at = to
    }
    this.#updated.add(host)
    const moves = guests.map(({ guest, at }) => moveOf(fleet, guest, [host, at]))
    this.steps.push({ host: fleet.hostName(host), moves })
    if (this.run()) return true
    this.steps.pop()
    this.#updated.delete(host)
    for (const [index, guest] of guests.entries()) {
      guest.at = host
      guest.view = views[index] ?? 0
    }
    return false
  }

  #shift(memory: bigint, from: number, to: number): void {
    for (const [host, change] of [
      [from, memory],
      [to, -memory],
    ] as const) {
      const room = this.#rooms[host] ?? null
      this.#rooms[host] = room === null ? null : room + change
    }
  }
}

function isAlike(a: Placed, b: Placed, host: number): boolean {
  return a.view === b.view && a.memory === b.memory && a.at === host && b.at === host
}
