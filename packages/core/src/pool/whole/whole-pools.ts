/** The whole policies of the hosts of a level: folded part by part, and only when they are asked for. */
import type { HostSnapshot } from '../../documents/snapshot.js'
import type { CpuPolicy } from '../../policy/cpu-policy.js'
import { policiesOfSnapshot, runsHvm } from '../../xen/host-policies.js'
import type { CombineMethod } from '../combine.js'
import type { LevelKind } from '../groups/host-group.js'
import { MOST_NAMED } from '../groups/tally.js'
import { type PolicyLevel, policyLevelOf } from './level-policies.js'
import { PolicyPool } from './pool.js'

/** A host, as far as its whole policies are concerned. */
export interface CountedHost {
  readonly name: string
  /** The kinds of guest for which it counts. */
  readonly kinds: readonly LevelKind[]
  /** Its snapshot, if that has policies. */
  readonly snapshot: HostSnapshot | null
}

/** Hosts that came together. */
class Part {
  readonly hosts: readonly CountedHost[]
  readonly #pools = new Map<LevelKind, PolicyPool | null>()

  constructor(hosts: readonly CountedHost[]) {
    this.hosts = hosts
  }

  /** Their policies together; null if those of some host are not known. */
  pool(kind: LevelKind): PolicyPool | null {
    let pool = this.#pools.get(kind)
    if (pool === undefined) {
      pool = foldPolicies(counting(this.hosts, kind), kind)
      this.#pools.set(kind, pool)
    }
    return pool
  }
}

/** In whose words whole policies are levelled, and how. */
interface WholePurpose {
  readonly release: string
  readonly method: CombineMethod
}

/** The policies of many hosts. */
export class WholePools {
  #parts: readonly Part[] = []
  #open: CountedHost[] = []
  /** The policies of a level that was read from a document; null if none was. */
  #read: ReadPolicies | null
  /** False once there are hosts of whose policies nothing is kept. */
  #complete = true

  /** Nobody's; or those that a document holds, of hosts of which no more is known. */
  constructor(read: ReadPolicies | null = null) {
    this.#read = read
    if (read !== null) this.#complete = false
  }

  /** False if no whole policy can be found, whoever comes or goes. */
  get isComplete(): boolean {
    return this.#complete
  }

  /** Adds a host as one of `count`. */
  add(host: CountedHost, count: number): void {
    this.#read = null
    if (count > MOST_NAMED) this.#drop()
    if (this.#complete) this.#open.push(host)
  }

  /** These and others, `count` hosts in all. */
  with(other: WholePools, count: number): WholePools {
    const both = new WholePools()
    if (this.#complete && other.#complete && count <= MOST_NAMED)
      both.#parts = [...new Set([...this.#closed(), ...other.#closed()])]
    else both.#drop()
    return both
  }

  /** The others, when some hosts have left. */
  without(names: ReadonlySet<string>): WholePools {
    const others = new WholePools()
    if (!this.#complete) others.#drop()
    else
      others.#parts = this.#closed().map((part) =>
        part.hosts.some(({ name }) => names.has(name))
          ? new Part(part.hosts.filter(({ name }) => !names.has(name)))
          : part,
      )
    return others
  }

  /** The same, to which nothing is added any more. */
  copy(): WholePools {
    const copy = new WholePools(this.#read)
    copy.#complete = this.#complete
    copy.#parts = this.#closed()
    return copy
  }

  /** The level of whole policies; null where the policies of some host are not known. */
  level(kind: LevelKind, purpose: WholePurpose): PolicyLevel | null {
    if (!this.#complete) return null
    const parts = this.#closed()
    const hosts = parts.flatMap((part) => counting(part.hosts, kind))
    if (hosts.length === 0 || hosts.some(({ snapshot }) => snapshot === null)) return null
    // A guest on shadow paging is let in everywhere, one with hardware-assisted paging only where there is some.
    const hap = hosts.every(({ snapshot }) => snapshot?.xen?.hap ?? true)
    const pool = new PolicyPool({ ...purpose, domain: { kind, hap } })
    for (const part of parts) {
      const folded = part.pool(kind)
      if (folded === null) return null
      pool.merge(folded)
    }
    return policyLevelOf(pool)
  }

  /** The policy that a document holds. */
  policy(kind: LevelKind): CpuPolicy | null {
    return this.#read?.[kind] ?? null
  }

  #drop(): void {
    this.#complete = false
    this.#parts = []
    this.#open = []
  }

  #closed(): readonly Part[] {
    if (this.#open.length > 0) {
      this.#parts = [...this.#parts, new Part(this.#open)]
      this.#open = []
    }
    return this.#parts
  }
}

/** The policies that a document holds. */
export type ReadPolicies = { readonly [kind in LevelKind]?: CpuPolicy }

function counting(hosts: readonly CountedHost[], kind: LevelKind): CountedHost[] {
  return hosts.filter(({ kinds }) => kinds.includes(kind))
}

function foldPolicies(hosts: readonly CountedHost[], kind: LevelKind): PolicyPool | null {
  // What a policy is made for is said when it is made; folding is the same for all.
  const pool = new PolicyPool({ domain: { kind }, method: 'xenserver', release: undefined })
  for (const { name, snapshot } of hosts) {
    const policies = snapshot === null ? undefined : policiesOfSnapshot(snapshot)?.policies
    if (policies === undefined || (kind === 'hvm' && !runsHvm(policies))) return null
    pool.add(name, policies)
  }
  return pool
}
