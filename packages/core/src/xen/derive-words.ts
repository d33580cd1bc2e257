/** The steps from raw to host to guest policies, on policy words (xen/arch/x86/cpu-policy.c). */
import type { FeatureMask, FeatureName } from '@xenlevel/cpuid'
import type { ReleaseFeatures } from '../policy/features.js'
import {
  ARCH_CAPABILITIES,
  basic,
  EAX,
  EDX,
  extended,
  feature,
  PLATFORM_INFO,
  POLICY_WORDS,
} from '../policy/layout.js'
import { copyWords, zeroWords } from '../policy/storage.js'
import { isAmdLike, recalculateMisc, recalculateXstate, vendorOf } from './recalculate.js'
import type { ReleaseRules } from './releases.js'

/** What decides about policies beside the raw policy: everything that Xen finds out at boot, or is told. */
export interface BootFacts {
  /** Words of x86_capability. */
  readonly capability: Uint32Array
  readonly family: number
  readonly model: number
  readonly vpmuMode: number
  readonly cpuidFaulting: boolean
  readonly scMsrPv: boolean
  readonly scMsrHvm: boolean
  readonly bpSpecReduce: boolean
  readonly hap: boolean
  readonly hvm: boolean
  readonly amdVirtSpecCtrl: boolean
  readonly rtmDisabled: boolean
  readonly rdrandForced: boolean
  readonly vmx: {
    readonly rdtscp: boolean
    readonly invpcid: boolean
    readonly mpx: boolean
    readonly xsaves: boolean
  }
}

/** Highest leaves that this Xen knows of. */
const LIMITS = { basic: 0xd, feature: 2, extended: 0x21 }
/** PLATFORM_INFO bit 31: CPUID faulting. */
const CPUID_FAULTING = 0x8000_0000
/** Bits of 0x8000_000a.edx that Xen passes on: NPT, LBRV, NRIPS, DECODEASSISTS, PAUSEFILTER. */
const SVM_KEPT = (1 << 0) | (1 << 1) | (1 << 3) | (1 << 7) | (1 << 10)
const SVM_VMCBCLEAN = 1 << 5
const SVM_TSCRATEMSR = 1 << 4

/** Derives policies of one host; all methods return new words. */
export class Deriver {
  readonly #raw: Uint32Array
  readonly #facts: BootFacts
  readonly #features: ReleaseFeatures
  readonly #rules: ReleaseRules

  constructor(raw: Uint32Array, facts: BootFacts, features: ReleaseFeatures, rules: ReleaseRules) {
    this.#raw = raw
    this.#facts = facts
    this.#features = features
    this.#rules = rules
  }

