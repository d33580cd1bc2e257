/** A policy in the extent of the release that is to take it: nothing of it may get lost by that. */
import type { CpuPolicy, PolicyRecords } from '@xenlevel/core'
import type { CpuidLeaf } from '@xenlevel/cpuid'
import { RewriteError } from './errors.js'

/** The leaves that say how far others go: where they are, and the sub-leaf or leaf that they count. */
const LIMITS: readonly {
  readonly leaf: number
  readonly subleaf: number | null
  /** What of another leaf this one's limit counts; undefined for one that it does not. */
  readonly counts: (other: CpuidLeaf) => number | undefined
}[] = [
  { leaf: 7, subleaf: 0, counts: ({ leaf, subleaf }) => (leaf === 7 ? (subleaf ?? 0) : undefined) },
  {
    leaf: 0x8000_0000,
    subleaf: null,
    counts: ({ leaf }) => (leaf >= 0x8000_0000 ? leaf : undefined),
  },
]

/**
 * The records of a policy for a release: leaves and MSRs that it does not keep are left out, and limits end where it ends.
 *
 * @throws {@link RewriteError} with `POLICY_DOES_NOT_FIT` if something else than zeros would be left out.
 */
export function fitPolicy(policy: CpuPolicy, release: string): PolicyRecords {
  const whole = policy.toRecords()
  const { leaves, msrs } = policy.withRecords([], [], { release }).toRecords()
  const lost = [
    ...whole.leaves
      .filter((leaf) => isSet(leaf) && !leaves.some((other) => sameplace(leaf, other)))
      .map(({ leaf, subleaf }) => ({ leaf, subleaf, msr: null })),
    ...whole.msrs
      .filter(({ index, value }) => value !== 0n && !msrs.some((other) => other.index === index))
      .map(({ index }) => ({ leaf: null, subleaf: null, msr: index })),
  ]
  if (lost.length > 0)
    throw new RewriteError({
      code: 'POLICY_DOES_NOT_FIT',
      message: `Xen ${release} cannot hold what this policy has in ${lost.map(nameOf).join(', ')}: level the policy down first`,
      details: { release, lost },
    })
  return { leaves: leaves.map((leaf) => limited(leaf, leaves)), msrs }
}

/** A leaf whose limit goes no further than the leaves themselves. */
function limited(leaf: CpuidLeaf, leaves: readonly CpuidLeaf[]): CpuidLeaf {
  const limit = LIMITS.find((each) => sameplace(each, leaf))
  if (limit === undefined) return leaf
  const last = leaves.reduce((most, other) => Math.max(most, limit.counts(other) ?? 0), 0)
  return leaf.a > last ? { ...leaf, a: last } : leaf
}

type Place = Pick<CpuidLeaf, 'leaf' | 'subleaf'>

function sameplace(a: Place, b: Place): boolean {
  return a.leaf === b.leaf && a.subleaf === b.subleaf
}

function isSet({ a, b, c, d }: CpuidLeaf): boolean {
  return (a | b | c | d) !== 0
}

function nameOf({
  leaf,
  subleaf,
  msr,
}: {
  readonly leaf: number | null
  readonly subleaf: number | null
  readonly msr: number | null
}): string {
  if (leaf === null) return `MSR 0x${(msr ?? 0).toString(16)}`
  return `leaf 0x${leaf.toString(16)}${subleaf === null ? '' : `, sub-leaf ${subleaf}`}`
}
