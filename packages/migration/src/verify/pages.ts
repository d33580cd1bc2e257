/** What the lists of PAGE_DATA are given to while an image is judged, and what is said of all of them in the end. */
import type { PageTypeName } from '../records/page-types.js'

/** What is wrong in one piece of a list: indexes of the first entry of each kind within the piece, -1 where there is none. */
export interface ListJudgement {
  /** How many entries have a page behind the list: types 0 to 4 and 9 to 0xc. */
  readonly withData: number
  /** A type that Xen does not have: 5 to 8. */
  readonly reservedType: number
  /** Bits 52 to 59 are not all zero. They are no part of the pfn. */
  readonly reservedBits: number
  /** The pfn is above {@link PageLists.maxPfn}, whatever its type. */
  readonly beyond: number
  /** The same for types that are given memory: all but broken (0xd) and absent (0xf) ones. */
  readonly beyondBacked: number
}

/** Takes the lists of an image, piece by piece. */
export interface PageLists {
  /** The highest pfn that may be listed; may be raised between two lists, as X86_PV_P2M_FRAMES does. 2^52 - 1 to begin with. */
  maxPfn: number
  /**
   * Takes a piece of a list.
   *
   * @param list - little-endian words of 64 bits, whole ones: bits 63 to 60 the type, 51 to 0 the pfn. A view that is good for the call.
   * @returns what is wrong in it; may be the same object each time, good until the next call.
   */
  add(list: Uint8Array): ListJudgement
  /** The pages are sent once more from here on: a CHECKPOINT or VERIFY. */
  endRound(): void
  /** What there was. */
  summary(): PageSummary
}

/** The pages of one round: up to a CHECKPOINT or VERIFY, or to the end. */
export interface PageRound {
  /** Entries in its lists. */
  readonly listed: number
  /** Those with a page. */
  readonly withData: number
  /** Entries whose pfn had been listed before, in this round or an earlier one; null if pfns were too far apart to be remembered. */
  readonly resent: number | null
}

/** All lists of an image. */
export interface PageSummary {
  /** Entries in all lists. */
  readonly listed: number
  /** Those with a page of 4096 bytes. */
  readonly withData: number
  /** Different pfns; null if they were too far apart to be remembered in bounded memory. */
  readonly unique: number | null
  /** Entries whose pfn had been listed before; null as above. */
  readonly resent: number | null
  /** The highest pfn; -1 if none was listed. */
  readonly highestPfn: number
  /** Entries by type; types without an entry are left out. */
  readonly types: Readonly<Partial<Record<PageTypeName, number>>>
  /** Rounds in order; those without a list are there as well, but for a last one without. */
  readonly rounds: readonly PageRound[]
}
