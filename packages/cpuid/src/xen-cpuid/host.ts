/** The running Xen that xen-cpuid asks, as plain data. */
import type { Featureset } from '../featureset.js'
import type { CpuidLeaf, MsrEntry } from '../leaves.js'

/** Whose featuresets and policies Xen keeps: the CPU as it is, what Xen makes of it, what guests get at most or by default. */
export type XenCpuidSet = 'raw' | 'host' | 'pvMax' | 'hvmMax' | 'pvDefault' | 'hvmDefault'

/** A CPU policy as Xen serialises it. */
export interface XenCpuidPolicy {
  /** In Xen's order, with the leaves that are all zero: they are counted, though not shown. */
  readonly leaves: readonly CpuidLeaf[]
  /** In Xen's order, with those that are zero. */
  readonly msrs: readonly MsrEntry[]
}

/** What a running Xen answers to xen-cpuid: from hypercalls, or recorded. */
export interface XenCpuidHost {
  /** Words in each of Xen's featuresets (XEN_SYSCTL_get_cpu_featureset without a buffer); may differ from those of the tool. */
  readonly featuresetWords: number
  /**
   * The featuresets. Null where Xen answers EOPNOTSUPP, because it was built without PV or without HVM; absent where it answers
   * EINVAL, because it knows no such set (`pvMax` and `hvmMax` before 4.17.2, 4.16.5, 4.15.5 and 4.14.6).
   */
  readonly featuresets: Readonly<Partial<Record<XenCpuidSet, Featureset | null>>>
  /** The most leaves that a policy can have. */
  readonly maxLeaves: number
  /** The most MSRs that a policy can have. */
  readonly maxMsrs: number
  /** The policies; null and absent as with featuresets. */
  readonly policies: Readonly<Partial<Record<XenCpuidSet, XenCpuidPolicy | null>>>
  /** Policies of domains, by domain id; one that is not here does not exist. */
  readonly domains?: Readonly<Record<number, XenCpuidPolicy>>
}
