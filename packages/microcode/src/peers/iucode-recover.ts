/** iucode_tool's recovery mode (`-tr`): updates anywhere in a file, found by trying every byte that may begin one. */
import type { Region } from '../bytes.js'
import { type Candidate, candidateAt, INTEL_CHECKS, SMALLEST_UPDATE } from '../intel/checks.js'
import { IUCODE_LOOSE } from '../intel/readers.js'

/** Bytes that may be summed for each byte of the file: a file made to be summed again and again is given up. */
const SUMS_PER_BYTE = 64

/** What was found. */
export interface Recovered {
  /** Stretches of updates one behind the other, in the order of the file. */
  readonly blocks: readonly { readonly start: number; readonly end: number }[]
  /** The search took too long and was ended. */
  readonly gaveUp: boolean
}

/** Finds all stretches of sound updates. */
export function recoverBlocks(region: Region): Recovered {
  const blocks: { start: number; end: number }[] = []
  let budget = SUMS_PER_BYTE * (region.end - region.start)
  const counted: Region = {
    ...region,
    sum: (offset, count) => {
      budget -= 4 * count
      return region.sum(offset, count)
    },
  }
  let at = region.start
  while (region.end - at >= SMALLEST_UPDATE && budget >= 0) {
    const first = region.bytes.subarray(at, region.end).indexOf(1)
    if (first < 0) break
    at += first
    let end = at
    for (let update = soundAt(counted, end); update !== null; update = soundAt(counted, end))
      end += update.total
    if (end > at) blocks.push({ start: at, end })
    at = Math.max(end, at + 1)
  }
  return { blocks, gaveUp: budget < 0 }
}

/** The update at `offset`, if it is one by iucode_tool's loose rules. */
function soundAt(region: Region, offset: number): Candidate | null {
  const candidate = candidateAt(region, offset, IUCODE_LOOSE.sizes)
  const fault = IUCODE_LOOSE.steps.some(({ check }) => INTEL_CHECKS[check](candidate) !== null)
  return fault ? null : candidate
}
