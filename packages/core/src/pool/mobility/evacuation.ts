/** Whether one host can be emptied: where each of its guests goes, or what stands in the way. */
import type { Fleet } from './fleet.js'
import { type Obstacle, obstacleOf } from './obstacles.js'
import { type Placing, place } from './placing.js'

/** One guest that goes from one host to another. */
export interface Move {
  /** The guest. */
  readonly guest: string
  /** Where it runs. */
  readonly from: string
  /** Where it goes. */
  readonly to: string
  /** Its memory in bytes, where it is known. */
  readonly memory?: bigint
}

/** Guests that cannot leave. */
export interface EvacuationBlocker {
  /**
   * `no-host`: there is no host for each of them. `no-room`: there is, and none has room. `no-room-together`: each would have room, not
   * all of them. `not-found`: no way was found in the time there was.
   */
  readonly code: 'no-host' | 'no-room' | 'no-room-together' | 'not-found'
  /** The guests. */
  readonly guests: readonly string[]
  /** One sentence for people. */
  readonly message: string
  /** For `no-host` and `no-room`: what stands between the first of them and each other host. */
  readonly obstacles: readonly Obstacle[]
}

/** Whether a host can be emptied, the guests of other hosts staying where they are. */
export interface Evacuation {
  /** The host. */
  readonly host: string
  /** True if all its guests have somewhere to go. */
  readonly ok: boolean
  /** False if no way was found and there may be one. */
  readonly exact: boolean
  /** Who goes where, in an order in which each finds room; empty unless it is ok. */
  readonly moves: readonly Move[]
  /** What stands in the way; empty if it is ok. */
  readonly blockers: readonly EvacuationBlocker[]
}

/** Looks for a place for every guest of a host. */
export function evacuate(fleet: Fleet, host: number): Evacuation {
  const residents = fleet.residents(host)
  const choices = new Map<string, readonly number[]>()
  const optionsOf = (guest: number) => {
    const key = `${fleet.views[guest]}`
    const present = choices.get(key) ?? targetsOf(fleet, guest, host)
    choices.set(key, present)
    return present
  }
  const staying = residents.filter((guest) => optionsOf(guest).length === 0)
  const roomless = residents.filter(
    (guest) => optionsOf(guest).length > 0 && !hasRoom(fleet, guest, optionsOf(guest)),
  )
  const leaving = residents.filter((guest) => hasRoom(fleet, guest, optionsOf(guest)))
  const items = leaving.map((guest) => ({
    options: optionsOf(guest),
    memory: fleet.memory(guest),
  }))
  const placing = place(items, fleet.rooms, fleet.effort)
  const blockers = [
    ...alike(fleet, staying).map((guests) => stuck(fleet, host, 'no-host', guests)),
    ...roomless.map((guest) => stuck(fleet, host, 'no-room', [guest])),
    ...(placing.ok ? [] : [crowded(fleet, leaving, placing)]),
  ]
  const ok = blockers.length === 0
  return {
    host: fleet.hostName(host),
    ok,
    exact: ok || staying.length > 0 || roomless.length > 0 || placing.ok || placing.exact,
    moves: ok && placing.ok ? movesOf(fleet, host, leaving, placing.bins) : [],
    blockers,
  }
}

/** Hosts that take a guest as far as CPU, maintenance and Xen go. */
function targetsOf(fleet: Fleet, guest: number, home: number): number[] {
  return fleet.hosts.flatMap((_, host) =>
    host !== home &&
    fleet.enabled[host] !== false &&
    !fleet.goesBack(fleet.offers[home] ?? 0, fleet.offers[host] ?? 0) &&
    fleet.admits(guest, host)
      ? [host]
      : [],
  )
}

function hasRoom(fleet: Fleet, guest: number, hosts: readonly number[]): boolean {
  return hosts.some((host) => {
    const room = fleet.rooms[host] ?? null
    return room === null || room >= fleet.memory(guest)
  })
}

function movesOf(
  fleet: Fleet,
  host: number,
  guests: readonly number[],
  bins: readonly number[],
): Move[] {
  return guests.map((guest, index) => moveOf(fleet, guest, [host, bins[index] ?? -1]))
}

/** A move as it is told. */
export function moveOf(fleet: Fleet, guest: number, [from, to]: readonly [number, number]): Move {
  const { name, memory } = fleet.guest(guest)
  return {
    guest: name,
    from: fleet.hostName(from),
    to: fleet.hostName(to),
    ...(memory === undefined ? {} : { memory }),
  }
}

/** Guests that look the same to every host, together. */
function alike(fleet: Fleet, guests: readonly number[]): number[][] {
  const groups = new Map<number, number[]>()
  for (const guest of guests) {
    const view = fleet.views[guest] ?? -1
    groups.set(view, [...(groups.get(view) ?? []), guest])
  }
  return [...groups.values()]
}

const WHY: Readonly<Record<Obstacle['why'], (hosts: string) => string>> = {
  cpu: (hosts) => `${hosts} cannot give what it has seen of its CPU`,
  maintenance: (hosts) => `${hosts} in maintenance`,
  'older-xen': (hosts) => `${hosts} with an older Xen`,
  memory: (hosts) => `${hosts} without room for it`,
}

function stuck(
  fleet: Fleet,
  home: number,
  code: 'no-host' | 'no-room',
  guests: readonly number[],
): EvacuationBlocker {
  const [first = -1] = guests
  const obstacles = fleet.hosts.flatMap((_, host) =>
    host === home ? [] : (obstacleOf(fleet, first, host) ?? []),
  )
  const names = guests.map((guest) => fleet.guest(guest).name)
  return {
    code,
    guests: names,
    message: `${listed(names)} can go nowhere: ${whyNowhere(obstacles)}.`,
    obstacles,
  }
}

function whyNowhere(obstacles: readonly Obstacle[]): string {
  if (obstacles.length === 0) return 'there is no other host'
  return (['cpu', 'maintenance', 'older-xen', 'memory'] as const)
    .flatMap((why) => {
      const hosts = obstacles.filter((obstacle) => obstacle.why === why)
      return hosts.length === 0 ? [] : [WHY[why](listed(hosts.map(({ host }) => host)))]
    })
    .join(', ')
}

/** Some names in full, many by their number. */
export function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ')
  return names.length <= 3 ? shown : `${shown} and ${names.length - 3} more`
}

function crowded(
  fleet: Fleet,
  guests: readonly number[],
  { shortage, exact, unplaced }: Placing & { readonly ok: false },
): EvacuationBlocker {
  const named = (indices: readonly number[]) =>
    indices.map((index) => fleet.guest(guests[index] ?? -1).name)
  if (shortage !== null) {
    const names = named(shortage.items)
    return {
      code: 'no-room-together',
      guests: names,
      message: `${listed(names)} need ${shortage.needed} bytes together, and all hosts that take any of them (${listed(shortage.bins.map((bin) => fleet.hostName(bin)))}) have ${shortage.room}.`,
      obstacles: [],
    }
  }
  const names = named(exact ? guests.map((_, index) => index) : unplaced)
  return {
    code: exact ? 'no-room-together' : 'not-found',
    guests: names,
    message: exact
      ? `There is room for ${listed(names)} in sum, but not in pieces of their sizes.`
      : `No place was found for ${listed(names)}; there may be one.`,
    obstacles: [],
  }
}
