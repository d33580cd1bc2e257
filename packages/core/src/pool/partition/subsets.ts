/** The best partition of few batches, by looking at every set of them that could be a pool. */
import { type Assignment, type Fleet, meet } from './fleet.js'

/** Up to this many batches all sets of them are looked at: 3^12 pairs of a set and a subset for each pool. */
export const FEW_BATCHES = 12

/**
 * The best partition of at most {@link FEW_BATCHES} batches into at most `pools` pools; null if there are more families than pools.
 *
 * What is best for a set is found from what is best for its subsets with one pool less.
 */
export function bestBySubsets(fleet: Fleet, pools: number): Assignment | null {
  const count = fleet.batches.length
  const all = (1 << count) - 1
  const alone = worthOfSubsets(fleet)
  const choices: Int32Array[] = []
  let best = Float64Array.from(alone)
  for (let pool = 1; pool < Math.min(pools, count); pool++) {
    // In the last round only the whole counts.
    const last = pool === Math.min(pools, count) - 1
    const next = best.slice()
    const choice = new Int32Array(all + 1)
    for (let set = last ? all : 1; set <= all; set++) {
      const first = set & -set
      const rest = set ^ first
      for (let part = rest; part > 0; part = (part - 1) & rest) {
        // The pool that has the first batch is `set ^ part`; the others share `part`.
        const score = (alone[set ^ part] ?? 0) + (best[part] ?? 0)
        if (score > (next[set] ?? 0)) {
          next[set] = score
          choice[set] = part
        }
      }
    }
    best = next
    choices.push(choice)
  }
  if (best[all] === Number.NEGATIVE_INFINITY) return null
  return trace(choices, all, count)
}

/** Capacity times worth of each set as one pool, by its bits; less than anything for sets that mix families. */
function worthOfSubsets(fleet: Fleet): Float64Array {
  const { batches } = fleet
  const worth = new Float64Array(1 << batches.length).fill(Number.NEGATIVE_INFINITY)
  const levels = batches.slice(0, 1)
  worth[0] = 0
  const visit = (from: number, set: number, level: (typeof levels)[number]) => {
    worth[set] = level.capacity * level.worth
    for (let at = from; at < batches.length; at++) {
      const batch = batches[at]
      if (batch === undefined || batch.family !== level.family) continue
      const capacity = level.capacity + batch.capacity
      visit(at + 1, set | (1 << at), { ...meet(level, batch, fleet), capacity, members: [] })
    }
  }
  batches.forEach((batch, at) => {
    visit(at + 1, 1 << at, batch)
  })
  return worth
}

/** The pools that the choices come to, numbered by turn. A round that chose no part made nothing better with one pool more. */
function trace(choices: readonly Int32Array[], all: number, count: number): Assignment {
  const assignment = new Int32Array(count)
  let set = all
  let pool = 0
  for (const choice of [...choices].reverse()) {
    const part = choice[set] ?? 0
    if (part === 0) continue
    set = part
    pool++
    for (let at = 0; at < count; at++) if ((set >>> at) & 1) assignment[at] = pool
  }
  return assignment
}
