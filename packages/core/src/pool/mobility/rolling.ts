/** Whether hosts can be emptied and updated one after the other, and how. */
import type { HostSnapshot } from '../../documents/snapshot.js'
import type { Fleet } from './fleet.js'
import { failureOf, type RollingBlocker, stuckGuests } from './rolling-blockers.js'
import { type Attempt, attempt, type RollingStep } from './rolling-greedy.js'
import { crowding } from './rolling-room.js'
import { searchAll } from './rolling-search.js'
import { Rolling } from './rolling-state.js'

/** Options of {@link MobilityMatrix.rollingUpdate}. */
export interface RollingUpdateOptions {
  /** `any`: in an order that works, the one given if it does; the default. `given`: as they are listed. */
  readonly order?: 'any' | 'given'
  /** What hosts will be once they are updated, by name; as they are now by default. The name of the snapshot does not count. */
  readonly after?: Readonly<Record<string, HostSnapshot>>
}

/** A plan, or what stands in its way. */
export interface RollingUpdatePlan {
  /** True if every host can be emptied in turn. */
  readonly ok: boolean
  /** False if no plan was found and there may be one. */
  readonly exact: boolean
  /** The hosts in the order in which they are emptied; empty unless it is ok. */
  readonly order: readonly string[]
  /** What to do, host by host; empty unless it is ok. */
  readonly steps: readonly RollingStep[]
  /** What stands in the way; empty if it is ok. */
  readonly blockers: readonly RollingBlocker[]
}

/**
 * Plans a rolling update: a host is emptied, updated, and takes guests again before the next one is emptied. Guests move when their host
 * is emptied and at no other time; a host in maintenance takes guests once it is updated. Room is memory. What is told is true: a plan
 * works, and where `exact` is true and there is none, there can be none.
 */
export function planRollingUpdate(
  fleet: Fleet,
  hosts: readonly string[],
  { order = 'any', after = {} }: RollingUpdateOptions,
): RollingUpdatePlan {
  const rolling = new Rolling(fleet, hosts, after)
  const stuck = stuckGuests(rolling, order)
  if (stuck.length > 0) return refusal(stuck, true)
  const attempts: (Attempt & { readonly ok: false })[] = []
  for (const rule of ['stay', 'spread', 'narrow'] as const) {
    for (const candidate of ordersToTry(rolling, order)) {
      const found = attempt(rolling, candidate, rule)
      if (found.ok) return planOf(found.steps)
      attempts.push(found)
    }
  }
  const crowded = crowding(rolling, new Set(attempts.map(({ host }) => host)))
  if (crowded.length > 0) return refusal(crowded, true)
  const searched = searchAll(rolling, order)
  if (searched !== null && searched !== false) return planOf(searched)
  const exact = searched === false
  const [first] = attempts
  return refusal(first === undefined ? [] : [failureOf(rolling, first, exact)], exact)
}

function planOf(steps: readonly RollingStep[]): RollingUpdatePlan {
  return { ok: true, exact: true, order: steps.map(({ host }) => host), steps, blockers: [] }
}

function refusal(blockers: readonly RollingBlocker[], exact: boolean): RollingUpdatePlan {
  return { ok: false, exact, order: [], steps: [], blockers }
}

/** Orders that are likely to work. */
function ordersToTry(rolling: Rolling, order: 'any' | 'given'): (readonly number[])[] {
  const { fleet, listed } = rolling
  if (order === 'given') return [listed]
  const load = fleet.hosts.map(() => 0n)
  for (const [guest, home] of fleet.homes.entries())
    if (home >= 0) load[home] = (load[home] ?? 0n) + fleet.memory(guest)
  const byLoad = [...listed].sort((a, b) => {
    const [first, second] = [load[a] ?? 0n, load[b] ?? 0n]
    return first === second ? 0 : first < second ? -1 : 1
  })
  // A host whose update opens it to guests that nobody else takes comes before the hosts that these run on.
  return [listed, byLoad, [...byLoad].reverse(), openersFirst(rolling)]
}

/** Hosts in the order of how many kinds of guest only they take once they are updated. */
function openersFirst(rolling: Rolling): number[] {
  const { fleet, listed } = rolling
  const opened = new Map<number, number>()
  const kinds = new Map(
    fleet.homes.flatMap((from, guest) =>
      from < 0 ? [] : [[`${from} ${fleet.views[guest]}`, { view: fleet.views[guest] ?? 0, from }]],
    ),
  )
  for (const guest of kinds.values()) {
    for (const host of listed) {
      if (host === guest.from) continue
      const gain =
        Number(rolling.takes(host, true, guest)) - Number(rolling.takes(host, false, guest))
      opened.set(host, (opened.get(host) ?? 0) + gain)
    }
  }
  return [...listed].sort((a, b) => (opened.get(b) ?? 0) - (opened.get(a) ?? 0))
}
