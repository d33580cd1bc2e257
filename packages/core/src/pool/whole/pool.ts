/** The hosts whose whole policies are levelled, and everything that is known of them together. */
import { compareReleases, type FeatureTable, featureTable, nearestRelease } from '@xenlevel/cpuid'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { EAX, EBX, extended } from '../../policy/layout.js'
import type { DomainOptions } from '../../xen/clamp.js'
import type { HostPolicies } from '../../xen/derive.js'
import type { CombineMethod } from '../combine.js'
import { PoolError } from '../errors.js'
import { WordFold } from './fold.js'
import { defaultPolicy, HostClass, maxPolicy } from './hosts.js'
import { compareIdentities } from './identity.js'
import { PoolMembers } from './members.js'
import { DEFAULT_SHAPE } from './words.js'

/** A host of the pool. */
export interface PolicyHost {
  /** What messages call it. */
  readonly name: string
  /** What its Xen gives and accepts. */
  readonly policies: HostPolicies
}

/** What a level is made for. */
export interface PolicyPurpose {
  readonly domain: DomainOptions
  readonly method: CombineMethod
  /** Whose words are asked for; undefined for the oldest. */
  readonly release: string | undefined
}

/** Hosts one by one, in any order, or pool by pool. */
export class PolicyPool {
  readonly purpose: PolicyPurpose
  /** The hosts that can run such a domain. */
  readonly members: PoolMembers
  /** Releases of the hosts that cannot run such a domain, by name. */
  readonly #without = new Map<string, string>()
  readonly #defaults = new WordFold(DEFAULT_SHAPE)
  readonly #classes: HostClass[] = []
  #identity: Uint32Array | undefined

  constructor(purpose: PolicyPurpose) {
    this.purpose = purpose
    this.members = new PoolMembers()
  }

  /** All hosts: those that can run such a domain in the order in which they came, then those that cannot. */
  get names(): readonly string[] {
    return [...this.members.names(), ...this.#without.keys()]
  }

  /** The hosts that cannot. */
  get without(): readonly string[] {
    return [...this.#without.keys()]
  }

  /** The default policies of those that can. */
  get defaults(): WordFold {
    return this.#defaults
  }

  /** Those that can, by release and vendor. */
  get classes(): readonly HostClass[] {
    return this.#classes
  }

  /** The default policy whose identity the level has; undefined if there is none. */
  get identity(): Uint32Array | undefined {
    return this.#identity
  }

  /** In whose words the level is made: as asked for, or those of the oldest release of the hosts that count. */
  get table(): FeatureTable {
    const { release } = this.purpose
    if (release !== undefined) return featureTable(release)
    const counting = this.#classes.map((hosts) => hosts.release)
    const releases = counting.length > 0 ? counting : [...this.#without.values()]
    return featureTable(releases.map((own) => nearestRelease(own) ?? own).sort(compareReleases)[0])
  }

  /** Adds one host. @throws {@link PoolError} for a name that is there already. */
  add(name: string, policies: HostPolicies): void {
    this.#refuse(name)
    const { kind } = this.purpose.domain
    if (isEmpty(maxPolicy(policies, kind))) {
      this.#without.set(name, policies.release)
      return
    }
    if (!this.members.add(name, policies)) return
    const words = CpuPolicy.peek(defaultPolicy(policies, kind))
    this.#identify(words)
    this.#defaults.add(words)
    this.#classOf(policies.release, CpuPolicy.peek(policies.host)).add(policies)
  }

  /** Adds all hosts of another pool, which stays as it is. @throws {@link PoolError} for a name that is in both. */
  merge(other: PolicyPool): void {
    for (const name of other.names) this.#refuse(name)
    this.members.merge(other.members)
    for (const [name, release] of other.#without) this.#without.set(name, release)
    this.#defaults.merge(other.#defaults)
    if (other.#identity !== undefined) this.#identify(other.#identity)
    for (const theirs of other.#classes) this.#classOf(theirs.release, theirs.vendor).merge(theirs)
  }

  #classOf(release: string, vendor: Uint32Array): HostClass {
    let found = this.#classes.find((hosts) => hosts.takes(release, vendor))
    if (found === undefined) {
      found = new HostClass(release, vendor, this.purpose.domain.kind)
      this.#classes.push(found)
    }
    return found
  }

  #identify(words: Uint32Array): void {
    const present = this.#identity
    if (present === undefined || compareIdentities(words, present) < 0) this.#identity = words
  }

  #refuse(name: string): void {
    if (!this.members.has(name) && !this.#without.has(name)) return
    throw new PoolError({
      code: 'POOL_DUPLICATE_HOST',
      message: `Two hosts are named "${name}"; losses are told by name, so each host needs its own.`,
      details: { name },
    })
  }
}

/** A kind of guest that a host cannot run has policies without anything in them. */
function isEmpty(policy: CpuPolicy): boolean {
  const words = CpuPolicy.peek(policy)
  return words[EAX] === 0 && words[EBX] === 0 && ((words[extended(0)] ?? 0) & 0xffff) === 0
}
