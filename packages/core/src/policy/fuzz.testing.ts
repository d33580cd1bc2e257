/** Structured fuzzing of everything that takes leaves and MSRs: close to what Xen keeps, and past its edges. */
import { type CpuidLeaf, Featureset, knownReleases, type MsrEntry } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { xenCompatible } from '../xen/audit.js'
import { clampPolicy, type DomainOptions, initDomainPolicy, setDomainPolicy } from '../xen/clamp.js'
import { derivePolicies } from '../xen/derive.js'
import { CpuPolicy, PolicyRecordError } from './cpu-policy.js'

const VENDORS = [
  [0x756e6547, 0x6c65746e, 0x49656e69],
  [0x68747541, 0x444d4163, 0x69746e65],
  [0x6f677948, 0x656e6975, 0x6e65476e],
  [1, 2, 3],
] as const

/** Runs `runs` inputs through all of them and returns how many it ran; throws on the first that misbehaves. */
export function fuzzPolicies(runs: number): number {
  const word = fc.oneof(
    fc.integer({ min: 0, max: 0xffff_ffff }),
    fc.constantFrom(0, 1, 0xd, 0xffff_ffff, 0x8000_0021),
  )
  const number = fc.oneof(
    fc.integer({ min: 0, max: 0x10 }),
    fc.integer({ min: 0x8000_0000, max: 0x8000_0024 }),
    fc.constantFrom(0x4000_0000, 0x4000_0100, 0xffff_ffff),
  )
  const subleaf = fc.oneof(
    fc.constant(null),
    fc.integer({ min: 0, max: 64 }),
    fc.constant(0xffff_ffff),
  )
  const leaf: fc.Arbitrary<CpuidLeaf> = fc.record({
    leaf: number,
    subleaf,
    a: word,
    b: word,
    c: word,
    d: word,
  })
  const msr: fc.Arbitrary<MsrEntry> = fc.record({
    index: fc.constantFrom(0xce, 0x10a, 0x10b, 0xffff_ffff),
    flags: fc.constantFrom(0, 0, 0, 1),
    value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  })
  const good = fc
    .tuple(fc.constantFrom(...VENDORS), fc.array(leaf, { maxLength: 40 }), word, word)
    .map(([[b, c, d], leaves, features, words]): CpuidLeaf[] => [
      { leaf: 0, subleaf: null, a: 0xd, b, c, d },
      { leaf: 1, subleaf: null, a: words, b: features, c: words, d: features },
      ...leaves,
    ])
  const domain: fc.Arbitrary<DomainOptions> = fc.record({
    kind: fc.constantFrom('pv', 'pv32', 'hvm', 'pvh'),
    hap: fc.boolean(),
    nestedVirt: fc.boolean(),
    hardwareDomain: fc.boolean(),
    maxPhysAddrBits: fc.integer({ min: 0, max: 64 }),
  })
  let count = 0
  fc.assert(
    fc.property(
      good,
      fc.array(leaf, { maxLength: 130 }),
      fc.array(msr, { maxLength: 3 }),
      domain,
      fc.constantFrom(...knownReleases()),
      fc.array(word, { maxLength: 20 }),
      (raw, leaves, msrs, chosen, release, bits) => {
        count++
        const base = answerOf(() => CpuPolicy.fromRecords(raw, [], { release }))
        const odd = answerOf(() => base.withRecords(leaves, msrs))
        for (const policy of [base, odd]) {
          policy.toRecords()
          policy.clearOutOfRange().toRecords()
          policy.withFeatureset(Featureset.fromWords(bits)).featureset.toString()
        }
        const host = derivePolicies(base, { release, hostFeatureset: Featureset.fromWords(bits) })
        const clamped = clampPolicy(odd, host, chosen)
        const changed = clamped.changes.length > 0
        if (!changed && !clamped.policy.equals(odd))
          throw new Error('a clamp changed a policy and says nothing')
        const again = clampPolicy(clamped.policy, host, chosen)
        if (!again.policy.equals(clamped.policy))
          throw new Error('clamping twice is not clamping once')
        initDomainPolicy(host, chosen).policy.toRecords()
        setDomainPolicy(base, { leaves, msrs }, host, chosen)
        xenCompatible(host.host, odd)
      },
    ),
    { numRuns: runs },
  )
  return count
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
