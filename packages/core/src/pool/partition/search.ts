/** The search for the best partition: which way it goes, and what is proven of what it finds. */
import { agglomerate } from './agglomerate.js'
import { boundByParts } from './bound.js'
import { closedLevels } from './closed-levels.js'
import { type Assignment, assign, type Fleet, type Level, levelsOf, scoreOf } from './fleet.js'
import { interchange } from './interchange.js'
import { prove } from './prove.js'
import { sitesOf, sitesTaken } from './site.js'
import { bestBySubsets, FEW_BATCHES } from './subsets.js'

/** How a partition was found: the first two look at everything there is, the third at what promises most. */
export type PartitionMethod = 'every-subset' | 'branch-and-bound' | 'local-search'

/** A partition, and what is known of it. */
export interface Found {
  readonly assignment: Assignment
  readonly method: PartitionMethod
  /** No partition into so many pools has a higher score. */
  readonly bound: number
}

/** Up to this many levels all of them are tried. */
const MOST_LEVELS = 3000
/** How long a proof is looked for. */
const LOOKS = 60_000_000

/** The best partition into at most `pools` pools that is found. There must be no more families than pools. */
export function search(fleet: Fleet, pools: number): Found {
  return bySubsets(fleet, pools) ?? byAllLevels(fleet, pools) ?? bySomeLevels(fleet, pools)
}

/** By looking at every set of batches; null if there are too many. */
export function bySubsets(fleet: Fleet, pools: number): Found | null {
  const { length } = fleet.batches
  if (length > Math.max(pools, FEW_BATCHES)) return null
  const assignment =
    length <= pools ? Int32Array.from(fleet.batches.keys()) : bestBySubsets(fleet, pools)
  if (assignment === null) return null
  return { assignment, method: 'every-subset', bound: scoreOf(assignment, fleet) }
}

/** By weighing every level that a pool can have; null if there are too many. */
export function byAllLevels(fleet: Fleet, pools: number): Found | null {
  const levels = closedLevels(fleet, MOST_LEVELS)
  if (levels === null) return null
  const first = agglomerate(fleet, pools).assignment
  const sites = sitesOf(levels, fleet)
  const start = interchange(sites, sitesTaken(first, levels, fleet), fleet)
  const { chosen, bound } = prove(sites, fleet, { pools, looks: LOOKS }, start)
  return { assignment: better(first, chosen, levels, fleet), method: 'branch-and-bound', bound }
}

/** By trying the levels that come about when the pools that lose least together are joined. */
export function bySomeLevels(fleet: Fleet, pools: number): Found {
  const { assignment: first, levels } = agglomerate(fleet, pools)
  const sites = sitesOf(levels, fleet)
  const chosen = interchange(sites, sitesTaken(first, levels, fleet), fleet)
  return {
    assignment: better(first, chosen, levels, fleet),
    method: 'local-search',
    bound: boundByParts(fleet, pools),
  }
}

/** The better of an assignment and a choice of levels; the first of equals. */
function better(
  first: Assignment,
  chosen: readonly number[],
  levels: readonly Level[],
  fleet: Fleet,
): Assignment {
  let best = first
  let score = scoreOf(first, fleet)
  let next = assign(
    chosen.flatMap((at) => levels[at] ?? []),
    fleet,
  )
  // Pools may keep more than the levels that they were made for, and then be the better place for others.
  while (next !== null && scoreOf(next, fleet) > score) {
    best = next
    score = scoreOf(next, fleet)
    next = assign([...levelsOf(next, fleet).values()], fleet)
  }
  return best
}

/** The same partition with pools joined where that costs nothing, so that there are no more than are worth having. */
export function joinIdle(assignment: Assignment, fleet: Fleet): Assignment {
  const joined = assignment.slice()
  const score = scoreOf(assignment, fleet)
  const numbers = [...new Set(assignment)]
  for (const [at, from] of numbers.entries()) {
    for (const to of numbers.slice(at + 1)) {
      const levels = levelsOf(joined, fleet)
      const trial = joined.map((pool) => (pool === from ? to : pool))
      if (levels.get(from)?.family !== levels.get(to)?.family) continue
      if (scoreOf(trial, fleet) < score) continue
      joined.set(trial)
      break
    }
  }
  return joined
}
