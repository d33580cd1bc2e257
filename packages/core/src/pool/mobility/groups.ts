/** Guests and hosts that an admission cannot tell apart: each group is judged once. */
import type { Featureset } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../../documents/snapshot.js'
import type { GuestRecords } from '../../guest/reasons.js'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { Contents } from './content-numbers.js'
import type { FleetGuest } from './types.js'

/** Members with the number of their group, and one that stands for each. */
export class Groups<Member> {
  /** One that stands for each group. */
  readonly first: Member[] = []
  readonly #numbers = new Map<string, number>()
  readonly #keyOf: (member: Member) => string

  constructor(keyOf: (member: Member) => string) {
    this.#keyOf = keyOf
  }

  /** The number of the group that the member is in. */
  number(member: Member): number {
    const key = this.#keyOf(member)
    const present = this.#numbers.get(key)
    if (present !== undefined) return present
    const made = this.first.length
    this.#numbers.set(key, made)
    this.first.push(member)
    return made
  }
}

/** Groups of guests. */
export function guestGroups(): Groups<FleetGuest> {
  const content = new ContentNumbers()
  return new Groups((guest) => {
    const { kind, vendor, running, domain, memoryEnd } = guest
    const seen = content.ofGuest(guest)
    // Memory counts by the address width that it needs, and only where a policy says which it was promised.
    const width =
      memoryEnd === undefined || isToldByFeatures(guest) ? '' : widthThatHolds(memoryEnd)
    const { hap, nestedVirt, maxPhysAddrBits } = domain ?? {}
    return [kind, vendor, running ?? true, hap, nestedVirt, maxPhysAddrBits, width, seen].join(' ')
  })
}

/** Groups of hosts. */
export function hostGroups(): Groups<HostSnapshot> {
  const content = new ContentNumbers()
  return new Groups(({ cpu, xen, featuresets, policies = {}, unknownWords }) => {
    const sets = [
      featuresets.raw,
      featuresets.host,
      featuresets.pvDefault,
      featuresets.pvMax,
      featuresets.hvmDefault,
      featuresets.hvmMax,
    ].map((set) => (set === undefined ? '' : content.ofFeatureset(set)))
    const whole = [
      policies.raw,
      policies.host,
      policies.pvMax,
      policies.pvDefault,
      policies.hvmMax,
      policies.hvmDefault,
    ].map((policy) => (policy === undefined ? '' : content.ofPolicy(policy)))
    const { release, pv, pv32, hvm, hap } = xen ?? {}
    return JSON.stringify([
      cpu.vendor,
      [release, pv, pv32, hvm, hap],
      sets,
      whole,
      [...unknownWords].sort((a, b) => a - b),
    ])
  })
}

/** Whether features are all that is known of what a guest has seen. */
export function isToldByFeatures({ featureset, policy, records }: FleetGuest): boolean {
  return featureset !== undefined && policy === undefined && records === undefined
}

/** The narrowest address width in bits that reaches the end of the memory. */
function widthThatHolds(end: bigint): number {
  return end <= 1n ? 0 : (end - 1n).toString(2).length
}

/** What was promised or is offered, by what it says; an object is looked at once. */
class ContentNumbers {
  readonly #contents = new Contents()
  readonly #known = new Map<object, number>()

  ofGuest({ featureset, policy, records }: FleetGuest): number | string {
    if (records !== undefined) return this.#once(records, () => this.#ofRecords(records))
    if (policy !== undefined) return this.ofPolicy(policy)
    return featureset === undefined ? '' : this.ofFeatureset(featureset)
  }

  ofFeatureset(set: Featureset): number {
    return this.#once(set, () => this.#contents.number('set', set.words))
  }

  ofPolicy(policy: CpuPolicy): number {
    return this.#once(policy, () =>
      this.#contents.number(`policy ${policy.release}`, CpuPolicy.peek(policy)),
    )
  }

  #ofRecords({ leaves, msrs }: GuestRecords): number {
    const words = leaves.flatMap(({ leaf, subleaf, a, b, c, d }) => [
      leaf,
      subleaf ?? -1,
      a,
      b,
      c,
      d,
    ])
    const text = msrs.map(({ index, flags, value }) => `${index}:${flags}:${value}`)
    return this.#contents.number(`records ${text.join(' ')}`, words)
  }

  #once(content: object, find: () => number): number {
    const present = this.#known.get(content)
    if (present !== undefined) return present
    const found = find()
    this.#known.set(content, found)
    return found
  }
}
