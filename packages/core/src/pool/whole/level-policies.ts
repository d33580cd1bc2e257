/** The level of a pool as a whole CPU policy: one that every host takes and leaves as it is, or why there is none. */
import type { GuestKind } from '../../guest/kind.js'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import type { PolicyFault } from '../../policy/errors.js'
import { POLICY_WORDS, WHOLE_EXTENT } from '../../policy/layout.js'
import { clearOutOfRange } from '../../policy/range.js'
import { zeroWords } from '../../policy/storage.js'
import type { Change } from '../../xen/changes.js'
import { type DomainOptions, setDomainPolicy } from '../../xen/clamp.js'
import type { CombineMethod } from '../combine.js'
import { PoolError } from '../errors.js'
import { defaultPolicy } from './hosts.js'
import { compareIdentities } from './identity.js'
import { findPolicyLosses, type PolicyLoss } from './losses.js'
import { findObstacles, type PolicyObstacle } from './obstacles.js'
import { type PolicyHost, PolicyPool, type PolicyPurpose } from './pool.js'
import { type SearchResult, searchPolicy } from './search.js'

/** What a level is made for. */
export interface LevelPoliciesOptions {
  /** The kind of guest: PV and HVM guests have policies of their own, and Xen clamps 32-bit PV guests otherwise. */
  readonly kind: GuestKind
  /** In whose words the level is made; by default those of the oldest release that any of the hosts which count runs. */
  readonly release?: string
  /** How features are combined; `'xenserver'` by default. */
  readonly method?: CombineMethod
  /** The domain, as far as its policy depends on it. */
  readonly domain?: Partial<Omit<DomainOptions, 'kind'>>
}

/** What one host makes of the nearest policy. */
export interface HostChanges {
  /** The host. */
  readonly host: string
  /** Why its Xen refuses the policy altogether; null if it takes it. */
  readonly refused: PolicyFault | null
  /** Every change, in the order of Xen's steps. */
  readonly changes: readonly Change[]
}

/** The level of a pool as a whole policy. */
export interface PolicyLevel {
  /** The release in whose words it is. */
  readonly release: string
  /** The kind of guest that it is for. */
  readonly kind: GuestKind
  /** How features were combined. */
  readonly method: CombineMethod
  /** The hosts that count: those that can run such a guest, in the order in which they came. */
  readonly hosts: readonly string[]
  /** A policy that every host takes and leaves as it is; null exactly if there are obstacles. */
  readonly policy: CpuPolicy | null
  /** The best there is: the same as `policy`, or what comes nearest; empty if no host can run such a guest. */
  readonly nearest: CpuPolicy
  /**
   * The hosts whose CPU the level says it is: signature, brand, caches and processor counts are taken from it whole, for a mixture would be of
   * no CPU. It is the one with the oldest family, model and stepping; of equal ones, the one whose default policy has the lesser words.
   */
  readonly identity: readonly string[]
  /** Why there is no policy that every host leaves alone, in a fixed order. */
  readonly obstacles: readonly PolicyObstacle[]
  /** What the level costs: features by bit, then numbers. Found when it is asked for. */
  readonly losses: readonly PolicyLoss[]
  /** The hosts that refuse or change the nearest policy, and how; none if there is a policy. Found when it is asked for. */
  readonly changes: readonly HostChanges[]
}

/**
 * Levels whole policies, from the default policies of the hosts.
 *
 * Features are combined as {@link combineFeaturesets} does it, and numbers by their meaning. Then what any host's clamp would take away goes,
 * until none takes anything: also where hosts run different releases, each by its own rules. Leaf limits are the least of all; that a policy
 * cut below leaf 7 would get round an obstacle in leaf 7 is not made use of.
 *
 * @throws {@link PoolError} without hosts, or when two have the same name; {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a
 * table.
 */
export function levelPolicies(
  hosts: readonly PolicyHost[],
  options: LevelPoliciesOptions,
): PolicyLevel {
  const pool = new PolicyPool(purposeOf(options))
  for (const { name, policies } of hosts) pool.add(name, policies)
  return new Level(pool)
}

/** The level of a pool to which nothing is added any more. */
export function policyLevelOf(pool: PolicyPool): PolicyLevel {
  return new Level(pool)
}

/** {@link levelPolicies} for hosts that come one by one, or pool by pool: neither their order nor how they were parted matters. */
export class PolicyLeveller {
  readonly #pool: PolicyPool

  constructor(options: LevelPoliciesOptions) {
    this.#pool = new PolicyPool(purposeOf(options))
  }

  /**
   * Adds one host.
   *
   * @throws {@link PoolError} for a name that is there already; nothing is added then.
   */
  add(name: string, policies: PolicyHost['policies']): void {
    this.#pool.add(name, policies)
  }

