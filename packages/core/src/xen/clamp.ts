/** What a toolstack's choice becomes: Xen takes it, changes it and says nothing. Here every change is said. */
import type { CpuidLeaf, MsrEntry } from '@xenlevel/cpuid'
import { type GuestKind, isHvmKind } from '../guest/kind.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import type { PolicyFault } from '../policy/errors.js'
import { releaseFeatures } from '../policy/features.js'
import { clearOutOfRange } from '../policy/range.js'
import { readLeaves, readMsrs } from '../policy/records.js'
import { copyWords } from '../policy/storage.js'
import { audit } from './audit.js'
import { type Change, traceClamp } from './changes.js'
import { type ClampDomain, type ClampState, FEATURE_STEPS, LEAF_STEPS } from './clamp-steps.js'
import type { HostPolicies } from './derive.js'
import { releaseRules } from './releases.js'

/** A domain, as far as its policy depends on it. */
export interface DomainOptions {
  /** A PVH guest is clamped as HVM with hardware-assisted paging. */
  readonly kind: GuestKind
  /** Hardware-assisted paging; true by default. */
  readonly hap?: boolean
  /** Created with nested virtualisation; false by default. */
  readonly nestedVirt?: boolean
  /** The hardware domain; false by default. */
  readonly hardwareDomain?: boolean
  /** Physical address width that the domain can have, in bits; by default what Xen gives its kind on this host. */
  readonly maxPhysAddrBits?: number
}

/** A policy after Xen, and what Xen did to it. */
export interface ClampResult {
  /** What the domain has. */
  readonly policy: CpuPolicy
  /** Every change, in the order of Xen's steps; found when it is asked for. */
  readonly changes: readonly Change[]
}

/** What {@link setDomainPolicy} comes to. */
export type SetPolicyResult =
  | (ClampResult & {
      /** Xen takes it. */
      readonly ok: true
    })
  | {
      /** Xen refuses it; the domain keeps what it had. */
      readonly ok: false
      /** Xen's errno and place. */
      readonly error: PolicyFault
    }

/** What the policy becomes when a domain is given it (recalculate_cpuid_policy). */
export function clampPolicy(
  wanted: CpuPolicy,
  host: HostPolicies,
  domain: DomainOptions,
): ClampResult {
  return clampWords(CpuPolicy.peek(wanted), host, domain)
}

/** The policy of a new domain: the default of its kind, clamped (init_domain_cpu_policy). */
export function initDomainPolicy(host: HostPolicies, domain: DomainOptions): ClampResult {
  return clampPolicy(isHvmKind(domain.kind) ? host.hvmDefault : host.pvDefault, host, domain)
}

/**
 * XEN_DOMCTL_set_cpu_policy, foreseen (xen/arch/x86/domctl.c, update_domain_cpu_policy): leaves and MSRs are put over the current policy,
 * what is out of range goes, Xen audits the result against the max policy, and clamps it.
 */
export function setDomainPolicy(
  current: CpuPolicy,
  update: { readonly leaves?: readonly CpuidLeaf[]; readonly msrs?: readonly MsrEntry[] },
  host: HostPolicies,
  domain: DomainOptions,
): SetPolicyResult {
  const rules = releaseRules(host.release)
  const words = current.words()
  const refused =
    readLeaves(words, update.leaves ?? [], rules) ?? readMsrs(words, update.msrs ?? [], rules)
  if (refused !== null) return { ok: false, error: refused }
  clearOutOfRange(words, rules)
  const error = audit(
    CpuPolicy.peek(isHvmKind(domain.kind) ? host.hvmMax : host.pvMax),
    words,
    rules,
  )
  if (error !== null) return { ok: false, error }
  return clampWords(words, host, domain)
}

function clampWords(wanted: Uint32Array, host: HostPolicies, domain: DomainOptions): Clamped {
  const state = stateOf(copyWords(wanted), host, domainOf(host, domain))
  for (const { run } of FEATURE_STEPS) run(state)
  state.features.write(state.policy, state.words)
  for (const { run } of LEAF_STEPS) run(state)
  return new Clamped(CpuPolicy.fromWords(state.policy, host.release), wanted, host, state.domain)
}

/** A class for the sake of its getter: one in an object literal takes as long to make as the clamp itself. */
class Clamped implements ClampResult {
  readonly ok = true
  readonly policy: CpuPolicy
  readonly #wanted: Uint32Array
  readonly #host: HostPolicies
  readonly #domain: ClampDomain
  #changes: readonly Change[] | undefined

  constructor(policy: CpuPolicy, wanted: Uint32Array, host: HostPolicies, domain: ClampDomain) {
    this.policy = policy
    this.#wanted = wanted
    this.#host = host
    this.#domain = domain
  }

  get changes(): readonly Change[] {
    this.#changes ??= traceClamp(stateOf(copyWords(this.#wanted), this.#host, this.#domain))
    return this.#changes
  }
}

function stateOf(policy: Uint32Array, host: HostPolicies, domain: ClampDomain): ClampState {
  const features = releaseFeatures(host.release)
  const max = domain.hvm ? host.hvmMax : host.pvMax
  return {
    policy,
    words: features.read(policy),
    max: CpuPolicy.peek(max),
    // A max policy of another release holds its features in other words.
    maxWords:
      max.release === host.release
        ? CpuPolicy.featureWords(max)
        : features.read(CpuPolicy.peek(max)),
    host: CpuPolicy.peek(host.host),
    raw: CpuPolicy.peek(host.raw ?? host.host),
    features,
    rules: releaseRules(host.release),
    domain,
    vpmuMode: host.vpmuMode ?? 0,
  }
}

function domainOf(host: HostPolicies, domain: DomainOptions): ClampDomain {
  const hvm = isHvmKind(domain.kind)
  const hap = hvm && (domain.kind === 'pvh' || (domain.hap ?? true))
  const bits = host.host.physAddrBits
  return {
    hvm,
    hap,
    pv32: domain.kind === 'pv32',
    nestedVirt: domain.nestedVirt ?? false,
    hardwareDomain: domain.hardwareDomain ?? false,
    // domain_max_paddr_bits: shadow paging and the page tables of HAP have limits of their own.
    maxPhysAddrBits: domain.maxPhysAddrBits ?? (hvm ? Math.min(bits, hap ? 48 : 44) : bits),
  }
}
