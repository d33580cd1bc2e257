/** Proofs that memory does not suffice for a rolling update, whoever goes where. */

import { listed } from './evacuation.js'
import { isToldByFeatures } from './groups.js'
import type { RollingBlocker } from './rolling-blockers.js'
import type { Rolling } from './rolling-state.js'
import { findShortage, type Shortage } from './room-bound.js'

/** Guests that look the same, as one thing that needs as much room as all of them. */
interface Kind {
  readonly guests: readonly number[]
  /** Hosts that take them. */
  readonly takers: readonly number[]
  /** Where they are at first. */
  readonly homes: readonly number[]
  readonly memory: bigint
}

/**
 * While a host is empty, all guests that are on the move are somewhere else; and in the end each is on a host that takes it, before or
 * after its update. Where that is too little memory even if guests could be cut in pieces, there is no way.
 */
export function crowding(rolling: Rolling, hosts: Iterable<number>): RollingBlocker[] {
  const { kinds, rooms } = travelling(rolling)
  const { fleet } = rolling
  const last = findShortage(
    kinds.map(({ takers, memory }) => ({ options: takers, memory })),
    rooms,
  )
  if (last !== null)
    return [blockerOf(rolling, null, last, kinds, 'In the end, when all hosts have been emptied,')]
  return [...hosts].flatMap((host) => {
    const others = kinds.map(({ takers, homes, memory }) => ({
      memory,
      options: [...new Set([...takers, ...homes])].filter((option) => option !== host),
    }))
    const shortage = findShortage(others, rooms)
    if (shortage === null) return []
    const name = fleet.hostName(host)
    return [blockerOf(rolling, name, shortage, kinds, `${name} cannot be emptied: without it`)]
  })
}

interface Travelling {
  readonly kinds: readonly Kind[]
  /** The room of each host without any guest that is on the move. */
  readonly rooms: readonly (bigint | null)[]
}

function travelling(rolling: Rolling): Travelling {
  const { fleet } = rolling
  const rooms = [...fleet.rooms]
  const byView = new Map<number, number[]>()
  for (const [guest, home] of fleet.homes.entries()) {
    if (!rolling.isListed(home)) continue
    const view = fleet.views[guest] ?? 0
    const guests = byView.get(view) ?? []
    byView.set(view, guests)
    guests.push(guest)
    const room = rooms[home] ?? null
    rooms[home] = room === null ? null : room + fleet.memory(guest)
  }
  const kinds = [...byView].map(([view, guests]) => ({
    guests,
    takers: possibleHosts(rolling, view),
    homes: guests.map((guest) => fleet.homes[guest] ?? -1),
    memory: guests.reduce((sum, guest) => sum + fleet.memory(guest), 0n),
  }))
  return { kinds, rooms }
}

function blockerOf(
  { fleet }: Rolling,
  host: string | null,
  shortage: Shortage,
  kinds: readonly Kind[],
  when: string,
): RollingBlocker {
  const guests = shortage.items
    .flatMap((index) => kinds[index]?.guests ?? [])
    .map((guest) => fleet.guest(guest).name)
  const where =
    shortage.bins.length === 0
      ? 'no host can take any of them'
      : `all hosts that can take any of them (${listed(shortage.bins.map((bin) => fleet.hostName(bin)))}) have ${shortage.room}`
  return {
    host,
    code: 'no-room-together',
    guests,
    message: `${when} ${listed(guests)} need ${shortage.needed} bytes and ${where}.`,
    obstacles: [],
  }
}

/** At least the hosts that take such guests at some time; a policy may change on its way, so such a guest could go anywhere. */
function possibleHosts(rolling: Rolling, view: number): number[] {
  const { fleet } = rolling
  const { verdicts } = fleet
  const anywhere = !isToldByFeatures(verdicts.guest(view))
  return fleet.hosts.flatMap((_, host) =>
    anywhere ||
    verdicts.admits(view, rolling.offer(host, false)) ||
    (rolling.isListed(host) && verdicts.admits(view, rolling.offer(host, true)))
      ? [host]
      : [],
  )
}
