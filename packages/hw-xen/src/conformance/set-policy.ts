/** Setting a domain's policy: what Xen takes comes back as core foresees, clamped bits included. */
import { CpuPolicy, type PolicyRecords, setDomainPolicy } from '@xenlevel/core'
import { type FeatureName, Featureset, type MsrEntry } from '@xenlevel/cpuid'
import type { Bench } from './bench.js'
import { Draw, WISHES } from './draw.js'
import { demand, demandAnswer, demandRecords, demandSame } from './expect.js'
import type { Guarantee } from './types.js'

const DEFAULT_ROUNDS = 12

type Present = ReturnType<Bench['domains']> extends Generator<infer Domain> ? Domain : never

/** Features that a toolstack may take from any guest, which has them wherever the CPU does. */
const CLEARED: readonly FeatureName[] = ['RDRAND', 'BMI1', 'POPCNT', 'MOVBE', 'ADX']

/** What the domain has, as a policy. */
export function presentPolicy({ xen, domid }: Pick<Present, 'xen' | 'domid'>): CpuPolicy {
  const { leaves, msrs } = xen.domainPolicy(domid)
  return CpuPolicy.fromRecords(leaves, msrs, { release: xen.release })
}

/** Sets, and holds answer and result against what core foresees; answers whether Xen took it. */
export function trySet(
  { xen, host, domid, domain }: Present,
  update: Partial<PolicyRecords>,
  what: string,
): boolean {
  const now = presentPolicy({ xen, domid })
  const foreseen = setDomainPolicy(now, update, host, domain)
  demandAnswer(xen.setDomainPolicy(domid, update), foreseen, `${what} (${domain.kind})`)
  demandRecords(
    xen.domainPolicy(domid),
    foreseen.ok ? foreseen.policy : now,
    `The policy of the ${domain.kind} domain after ${what}`,
  )
  return foreseen.ok
}

/** Guarantees about setDomainPolicy() where Xen takes it. */
export const SET_POLICY: readonly Guarantee[] = [
  {
    name: 'a policy that is set as it is does not change',
    check(bench) {
      for (const present of bench.domains()) {
        const { xen, domid } = present
        const before = xen.domainPolicy(domid)
        demandSame(xen.setDomainPolicy(domid, before), { ok: true }, 'Setting what is there')
        demandSame(xen.domainPolicy(domid), before, 'The policy set as it was')
      }
    },
  },
  {
    name: 'no leaves and no MSRs are taken, and change nothing',
    check(bench) {
      for (const { xen, domid } of bench.domains()) {
        const before = xen.domainPolicy(domid)
        for (const update of [{}, { leaves: [] }, { msrs: [] }]) {
          demandSame(xen.setDomainPolicy(domid, update), { ok: true }, 'Setting nothing')
          demandSame(xen.domainPolicy(domid), before, 'The policy after setting nothing')
        }
      }
    },
  },
  {
    name: 'features that are cleared come back cleared, and nothing else goes but what needs them',
    check(bench) {
      for (const present of bench.domains()) {
        const now = presentPolicy(present)
        const without = now.featureset.andNot(Featureset.fromNames(CLEARED))
        demand(trySet(present, now.withFeatureset(without).toRecords(), 'clearing'), 'Refused.')
        const left = presentPolicy(present).featureset.and(Featureset.fromNames(CLEARED))
        demand(left.equals(Featureset.empty), `Cleared features came back: ${left}.`)
      }
    },
  },
  {
    name: 'one leaf alone leaves the others as they were',
    check(bench) {
      for (const present of bench.domains()) {
        const leaf = presentPolicy(present).leaf(7, 0)
        trySet(present, { leaves: [{ ...leaf, b: 0 }] }, 'one leaf alone')
      }
    },
  },
  {
    name: 'MSRs alone are taken as core foresees',
    check(bench) {
      for (const present of bench.domains()) {
        const { msrs } = presentPolicy(present).toRecords()
        trySet(present, { msrs }, 'the MSRs alone')
        const none = msrs.map((msr): MsrEntry => ({ ...msr, value: 0n }))
        trySet(present, { msrs: none }, 'the MSRs without a bit')
      }
    },
  },
  {
    name: 'everything above the max policy is clamped in silence, as core foresees',
    check(bench) {
      for (const present of bench.domains()) {
        const now = presentPolicy(present)
        // The last words are an MSR, in which Xen refuses what it would clamp in a leaf.
        const all = now.featureset.words.map((word, index) => (index >= 16 ? word : 0xffff_ffff))
        const { leaves } = now.withFeatureset(Featureset.fromWords(all)).toRecords()
        trySet(present, { leaves }, 'every feature at once')
      }
    },
  },
  {
    name: 'the max policy itself comes back as core foresees',
    check(bench) {
      for (const present of bench.domains()) {
        const { host, domain } = present
        const max = domain.kind === 'pv' ? host.pvMax : host.hvmMax
        trySet(present, max.toRecords(), 'the max policy')
      }
    },
  },
  ...Object.entries(WISHES).map(
    ([name, wish], index): Guarantee => ({
      name: `drawn at random, ${name} come back as core foresees`,
      check(bench) {
        const { seed = 1, rounds = DEFAULT_ROUNDS } = bench.options
        for (const present of bench.domains()) {
          const { host, domain } = present
          const max = domain.kind === 'pv' ? host.pvMax : host.hvmMax
          const draw = new Draw(seed * Object.keys(WISHES).length + index)
          for (let round = 0; round < rounds; round++) {
            const update = wish(draw, presentPolicy(present), max)
            trySet(present, update, `${name}, seed ${seed}, round ${round}`)
          }
        }
      },
    }),
  ),
  {
    name: 'domains have policies of their own',
    check(bench) {
      for (const present of bench.domains()) {
        const { xen, domain } = present
        const other = bench.domain(xen, domain)
        const before = xen.domainPolicy(other.domid)
        const now = presentPolicy(present)
        const without = now.featureset.andNot(Featureset.fromNames(CLEARED))
        xen.setDomainPolicy(present.domid, now.withFeatureset(without).toRecords())
        demandSame(xen.domainPolicy(other.domid), before, 'The policy of the other domain')
      }
    },
  },
]
