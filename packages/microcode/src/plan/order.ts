/** In which order a pool's hosts are updated, and where their guests can wait meanwhile. */
import { type GuestGroup, guestGroups } from './guests.js'
import type { HostPlan, PlanHost, PlanStep } from './types.js'

interface Entry {
  readonly host: PlanHost
  readonly plan: HostPlan
}

/**
 * One host after the other. First those that are updated while they run, then those that start anew: empty ones first, since they take in
 * guests of others, and last those whose guests use what the update takes, so that a host that still has it is left as long as can be.
 */
export function orderOf(hosts: readonly PlanHost[], plans: readonly HostPlan[]): PlanStep[] {
  const entries = hosts.flatMap((host, index): Entry[] => {
    const plan = plans[index]
    return plan === undefined ? [] : [{ host, plan }]
  })
  const active = entries
    .filter(({ plan: { action } }) => action === 'late' || action === 'early')
    .map((entry, index) => ({ entry, index, rank: rankOf(entry) }))
    .sort((a, b) => compareRanks(a.rank, b.rank) || a.index - b.index)
    .map(({ entry }) => entry)
  const done = new Set<string>()
  return active.map((entry) => {
    const step = stepOf(entry, entries, done)
    done.add(entry.host.name)
    return step
  })
}

/** Late before early; guests that lose something last; few guests before many. */
function rankOf({ host, plan }: Entry): readonly number[] {
  const groups = guestGroups(host)
  const lost = lostBy(plan)
  const losing = groups.some(({ features }) => features.some((name) => lost.includes(name)))
  const count = groups.reduce((sum, group) => sum + group.count, 0)
  return [plan.action === 'late' ? 0 : 1, losing ? 1 : 0, count]
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  for (const [index, rank] of a.entries()) {
    const other = b[index] ?? 0
    if (rank !== other) return rank - other
  }
  return 0
}

function stepOf(
  { host, plan }: Entry,
  entries: readonly Entry[],
  done: ReadonlySet<string>,
): PlanStep {
  const action = plan.action === 'late' ? 'late' : 'early'
  if (action === 'late') return { host: plan.host, action, moves: [] }
  const moves = guestGroups(host).map((group) => ({
    guest: group.name,
    count: group.count,
    to: entries
      .filter((other) => other.host.name !== host.name && keeps(other, group, host, done))
      .map((other) => other.host.name),
  }))
  return { host: plan.host, action, moves }
}

/** Whether a host has at this moment what a guest uses of that which updates take. */
function keeps(
  { host, plan }: Entry,
  { features }: GuestGroup,
  from: PlanHost,
  done: ReadonlySet<string>,
): boolean {
  if (host.cpus[0]?.vendor !== from.cpus[0]?.vendor) return false
  if (!done.has(host.name)) return true
  const lost = lostBy(plan)
  return !features.some((name) => lost.includes(name))
}

function lostBy({ features, action }: HostPlan): readonly string[] {
  return action === 'early' || action === 'late' ? features.flatMap(({ lost }) => lost) : []
}
