/** The whole policies of the hosts of a level: folded part by part, and only when they are asked for. */
import type { HostSnapshot } from '../documents/snapshot.js'
import type { CpuPolicy } from '../policy/cpu-policy.js'
import { policiesOfSnapshot, runsHvm } from '../xen/host-policies.js'
import type { CombineMethod } from './combine.js'
import { LEVEL_KINDS, type LevelKind } from './groups/host-group.js'
import { MOST_NAMED } from './groups/tally.js'
import { type PolicyLevel, policyLevelOf } from './whole/level-policies.js'
import { PolicyPool } from './whole/pool.js'

/** Hosts that came together. */
class Part {
  readonly #hosts: readonly CountedHost[]
  readonly #pools = new Map<LevelKind, PolicyPool | null>()

  constructor(hosts: readonly CountedHost[]) {
    this.#hosts = hosts
  }

  /** Their policies together; null if those of some host are not known. */
  pool(kind: LevelKind): PolicyPool | null {
    let pool = this.#pools.get(kind)
    if (pool === undefined) {
      pool = foldPolicies(this.counting(kind), kind)
      this.#pools.set(kind, pool)
    }
    return pool
  }

  counting(kind: LevelKind): HostSnapshot[] {
    return this.#hosts.filter(({ kinds }) => kinds.includes(kind)).map(({ host }) => host)
  }
}

interface CountedHost {
  readonly host: HostSnapshot
  /** The kinds of guest for which it counts. */
  readonly kinds: readonly LevelKind[]
}

/** In whose words whole policies are levelled, and how. */
interface WholePurpose {
  readonly release: string
  readonly method: CombineMethod
}

/** The policies of many hosts. */
export class WholePools {
  #parts: Part[] = []
  #open: CountedHost[] = []
  /** The kinds of which the policies of some host are not known. */
  #unknown: readonly LevelKind[] = []
  /** The policies of a level that was read from a document. */
  readonly #read: ReadPolicies

  /** Nobody's; or those that a document holds, of hosts of which no more is known. */
  constructor(read?: ReadPolicies) {
    this.#read = read ?? {}
    if (read !== undefined) this.#unknown = LEVEL_KINDS
  }

  /** True if no further host can bring a whole policy back. */
  get isOver(): boolean {
    return this.#unknown.length === LEVEL_KINDS.length
  }

  /** Adds a host as one of `count`. */
  add(host: HostSnapshot, kinds: readonly LevelKind[], count: number): void {
    if (count > MOST_NAMED) this.#lose(LEVEL_KINDS)
    if (host.policies === undefined) this.#lose(kinds)
    if (!this.isOver) this.#open.push({ host, kinds })
  }

  /** These and others, `count` hosts in all. */
  with(other: WholePools, count: number): WholePools {
    const both = new WholePools()
    both.#lose(count > MOST_NAMED ? LEVEL_KINDS : [...this.#unknown, ...other.#unknown])
    if (!both.isOver) both.#parts = [...new Set([...this.#closed(), ...other.#closed()])]
    return both
  }

  /** The same, to which nothing is added any more. */
  copy(): WholePools {
    const copy = new WholePools(this.#read)
    copy.#unknown = this.#unknown
    copy.#parts = this.#closed()
    return copy
  }

  /** The level of whole policies; null where the policies of some host are not known. */
  level(kind: LevelKind, purpose: WholePurpose): PolicyLevel | null {
    if (this.#unknown.includes(kind)) return null
    const parts = this.#closed()
    const hosts = parts.flatMap((part) => part.counting(kind))
    if (hosts.length === 0) return null
    // A guest on shadow paging is let in everywhere, one with hardware-assisted paging only where there is some.
    const hap = hosts.every(({ xen }) => xen?.hap ?? true)
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
    return this.#read[kind] ?? null
  }

  #lose(kinds: readonly LevelKind[]): void {
    this.#unknown = LEVEL_KINDS.filter(
      (kind) => kinds.includes(kind) || this.#unknown.includes(kind),
    )
    if (this.isOver) {
      this.#parts = []
      this.#open = []
    }
  }

  #closed(): Part[] {
    if (this.#open.length > 0) {
      this.#parts = [...this.#parts, new Part(this.#open)]
      this.#open = []
    }
    return this.#parts
  }
}

/** The policies that a document holds. */
export type ReadPolicies = { readonly [kind in LevelKind]?: CpuPolicy }

function foldPolicies(hosts: readonly HostSnapshot[], kind: LevelKind): PolicyPool | null {
  // What a policy is made for is said when it is made; folding is the same for all.
  const pool = new PolicyPool({ domain: { kind }, method: 'xenserver', release: undefined })
  for (const host of hosts) {
    const policies = policiesOfSnapshot(host)?.policies
    if (policies === undefined || (kind === 'hvm' && !runsHvm(policies))) return null
    pool.add(host.name, policies)
  }
  return pool
}
