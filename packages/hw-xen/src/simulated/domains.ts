/** The domains of a simulated Xen: their ids, their policies, and what Xen refuses. */
import {
  type CpuPolicy,
  type DomainOptions,
  type HypercallError,
  initDomainPolicy,
  type ProbeDomain,
  type SetPolicyAnswer,
  setDomainPolicy,
} from '@xenlevel/core'
import type { CpuidLeaf, MsrEntry } from '@xenlevel/cpuid'
import type { OperationName } from '../abi/operations.js'
import type { Boot } from './boot.js'
import { lacking, refusal } from './errors.js'

interface Domain {
  readonly options: DomainOptions
  policy: CpuPolicy
  started: boolean
}

/** The first id that is no domain's (include/public/xen.h, DOMID_FIRST_RESERVED). */
const FIRST_RESERVED = 0x7ff0
/** The hardware domain, which makes the calls. */
const CALLER = 0

/** Domains of one boot. */
export class Domains {
  readonly #boot: Boot
  readonly #domains = new Map<number, Domain>()
  #last = CALLER

  constructor(boot: Boot) {
    this.#boot = boot
    const options = { kind: 'pv', hardwareDomain: true } as const
    this.#domains.set(CALLER, { options, policy: boot.dom0, started: true })
  }

  /** Ids of the domains beside the hardware domain, ascending. */
  get ids(): number[] {
    return [...this.#domains.keys()].filter((id) => id !== CALLER).sort((a, b) => a - b)
  }

  /** Makes a domain, and answers its id. */
  create(domain: ProbeDomain): number {
    const { kind, hap } = domain
    const hvm = kind !== 'pv'
    const { manners, version } = this.#boot
    if (domain.nestedVirt === true && !manners.hasNestedFlag)
      throw lacking('createDomain nestedVirt', version.release)
    const nestedVirt = hvm && domain.nestedVirt === true
    const paged = hvm && (hap ?? this.#boot.hap)
    // For core a PVH guest is one with hardware-assisted paging; without, it is clamped as any other HVM guest.
    const options: DomainOptions = {
      kind: kind === 'pvh' && !paged ? 'hvm' : kind,
      hap: paged,
      nestedVirt,
    }
    const refuse = (errno: string) =>
      refusal('domctl createdomain', errno, { kind, hap: hap ?? null, nestedVirt })
    // The flags are looked at before an id is chosen, and the id stays used: both are so in Xen but for the order, which nobody sees.
    const id = this.#nextId()
    if (id === null) throw refuse(manners.noDomainId)
    this.#last = id
    if (!this.#accepts(options, hap ?? false)) throw refuse('EINVAL')
    const { policy } = initDomainPolicy(this.#boot.policies, options)
    this.#domains.set(id, { options, policy, started: false })
    return id
  }

  /** Destroys one. */
  destroy(id: number): void {
    this.#find(id, 'domctl destroydomain')
    if (id === CALLER) throw refusal('domctl destroydomain', 'EINVAL', { domid: id })
    this.#domains.delete(id)
  }

  /** As a toolstack does that unpauses a domain for the first time. */
  start(id: number): void {
    this.#find(id, 'domctl set_cpu_policy').started = true
  }

  /** What one has. */
  policy(id: number): CpuPolicy {
    return this.#find(id, 'domctl get_cpu_policy').policy
  }

  /** Puts records over what one has, if Xen takes them. */
  setPolicy(
    id: number,
    update: { readonly leaves?: readonly CpuidLeaf[]; readonly msrs?: readonly MsrEntry[] },
  ): SetPolicyAnswer {
    const domain = this.#find(id, 'domctl set_cpu_policy')
    if (id === CALLER) throw refusal('domctl set_cpu_policy', 'EINVAL', { domid: id })
    if (domain.started) throw refusal('domctl set_cpu_policy', 'EEXIST', { domid: id })
    const { policies } = this.#boot
    const set = setDomainPolicy(domain.policy, update, policies, domain.options)
    if (!set.ok) return Object.freeze({ ok: false, error: Object.freeze({ ...set.error }) })
    domain.policy = set.policy
    return Object.freeze({ ok: true })
  }

  #find(id: number, operation: OperationName): Domain {
    const domain = this.#domains.get(id)
    if (domain === undefined) throw refusal(operation, 'ESRCH', { domid: id })
    return domain
  }

  /** The next that is free after the last that was given away; ids are not used again at once. */
  #nextId(): number | null {
    const count = FIRST_RESERVED - 1
    for (let step = 0; step < count; step++) {
      const id = ((this.#last + step) % count) + 1
      if (!this.#domains.has(id)) return id
    }
    return null
  }

  /** common/domain.c, sanitise_domain_config, and arch/x86/domain.c, arch_sanitise_domain_config. */
  #accepts({ kind, hap, nestedVirt = false }: DomainOptions, wantsHap: boolean): boolean {
    const host = this.#boot
    if (kind !== 'pv' && (!host.hvm || (wantsHap && !host.hap))) return false
    return !nestedVirt || (hap === true && (host.nested || !host.manners.checksNested))
  }
}

/** Errnos that are about the records wherever they come from; others that say no place are about the domain. */
const ABOUT_RECORDS = ['E2BIG', 'ERANGE', 'EOVERFLOW'] as const

/** What setting a policy answers to an errno without a place; throws what is no answer. */
export function answerToRecords(refused: HypercallError): SetPolicyAnswer {
  const errno = ABOUT_RECORDS.find((name) => name === refused.errno)
  if (errno === undefined) throw refused
  const error = Object.freeze({ errno, leaf: null, subleaf: null, msr: null })
  return Object.freeze({ ok: false, error })
}
