/** Domains to try things on: what a new one has, and what becomes of it. */
import {
  CpuPolicy,
  HypercallError,
  type Hypervisor,
  HypervisorLacksError,
  initDomainPolicy,
  type ProbeDomain,
} from '@xenlevel/core'
import type { Bench } from './bench.js'
import { demand, demandErrno, demandRecords, demandSame } from './expect.js'
import type { Guarantee } from './types.js'

/** The ids that domains can have: from here on, Xen keeps them for itself (DOMID_FIRST_RESERVED). */
const FIRST_RESERVED = 0x7ff0

/** A domain that a test never makes. */
const NO_DOMAIN = 0x7fe1

/** Kinds of new domain, each with what its policy is foreseen from. */
const NEW_DOMAINS: readonly (ProbeDomain & { readonly name: string })[] = [
  { name: 'PV', kind: 'pv' },
  { name: 'HVM', kind: 'hvm' },
  { name: 'PVH', kind: 'pvh' },
  { name: 'HVM without assisted paging', kind: 'hvm', hap: false },
  { name: 'HVM with nested virtualisation', kind: 'hvm', nestedVirt: true },
]

/** How a Xen answers that was built without what the domain needs. */
const NOT_BUILT: readonly string[] = ['EINVAL', 'EOPNOTSUPP']

/** Makes the domain, or leaves the case: a Xen may be built without shadow paging or nested virtualisation. */
function make(bench: Bench, xen: Hypervisor, { name, ...domain }: (typeof NEW_DOMAINS)[number]) {
  if (!bench.kinds(xen).includes(domain.kind))
    return bench.skip(`this machine runs no ${domain.kind}`)
  if (domain.hap === undefined && domain.nestedVirt === undefined) return bench.domain(xen, domain)
  try {
    return bench.domain(xen, domain)
  } catch (error) {
    const lacking = error instanceof HypervisorLacksError
    if (lacking || (error instanceof HypercallError && NOT_BUILT.includes(error.errno)))
      return bench.skip(`this Xen makes no ${name}`)
    throw error
  }
}

/** Guarantees about createDomain(), destroyDomain() and domainPolicy(). */
export const DOMAINS: readonly Guarantee[] = [
  ...NEW_DOMAINS.map(
    (asked): Guarantee => ({
      name: `a new domain, ${asked.name}, has the policy that initDomainPolicy foresees`,
      check(bench) {
        const xen = bench.open()
        const { domid, domain } = make(bench, xen, asked)
        const { policy } = initDomainPolicy(xen.policies(), domain)
        demandRecords(xen.domainPolicy(domid), policy, 'The policy of the new domain')
      },
    }),
  ),
  {
    name: 'ids of new domains are ids of domains, and each is another',
    check(bench) {
      const xen = bench.open()
      const [kind] = bench.kinds(xen)
      if (kind === undefined) return bench.skip('this machine runs no guest')
      const ids = [1, 2, 3].map(() => bench.domain(xen, { kind }).domid)
      demand(
        ids.every((id) => Number.isInteger(id) && id > 0 && id < FIRST_RESERVED),
        `New domains are ${ids.join(', ')}.`,
      )
      demand(new Set(ids).size === ids.length, `New domains are ${ids.join(', ')}.`)
    },
  },
  {
    name: 'a domain is there for another hypervisor too, and close() does not destroy it',
    check(bench) {
      const [xen, other] = [bench.open(), bench.open()]
      const [kind] = bench.kinds(xen)
      if (kind === undefined) return bench.skip('this machine runs no guest')
      const probe = bench.domain(xen, { kind })
      const policy = xen.domainPolicy(probe.domid)
      try {
        demandSame(other.domainPolicy(probe.domid), policy, 'The policy, asked by another one,')
      } catch (error) {
        if (error instanceof HypercallError && error.errno === 'ESRCH')
          return bench.skip('each that is opened is a machine of its own')
        throw error
      }
      xen.close()
      demandSame(other.domainPolicy(probe.domid), policy, 'The policy after close()')
      bench.destroy(other, probe)
    },
  },
  {
    name: 'an HVM domain is EINVAL where there is no HVM',
    check(bench) {
      const xen = bench.open()
      if (xen.physinfo().hvm) return bench.skip('this machine runs HVM')
      for (const kind of ['hvm', 'pvh'] as const)
        demandErrno(() => bench.domain(xen, { kind }), ['EINVAL'], `createDomain of ${kind}`)
    },
  },
  {
    name: 'records of a domain are in the order and extent of the release',
    check(bench) {
      for (const { xen, domid, domain } of bench.domains()) {
        const { leaves, msrs } = xen.domainPolicy(domid)
        const read = CpuPolicy.fromRecords(leaves, msrs, { release: xen.release })
        demandRecords({ leaves, msrs }, read, `The policy of a new ${domain.kind} domain`)
      }
    },
  },
  {
    name: 'a domain that there is not is ESRCH',
    check(bench) {
      const xen = bench.open()
      demandErrno(() => xen.domainPolicy(NO_DOMAIN), ['ESRCH'], 'domainPolicy')
      demandErrno(() => xen.setDomainPolicy(NO_DOMAIN, {}), ['ESRCH'], 'setDomainPolicy')
      demandErrno(() => xen.destroyDomain(NO_DOMAIN), ['ESRCH'], 'destroyDomain')
    },
  },
  {
    name: 'a destroyed domain is gone, and cannot be destroyed again',
    check(bench) {
      for (const { xen, domid, domain } of bench.domains()) {
        bench.destroy(xen, { domid, domain })
        demandErrno(() => xen.domainPolicy(domid), ['ESRCH'], 'domainPolicy of a destroyed domain')
        demandErrno(() => xen.setDomainPolicy(domid, {}), ['ESRCH'], 'setDomainPolicy of one')
        demandErrno(() => xen.destroyDomain(domid), ['ESRCH'], 'A second destroyDomain')
      }
    },
  },
  {
    name: 'the policy of a domain that runs cannot be set',
    check(bench) {
      const xen = bench.open()
      // Domain 0 runs wherever there is someone who asks.
      demandErrno(() => xen.setDomainPolicy(0, {}), ['EINVAL', 'EEXIST'], 'setDomainPolicy of 0')
    },
  },
]
