/** A first partition: the two pools that lose least together become one, until there are few enough. */
import { type Assignment, type Fleet, type Level, meet } from './fleet.js'

/** A partition, and every level that some pool had on the way there. */
export interface Agglomeration {
  readonly assignment: Assignment
  readonly levels: readonly Level[]
}

interface Cluster {
  readonly level: Level
  readonly capacity: number
  readonly batches: readonly number[]
  /** The cluster that costs least to join, by number; -1 if there is none after it. */
  nearest: number
  cost: number
}

/** Joins pools while there are more than `pools`. There must be no more families than pools. */
export function agglomerate(fleet: Fleet, pools: number): Agglomeration {
  const clusters: (Cluster | null)[] = fleet.batches.map((batch, at) => ({
    ...{ level: batch, capacity: batch.capacity, batches: [at] },
    ...{ nearest: -1, cost: Number.POSITIVE_INFINITY },
  }))
  const levels: Level[] = [...fleet.batches]
  for (let at = 0; at < clusters.length; at++) findNearest(clusters, at, fleet)
  for (let left = clusters.length; ; left--) {
    const at = cheapest(clusters)
    const [one, other] = [clusters[at], clusters[clusters[at]?.nearest ?? -1]]
    if (!one || !other || left <= pools) break
    const level = meet(one.level, other.level, fleet)
    levels.push(level)
    const { nearest } = one
    clusters[nearest] = null
    clusters[at] = {
      ...{ level, capacity: one.capacity + other.capacity },
      ...{ batches: [...one.batches, ...other.batches], nearest: -1, cost: 0 },
    }
    // Each cluster knows the nearest of those after it, so that each pair is known to one of the two.
    for (let before = 0; before < clusters.length; before++) {
      const cluster = clusters[before]
      if (!cluster) continue
      if (before === at || cluster.nearest === at || cluster.nearest === nearest)
        findNearest(clusters, before, fleet)
      else if (before < at) consider(clusters, before, at, fleet)
    }
  }
  const assignment = new Int32Array(fleet.batches.length)
  clusters.forEach((cluster, at) => {
    for (const batch of cluster?.batches ?? []) assignment[batch] = at
  })
  return { assignment, levels }
}

function cheapest(clusters: readonly (Cluster | null)[]): number {
  let best = -1
  let cost = Number.POSITIVE_INFINITY
  clusters.forEach((cluster, at) => {
    if (cluster && cluster.cost < cost) {
      best = at
      cost = cluster.cost
    }
  })
  return best
}

function findNearest(clusters: readonly (Cluster | null)[], at: number, fleet: Fleet): void {
  const cluster = clusters[at]
  if (!cluster) return
  cluster.nearest = -1
  cluster.cost = Number.POSITIVE_INFINITY
  for (let other = at + 1; other < clusters.length; other++) consider(clusters, at, other, fleet)
}

/** Makes `other` the nearest of the cluster at `at` if it is. */
function consider(
  clusters: readonly (Cluster | null)[],
  at: number,
  other: number,
  { worths }: Fleet,
): void {
  const [one, two] = [clusters[at], clusters[other]]
  if (!one || !two || one.level.family !== two.level.family) return
  const era = Math.min(one.level.era, two.level.era)
  const both = worths.ofBoth(one.level.bits, two.level.bits, era)
  const cost = one.capacity * (one.level.worth - both) + two.capacity * (two.level.worth - both)
  if (cost < one.cost) {
    one.nearest = other
    one.cost = cost
  }
}