  /**
   * Adds the hosts of another leveller, which stays as it is.
   *
   * @throws {@link PoolError} if it was made with other options, or for a name that is in both; nothing is added then.
   */
  merge(other: PolicyLeveller): void {
    const [own, theirs] = [this.#pool, other.#pool].map(({ purpose }) => purposeText(purpose))
    if (own !== theirs) {
      throw new PoolError({
        code: 'POOL_MERGE',
        message: `Levels can be merged if they are made for the same domain with the same release and method; these are ${own} and ${theirs}.`,
        details: { own, theirs },
      })
    }
    this.#pool.merge(other.#pool)
  }

  /**
   * The level of all hosts so far; more may be added afterwards, for another.
   *
   * @throws {@link PoolError} without hosts; {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
   */
  finish(): PolicyLevel {
    const pool = new PolicyPool(this.#pool.purpose)
    pool.merge(this.#pool)
    return new Level(pool)
  }
}

class Level implements PolicyLevel {
  readonly release: string
  readonly kind: GuestKind
  readonly method: CombineMethod
  readonly hosts: readonly string[]
  readonly policy: CpuPolicy | null
  readonly nearest: CpuPolicy
  readonly identity: readonly string[]
  readonly obstacles: readonly PolicyObstacle[]
  readonly #pool: PolicyPool
  readonly #found: SearchResult | null
  #losses: readonly PolicyLoss[] | undefined
  #changes: readonly HostChanges[] | undefined

  /** Takes the pool over: nothing is added to it afterwards. */
  constructor(pool: PolicyPool) {
    if (pool.names.length === 0) {
      throw new PoolError({
        code: 'POOL_EMPTY',
        message: 'A pool without hosts has no level; give at least one host.',
      })
    }
    const { table, purpose, identity, classes, defaults } = pool
    this.#pool = pool
    this.#found =
      identity === undefined
        ? null
        : searchPolicy({ classes, defaults, identity }, { ...purpose, table })
    this.release = table.release
    this.kind = purpose.domain.kind
    this.method = purpose.method
    this.hosts = Object.freeze(pool.members.names())
    this.identity = Object.freeze(hostsOf(pool))
    this.nearest = CpuPolicy.fromWords(this.#found?.words ?? zeroWords(POLICY_WORDS), this.release)
    this.obstacles = Object.freeze(findObstacles(pool, this.#found))
    this.policy = this.obstacles.length === 0 ? this.nearest : null
  }

  get losses(): readonly PolicyLoss[] {
    this.#losses ??= Object.freeze(
      this.#found === null ? [] : findPolicyLosses(this.#pool, this.#found),
    )
    return this.#losses
  }

  get changes(): readonly HostChanges[] {
    this.#changes ??= Object.freeze(this.policy !== null ? [] : this.#findChanges())
    return this.#changes
  }

  #findChanges(): HostChanges[] {
    const { members, purpose } = this.#pool
    const records = this.nearest.toRecords()
    const own = members.policies.map((policies): Omit<HostChanges, 'host'> | null => {
      const current = defaultPolicy(policies, purpose.domain.kind)
      const result = setDomainPolicy(current, records, policies, purpose.domain)
      if (!result.ok) return { refused: result.error, changes: [] }
      const words = result.policy.words()
      // Some of what the clamp writes lies beyond the limits, where nobody sees it.
      clearOutOfRange(words, WHOLE_EXTENT)
      return CpuPolicy.fromWords(words, this.release).equals(this.nearest)
        ? null
        : { refused: null, changes: result.changes }
    })
    return own.flatMap((answer, index) =>
      answer === null
        ? []
        : members.pick(own.map((_, other) => other === index)).map((host) => ({ host, ...answer })),
    )
  }
}

/** The hosts whose default policy has the identity of the pool. */
function hostsOf({ members, identity, purpose }: PolicyPool): string[] {
  if (identity === undefined) return []
  return members.where((policies) => {
    const own = CpuPolicy.peek(defaultPolicy(policies, purpose.domain.kind))
    return compareIdentities(own, identity) === 0
  })
}

function purposeOf({
  kind,
  release,
  method = 'xenserver',
  domain = {},
}: LevelPoliciesOptions): PolicyPurpose {
  return { domain: { ...domain, kind }, method, release }
}

function purposeText({ domain, method, release }: PolicyPurpose): string {
  const { kind, hap, nestedVirt, hardwareDomain, maxPhysAddrBits } = domain
  return [
    kind,
    method,
    release ?? 'oldest release',
    ...Object.entries({ hap, nestedVirt, hardwareDomain, maxPhysAddrBits }).flatMap(
      ([name, value]) => (value === undefined ? [] : `${name} ${value}`),
    ),
  ].join(', ')
}
