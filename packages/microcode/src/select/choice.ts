/** What choosing an update for a CPU comes to, before it is loaded. */
import type { Stop } from '../finding.js'
import type { PassedOver } from './types.js'

/** An update or patch that was chosen. */
export interface Chosen {
  /** Where it begins: bytes from the start of the input. */
  readonly offset: number
  /** Its revision, as 32 unsigned bits. */
  readonly revision: number
}

/** What was found in one file. */
export interface Choice<Found extends Chosen> {
  /** What was chosen; null for nothing. */
  readonly found: Found | null
  /** Something fits and is not newer than what runs, where the consumer compares while it chooses. */
  readonly notNewer: Found | null
  /** Where the reader stopped; null if it read everything. */
  readonly stop: Stop | null
  /** Newer, and not taken. */
  readonly passedOver: readonly PassedOver[]
  /** What was printed meanwhile. */
  readonly log: readonly string[]
}
