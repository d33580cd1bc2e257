/** Walks Intel updates as one of their readers does, up to the first that it refuses. */
import type { Region } from '../bytes.js'
import { type Stop, stopFinding } from '../finding.js'
import type { Finding } from '../types.js'
import { type Candidate, candidateAt, INTEL_CHECKS } from './checks.js'
import type { IntelReader } from './readers.js'

/** An update that a reader takes. */
export interface TakenUpdate {
  /** Where it begins: bytes from the start of the input. */
  readonly offset: number
  /** Bytes of data, as the reader counts. */
  readonly data: number
  /** Bytes in all, as the reader counts. */
  readonly total: number
}

/** What a reader makes of a file. */
export interface IntelWalk {
  /** The updates before the first bad one. */
  readonly taken: readonly TakenUpdate[]
  /** What is wrong with the one it stops at; null if it gets to the end. */
  readonly stop: Stop | null
}

/** Reads a file as `reader` does. */
export function walkIntel(region: Region, reader: IntelReader): IntelWalk {
  const taken: TakenUpdate[] = []
  for (let offset = region.start; offset < region.end; ) {
    const candidate = candidateAt(region, offset, reader.sizes)
    const stop = judge(candidate, reader, taken.length)
    if (stop !== null) return { taken, stop }
    const { data, total } = candidate
    taken.push({ offset, data, total })
    offset += total
  }
  return { taken, stop: null }
}

/** The first check of the reader that the update fails. */
function judge(candidate: Candidate, { steps }: IntelReader, index: number): Stop | null {
  for (const { check, says } of steps) {
    const fault = INTEL_CHECKS[check](candidate)
    if (fault !== null) return { at: candidate.offset, path: `update ${index}`, fault, says }
  }
  return null
}

/** Why the reader refuses the file, or a part of it, and how many updates it took before. */
export function verifyIntel(
  region: Region,
  reader: IntelReader,
): { readonly updates: number; readonly findings: readonly Finding[] } {
  const { taken, stop } = walkIntel(region, reader)
  const findings = stop === null ? [] : [stopFinding(stop, reader, taken.length)]
  return { updates: taken.length, findings }
}
