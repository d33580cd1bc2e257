/**
 * What differs between Xen releases, one row a release from which something is different. Read from the oldest row down: a later
 * row replaces what it names. Files named are those of Xen's source.
 */
import { compareReleases, nearestRelease } from '@xenlevel/cpuid'
import type { PolicyExtent } from '../policy/layout.js'

/** Where a row's answers come from: recorded from that Xen's own code, or read in its source. */
export type Evidence = 'recorded' | 'facts'

/** Everything that differs. */
export interface ReleaseRules {
  /** Where the newest of the rows that make it up comes from. */
  readonly evidence: Evidence
  /** What a policy holds (xen/include/xen/lib/x86/cpu-policy.h). */
  readonly extent: PolicyExtent
  /** Xen refuses a policy of another vendor (lib/cpu-policy/policy.c, x86_cpu_policies_are_compatible). */
  readonly auditsVendor: boolean
  /** The raw policy has no dynamic bits: OSXSAVE and OSPKE, and the two dynamic sizes of leaf 0xd (cpu-policy.c, calculate_raw_cpu_policy). */
  readonly rawWithoutDynamicBits: boolean
  readonly rawWithoutDynamicSizes: boolean
  /** Topology and other leaves are scrubbed in the host policy; else in the max policies (recalculate_misc). */
  readonly scrubsHostPolicy: boolean
  /** SVM's leaf is cut down in the host policy, with two bits added; else in hvm_max, with one. */
  readonly cutsSvmInHostPolicy: boolean
  /** Limits of the max policies: all those of this Xen, that of leaf 7 alone, or the host's. */
  readonly maxLimits: 'all' | 'leaf-7' | 'host'
  /** Default policies take back the host's limits: all, or that of leaf 7 alone. */
  readonly defaultLimits: 'all' | 'leaf-7'
  /** Max policies get HTT, CMP_LEGACY and X2APIC whatever the host has. */
  readonly maxHasTopologyBits: boolean
  /** Max policies get ERMS, and default ones only where the host policy has it. */
  readonly maxHasErms: boolean
  /** hvm_max on VT-x loses RDTSCP and INVPCID that the VMCS cannot give, and PKS without VT-x. */
  readonly hvmNeedsVmcsBits: boolean
  /** Flags of an xstate component are kept as the guest's XSAVEC and XSAVES allow; else the alignment flag always. */
  readonly xstateFlagsByFeature: boolean
  /** AMX has xstate components. */
  readonly xstateHasAmx: boolean
}

type Row = { readonly from: string; readonly evidence: Evidence } & Partial<
  Omit<ReleaseRules, 'evidence'>
>

const FIRST: ReleaseRules = {
  evidence: 'facts',
  extent: { featureLeaves: 1, extendedLeaves: 0x1d, msrs: 1 },
  auditsVendor: false,
  rawWithoutDynamicBits: false,
  rawWithoutDynamicSizes: false,
  scrubsHostPolicy: true,
  cutsSvmInHostPolicy: true,
  maxLimits: 'host',
  defaultLimits: 'leaf-7',
  maxHasTopologyBits: false,
  maxHasErms: false,
  hvmNeedsVmcsBits: false,
  xstateFlagsByFeature: false,
  xstateHasAmx: false,
}

const ROWS: readonly Row[] = [
  {
    from: '4.13.0',
    evidence: 'facts',
    extent: { featureLeaves: 2, extendedLeaves: 0x1d, msrs: 1 },
  },
  {
    from: '4.15.0',
    evidence: 'facts',
    extent: { featureLeaves: 2, extendedLeaves: 0x1d, msrs: 2 },
  },
  {
    from: '4.16.0',
    evidence: 'facts',
    extent: { featureLeaves: 2, extendedLeaves: 0x22, msrs: 2 },
  },
  {
    from: '4.17.0',
    evidence: 'facts',
    extent: { featureLeaves: 3, extendedLeaves: 0x22, msrs: 2 },
  },
  { from: '4.17.7', evidence: 'recorded', maxLimits: 'leaf-7', maxHasTopologyBits: true },
  {
    from: '4.18.0',
    evidence: 'facts',
    maxLimits: 'all',
    defaultLimits: 'all',
    rawWithoutDynamicSizes: true,
  },
  { from: '4.20.0', evidence: 'facts', rawWithoutDynamicBits: true },
  {
    from: '4.22.0',
    evidence: 'recorded',
    auditsVendor: true,
    scrubsHostPolicy: false,
    cutsSvmInHostPolicy: false,
    maxHasErms: true,
    hvmNeedsVmcsBits: true,
    xstateFlagsByFeature: true,
    xstateHasAmx: true,
  },
]

/** The rules of a release such as `'4.17.7'`, `'4.17.7-xcp'` or `'4.23-dev'`; those of the oldest for a text that is no release. */
export function releaseRules(release: string): ReleaseRules {
  const exact = nearestRelease(release)
  if (exact === undefined) return FIRST
  let rules = FIRST
  for (const { from, ...changes } of ROWS) {
    if (compareReleases(from, exact) <= 0) rules = { ...rules, ...changes }
  }
  return rules
}
