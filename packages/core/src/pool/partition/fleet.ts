/** A fleet as the search for its best partition sees it: batches of hosts that are alike, and what a pool of some of them keeps. */
import type { HostSnapshot } from '../../documents/snapshot.js'
import type { Worths } from './worth.js'

/** A host that is to be placed. */
export interface FleetMember {
  readonly host: HostSnapshot
  /** How much it carries. */
  readonly capacity: number
}

/** What pools and batches have in common: bits that all of their hosts have. */
export interface Level {
  /** A word for every 32 columns, an era after the other; of eras after its own all are clear. */
  readonly bits: Uint32Array
  /** The era of its oldest release: where its worth is counted. */
  readonly era: number
  /** Levels of different families are never pooled. */
  readonly family: number
  /** What it keeps. */
  readonly worth: number
}

/** Hosts that are alike in everything that counts. */
export interface Batch extends Level {
  readonly members: readonly FleetMember[]
  /** Of all its hosts. */
  readonly capacity: number
}

/** Batches in an order that depends on what they are alone, not on the order or the names of hosts. */
export interface Fleet {
  readonly batches: readonly Batch[]
  readonly worths: Worths
  /** True if all capacities and weights are whole numbers, and every score therefore is. */
  readonly whole: boolean
}

/** The pool of each batch, by number. */
export type Assignment = Int32Array

/** What two levels of one family have in common. */
export function meet(a: Level, b: Level, { worths }: Fleet): Level {
  const bits = Uint32Array.from(a.bits, (word, at) => word & (b.bits[at] ?? 0))
  const era = Math.min(a.era, b.era)
  return { bits, era, family: a.family, worth: worths.of(bits, era) }
}

/** Whether every host of `batch` has all that `level` promises. */
export function covers(level: Level, batch: Level, { worths }: Fleet): boolean {
  if (level.family !== batch.family || level.era > batch.era) return false
  const from = level.era * worths.words
  for (let word = from; word < from + worths.words; word++) {
    if (((level.bits[word] ?? 0) & ~(batch.bits[word] ?? 0)) !== 0) return false
  }
  return true
}

/** The level of each pool of an assignment, by its number. */
export function levelsOf(assignment: Assignment, fleet: Fleet): Map<number, Level> {
  const levels = new Map<number, Level>()
  fleet.batches.forEach((batch, at) => {
    const pool = assignment[at] ?? 0
    const level = levels.get(pool)
    levels.set(pool, level === undefined ? batch : meet(level, batch, fleet))
  })
  return levels
}

/** Capacity times what is kept, over all hosts. */
export function scoreOf(assignment: Assignment, fleet: Fleet): number {
  const levels = levelsOf(assignment, fleet)
  return fleet.batches.reduce(
    (sum, { capacity }, at) => sum + capacity * (levels.get(assignment[at] ?? 0)?.worth ?? 0),
    0,
  )
}

/**
 * Gives each batch to the level that is worth most among those that cover it, to the first of equals; null if one is covered by none.
 */
export function assign(levels: readonly Level[], fleet: Fleet): Assignment | null {
  const assignment = new Int32Array(fleet.batches.length)
  for (const [at, batch] of fleet.batches.entries()) {
    let best = -1
    levels.forEach((level, pool) => {
      if (level.worth > (levels[best]?.worth ?? -1) && covers(level, batch, fleet)) best = pool
    })
    if (best < 0) return null
    assignment[at] = best
  }
  return assignment
}
