/** Featuresets and policies: each for itself, and all together. */
import { CpuPolicy, type FeaturesetKind, type Hypervisor, type PolicyKind } from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import { demand, demandSame, demandSamePolicy } from './expect.js'
import type { Guarantee } from './types.js'

/** Both numberings have the same six names. */
export const KINDS = ['raw', 'host', 'pvDefault', 'pvMax', 'hvmDefault', 'hvmMax'] as const

/** What a guest gets, and what it may have at most. */
const PAIRS = [
  ['pvDefault', 'pvMax'],
  ['hvmDefault', 'hvmMax'],
] as const

/** The kinds of featureset that this one has. */
export function featuresetKinds({ lacks }: Hypervisor): FeaturesetKind[] {
  return KINDS.filter(
    (kind) =>
      !(kind === 'pvMax' && lacks.includes('featureset pvMax')) &&
      !(kind === 'hvmMax' && lacks.includes('featureset hvmMax')),
  )
}

const EVERY_BIT = /* @__PURE__ */ Featureset.fromWords(
  /* @__PURE__ */ Array.from({ length: 32 }, () => 0xffff_ffff),
)

const isEmpty = ({ words }: Featureset) => words.every((word) => word === 0)
const ofHvm = (kind: PolicyKind) => kind === 'hvmDefault' || kind === 'hvmMax'

/** Guarantees about featuresets and policies. */
export const SETS: readonly Guarantee[] = [
  {
    name: 'featuresets all have as many words',
    check(bench) {
      const xen = bench.open()
      const lengths = featuresetKinds(xen).map((kind) => xen.featureset(kind).words.length)
      demand(new Set(lengths).size === 1, `Featuresets have ${lengths.join(', ')} words.`)
      demand((lengths[0] ?? 0) >= 3, `Featuresets have ${lengths[0]} words.`)
    },
  },
  ...KINDS.map(
    (kind): Guarantee => ({
      name: `featureset('${kind}') is that of policy('${kind}')`,
      check(bench) {
        const xen = bench.open()
        if (!featuresetKinds(xen).includes(kind)) return bench.skip(`it lacks featureset ${kind}`)
        const [set, policy] = [xen.featureset(kind), xen.policy(kind)]
        // A max policy has bits in leaves beyond its own limit; records do not carry those, featuresets do.
        const reach = policy.withFeatureset(EVERY_BIT).clearOutOfRange().featureset
        demand(
          set.and(reach).equals(policy.featureset.and(reach)),
          `The featureset is ${set}, that of the policy ${policy.featureset}.`,
        )
        const beyond = policy.featureset.andNot(set)
        demand(isEmpty(beyond), `The policy has what the featureset has not: ${beyond}.`)
      },
    }),
  ),
  {
    name: 'policies are those of the release that runs',
    check(bench) {
      const xen = bench.open()
      for (const kind of KINDS)
        demandSame(xen.policy(kind).release, xen.release, `The release of policy('${kind}')`)
    },
  },
  {
    name: 'policies hold nothing beyond their own limits, as records do not',
    check(bench) {
      const xen = bench.open()
      for (const kind of KINDS) {
        const policy = xen.policy(kind)
        demandSamePolicy(policy, policy.clearOutOfRange(), `policy('${kind}')`)
      }
    },
  },
  {
    name: 'policies of the CPU and for PV are not empty',
    check(bench) {
      const xen = bench.open()
      const { pv } = xen.physinfo()
      for (const kind of KINDS.filter((each) => !ofHvm(each))) {
        if (!pv && kind.startsWith('pv')) continue
        const policy = xen.policy(kind)
        demand(policy.maxLeaf > 0, `policy('${kind}') has no leaf but 0.`)
        demand(!isEmpty(policy.featureset), `policy('${kind}') has no feature.`)
      }
    },
  },
  {
    name: 'policies and featuresets for HVM are empty where there is no HVM, and only there',
    check(bench) {
      const xen = bench.open()
      const { hvm } = xen.physinfo()
      for (const kind of KINDS.filter(ofHvm)) {
        const empty = xen.policy(kind).equals(CpuPolicy.empty)
        demand(
          empty === !hvm,
          `HVM guests ${hvm ? 'can' : 'cannot'} run, but policy('${kind}') is ${empty ? '' : 'not '}empty.`,
        )
      }
      for (const kind of featuresetKinds(xen).filter(ofHvm))
        demandSame(isEmpty(xen.featureset(kind)), !hvm, `That featureset('${kind}') is empty`)
    },
  },
  {
    name: 'policies() has the six of policy()',
    check(bench) {
      const xen = bench.open()
      const all = xen.policies()
      demandSame(all.release, xen.release, 'The release of policies()')
      for (const kind of KINDS) {
        const single = all[kind]
        demand(single !== undefined, `policies() has no ${kind}.`)
        demandSamePolicy(single, xen.policy(kind), `${kind} of policies()`)
      }
    },
  },
  ...PAIRS.map(
    ([forBoot, atMost]): Guarantee => ({
      name: `${forBoot} has nothing that ${atMost} has not`,
      check(bench) {
        const xen = bench.open()
        const extra = xen.policy(forBoot).featureset.andNot(xen.policy(atMost).featureset)
        demand(isEmpty(extra), `${forBoot} has what ${atMost} has not: ${extra}.`)
        if (!featuresetKinds(xen).includes(atMost)) return
        const words = xen.featureset(forBoot).andNot(xen.featureset(atMost))
        demand(isEmpty(words), `The featureset ${forBoot} has what ${atMost} has not: ${words}.`)
      },
    }),
  ),
  {
    name: 'limits of the default policies are within those of the max policies',
    check(bench) {
      const xen = bench.open()
      for (const [forBoot, atMost] of PAIRS) {
        const [low, high] = [xen.policy(forBoot), xen.policy(atMost)]
        for (const limit of ['maxLeaf', 'maxSubleaf', 'maxExtendedLeaf'] as const)
          demand(
            low[limit] <= high[limit],
            `${limit} of ${forBoot} is ${low[limit]}, of ${atMost} ${high[limit]}.`,
          )
      }
    },
  },
]
