/** The policy records of a libxc image: CPUID leaves and MSRs, in the wire form of Xen's hypercalls. */
import { type CpuidLeaf, decodeLeaves, decodeMsrs, type MsrEntry } from '@xenlevel/cpuid'
import { X86_CPUID_POLICY, X86_MSR_POLICY } from './types.js'

/** A policy record as it stands in an image. */
export interface PolicyRecord {
  /** Its name. */
  readonly name: 'X86_CPUID_POLICY' | 'X86_MSR_POLICY'
  /** Where it begins, in bytes from the start of the input. */
  readonly offset: number
  /** Bytes of its body. */
  readonly length: number
  /** How many leaves or MSRs it has. */
  readonly entries: number
  /** Its body, to be decoded by `decodeLeaves` or `decodeMsrs`, or passed on. */
  readonly bytes: Uint8Array
}

/** What there is to know of one kind of policy record. */
interface PolicyRow {
  /** Its number. */
  readonly type: number
  /** Its name. */
  readonly name: PolicyRecord['name']
  /** What it is counted in. */
  readonly entry: string
  /** Bytes of one: xen_cpuid_leaf_t, xen_msr_entry_t (xen/include/public/arch-x86/xen.h). */
  readonly entryBytes: number
  /** What an image without it lacks, in the words of libxl's static_data_done. */
  readonly missing: 'CPUID' | 'MSR'
}

/** Both. */
export const POLICY_ROWS: readonly PolicyRow[] = [
  {
    type: X86_CPUID_POLICY,
    name: 'X86_CPUID_POLICY',
    entry: 'leaves',
    entryBytes: 24,
    missing: 'CPUID',
  },
  { type: X86_MSR_POLICY, name: 'X86_MSR_POLICY', entry: 'MSRs', entryBytes: 16, missing: 'MSR' },
]

/** The last of the records of a name: Xen keeps one blob of each, and a second replaces it. */
function lastOf(
  records: readonly PolicyRecord[],
  name: PolicyRecord['name'],
): PolicyRecord | undefined {
  return records.findLast((record) => record.name === name)
}

/** The leaves that count; null if there is no such record. */
export function leavesOf(records: readonly PolicyRecord[]): readonly CpuidLeaf[] | null {
  const record = lastOf(records, 'X86_CPUID_POLICY')
  return record === undefined ? null : decodeLeaves(record.bytes)
}

/** The MSRs that count; null if there is no such record. */
export function msrsOf(records: readonly PolicyRecord[]): readonly MsrEntry[] | null {
  const record = lastOf(records, 'X86_MSR_POLICY')
  return record === undefined ? null : decodeMsrs(record.bytes)
}
