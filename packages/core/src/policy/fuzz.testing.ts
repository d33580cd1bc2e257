/** Structured fuzzing of everything that takes leaves and MSRs: close to what Xen keeps, and past its edges. */
import { type CpuidLeaf, Featureset, knownReleases, type MsrEntry } from '@xenlevel/cpuid'
import { pick, type Random, randomOf } from '../../../cpuid/src/random.testing.js'
import type { GuestKind } from '../guest/kind.js'
import { xenCompatible } from '../xen/audit.js'
import { clampPolicy, initDomainPolicy, setDomainPolicy } from '../xen/clamp.js'
import { derivePolicies } from '../xen/derive.js'
import { CpuPolicy, PolicyRecordError } from './cpu-policy.js'

const VENDORS = [
  [0x756e6547, 0x6c65746e, 0x49656e69],
  [0x68747541, 0x444d4163, 0x69746e65],
  [0x6f677948, 0x656e6975, 0x6e65476e],
  [1, 2, 3],
] as const
const WORDS = [0, 1, 0xd, 0xffff_ffff, 0x8000_0021]
const KINDS: readonly GuestKind[] = ['pv', 'pv32', 'hvm', 'pvh']

/** What one run feeds. */
export interface PolicyInput {
  /** What a CPU says: vendor and features first, then anything. */
  readonly raw: readonly CpuidLeaf[]
  /** What is set on top of it. */
  readonly leaves: readonly CpuidLeaf[]
  /** The same of MSRs. */
  readonly msrs: readonly MsrEntry[]
  /** The guest. */
  readonly domain: {
    readonly kind: GuestKind
    readonly hap: boolean
    readonly nestedVirt: boolean
    readonly hardwareDomain: boolean
    readonly maxPhysAddrBits: number
  }
  /** Whose Xen it is. */
  readonly release: string
  /** Featureset words. */
  readonly bits: readonly number[]
}

const some = <Item>(random: Random, most: number, make: () => Item): Item[] =>
  Array.from({ length: random(most + 1) }, make)

function wordOf(random: Random): number {
  return random(2) === 0 ? random(2 ** 32) : pick(random, WORDS)
}

function leafOf(random: Random): CpuidLeaf {
  const number = [
    () => random(0x11),
    () => 0x8000_0000 + random(0x25),
    () => pick(random, [0x4000_0000, 0x4000_0100, 0xffff_ffff]),
  ]
  const subleaf = [() => null, () => random(65), () => 0xffff_ffff]
  const [a, b, c, d] = [wordOf(random), wordOf(random), wordOf(random), wordOf(random)]
  return { leaf: pick(random, number)(), subleaf: pick(random, subleaf)(), a, b, c, d }
}

function msrOf(random: Random): MsrEntry {
  return {
    index: pick(random, [0xce, 0x10a, 0x10b, 0xffff_ffff]),
    flags: pick(random, [0, 0, 0, 1]),
    value: (BigInt(wordOf(random)) << 32n) | BigInt(wordOf(random)),
  }
}

/** Makes what one run feeds. */
export function policyInput(random: Random): PolicyInput {
  const [b, c, d] = pick(random, VENDORS)
  const [features, words] = [wordOf(random), wordOf(random)]
  return {
    raw: [
      { leaf: 0, subleaf: null, a: 0xd, b, c, d },
      { leaf: 1, subleaf: null, a: words, b: features, c: words, d: features },
      ...some(random, 40, () => leafOf(random)),
    ],
    leaves: some(random, random(4) === 0 ? 130 : 12, () => leafOf(random)),
    msrs: some(random, 3, () => msrOf(random)),
    domain: {
      kind: pick(random, KINDS),
      hap: random(2) === 0,
      nestedVirt: random(2) === 0,
      hardwareDomain: random(2) === 0,
      maxPhysAddrBits: random(65),
    },
    release: pick(random, RELEASES),
    bits: some(random, 20, () => wordOf(random)),
  }
}

const RELEASES = knownReleases()

/** Feeds it; throws where something misbehaves, and returns what must be the same for the same input. */
export function checkPolicies({ raw, leaves, msrs, domain, release, bits }: PolicyInput): unknown {
  const base = answerOf(() => CpuPolicy.fromRecords(raw, [], { release }))
  const odd = answerOf(() => base.withRecords(leaves, msrs))
  for (const policy of [base, odd]) {
    policy.toRecords()
    policy.clearOutOfRange().toRecords()
    policy.withFeatureset(Featureset.fromWords(bits)).featureset.toString()
  }
  const host = derivePolicies(base, { release, hostFeatureset: Featureset.fromWords(bits) })
  const clamped = clampPolicy(odd, host, domain)
  const changed = clamped.changes.length > 0
  if (!changed && !clamped.policy.equals(odd))
    throw new Error('a clamp changed a policy and says nothing')
  const again = clampPolicy(clamped.policy, host, domain)
  if (!again.policy.equals(clamped.policy)) throw new Error('clamping twice is not clamping once')
  initDomainPolicy(host, domain).policy.toRecords()
  setDomainPolicy(base, { leaves, msrs }, host, domain)
  return [clamped.policy.toRecords(), clamped.changes, xenCompatible(host.host, odd)]
}

/** Runs `runs` inputs through all of them and returns how many it ran; throws on the first that misbehaves. */
export function fuzzPolicies(runs: number, seed = 1): number {
  for (let run = 0; run < runs; run++) {
    try {
      checkPolicies(policyInput(randomOf(seed, run)))
    } catch (cause) {
      throw new Error(`run ${run} of seed ${seed} misbehaves`, { cause })
    }
  }
  return runs
}

/** The policy, or the one that a refusal leaves behind. */
function answerOf(call: () => CpuPolicy): CpuPolicy {
  try {
    return call()
  } catch (error) {
    if (error instanceof PolicyRecordError) return error.policy
    throw error
  }
}
