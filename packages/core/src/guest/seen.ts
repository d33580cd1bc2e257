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
  /** As they arrive. */
  readonly records: SeenRecords
}

/** The policy that a guest has seen; null if only features, or nothing, is known. */
export function seenPolicy({ policy, records }: GuestCpu, table: string): SeenPolicy | null {
  if (policy === undefined && records === undefined) return null
  const words = policy?.words() ?? zeroWords(POLICY_WORDS)
  if (policy === undefined && records !== undefined) putRecords(words, records, WHOLE_EXTENT)
  clearOutOfRange(words, WHOLE_EXTENT)
  return {
    policy: CpuPolicy.fromWords(words, table),
    records: records ?? policy?.toRecords() ?? { leaves: [], msrs: [] },
  }
}

/** The features of a policy in the words that are judged by. */
export function featuresOf(policy: CpuPolicy, { table }: Encounter): Featureset {
  return Featureset.fromWords(releaseFeatures(table.release).read(CpuPolicy.peek(policy)))
}
