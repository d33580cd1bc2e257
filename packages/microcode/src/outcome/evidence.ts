/** Which foreseen outcomes were recorded from a real hypervisor of the same release, on one CPU that takes no microcode. */
import type { Evidence } from '../container-rules.js'
import type { LateLoadRun } from '../rendezvous/types.js'
import type { SelectRelease } from '../select/rules.js'
import type { MicrocodeVendor } from '../types.js'
import type { Judged } from './cpus.js'
import type { LateLoadHost, OutcomeOptions } from './types.js'

/** The releases that were asked. */
const ASKED: readonly string[] = [
  '4.13.5',
  '4.15.7',
  '4.17.0',
  '4.17.7',
  '4.18.6',
  '4.20.3',
  '4.22.0',
]

/** How calls were seen to end, by vendor: AMD's CPUs were only given files that they cannot read, and none. */
const SEEN: Readonly<Record<MicrocodeVendor, readonly Ending[]>> = {
  Intel: [
    'unknown-call',
    'not-copied',
    'not-read',
    'empty',
    'no-match',
    'not-newer',
    'write-failed',
    'same-again',
  ],
  AMD: ['unknown-call', 'not-copied', 'not-read', 'empty'],
}

/** Ways to end. */
type Ending =
  | 'unknown-call'
  | 'not-copied'
  | 'not-read'
  | 'empty'
  | 'no-match'
  | 'not-newer'
  | 'write-failed'
  | 'same-again'
  | 'other'

/** How a call ended. */
interface Ended {
  readonly judged: Judged | null
  readonly run: Pick<LateLoadRun, 'errno' | 'nrCores'>
  readonly options: OutcomeOptions
}

/**
 * Whether an outcome was recorded. Of the newest release everything was: its own code was run for files and for whole machines. Of others, what
 * one CPU without a cache answers.
 */
export function evidenceOf(known: SelectRelease, host: LateLoadHost, ended: Ended): Evidence {
  if (known.evidence === 'recorded' || !ASKED.includes(known.release)) return known.evidence
  const [cpu, ...others] = host.cpus
  const plain = others.length === 0 && (host.cachedRevision ?? null) === null
  if (cpu === undefined || !plain) return 'facts'
  return SEEN[cpu.vendor].includes(endingOf(ended)) ? 'recorded' : 'facts'
}

function endingOf({ judged, run: { errno, nrCores }, options: { obstacle } }: Ended): Ending {
  if (judged === null) return 'unknown-call'
  if (obstacle !== undefined) return obstacle === 'bad-buffer' ? 'not-copied' : 'other'
  const { part, found } = judged.chosen
  if (part !== null && part.start === part.end) return 'empty'
  if (found === null) return errno === 'ENOENT' ? 'no-match' : 'not-read'
  if (nrCores === 0) return 'other'
  if (errno === 'EIO') return 'write-failed'
  if (errno !== 'OK') return 'not-newer'
  return found.revision === judged.first.revision >>> 0 ? 'same-again' : 'other'
}
