/** What a guest has seen of its CPU once it has arrived on another host: there Xen makes the policy anew from what came. */
import type { HostSnapshot } from '../../documents/snapshot.js'
import type { AdmitOptions } from '../../guest/reasons.js'
import { initDomainPolicy, setDomainPolicy } from '../../xen/clamp.js'
import { policiesOfSnapshot } from '../../xen/host-policies.js'
import type { FleetGuest } from './types.js'

/**
 * The guest as the host knows it after a move that was admitted. Its policy is then one of that host's release, with the leaves that this
 * keeps: an older Xen may refuse them. A guest of which only features are known stays as it is, as toolstacks carry them along.
 */
export function guestAfterMove(
  guest: FleetGuest,
  host: HostSnapshot,
  options: AdmitOptions['domain'],
): FleetGuest {
  const { policy, records, ...rest } = guest
  const brought = records ?? policy?.toRecords()
  const policies = policiesOfSnapshot(host)?.policies
  if (brought === undefined || policies === undefined) return guest
  const domain = { kind: guest.kind, hap: host.xen?.hap ?? true, ...options, ...guest.domain }
  const { policy: made } = initDomainPolicy(policies, domain)
  const answer = setDomainPolicy(made, brought, policies, domain)
  return answer.ok ? { ...rest, policy: answer.policy } : guest
}
