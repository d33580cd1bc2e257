/** For tests of topology: CPUs of both vendors with the leaves that tell it. */
import { type CpuidLeaf, type FeatureName, Featureset } from '@xenlevel/cpuid'
import { CpuPolicy } from '../policy/cpu-policy.js'

const zero = { subleaf: null, a: 0, b: 0, c: 0, d: 0 }

function cpu(leaves: readonly CpuidLeaf[], features: readonly FeatureName[]): CpuPolicy {
  const policy = CpuPolicy.fromRecords(leaves)
  const words = policy.featureset.or(Featureset.fromNames(features))
  return policy.withFeatureset(words)
}

/** Level, type and number of IDs of a cache, in leaf 4's form; 32 KiB each. */
const cacheOf = (subleaf: number, type: number, level: number, ids: number, cores = 8) => ({
  leaf: 4,
  subleaf,
  a: (((cores - 1) << 26) | ((ids - 1) << 14) | (level << 5) | type) >>> 0,
  b: (7 << 22) | 63,
  c: 63,
  d: 0,
})

/** What differs from the usual CPU. */
interface CpuShape {
  readonly maxLeaf?: number
  readonly maxExtendedLeaf?: number
  readonly caches?: boolean
  readonly features?: readonly FeatureName[]
}

/** Four cores of two threads, as Sandy Bridge tells it: IDs for eight cores. */
export function intelCpu({
  maxLeaf = 0xd,
  caches = true,
  features = [],
}: CpuShape = {}): CpuPolicy {
  return cpu(
    [
      { ...zero, leaf: 0, a: maxLeaf, b: 0x756e_6547, c: 0x6c65_746e, d: 0x4965_6e69 },
      { ...zero, leaf: 1, a: 0x206a7, b: (3 << 24) | (16 << 16) | (8 << 8) },
      ...(caches
        ? [cacheOf(0, 1, 1, 2), cacheOf(1, 2, 1, 2), cacheOf(2, 3, 2, 2), cacheOf(3, 3, 3, 16)]
        : []),
      { leaf: 0xb, subleaf: 0, a: 1, b: 2, c: 0x100, d: 3 },
      { leaf: 0xb, subleaf: 1, a: 4, b: 8, c: 0x201, d: 3 },
      { ...zero, leaf: 0x8000_0000, a: 0x8000_0008 },
    ],
    ['APIC', 'HTT', 'X2APIC', ...features],
  )
}

/** Eight cores of two threads, as Zen 2 tells it. */
export function amdCpu({
  maxLeaf = 0x10,
  maxExtendedLeaf = 0x8000_001e,
  features = ['TOPOEXT'],
}: CpuShape = {}): CpuPolicy {
  return cpu(
    [
      { ...zero, leaf: 0, a: maxLeaf, b: 0x6874_7541, c: 0x444d_4163, d: 0x6974_6e65 },
      { ...zero, leaf: 1, a: 0x870f10, b: (16 << 16) | (8 << 8) },
      { leaf: 0xb, subleaf: 0, a: 1, b: 2, c: 0x100, d: 0 },
      { leaf: 0xb, subleaf: 1, a: 7, b: 16, c: 0x201, d: 0 },
      { ...zero, leaf: 0x8000_0000, a: maxExtendedLeaf },
      { ...zero, leaf: 0x8000_0005, c: 0x2008_0140, d: 0x2008_0140 },
      { ...zero, leaf: 0x8000_0006, c: 0x0200_6140, d: 0x0080_9140 },
      { ...zero, leaf: 0x8000_0008, a: 0x3030, c: 0x700f },
      { ...zero, leaf: 0x8000_001d, a: (1 << 14) | (1 << 5) | 1, b: 0x01c0_003f, c: 63 },
      { ...zero, leaf: 0x8000_001e, b: 0x100 },
    ],
    ['APIC', 'HTT', 'CMP_LEGACY', 'X2APIC', ...features],
  )
}

/** A policy with one leaf replaced in part. */
export function withLeaf(policy: CpuPolicy, leaf: Partial<CpuidLeaf> & { leaf: number }) {
  const { subleaf = null } = leaf
  const present = policy.leaf(leaf.leaf, subleaf ?? undefined)
  return policy.withRecords([{ ...present, ...leaf, subleaf }])
}

/** A policy without some features. */
export function without(policy: CpuPolicy, ...names: readonly FeatureName[]): CpuPolicy {
  return policy.withFeatureset(policy.featureset.andNot(Featureset.fromNames(names)))
}
