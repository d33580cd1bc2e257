/** What a Xen release makes of a CPU: host policy, and max and default policies for PV and HVM guests. */
import type { Featureset } from '@xenlevel/cpuid'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { releaseFeatures } from '../policy/features.js'
import { type BootFacts, Deriver } from './derive-words.js'
import { releaseRules } from './releases.js'

/** Xen's vPMU modes: off, for the domain itself, for the hardware domain too, for the hardware domain over all. */
export type VpmuMode = 0 | 1 | 2 | 4

/** The policies of one host. */
export interface HostPolicies {
  /** The release that made them. */
  readonly release: string
  /** What the CPU says; where it is not known, sizes of xstate components are taken from the host policy. */
  readonly raw?: CpuPolicy
  /** What Xen itself uses. */
  readonly host: CpuPolicy
  /** What PV guests may have at most. */
  readonly pvMax: CpuPolicy
  /** What PV guests get when nobody asks. */
  readonly pvDefault: CpuPolicy
  /** What HVM guests may have at most; empty if the host cannot run them. */
  readonly hvmMax: CpuPolicy
  /** What HVM guests get when nobody asks; empty if the host cannot run them. */
  readonly hvmDefault: CpuPolicy
  /** The host's vPMU mode; off if it is not given. */
  readonly vpmuMode?: VpmuMode
}

/** What decides about policies beside the raw policy. Whatever is not given is as on a usual host. */
export interface DeriveOptions {
  /** The release whose rules hold. */
  readonly release: string
  /** What Xen found and keeps of the CPU's features (its x86_capability); the known bits of the raw policy by default. */
  readonly hostFeatureset?: Featureset
  /** Family of the boot CPU; that of the raw policy by default. */
  readonly bootFamily?: number
  /** Model of the boot CPU; that of the raw policy by default. */
  readonly bootModel?: number
  /** `vpmu=`; off by default. */
  readonly vpmuMode?: VpmuMode
  /** CPUID faulting works; what MSR 0xce of the raw policy says by default. */
  readonly cpuidFaulting?: boolean
  /** MSR_SPEC_CTRL is switched for PV guests; true by default. */
  readonly scMsrPv?: boolean
  /** MSR_SPEC_CTRL is switched for HVM guests; true by default. */
  readonly scMsrHvm?: boolean
  /** BP_SPEC_REDUCE is in use; true by default. */
  readonly bpSpecReduce?: boolean
  /** Hardware-assisted paging; true by default. */
  readonly hap?: boolean
  /** HVM guests can run; true by default. Xen needs VMX or SVM for it, switched on by firmware and compiled in. */
  readonly hvm?: boolean
  /** AMD's VIRT_SPEC_CTRL is there for guests; false by default. */
  readonly amdVirtSpecCtrl?: boolean
  /** Xen has switched RTM off; false by default. */
  readonly rtmDisabled?: boolean
  /** RDRAND was asked for on the command line; false by default. */
  readonly rdrandForced?: boolean
  /** What VT-x can give guests; everything by default. */
  readonly vmx?: {
    /** RDTSCP without an exit. */
    readonly rdtscp?: boolean
    /** INVPCID without an exit. */
    readonly invpcid?: boolean
    /** BNDCFGS loaded and saved with the guest. */
    readonly mpx?: boolean
    /** XSAVES and XRSTORS without an exit. */
    readonly xsaves?: boolean
  }
}

/**
 * The six policies of a host, exact where the host featureset is given: everything else follows from it (xen/arch/x86/cpu-policy.c).
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function derivePolicies(raw: CpuPolicy, options: DeriveOptions): HostPolicies {
  const { release } = options
  const features = releaseFeatures(release)
  const rules = releaseRules(release)
  const words = CpuPolicy.peek(raw)
  const deriver = new Deriver(words, factsOf(raw, words, options), features, rules)
  const host = deriver.host()
  const [pvMax, hvmMax] = [deriver.pvMax(host), deriver.hvmMax(host)]
  const policy = (made: Uint32Array) => CpuPolicy.fromWords(made, release)
  return {
    release,
    raw: policy(words),
    host: policy(host),
    pvMax: policy(pvMax),
    pvDefault: policy(deriver.pvDefault(pvMax, host)),
    hvmMax: policy(hvmMax),
    hvmDefault: policy(deriver.hvmDefault(hvmMax, host)),
    vpmuMode: options.vpmuMode ?? 0,
  }
}

function factsOf(raw: CpuPolicy, words: Uint32Array, options: DeriveOptions): BootFacts {
  const features = releaseFeatures(options.release)
  const capability = features.read(words)
  if (options.hostFeatureset === undefined)
    features.keep(capability, features.table.mask('known').words)
  else
    for (let index = 0; index < capability.length; index++)
      capability[index] = options.hostFeatureset.words[index] ?? 0
  const { family, model } = raw.signature
  const { vmx = {} } = options
  return {
    capability,
    family: options.bootFamily ?? family,
    model: options.bootModel ?? model,
    vpmuMode: options.vpmuMode ?? 0,
    cpuidFaulting: options.cpuidFaulting ?? (raw.msr(0xce) & 0x8000_0000n) !== 0n,
    scMsrPv: options.scMsrPv ?? true,
    scMsrHvm: options.scMsrHvm ?? true,
    bpSpecReduce: options.bpSpecReduce ?? true,
    hap: options.hap ?? true,
    hvm: options.hvm ?? true,
    amdVirtSpecCtrl: options.amdVirtSpecCtrl ?? false,
    rtmDisabled: options.rtmDisabled ?? false,
    rdrandForced: options.rdrandForced ?? false,
    vmx: {
      rdtscp: vmx.rdtscp ?? true,
      invpcid: vmx.invpcid ?? true,
      mpx: vmx.mpx ?? true,
      xsaves: vmx.xsaves ?? true,
    },
  }
}
