/** Mutants whose domains are not Xen's, and the cases that have to notice. */
import {
  CpuPolicy,
  type Hypervisor,
  type PolicyRecords,
  type SetPolicyAnswer,
} from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import { kept, type Mutant, refusal } from './mutant.testing.js'

const GUESTS = ['PV', 'HVM', 'PVH', 'HVM without assisted paging']
const with1 = (policy: CpuPolicy) =>
  policy.withFeatureset(policy.featureset.xor(Featureset.fromBigInt(1n << 4n)))
const ok: SetPolicyAnswer = { ok: true }
/** Refusals with another errno, or none. */
const REFUSED = [
  ['a highest leaf that is too high', 'EINVAL'],
  ['a highest extended leaf that is too high', 'EINVAL'],
  ['an unknown leaf', 'ERANGE'],
  ['leaf 7 without a sub-leaf', 'ERANGE'],
  ['a leaf without sub-leaves that has one', 'ERANGE'],
  ['an unknown MSR', 'ERANGE'],
  ['an MSR with flags', 'EINVAL'],
  ['more leaves than a policy has', 'E2BIG'],
  ['more MSRs than a policy has', 'E2BIG'],
  ['a good leaf before an unknown one', 'ERANGE'],
].map(
  ([name, errno]) =>
    `${name} is refused with ${errno} and its place, and the domain keeps what it had`,
)

const DRAWN = [
  'features out of the max policy',
  'features beyond the max policy',
  'any features',
  'any registers',
  'lower limits',
].map((name) => `drawn at random, ${name} come back as core foresees`)

/** What is wrong with domains. */
export const DOMAIN_MUTANTS: readonly Mutant[] = [
  {
    name: 'new domains with another policy',
    noticedBy: [
      ...GUESTS.map(
        (guest) => `a new domain, ${guest}, has the policy that initDomainPolicy foresees`,
      ),
      ...DRAWN,
    ],
    broken: (xen) => ({ domainPolicy: (domid) => changed(xen, xen.domainPolicy(domid)) }),
  },
  {
    name: 'new domains with nested virtualisation and another policy',
    on: 'before 4.18',
    noticedBy: [
      'a new domain, HVM with nested virtualisation, has the policy that initDomainPolicy foresees',
    ],
    broken: (xen) => ({ domainPolicy: (domid) => changed(xen, xen.domainPolicy(domid)) }),
  },
  {
    name: 'one id for all domains',
    noticedBy: ['ids of new domains are ids of domains, and each is another'],
    broken: (xen) => ({ createDomain: kept(() => xen.createDomain({ kind: 'pv' })) }),
  },
  {
    name: 'HVM domains on a machine that cannot run them',
    on: 'without HVM',
    noticedBy: ['an HVM domain is EINVAL where there is no HVM'],
    broken: (xen) => ({ createDomain: () => xen.createDomain({ kind: 'pv' }) }),
  },
  {
    name: 'records in another order',
    noticedBy: ['records of a domain are in the order and extent of the release'],
    broken: (xen) => ({
      domainPolicy: (domid) => {
        const { leaves, msrs } = xen.domainPolicy(domid)
        return { leaves: leaves.toReversed(), msrs }
      },
    }),
  },
  {
    name: 'another errno for a domain that there is not',
    noticedBy: [
      'a domain that there is not is ESRCH',
      'a destroyed domain is gone, and cannot be destroyed again',
    ],
    broken: (xen) => ({
      destroyDomain: (domid) => {
        try {
          xen.destroyDomain(domid)
        } catch {
          throw refusal('EINVAL')
        }
      },
    }),
  },
  {
    name: 'domains that are never destroyed',
    noticedBy: ['a destroyed domain is gone, and cannot be destroyed again'],
    broken: () => ({ destroyDomain: () => undefined }),
  },
  {
    name: 'policies of running domains that can be set',
    noticedBy: ['the policy of a domain that runs cannot be set'],
    broken: (xen) => ({
      setDomainPolicy: (domid, update) => (domid === 0 ? ok : xen.setDomainPolicy(domid, update)),
    }),
  },
  {
    name: 'takes every policy and keeps the old one',
    noticedBy: [
      'features that are cleared come back cleared, and nothing else goes but what needs them',
      'one leaf alone leaves the others as they were',
      'the max policy itself comes back as core foresees',
      'everything above the max policy is clamped in silence, as core foresees',
      ...DRAWN.slice(0, 3),
      ...REFUSED,
    ],
    broken: () => ({ setDomainPolicy: () => ok }),
  },
  {
    name: 'loses a feature at every set',
    noticedBy: [
      'a policy that is set as it is does not change',
      'no leaves and no MSRs are taken, and change nothing',
      'domains have policies of their own',
      ...DRAWN,
    ],
    broken: (xen) => {
      let sets = 0
      return {
        setDomainPolicy: (domid, update) => {
          sets++
          return xen.setDomainPolicy(domid, update)
        },
        domainPolicy: (domid) => {
          const records = xen.domainPolicy(domid)
          return sets === 0 ? records : changed(xen, records)
        },
      }
    },
  },
  {
    name: 'puts MSRs nowhere and says that they are refused',
    noticedBy: ['MSRs alone are taken as core foresees'],
    broken: (xen) => ({
      setDomainPolicy: (domid, update) =>
        update.leaves === undefined && update.msrs !== undefined
          ? { ok: false, error: { errno: 'EINVAL', leaf: null, subleaf: null, msr: 0xce } }
          : xen.setDomainPolicy(domid, update),
    }),
  },
  {
    name: 'forgets where the refused record is',
    noticedBy: REFUSED.filter((name) => !name.includes('E2BIG')),
    broken: (xen) => ({
      setDomainPolicy: (domid, update) => {
        const answer = xen.setDomainPolicy(domid, update)
        if (answer.ok) return answer
        return { ok: false, error: { ...answer.error, leaf: null, subleaf: null, msr: null } }
      },
    }),
  },
  {
    name: 'keeps what came before the refused record',
    noticedBy: REFUSED.slice(-1),
    broken: (xen) => ({
      setDomainPolicy: (domid, update) => {
        const answer = xen.setDomainPolicy(domid, update)
        if (!answer.ok) xen.setDomainPolicy(domid, { leaves: (update.leaves ?? []).slice(0, 1) })
        return answer
      },
    }),
  },
]

/** Records of a policy with one feature more, or less. */
function changed(xen: Hypervisor, { leaves, msrs }: PolicyRecords): PolicyRecords {
  return with1(CpuPolicy.fromRecords(leaves, msrs, { release: xen.release })).toRecords()
}
