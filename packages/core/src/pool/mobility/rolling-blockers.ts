/** What stands in the way of a rolling update: guests that can never leave, and where an attempt came to its end. */
import { type EvacuationBlocker, listed } from './evacuation.js'
import { obstacleOf } from './obstacles.js'
import type { Attempt } from './rolling-greedy.js'
import { Passage, type Rolling, type Traveller } from './rolling-state.js'

/** Guests that stand in the way, and of which host. */
export interface RollingBlocker extends EvacuationBlocker {
  /** The host that cannot be emptied; null where it is all of them together. */
  readonly host: string | null
}

/** Guests that could not be brought through if they had the fleet to themselves. */
export function stuckGuests(rolling: Rolling, order: 'any' | 'given'): RollingBlocker[] {
  const { fleet } = rolling
  const passage = new Passage(rolling, rolling.listed)
  const known = new Map<string, boolean>()
  const isStuck = (guest: Traveller) => {
    const key = `${guest.from} ${guest.view}`
    const present = known.get(key)
    if (present !== undefined) return present
    const found = order === 'given' ? !passage.survives(guest) : !escapes(rolling, guest)
    known.set(key, found)
    return found
  }
  return rolling.listed.flatMap((host) => {
    const guests = fleet
      .residents(host)
      .filter((guest) => isStuck({ view: fleet.views[guest] ?? 0, from: host }))
    return guests.length === 0 ? [] : [blocker(rolling, host, guests)]
  })
}

/** Whether a guest that had the fleet to itself could be brought through in some order. */
function escapes(rolling: Rolling, start: Traveller): boolean {
  const { fleet } = rolling
  const seen = new Set<string>([`${start.from} ${start.view}`])
  const open = [start]
  // The list grows while it is gone through.
  for (const guest of open) {
    for (let host = 0; host < fleet.hosts.length; host++) {
      if (host === guest.from) continue
      if (!rolling.isListed(host)) {
        if (rolling.takes(host, false, guest)) return true
        continue
      }
      if (rolling.takes(host, true, guest)) return true
      if (host === start.from || !rolling.takes(host, false, guest)) continue
      const next = { view: rolling.viewOn(host, false, guest.view), from: host }
      const key = `${next.from} ${next.view}`
      if (seen.has(key)) continue
      seen.add(key)
      open.push(next)
    }
  }
  return false
}

function blocker(rolling: Rolling, host: number, guests: readonly number[]): RollingBlocker {
  const { fleet } = rolling
  const names = guests.map((guest) => fleet.guest(guest).name)
  return {
    host: fleet.hostName(host),
    code: 'no-host',
    guests: names,
    message: `${fleet.hostName(host)} cannot be emptied: ${listed(names)} can go to no host, before or after its update.`,
    obstacles: fleet.hosts.flatMap((_, other) =>
      other === host ? [] : (obstacleOf(fleet, guests[0] ?? 0, other) ?? []),
    ),
  }
}

/** Where the best attempt came to its end, as a blocker; `exact` if it is known that there is no way at all. */
export function failureOf(
  rolling: Rolling,
  found: Attempt & { readonly ok: false },
  exact: boolean,
): RollingBlocker {
  const { fleet } = rolling
  const short = found.placing?.shortage?.items ?? found.placing?.unplaced
  const guests = short === undefined ? found.stuck : short.map((index) => found.guests[index] ?? -1)
  const names = guests.map((guest) => fleet.guest(guest).name)
  const host = fleet.hostName(found.host)
  const what = found.placing === null ? 'no host takes' : 'there is no room for'
  return {
    host,
    code: exact ? (found.placing === null ? 'no-host' : 'no-room-together') : 'not-found',
    guests: names,
    message: `${exact ? 'There is no way to empty all hosts in turn' : 'No way was found to empty all hosts in turn, and there may be one'}: when it is the turn of ${host}, ${what} ${listed(names)}.`,
    obstacles: [],
  }
}
