/**
 * The fleet as a problem of choosing sites: each level is a site where a pool may stand, each batch goes to the chosen site that keeps
 * most of it, among those that promise nothing it lacks. The best choice of `k` sites is the best partition into `k` pools.
 */
import { type Assignment, covers, type Fleet, type Level, levelsOf } from './fleet.js'

/** A level, and the batches that could be in a pool of that level. */
export interface Site {
  readonly level: Level
  /** By number, ascending. */
  readonly batches: Int32Array
}

/** The sites of these levels. */
export function sitesOf(levels: readonly Level[], fleet: Fleet): Site[] {
  return levels.map((level) => {
    const batches: number[] = []
    fleet.batches.forEach((batch, at) => {
      if (covers(level, batch, fleet)) batches.push(at)
    })
    return { level, batches: Int32Array.from(batches) }
  })
}

/** The sites of an assignment among those of these levels, by number. */
export function sitesTaken(
  assignment: Assignment,
  levels: readonly Level[],
  fleet: Fleet,
): number[] {
  return [...levelsOf(assignment, fleet).values()].map(({ family, era, bits }) =>
    levels.findIndex(
      (level) =>
        level.family === family &&
        level.era === era &&
        level.bits.every((word, at) => word === bits[at]),
    ),
  )
}
