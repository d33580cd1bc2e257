/** The level for one kind of guest: featuresets, and where every host's policies are known a whole policy. */
import * as z from 'zod'
import { cpuPolicySchema } from '../documents/policy.js'
import type { CpuPolicy } from '../policy/cpu-policy.js'
import type { DefaultFeatureset, MaxFeatureset } from '../xen/offered-featuresets.js'
import { type CombineMethod, FeaturesetCombiner } from './combine.js'
import type { LevelKind } from './groups/host-group.js'
import type { Tally } from './groups/tally.js'
import type { LevelGroups } from './losses.js'
import type { PolicyLevel } from './whole/level-policies.js'

/** The level for one kind of guest. */
export interface LevelledGuest {
  /** For boot: what a guest gets on every host when nobody asks. */
  readonly default: DefaultFeatureset
  /** For acceptance: what every host lets in. */
  readonly max: MaxFeatureset
  /**
   * The hosts that count: for HVM guests those that can run them. In alphabetical order: all of them in a pool of up to 4,096 hosts, the
   * first 16 in a larger fleet.
   */
  readonly hosts: readonly string[]
  /** How many hosts count. */
  readonly count: number
  /**
   * For boot, whole: a policy that every host takes and leaves as it is. Null where the policies of some host are not known, or where
   * no such policy exists; then {@link LevelledGuest.whole} says why.
   */
  readonly policy: CpuPolicy | null
  /**
   * The level of whole policies, with what it costs and what stands in its way. Null where the policies of some host are not known: hosts
   * that told none, levels read from a document, fleets of more than 4,096 hosts.
   */
  readonly whole: PolicyLevel | null
}

/** Where the whole policies of a level are found, when they are asked for. */
export interface WholeSource {
  readonly whole: (kind: LevelKind) => PolicyLevel | null
  /** The policy that a document holds. */
  readonly policy: (kind: LevelKind) => CpuPolicy | null
}

/** Levels the guests of one kind. */
export function levelGuests(
  { groups, table, index }: LevelGroups,
  { kind, method }: { readonly kind: LevelKind; readonly method: CombineMethod },
  source: WholeSource,
): LevelledGuest {
  const options = { release: table.release, method }
  const forBoot = new FeaturesetCombiner(options)
  const forAcceptance = new FeaturesetCombiner(options)
  const counting = new Uint8Array(groups.length)
  for (const [at, { [kind]: offer }] of groups.entries()) {
    if (offer === null) continue
    forBoot.addSpan(offer.default.all, offer.default.any)
    forAcceptance.addSpan(offer.max.all, offer.max.any)
    counting[at] = 1
  }
  const sets = { default: forBoot.result(), max: forAcceptance.result() }
  return new Levelled(sets, index.pick(counting), { kind, source })
}

class Levelled implements LevelledGuest {
  readonly default: DefaultFeatureset
  readonly max: MaxFeatureset
  readonly hosts: readonly string[]
  readonly count: number
  readonly #kind: LevelKind
  readonly #source: WholeSource
  #whole: PolicyLevel | null | undefined

  constructor(
    sets: { readonly default: DefaultFeatureset; readonly max: MaxFeatureset },
    { hosts, count }: Tally,
    { kind, source }: { readonly kind: LevelKind; readonly source: WholeSource },
  ) {
    this.default = sets.default
    this.max = sets.max
    this.hosts = hosts
    this.count = count
    this.#kind = kind
    this.#source = source
  }

  get whole(): PolicyLevel | null {
    // Found when it is asked for: most callers want featuresets, and those cost a hundredth of it.
    if (this.#whole === undefined) this.#whole = this.#source.whole(this.#kind)
    return this.#whole
  }

  get policy(): CpuPolicy | null {
    return this.whole?.policy ?? this.#source.policy(this.#kind)
  }

  toJSON(): object {
    const { default: forBoot, max, hosts, count, policy } = this
    return {
      default: forBoot,
      max,
      hosts,
      count,
      ...(policy === null ? {} : { policy: z.encode(cpuPolicySchema, policy) }),
    }
  }
}
