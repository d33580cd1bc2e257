/**
 * What differs between Xen releases in how policies are made, audited and clamped: one row a change, with the releases in which it first
 * landed, the `.0` first and then the stable branches that got it too. Files named are those of Xen's source, below xen/.
 */
import { nearestRelease, releaseHas } from '@xenlevel/cpuid'
import type { PolicyExtent } from '../policy/layout.js'

/** Where an answer comes from: recorded from that Xen's own code, or read in its source. */
export type Evidence = 'recorded' | 'facts'

/** Everything that differs. */
export interface ReleaseRules extends PolicyExtent {
  /** Xen refuses a policy of another vendor (arch/x86/lib/cpu-policy/policy.c). */
  readonly auditsVendor: boolean
  /** The raw policy has neither OSXSAVE nor OSPKE. */
  readonly rawWithoutDynamicBits: boolean
  /** The raw policy has not the two sizes of leaf 0xd that depend on what is switched on. */
  readonly rawWithoutDynamicSizes: boolean
  /** Topology and other leaves are scrubbed in the host policy; else in the max policies. */
  readonly scrubsHostPolicy: boolean
  /** SVM's leaf is cut down in the host policy, with two bits added; else in hvm_max, with one. */
  readonly cutsSvmInHostPolicy: boolean
  /** Limits of the max policies: all those of this Xen, that of leaf 7 alone, or the host's. Default policies take the host's back. */
  readonly maxLimits: 'all' | 'leaf-7' | 'host'
  /** Max policies get HTT and CMP_LEGACY, and PV's X2APIC, whatever the host has; else the clamp lets them pass. */
  readonly maxHasTopologyBits: boolean
  /** HVM max policies get X2APIC whatever the host has. */
  readonly hvmHasX2apic: boolean
  /** HVM max policies get NO_LMSL. */
  readonly hvmHasNoLmsl: boolean
  /** HVM policies get VIRT_SSBD where the host can give it. */
  readonly hvmHasVirtSsbd: boolean
  /** Max policies offer MSR_ARCH_CAPABILITIES on Intel; RSBA and RRSBA, and CLWB on Skylake-X, are settled. */
  readonly maxHasArchCaps: boolean
  /** What VERW flushes is in max policies, and in default ones only where the host has it; the same for RTM_ALWAYS_ABORT. */
  readonly maxHasBufferClearing: boolean
  /** RTM that Xen has switched off is not for default policies. */
  readonly hidesDisabledRtm: boolean
  /** RDRAND is not for default policies on Ivy Bridge. */
  readonly hidesIvyBridgeRdrand: boolean
  /** Max policies get ERMS, and default ones only where the host policy has it. */
  readonly maxHasErms: boolean
  /** hvm_max on VT-x loses RDTSCP and INVPCID that the VMCS cannot give, and PKS without VT-x. */
  readonly hvmNeedsVmcsBits: boolean
  /** Flags of an xstate component are kept as the guest's XSAVEC and XSAVES allow; else the alignment flag always. */
  readonly xstateFlagsByFeature: boolean
  /** AMX has xstate components. */
  readonly xstateHasAmx: boolean
}

interface Row {
  readonly landed: readonly string[]
  /**
   * `recorded`: without the row a recorded answer would be wrong. The stable branches in it, and all of a row that says `facts`, were read
   * in the source.
   */
  readonly evidence: Evidence
  readonly changes: Partial<ReleaseRules>
}

/** The rules of 4.12.0, the first release with policies. */
const FIRST: ReleaseRules = {
  featureLeaves: 1,
  extendedLeaves: 0x1d,
  msrs: 1,
  auditsVendor: false,
  rawWithoutDynamicBits: false,
  rawWithoutDynamicSizes: false,
  scrubsHostPolicy: true,
  cutsSvmInHostPolicy: true,
  maxLimits: 'host',
  maxHasTopologyBits: false,
  hvmHasX2apic: false,
  hvmHasNoLmsl: false,
  hvmHasVirtSsbd: false,
  maxHasArchCaps: false,
  maxHasBufferClearing: false,
  hidesDisabledRtm: false,
  hidesIvyBridgeRdrand: false,
  maxHasErms: false,
  hvmNeedsVmcsBits: false,
  xstateFlagsByFeature: false,
  xstateHasAmx: false,
}

