/** For tests of what reads and writes policies: recorded ones and random ones. */
import { releaseRules } from '../xen/releases.js'
import { CpuPolicy } from './cpu-policy.js'
import { POLICY_WORDS, storedLeaves } from './layout.js'
import { policyOf, type RecordedPolicy } from './recorded.testing.js'

/** Where the recorded policies are. */
export const SYSTEM_POLICIES = 'policy/vectors/system-policies-head.json'

const KINDS = ['raw', 'host', 'pvMax', 'hvmMax', 'pvDefault', 'hvmDefault'] as const
type Kind = (typeof KINDS)[number]

/** The file of recorded policies, as far as it is read. */
export interface SystemPolicies {
  readonly hosts: readonly ({ readonly name: string } & Readonly<Record<Kind, RecordedPolicy>>)[]
}

/** Every recorded policy: six a host. */
export function policiesOf({
  hosts,
}: SystemPolicies): { name: string; which: Kind; policy: CpuPolicy }[] {
  return hosts.flatMap((host) =>
    KINDS.map((which) => ({
      name: host.name,
      which,
      policy: policyOf(host[which], '4.23-dev'),
    })),
  )
}

const EDGES = [1, 0xd, 0x8000_0000, 0x8000_0021, 0xffff_ffff] as const

/** Words of a policy, the same for the same seed: any register that can be stored, also beyond the limits; few, half or nearly all not zero. */
export function randomWords(seed: number): Uint32Array {
  let state = seed >>> 0
  // SplitMix32: every seed gives a sequence of its own.
  const next = () => {
    state = (state + 0x9e37_79b9) >>> 0
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0_aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97)
    return (mixed ^ (mixed >>> 15)) >>> 0
  }
  const filled = [5, 50, 95][next() % 3] ?? 0
  const words = new Uint32Array(POLICY_WORDS)
  const put = (at: number) => {
    if (next() % 100 < filled)
      words[at] = next() % 4 === 0 ? (EDGES[next() % EDGES.length] ?? 0) : next()
  }
  for (const { at } of storedLeaves()) for (let of = 0; of < 4; of++) put(at + of)
  for (let at = POLICY_WORDS - 5; at < POLICY_WORDS; at++) put(at)
  for (const at of [POLICY_WORDS - 2, POLICY_WORDS - 1]) words[at] = (words[at] ?? 0) & 0xff
  return words
}

/** A policy of a release with any register that its Xen keeps. */
export function randomPolicy(seed: number, release: string): CpuPolicy {
  const { featureLeaves, extendedLeaves, msrs } = releaseRules(release)
  const words = randomWords(seed)
  for (const { leaf, subleaf, at } of storedLeaves()) {
    const kept = leaf === 7 ? (subleaf ?? 0) < featureLeaves : leaf - 0x8000_0000 < extendedLeaves
    if (!kept) words.fill(0, at, at + 4)
  }
  if (msrs < 2) words.fill(0, POLICY_WORDS - 4, POLICY_WORDS - 2)
  return CpuPolicy.fromWords(words, release)
}
