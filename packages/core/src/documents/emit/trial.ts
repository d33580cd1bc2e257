/**
 * What a domain comes to when some registers of its policy are named in its configuration: libxc's calls, CPUID and then MSRs, each
 * followed by Xen's own steps (tools/libs/guest/xg_cpuid_x86.c, xc_cpuid_xend_policy and xc_msr_policy), on words. The searches for
 * the shortest configuration try here; what they find is proved by reading it and going through all of applyConfig.
 */
import { isHvmKind } from '../../guest/kind.js'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import {
  EAX,
  EBX,
  EDX,
  extended,
  feature,
  HYPERVISOR_LIMIT,
  HYPERVISOR_LIMIT_2,
  PLATFORM_INFO,
  POLICY_WORDS,
} from '../../policy/layout.js'
import { clearOutOfRange } from '../../policy/range.js'
import { copyWords, zeroWords } from '../../policy/storage.js'
import { audit } from '../../xen/audit.js'
import { clampPolicy, type DomainOptions } from '../../xen/clamp.js'
import { type ToolstackRules, toolstackRules } from '../../xen/configuration/apply-rules.js'
import { putVisible, visiblePlace } from '../../xen/configuration/visible.js'
import type { HostPolicies } from '../../xen/derive.js'
import { type ReleaseRules, releaseRules } from '../../xen/releases.js'
import { isArchCapabilities, leafOfPlace, unitOfPlace } from './places.js'

/** What registers are named to be, by their place in a policy. */
export type NamedRegisters = ReadonlyMap<number, number>

/** A domain, its host and its toolstack. */
interface TrialOptions {
  readonly host: HostPolicies
  readonly domain: DomainOptions
  /** Whose toolstack; that of the host's Xen by default. */
  readonly release?: string
}

/** One domain on one host. */
export class Trial {
  /** What the domain has when nothing is named. Read only. */
  readonly base: Uint32Array
  /** What an `x` stands for. Read only. */
  readonly unnamed: Uint32Array
  /** What a `k` stands for. Read only. */
  readonly ofHost: Uint32Array
  /** How this toolstack goes about it. */
  readonly rules: ToolstackRules
  readonly #host: HostPolicies
  readonly #domain: DomainOptions
  readonly #max: Uint32Array
  readonly #extent: ReleaseRules

  /** @param base - what the domain has when nothing is named. */
  constructor(base: CpuPolicy, { host, domain, release }: TrialOptions) {
    const hvm = isHvmKind(domain.kind)
    this.rules = toolstackRules(release ?? host.release)
    this.#extent = releaseRules(host.release)
    this.#host = host
    this.#domain = domain
    this.#max = CpuPolicy.peek(hvm ? host.hvmMax : host.pvMax)
    const defaults = CpuPolicy.peek(hvm ? host.hvmDefault : host.pvDefault)
    this.base = CpuPolicy.peek(base)
    this.unnamed = this.#visible(this.rules.unasked === 'max' ? this.#max : defaults)
    this.ofHost = this.#visible(CpuPolicy.peek(host.host))
  }

  /** Whether the register at a place can be named: libxc refuses leaves that one of the three policies does not have. */
  canName(place: number): boolean {
    if (place === PLATFORM_INFO) return false
    if (isArchCapabilities(place)) return this.rules.msrs && this.#extent.msrs === 2
    if (place === HYPERVISOR_LIMIT || place === HYPERVISOR_LIMIT_2) return true
    const leaf = leafOfPlace(place)
    if (leaf === undefined) return false
    const policies = this.rules.leafByLeaf ? [this.base] : [this.base, this.unnamed, this.ofHost]
    return policies.every(
      (words) => visiblePlace(words, leaf.leaf, leaf.subleaf, this.#extent) >= 0,
    )
  }

  /** The domain's policy when these registers are named; null if Xen refuses it. */
  come(registers: NamedRegisters): Uint32Array | null {
    let words: Uint32Array | null = this.base
    for (const call of this.#calls(registers)) {
      if (words === null) return null
      const asked = copyWords(words)
      for (const [place, value] of call) asked[place] = value
      words = this.#set(asked)
    }
    return words
  }

  /** What comes nearest to wanted words of all that the domain can have: where Xen would refuse, as it is when nothing is named. */
  nearest(wanted: Uint32Array): Uint32Array {
    const words = copyWords(wanted)
    // As Xen would write it: it takes a smaller number for a limit within its own, whatever that says.
    words[extended(0) + EAX] = ((words[extended(0) + EAX] ?? 0) | 0x8000_0000) >>> 0
    for (const limit of [EAX, feature(0) + EAX, extended(0) + EAX]) {
      if ((words[limit] ?? 0) > (this.#max[limit] ?? 0)) words[limit] = this.base[limit] ?? 0
    }
    if (this.#extent.auditsVendor)
      for (let at = EBX; at <= EDX; at++) words[at] = this.base[at] ?? 0
    words[PLATFORM_INFO] = this.base[PLATFORM_INFO] ?? 0
    return this.#set(words) ?? this.base
  }

  /** What Xen makes of words that it does not refuse; they are changed. */
  clamp(words: Uint32Array): Uint32Array {
    clearOutOfRange(words, this.#extent)
    const { policy } = clampPolicy(
      CpuPolicy.fromWords(words, this.#host.release),
      this.#host,
      this.#domain,
    )
    return CpuPolicy.peek(policy)
  }

  #set(words: Uint32Array): Uint32Array | null {
    clearOutOfRange(words, this.#extent)
    return audit(this.#max, words, this.#extent) === null ? this.clamp(words) : null
  }

  /** What is sent in one call: all of CPUID and then the MSRs, or one leaf after the other, whole. */
  #calls(registers: NamedRegisters): Map<number, number>[] {
    const calls = new Map<number, Map<number, number>>()
    const places = [...registers.keys()].sort((a, b) => callOf(a) - callOf(b) || a - b)
    for (const place of places) {
      const leaf = unitOfPlace(place)
      const key = this.rules.leafByLeaf ? leaf : callOf(place)
      const call = calls.get(key) ?? new Map<number, number>()
      if (this.rules.leafByLeaf && !calls.has(key))
        for (let at = leaf; at < leaf + 4 && leaf % 4 === 0; at++)
          call.set(at, this.unnamed[at] ?? 0)
      call.set(place, registers.get(place) ?? 0)
      calls.set(key, call)
    }
    return [...calls.values()]
  }

  #visible(policy: Uint32Array): Uint32Array {
    const words = zeroWords(POLICY_WORDS)
    putVisible(words, policy, this.#extent)
    for (let at = PLATFORM_INFO; at < HYPERVISOR_LIMIT; at++) words[at] = policy[at] ?? 0
    return words
  }
}

/** MSRs follow CPUID. */
function callOf(place: number): number {
  return isArchCapabilities(place) ? 1 : 0
}
