/** What a guest has seen of its CPU, whatever it was told by. */
import { type CpuVendor, Featureset } from '@xenlevel/cpuid'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { releaseFeatures } from '../policy/features.js'
import { EBX, ECX, EDX, extended, POLICY_WORDS, WHOLE_EXTENT } from '../policy/layout.js'
import { clearOutOfRange } from '../policy/range.js'
import { zeroWords } from '../policy/storage.js'
import { vendorOf } from '../xen/recalculate.js'
import type { GuestCpu, GuestRecords } from './reasons.js'
import type { Encounter } from './receiver.js'
import { putRecords } from './record-reasons.js'

/** A guest's own policy, and the records that carry it. */
export interface SeenPolicy {
  /** Without leaves beyond its own limits, but with all that any release keeps. */
  readonly policy: CpuPolicy
  /** The vendor that its leaf 0 names; undefined if that names none. */
  readonly vendor: CpuVendor | undefined
  /** True if its records hold every leaf within its limits, as those that Xen writes do. */
  readonly complete: boolean
  /** As they arrive. */
  readonly records: () => GuestRecords
}

/** The policy that a guest has seen; null if only features, or nothing, is known. */
export function seenPolicy({ policy, records }: GuestCpu, release: string): SeenPolicy | null {
  if (records !== undefined) {
    const words = zeroWords(POLICY_WORDS)
    putRecords(words, records, WHOLE_EXTENT)
    keepVisible(words)
    const seen = CpuPolicy.fromWords(words, release)
    return { policy: seen, vendor: vendorNamed(words), complete: false, records: () => records }
  }
  if (policy === undefined) return null
  const words = policy.words()
  keepVisible(words)
  const seen = CpuPolicy.fromWords(words, policy.release)
  return {
    policy: seen,
    vendor: vendorNamed(words),
    complete: true,
    records: () => policy.toRecords(),
  }
}

/** The features of a policy in the words that are judged by. */
export function featuresOf(policy: CpuPolicy, { table }: Encounter): Featureset {
  return Featureset.fromWords(releaseFeatures(table.release).read(CpuPolicy.peek(policy)))
}

/** SVM, 0x8000_0001.ecx. */
const SVM = 1 << 2

/** Clears what no guest sees, whichever Xen it ran on: leaves beyond the limits, and SVM's own without SVM. */
function keepVisible(words: Uint32Array): void {
  clearOutOfRange(words, WHOLE_EXTENT)
  if (((words[extended(1) + ECX] ?? 0) & SVM) === 0) words.fill(0, extended(0xa), extended(0xb))
}

function vendorNamed(words: Uint32Array): CpuVendor | undefined {
  return words[EBX] === 0 && words[ECX] === 0 && words[EDX] === 0 ? undefined : vendorOf(words)
}