/** The differences. */
export const ROWS: readonly Row[] = [
  // include/xen/lib/x86/cpuid.h, cpu-policy.h and msr.h
  { landed: ['4.13.0'], evidence: 'facts', changes: { featureLeaves: 2 } },
  {
    landed: ['4.17.0', '4.16.1', '4.15.3', '4.14.5'],
    evidence: 'recorded',
    changes: { featureLeaves: 3 },
  },
  {
    landed: ['4.16.0', '4.15.3', '4.14.5'],
    evidence: 'recorded',
    changes: { extendedLeaves: 0x22 },
  },
  { landed: ['4.15.0', '4.14.1', '4.13.2', '4.12.4'], evidence: 'recorded', changes: { msrs: 2 } },
  // arch/x86/cpuid.c, later cpu-policy.c
  { landed: ['4.14.0'], evidence: 'recorded', changes: { hvmHasX2apic: true } },
  {
    landed: ['4.14.0', '4.13.2', '4.12.4'],
    evidence: 'recorded',
    changes: { hidesIvyBridgeRdrand: true },
  },
  {
    landed: ['4.16.0', '4.15.1', '4.14.3'],
    evidence: 'recorded',
    changes: { hidesDisabledRtm: true },
  },
  { landed: ['4.16.0'], evidence: 'recorded', changes: { hvmHasNoLmsl: true } },
  { landed: ['4.17.0'], evidence: 'recorded', changes: { hvmHasVirtSsbd: true } },
  {
    landed: ['4.18.0', '4.17.2', '4.16.5', '4.15.5', '4.14.6'],
    evidence: 'recorded',
    changes: { maxHasArchCaps: true },
  },
  {
    landed: ['4.19.0', '4.18.1', '4.17.4', '4.16.6', '4.15.6'],
    evidence: 'recorded',
    changes: { maxHasBufferClearing: true },
  },
  {
    landed: ['4.19.0', '4.18.2', '4.17.4'],
    evidence: 'recorded',
    changes: { maxHasTopologyBits: true },
  },
  { landed: ['4.18.0'], evidence: 'recorded', changes: { hvmNeedsVmcsBits: true } },
  { landed: ['4.18.0'], evidence: 'facts', changes: { xstateFlagsByFeature: true } },
  { landed: ['4.19.0', '4.18.1'], evidence: 'recorded', changes: { rawWithoutDynamicSizes: true } },
  {
    landed: ['4.19.0', '4.18.3', '4.17.5'],
    evidence: 'recorded',
    changes: { maxLimits: 'leaf-7' },
  },
  { landed: ['4.20.0', '4.19.1', '4.18.4'], evidence: 'recorded', changes: { maxLimits: 'all' } },
  { landed: ['4.19.0'], evidence: 'recorded', changes: { cutsSvmInHostPolicy: false } },
  { landed: ['4.20.0'], evidence: 'recorded', changes: { rawWithoutDynamicBits: true } },
  { landed: ['4.20.0'], evidence: 'recorded', changes: { xstateHasAmx: true } },
  { landed: ['4.21.0'], evidence: 'recorded', changes: { maxHasErms: true } },
  { landed: ['4.22.0'], evidence: 'recorded', changes: { auditsVendor: true } },
  { landed: ['4.22.0'], evidence: 'recorded', changes: { scrubsHostPolicy: false } },
]

/** Releases whose answers about policies were recorded, from its own code or from the running hypervisor. */
export const RECORDED = [
  '4.13.5',
  '4.15.7',
  '4.17.0',
  '4.17.7',
  '4.18.6',
  '4.20.3',
  '4.22.0',
  '4.23-dev',
]

/** Whether what is said of a release was recorded from it or read in its source. */
export function evidenceFor(release: string): Evidence {
  return RECORDED.includes(nearestRelease(release) ?? '') ? 'recorded' : 'facts'
}

// A cache, not state: the same immutable rules for everyone who asks.
const known = /* @__PURE__ */ new Map<string, ReleaseRules>()

/** The rules of a release such as `'4.17.7'`, `'4.17.7-xcp'` or `'4.23-dev'`; those of the oldest for a text that is no release. */
export function releaseRules(release: string): ReleaseRules {
  const present = known.get(release)
  if (present !== undefined) return present
  const exact = nearestRelease(release)
  let rules = FIRST
  for (const { landed, changes } of ROWS) {
    if (exact !== undefined && releaseHas(exact, landed)) rules = { ...rules, ...changes }
  }
  known.set(release, rules)
  return rules
}
