/** One order of a rolling update, by a rule of thumb: each host is emptied as well as can be, and nothing is taken back. */
import type { Move } from './evacuation.js'
import { moveOf } from './evacuation.js'
import { type Placing, place } from './placing.js'
import { Passage, type Rolling, type Traveller } from './rolling-state.js'

/** One host of the order, emptied. */
export interface RollingStep {
  /** The host: it is updated when its guests have left. */
  readonly host: string
  /** Who goes where, in an order in which each finds room. */
  readonly moves: readonly Move[]
}

/** How far an order came. */
export type Attempt =
  | { readonly ok: true; readonly steps: readonly RollingStep[] }
  | {
      readonly ok: false
      /** The host that could not be emptied. */
      readonly host: number
      /** Its guests that had to leave. */
      readonly guests: readonly number[]
      /** Those that no host takes; or how placing them failed. */
      readonly stuck: readonly number[]
      readonly placing: (Placing & { readonly ok: false }) | null
    }

/**
 * Which of the hosts that take a guest is better. `stay`: one that it need not leave again. `spread`: the one with most room, whatever
 * happens to it. `narrow`: one that it need not leave again and that takes few others, so that room is left where all go.
 */
export type Rule = 'stay' | 'spread' | 'narrow'

/** Above the number of every branch of Xen. */
const MOST_BRANCHES = 100_000

/** Empties hosts in an order. */
export function attempt(rolling: Rolling, order: readonly number[], rule: Rule): Attempt {
  const { fleet } = rolling
  const passage = new Passage(rolling, order)
  const views = [...fleet.views]
  const rooms = [...fleet.rooms]
  const residents = fleet.hosts.map((): number[] => [])
  for (const [guest, home] of fleet.homes.entries()) residents[home]?.push(guest)
  const steps: RollingStep[] = []
  const rankOf = ranking(rolling, passage, rule)
  const effort = Math.max(1000, Math.floor(fleet.effort / Math.max(1, order.length)))
  for (const [at, host] of order.entries()) {
    const guests = residents[host] ?? []
    const choices = new Map<number, Choice>()
    const choiceOf = (guest: number) => {
      const view = views[guest] ?? 0
      const made = choices.get(view) ?? chooseHosts(passage, { view, from: host, at }, rankOf)
      choices.set(view, made)
      return made
    }
    const stuck = guests.filter((guest) => choiceOf(guest).options.length === 0)
    if (stuck.length > 0) return { ok: false, host, guests, stuck, placing: null }
    const items = guests.map((guest) => ({ ...choiceOf(guest), memory: fleet.memory(guest) }))
    const placing = place(items, rooms, effort)
    if (!placing.ok) return { ok: false, host, guests, stuck: [], placing }
    const moves = guests.map((guest, index) => {
      const to = placing.bins[index] ?? -1
      views[guest] = rolling.viewOn(to, passage.isUpdated(to, at), views[guest] ?? 0)
      rooms[to] = add(rooms[to] ?? null, -fleet.memory(guest))
      rooms[host] = add(rooms[host] ?? null, fleet.memory(guest))
      residents[to]?.push(guest)
      return moveOf(fleet, guest, [host, to])
    })
    residents[host] = []
    steps.push({ host: fleet.hostName(host), moves })
  }
  return { ok: true, steps }
}

function add(room: bigint | null, memory: bigint): bigint | null {
  return room === null ? null : room + memory
}

interface Choice {
  readonly options: readonly number[]
  readonly ranks: readonly number[]
}

type RankOf = (host: number, at: number) => number

/** Where a guest can go. */
function chooseHosts(
  passage: Passage,
  { at, ...guest }: Traveller & { readonly at: number },
  rankOf: RankOf,
): Choice {
  const options = passage.hostsFor(guest, at)
  return { options, ranks: options.map((host) => rankOf(host, at)) }
}

/** Hosts with an older Xen come first in every rule: guests that have gone on to a newer one cannot come back. */
function ranking(rolling: Rolling, passage: Passage, rule: Rule): RankOf {
  const { fleet } = rolling
  const breadth = rule === 'narrow' ? breadths(rolling) : () => 0
  const most = fleet.guests.length + 1
  return (host, at) => {
    const offer = rolling.offer(host, passage.isUpdated(host, at))
    const passing = rule === 'spread' || passage.isFinal(host, at) ? 0 : 1
    return (passing * MOST_BRANCHES + fleet.branch(offer)) * most + breadth(offer)
  }
}

/** How many of the guests an offer takes. */
function breadths({ fleet }: Rolling): (offer: number) => number {
  const guests = new Map<number, number>()
  for (const view of fleet.views) guests.set(view, (guests.get(view) ?? 0) + 1)
  const known = new Map<number, number>()
  return (offer) => {
    const present = known.get(offer)
    if (present !== undefined) return present
    let count = 0
    for (const [view, many] of guests) if (fleet.verdicts.admits(view, offer)) count += many
    known.set(offer, count)
    return count
  }
}
