/** What a guest has seen of its CPU, whatever it was told by. */
import { Featureset } from '@xenlevel/cpuid'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { releaseFeatures } from '../policy/features.js'
import { POLICY_WORDS, WHOLE_EXTENT } from '../policy/layout.js'
import { clearOutOfRange } from '../policy/range.js'
import { zeroWords } from '../policy/storage.js'
import type { GuestCpu } from './reasons.js'
import type { Encounter } from './receiver.js'
import { putRecords } from './record-reasons.js'

/** The records of a guest's policy. */
export type SeenRecords = NonNullable<GuestCpu['records']>

/** A guest's own policy, and the records that carry it. */
export interface SeenPolicy {
  /** Without leaves beyond its own limits, but with all that any release keeps. */
  readonly policy: CpuPolicy
  /** True if its records hold every leaf within its limits, as those that Xen writes do. */
  readonly complete: boolean
  /** As they arrive. */
  readonly records: () => SeenRecords
}

/** The policy that a guest has seen; null if only features, or nothing, is known. */
export function seenPolicy({ policy, records }: GuestCpu, release: string): SeenPolicy | null {
  if (records !== undefined) {
    const words = zeroWords(POLICY_WORDS)
    putRecords(words, records, WHOLE_EXTENT)
    clearOutOfRange(words, WHOLE_EXTENT)
    const seen = CpuPolicy.fromWords(words, release)
    return { policy: seen, complete: false, records: () => records }
  }
  if (policy === undefined) return null
  const words = policy.words()
  clearOutOfRange(words, WHOLE_EXTENT)
  const seen = CpuPolicy.fromWords(words, policy.release)
  return { policy: seen, complete: true, records: () => policy.toRecords() }
}

/** The features of a policy in the words that are judged by. */
export function featuresOf(policy: CpuPolicy, { table }: Encounter): Featureset {
  return Featureset.fromWords(releaseFeatures(table.release).read(CpuPolicy.peek(policy)))
}
