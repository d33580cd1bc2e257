/** Hosts that are alike to a guest, found and put together. */
import type { HostSnapshot, PoolLevel } from '@xenlevel/core'

/** Places of the hosts that are alike, the first of each kind in the order given. */
export function alikeHosts(
  hosts: readonly HostSnapshot[],
  { groups }: Pick<PoolLevel, 'groups'>,
): number[][] {
  const groupOf = new Map(
    groups.flatMap(({ hosts: { hosts: names } }, at) => names.map((name) => [name, at])),
  )
  const kinds: number[][] = []
  const byFacts = new Map<string, { readonly host: HostSnapshot; readonly places: number[] }[]>()
  hosts.forEach((host, place) => {
    const facts = JSON.stringify([groupOf.get(host.name) ?? offersOf(host), conditionsOf(host)])
    const candidates = byFacts.get(facts) ?? []
    byFacts.set(facts, candidates)
    const alike = candidates.find((candidate) => samePolicies(candidate.host, host))
    if (alike !== undefined) {
      alike.places.push(place)
      return
    }
    const places = [place]
    candidates.push({ host, places })
    kinds.push(places)
  })
  return kinds
}

/** What the level's groups are made by, of a host that a large level does not name. */
function offersOf({ cpu, xen, featuresets }: HostSnapshot): readonly unknown[] {
  const { raw, pvDefault, pvMax, hvmDefault, hvmMax } = featuresets
  const { vendor, physAddrBits } = cpu
  return [vendor, physAddrBits, xen?.release, [raw, pvDefault, pvMax, hvmDefault, hvmMax]]
}

/** What else an admission asks of a host, but its policies. */
function conditionsOf({ xen, unknownWords }: HostSnapshot): readonly unknown[] {
  return [xen?.pv, xen?.pv32, xen?.hvm, xen?.hap, unknownWords]
}

const POLICIES = ['raw', 'host', 'pvMax', 'pvDefault', 'hvmMax', 'hvmDefault'] as const

function samePolicies(a: HostSnapshot, b: HostSnapshot): boolean {
  return POLICIES.every((which) => {
    const [one, other] = [a.policies?.[which], b.policies?.[which]]
    if (one === undefined || other === undefined) return one === other
    return one.release === other.release && one.equals(other)
  })
}
