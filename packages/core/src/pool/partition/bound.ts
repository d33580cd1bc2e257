/** A bound for fleets that are too mixed for a proof. */
import { agglomerate } from './agglomerate.js'
import { closedLevels } from './closed-levels.js'
import { type Fleet, type Level, scoreOf } from './fleet.js'
import { prove } from './prove.js'
import { sitesOf, sitesTaken } from './site.js'
import { bestBySubsets } from './subsets.js'
import { highestWorths } from './worth.js'

/** Up to so many batches the best partition of a part is found by looking at every subset. */
const FEW = 10
/** Up to so many levels the bound of a part is found by weighing all of them. */
const MOST_LEVELS = 500
/** For all parts together. */
const LOOKS = 20_000_000

/**
 * No partition has a higher score. Each part of the fleet is taken for itself: its hosts lose less in a partition of the part than in one
 * of the fleet, so the sum over the parts is no less than the best of the whole. The larger the parts, the lower the bound, so they are
 * as large as can be proven; they are dealt, so that each is as mixed as the fleet.
 *
 * @param least - how many parts there are at least.
 */
export function boundByParts(fleet: Fleet, pools: number, least = 1): number {
  const worths = highestWorths(fleet.worths)
  const batches = fleet.batches.map((batch) => ({
    ...batch,
    worth: worths.of(batch.bits, batch.era),
  }))
  for (let parts = least; ; parts *= 2) {
    const bound = boundOf(deal({ ...fleet, worths, batches }, parts), pools)
    if (bound !== null) return bound
  }
}

function deal(fleet: Fleet, parts: number): Fleet[] {
  return Array.from({ length: parts }, (_, part) => ({
    ...fleet,
    batches: fleet.batches.filter((_, at) => at % parts === part),
  }))
}

/** The sum of the bounds of the parts; null if one of them has too many levels. */
function boundOf(parts: readonly Fleet[], pools: number): number | null {
  const looks = LOOKS / parts.length
  let sum = 0
  for (const part of parts) {
    if (part.batches.length <= FEW) {
      const best = bestBySubsets(part, pools)
      sum += best === null ? 0 : scoreOf(best, part)
      continue
    }
    const levels = closedLevels(part, MOST_LEVELS)
    if (levels === null) return null
    sum += boundByLevels(levels, part, { pools, looks })
  }
  return sum
}

function boundByLevels(
  levels: readonly Level[],
  part: Fleet,
  limits: { readonly pools: number; readonly looks: number },
): number {
  const first = agglomerate(part, limits.pools).assignment
  return prove(sitesOf(levels, part), part, limits, sitesTaken(first, levels, part)).bound
}
