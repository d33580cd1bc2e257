/** The level for one kind of guest: featuresets, and where every host's policies are known a whole policy. */
import * as z from 'zod'
import { cpuPolicySchema } from '../documents/policy.js'
import type { CpuPolicy } from '../policy/cpu-policy.js'
import { policiesOfSnapshot, runsHvm } from '../xen/host-policies.js'
import type { DefaultFeatureset, MaxFeatureset } from '../xen/offered-featuresets.js'
import { type CombineOptions, FeaturesetCombiner } from './combine.js'
import type { LevelMember } from './losses.js'
import { levelPolicies, type PolicyLevel } from './whole/level-policies.js'

/** The level for one kind of guest. */
export interface LevelledGuest {
  /** For boot: what a guest gets on every host when nobody asks. */
  readonly default: DefaultFeatureset
  /** For acceptance: what every host lets in. */
  readonly max: MaxFeatureset
  /** The hosts that count: for HVM guests those that can run them. */
  readonly hosts: readonly string[]
  /**
   * For boot, whole: a policy that every host takes and leaves as it is. Null where the policies of some host are not known, or where
   * no such policy exists; then {@link LevelledGuest.whole} says why.
   */
  readonly policy: CpuPolicy | null
  /** The level of whole policies, with what it costs and what stands in its way; null where the policies of some host are not known. */
  readonly whole: PolicyLevel | null
}

/** Levels the guests of one kind. */
export function levelGuests(
  members: readonly LevelMember[],
  kind: 'pv' | 'hvm',
  options: CombineOptions,
): LevelledGuest {
  const [forBoot, forAcceptance] = [
    new FeaturesetCombiner(options),
    new FeaturesetCombiner(options),
  ]
  const counting: LevelMember[] = []
  for (const member of members) {
    const sets = member.offered[kind]
    if (sets === null) continue
    forBoot.add(sets.default)
    forAcceptance.add(sets.max)
    counting.push(member)
  }
  return new Levelled(forBoot.result(), forAcceptance.result(), {
    members: counting,
    kind,
    options,
  })
}

interface Levelling {
  readonly members: readonly LevelMember[]
  readonly kind: 'pv' | 'hvm'
  readonly options: CombineOptions
}

class Levelled implements LevelledGuest {
  readonly default: DefaultFeatureset
  readonly max: MaxFeatureset
  readonly hosts: readonly string[]
  readonly #levelling: Levelling
  #whole: PolicyLevel | null | undefined

  constructor(forBoot: DefaultFeatureset, forAcceptance: MaxFeatureset, levelling: Levelling) {
    this.default = forBoot
    this.max = forAcceptance
    this.hosts = Object.freeze(levelling.members.map(({ host }) => host.name))
    this.#levelling = levelling
  }

  get whole(): PolicyLevel | null {
    // Found when it is asked for: most callers want featuresets, and those cost a hundredth of it.
    if (this.#whole === undefined) this.#whole = wholeLevel(this.#levelling)
    return this.#whole
  }

  get policy(): CpuPolicy | null {
    return this.whole?.policy ?? null
  }

  toJSON(): object {
    const { default: forBoot, max, hosts, policy } = this
    return {
      default: forBoot,
      max,
      hosts,
      ...(policy === null ? {} : { policy: z.encode(cpuPolicySchema, policy) }),
    }
  }
}

function wholeLevel({ members, kind, options }: Levelling): PolicyLevel | null {
  const hosts = []
  for (const { host } of members) {
    const policies = policiesOfSnapshot(host)?.policies
    if (policies === undefined || (kind === 'hvm' && !runsHvm(policies))) return null
    hosts.push({ name: host.name, policies })
  }
  if (hosts.length === 0) return null
  // A guest on shadow paging is let in everywhere, one with hardware-assisted paging only where there is some.
  const hap = members.every(({ host }) => host.xen?.hap ?? true)
  return levelPolicies(hosts, { ...options, kind, domain: { hap } })
}