  /** What Xen itself uses. */
  host(): Uint32Array {
    const policy = copyWords(this.#raw)
    const rules = this.#rules
    policy[0] = Math.min(policy[0] ?? 0, LIMITS.basic)
    policy[feature(0) + EAX] = Math.min(policy[feature(0) + EAX] ?? 0, rules.featureLeaves - 1)
    let max = policy[extended(0)] ?? 0
    if (this.#cap('LFENCE_DISPATCH')) max = Math.max(max, 0x8000_0021)
    policy[extended(0)] = (0x8000_0000 | Math.min(max & 0xffff, rules.extendedLeaves - 1)) >>> 0
    this.#features.write(policy, this.#facts.capability)
    this.#xstate(policy)
    if (rules.scrubsHostPolicy) recalculateMisc(policy)
    if (this.#facts.vpmuMode === 0) policy.fill(0, basic(0xa), basic(0xb))
    if (rules.cutsSvmInHostPolicy) this.#cutSvm(policy, SVM_VMCBCLEAN | SVM_TSCRATEMSR)
    this.#faulting(policy, this.#facts.cpuidFaulting)
    return policy
  }

  /** What PV guests may have at most. */
  pvMax(host: Uint32Array): Uint32Array {
    const policy = this.#maxBase(host)
    const words = this.#masked(policy, 'pvMax')
    if (this.#rules.maxHasTopologyBits) this.#set(words, 'X2APIC')
    if (!this.#facts.scMsrPv) this.#clear(words, 'IBRSB', 'IBRS')
    if (!(this.#cap('SRSO_MSR_FIX') && this.#facts.bpSpecReduce)) this.#clear(words, 'SRSO_US_NO')
    this.#max(words)
    this.#common(words, host)
    this.#store(policy, words)
    policy.fill(0, extended(0xa), extended(0xb))
    return policy
  }

  /** What PV guests get when nobody asks. */
  pvDefault(pvMax: Uint32Array, host: Uint32Array): Uint32Array {
    const policy = this.#defaultBase(pvMax, host)
    const words = this.#masked(policy, 'pvDefault')
    this.#common(words, host)
    this.#default(words, host)
    this.#features.sanitise(words)
    this.#returnPredictions(words)
    this.#write(policy, words)
    return policy
  }

  /** What HVM guests may have at most. */
  hvmMax(host: Uint32Array): Uint32Array {
    if (!this.#facts.hvm) return zeroWords(POLICY_WORDS)
    const policy = this.#maxBase(host)
    const words = this.#masked(policy, this.#facts.hap ? 'hvmHapMax' : 'hvmShadowMax')
    this.#set(words, 'APIC')
    if (this.#rules.hvmHasX2apic) this.#set(words, 'X2APIC')
    if (this.#rules.hvmHasNoLmsl) this.#set(words, 'NO_LMSL')
    if (isAmdLike(vendorOf(this.#raw)) && this.#rawHas('SEP')) this.#set(words, 'SEP')
    if (this.#givesVirtSsbd()) this.#set(words, 'VIRT_SSBD')
    if (!this.#facts.scMsrHvm) this.#clear(words, 'IBRSB', 'IBRS')
    else if (this.#rules.hvmHasVirtSsbd && this.#cap('AMD_SSBD')) this.#set(words, 'VIRT_SSBD')
    this.#vmcs(words)
    if (!this.#rules.cutsSvmInHostPolicy) this.#cutSvm(policy, SVM_VMCBCLEAN)
    this.#max(words)
    this.#common(words, host)
    this.#store(policy, words)
    this.#faulting(policy, true)
    return policy
  }

  /** What HVM guests get when nobody asks. */
  hvmDefault(hvmMax: Uint32Array, host: Uint32Array): Uint32Array {
    if (!this.#facts.hvm) return zeroWords(POLICY_WORDS)
    const policy = this.#defaultBase(hvmMax, host)
    const words = this.#masked(policy, this.#facts.hap ? 'hvmHapDefault' : 'hvmShadowDefault')
    this.#common(words, host)
    this.#default(words, host)
    if (this.#givesVirtSsbd()) this.#set(words, 'VIRT_SSBD')
    this.#features.sanitise(words)
    this.#returnPredictions(words)
    this.#write(policy, words)
    return policy
  }

  #maxBase(host: Uint32Array): Uint32Array {
    const policy = copyWords(host)
    if (!this.#rules.scrubsHostPolicy) recalculateMisc(policy)
    // Xen says of the register that it is not supported yet (arch/x86/msr.c).
    if (!this.#rules.maxHasArchCaps) policy.fill(0, ARCH_CAPABILITIES, ARCH_CAPABILITIES + 2)
    if (this.#rules.maxLimits === 'all') {
      policy[0] = LIMITS.basic
      policy[extended(0)] = 0x8000_0000 + LIMITS.extended
    }
    if (this.#rules.maxLimits !== 'host') policy[feature(0) + EAX] = LIMITS.feature
    return policy
  }

  #defaultBase(max: Uint32Array, host: Uint32Array): Uint32Array {
    const policy = copyWords(max)
    if (this.#rules.maxLimits === 'all') {
      policy[0] = host[0] ?? 0
      policy[extended(0)] = host[extended(0)] ?? 0
    }
    if (this.#rules.maxLimits !== 'host') policy[feature(0) + EAX] = host[feature(0) + EAX] ?? 0
    return policy
  }

  #masked(policy: Uint32Array, mask: FeatureMask): Uint32Array {
    const words = this.#features.read(policy)
    this.#features.keep(words, this.#features.table.mask(mask).words)
    return words
  }

  /** Bits that max sets get so that guests from elsewhere are let in. */
  #max(words: Uint32Array): void {
    const vendor = vendorOf(this.#raw)
    const { maxHasArchCaps, maxHasBufferClearing } = this.#rules
    if (vendor === 'Intel' && maxHasArchCaps) {
      this.#set(words, 'ARCH_CAPS', 'RSBA', 'RRSBA')
      if (this.#isSkylakeX() && this.#rawHas('CLWB')) this.#set(words, 'CLWB')
    }
    if (vendor === 'Intel' && maxHasBufferClearing) {
      this.#set(words, 'MD_CLEAR', 'FB_CLEAR', 'RFDS_CLEAR')
      if (this.#features.has(words, 'RTM')) this.#set(words, 'RTM_ALWAYS_ABORT')
    }
    if (vendor === 'AMD') this.#set(words, 'VERW_CLEAR')
    if (this.#rules.maxHasTopologyBits) this.#set(words, 'HTT', 'CMP_LEGACY')
    if (this.#rules.maxHasErms) this.#set(words, 'ERMS')
  }

  /** What the host has not is taken back from default sets. */
  #default(words: Uint32Array, host: Uint32Array): void {
    const vendor = vendorOf(this.#raw)
    const { family, model } = this.#facts
    const { hidesIvyBridgeRdrand, maxHasArchCaps, maxHasBufferClearing, maxHasTopologyBits } =
      this.#rules
    if (vendor === 'Intel') {
      const ivyBridge = family === 6 && model === 0x3a
      if (hidesIvyBridgeRdrand && ivyBridge && this.#cap('RDRAND') && !this.#facts.rdrandForced) {
        this.#clear(words, 'RDRAND')
      }
      if (maxHasBufferClearing) this.#clearUnlessHost(words, 'MD_CLEAR', 'FB_CLEAR', 'RFDS_CLEAR')
      if (maxHasArchCaps && this.#isSkylakeX() && this.#rawHas('CLWB')) this.#clear(words, 'CLWB')
      if (this.#rules.hidesDisabledRtm && this.#facts.rtmDisabled) {
        this.#clear(words, 'RTM')
        if (maxHasBufferClearing) this.#set(words, 'RTM_ALWAYS_ABORT')
      }
    }
    if (vendor === 'AMD') this.#clearUnlessHost(words, 'VERW_CLEAR')
    if (maxHasTopologyBits) this.#clearUnlessHost(words, 'HTT', 'CMP_LEGACY')
    if (this.#rules.maxHasErms && !this.#features.policyHas(host, 'ERMS'))
      this.#clear(words, 'ERMS')
  }

  #common(words: Uint32Array, host: Uint32Array): void {
    this.#set(words, 'HYPERVISOR')
    if (this.#features.has(words, 'IBRSB')) this.#set(words, 'STIBP')
    if (this.#features.has(words, 'IBRS')) this.#set(words, 'AMD_STIBP')
    if (this.#features.policyHas(host, 'IBRSB')) this.#set(words, 'IBPB')
  }

  /** A guest must know if an empty return stack falls back on other predictions; in which form depends on enhanced IBRS. */
  #returnPredictions(words: Uint32Array): void {
    if (!this.#rules.maxHasArchCaps) return
    if (!this.#features.has(words, 'ARCH_CAPS') || !(this.#cap('RSBA') || this.#cap('RRSBA')))
      return
    this.#set(words, this.#features.has(words, 'EIBRS') ? 'RRSBA' : 'RSBA')
  }

  #vmcs(words: Uint32Array): void {
    const { vmx } = this.#facts
    const vtx = this.#cap('VMX')
    if (vtx) {
      if (!vmx.mpx) this.#clear(words, 'MPX')
      if (!vmx.xsaves) this.#clear(words, 'XSAVES')
      if (this.#rules.hvmNeedsVmcsBits && !vmx.rdtscp) this.#clear(words, 'RDTSCP')
      if (this.#rules.hvmNeedsVmcsBits && !vmx.invpcid) this.#clear(words, 'INVPCID')
    } else if (this.#rules.hvmNeedsVmcsBits) this.#clear(words, 'PKS')
  }

  #cutSvm(policy: Uint32Array, added: number): void {
    if (!this.#features.policyHas(policy, 'SVM')) return
    const at = extended(0xa) + EDX
    policy[at] = ((policy[at] ?? 0) & SVM_KEPT) | added
  }

  #faulting(policy: Uint32Array, on: boolean): void {
    const rest = (policy[PLATFORM_INFO] ?? 0) & ~CPUID_FAULTING
    policy[PLATFORM_INFO] = on ? rest | CPUID_FAULTING : rest
  }

  #store(policy: Uint32Array, words: Uint32Array): void {
    this.#features.sanitise(words)
    this.#write(policy, words)
  }

  #write(policy: Uint32Array, words: Uint32Array): void {
    this.#features.write(policy, words)
    this.#xstate(policy)
  }

  #xstate(policy: Uint32Array): void {
    recalculateXstate(policy, this.#raw, this.#features, this.#rules)
  }

  #givesVirtSsbd(): boolean {
    return this.#rules.hvmHasVirtSsbd && this.#facts.amdVirtSpecCtrl
  }

  #isSkylakeX(): boolean {
    return this.#facts.family === 6 && this.#facts.model === 0x55
  }

  #cap(name: FeatureName): boolean {
    return this.#features.has(this.#facts.capability, name)
  }

  #rawHas(name: FeatureName): boolean {
    return this.#features.policyHas(this.#raw, name)
  }

  #set(words: Uint32Array, ...names: readonly FeatureName[]): void {
    for (const name of names) this.#features.put(words, name, true)
  }

  #clear(words: Uint32Array, ...names: readonly FeatureName[]): void {
    for (const name of names) this.#features.put(words, name, false)
  }

  #clearUnlessHost(words: Uint32Array, ...names: readonly FeatureName[]): void {
    for (const name of names) if (!this.#cap(name)) this.#features.put(words, name, false)
  }
}
