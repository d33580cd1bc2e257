/** Hosts that are alike to a guest, found and put together. */
import type { HostSnapshot } from '@xenlevel/core'

/** Places of the hosts that are alike, the first of each kind in the order given. */
export function alikeHosts(hosts: readonly HostSnapshot[]): number[][] {
  const kinds: number[][] = []
  const byFacts = new Map<string, { readonly host: HostSnapshot; readonly places: number[] }[]>()
  hosts.forEach((host, place) => {
    const facts = factsOf(host)
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

/** What a level or an admission asks of a host, but its policies: not what people call it, nor its microcode. */
function factsOf({ cpu, xen, featuresets, unknownWords }: HostSnapshot): string {
  const { vendor, physAddrBits } = cpu
  const { raw, host, pvDefault, pvMax, hvmDefault, hvmMax } = featuresets
  return JSON.stringify([
    vendor,
    physAddrBits,
    xen === null ? null : [xen.release, xen.pv, xen.pv32, xen.hvm, xen.hap],
    [raw, host, pvDefault, pvMax, hvmDefault, hvmMax],
    unknownWords,
  ])
}

const POLICIES = ['raw', 'host', 'pvMax', 'pvDefault', 'hvmMax', 'hvmDefault'] as const

function samePolicies(a: HostSnapshot, b: HostSnapshot): boolean {
  return POLICIES.every((which) => {
    const [one, other] = [a.policies?.[which], b.policies?.[which]]
    if (one === undefined || other === undefined) return one === other
    return one.release === other.release && one.equals(other)
  })
}
