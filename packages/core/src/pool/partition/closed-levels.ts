/**
 * Every level that a pool of the fleet can have: the batches themselves and all that any of them have in common.
 *
 * Real CPUs grow by generations, so there are few: 100 recorded featuresets of one vendor have some 400 levels, while featuresets of
 * random bits would have 2^100.
 */
import { type Fleet, type Level, meet } from './fleet.js'

/** All levels, in an order that depends on the batches alone; null if there are more than `limit`. */
export function closedLevels(fleet: Fleet, limit: number): Level[] | null {
  const levels = new Map<string, Level>()
  for (const batch of fleet.batches) {
    for (const level of [...levels.values()]) {
      if (level.family !== batch.family) continue
      const both = meet(level, batch, fleet)
      const key = keyOf(both)
      if (!levels.has(key)) levels.set(key, both)
    }
    levels.set(keyOf(batch), batch)
    if (levels.size > limit) return null
  }
  return [...levels.values()]
}

function keyOf({ family, era, bits }: Level): string {
  return `${family} ${era} ${bits.join()}`
}
