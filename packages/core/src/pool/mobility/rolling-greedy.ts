/** One order of a rolling update, by a rule of thumb: each host is emptied as well as can be, and nothing is taken back. */
import type { Move } from './evacuation.js'
import { moveOf } from './evacuation.js'
import { type Placing, place } from './placing.js'
import { Passage, type Rolling } from './rolling-state.js'

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

/** Empties hosts in an order. */
export function attempt(rolling: Rolling, order: readonly number[]): Attempt {
  const { fleet } = rolling
  const passage = new Passage(rolling, order)
  const views = [...fleet.views]
  const rooms = [...fleet.rooms]
  const residents = fleet.hosts.map((): number[] => [])
  for (const [guest, home] of fleet.homes.entries()) residents[home]?.push(guest)
  const steps: RollingStep[] = []
  const effort = Math.max(1000, Math.floor(fleet.effort / Math.max(1, order.length)))
  for (const [at, host] of order.entries()) {
    const guests = residents[host] ?? []
    const choices = new Map<number, Choice>()
    const choiceOf = (guest: number) => {
      const view = views[guest] ?? 0
      const made = choices.get(view) ?? chooseHosts(rolling, passage, { view, from: host }, at)
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
  readonly preferred?: number
}

/** Where a guest can go; hosts where it can stay come first. */
function chooseHosts(
  rolling: Rolling,
  passage: Passage,
  guest: { readonly view: number; readonly from: number },
  at: number,
): Choice {
  const open = rolling.fleet.hosts.flatMap((_, host) =>
    passage.allows(host, guest, at) ? [host] : [],
  )
  const final = open.filter((host) => passage.isFinal(host, at))
  const passing = open.filter((host) => !passage.isFinal(host, at))
  return final.length === 0
    ? { options: passing }
    : { options: [...final, ...passing], preferred: final.length }
}
