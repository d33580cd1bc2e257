/**
 * Bits that max featuresets carry so that guests from elsewhere are let in, and that therefore say nothing about the CPU: having one
 * is no capability, lacking one is no loss.
 */
import {
  COMMON_1D_FEATURES,
  type CpuVendor,
  type FeatureName,
  Featureset,
  type FeatureTable,
} from '@xenlevel/cpuid'

/** Bits that are carried for one reason. */
export interface CompatibilityBits {
  /** The bits. */
  readonly features: readonly FeatureName[]
  /** Why they say nothing about the CPU. */
  readonly reason: string
  /** True if they count where the host's whole policies are known: a max policy without them is one whose Xen really drops them. */
  readonly countsInPolicies?: boolean
}

/** Bits that never count as a loss or a capability, one row a reason. */
export const COMPATIBILITY_BITS: readonly CompatibilityBits[] = [
  {
    features: ['HTT', 'CMP_LEGACY'],
    reason: 'belong to the topology that the toolstack gives the guest; every max policy has them',
  },
  { features: ['X2APIC'], reason: 'Xen emulates it for every guest' },
  { features: ['ERMS'], reason: 'a statement about speed: the instructions work everywhere' },
  {
    features: ['RTM_ALWAYS_ABORT'],
    reason: 'says that transactions abort, which guests must cope with anyway',
  },
  {
    features: ['RSBA', 'RRSBA'],
    reason:
      'warn of what return predictions may do somewhere in the pool; every Intel max policy has them',
    countsInPolicies: true,
  },
  {
    features: ['MD_CLEAR', 'FB_CLEAR', 'RFDS_CLEAR', 'VERW_CLEAR'],
    reason: 'say what VERW flushes; harmless where it does not, and accumulated over a pool',
  },
  {
    features: ['NO_LMSL'],
    reason: 'says that long-mode segment limits are absent; accumulated over a pool',
  },
  {
    features: ['IBS', 'LWP', 'SVM', 'VMX'],
    reason: 'old XenServer releases advertised them, and its max policies still accept them',
  },
]

/** What is compared: featuresets that a toolstack has kept, or the whole policies of a host. */
export type Compared = 'featuresets' | 'policies'

// A cache, not state: the same immutable mask for everyone who asks.
const known = /* @__PURE__ */ new WeakMap<FeatureTable, Map<string, Featureset>>()

/** All bits of the table above, and on other vendors than AMD and Hygon the copies of leaf 1 in word 2. */
export function compatibilityMask(
  vendor: CpuVendor | null,
  table: FeatureTable,
  compared: Compared = 'featuresets',
): Featureset {
  const masks = known.get(table) ?? new Map<string, Featureset>()
  known.set(table, masks)
  const key = `${vendor} ${compared}`
  const mask = masks.get(key) ?? makeMask(vendor, table, compared)
  masks.set(key, mask)
  return mask
}

function makeMask(vendor: CpuVendor | null, table: FeatureTable, compared: Compared): Featureset {
  const rows = COMPATIBILITY_BITS.filter(
    ({ countsInPolicies }) => compared === 'featuresets' || countsInPolicies !== true,
  )
  const named = Featureset.fromNames(
    rows.flatMap(({ features }) => features).filter((name) => table.feature(name) !== undefined),
    table,
  )
  if (vendor === 'AMD' || vendor === 'Hygon') return named
  // Bits of 0x8000_0001.edx that repeat those of 1.edx: Intel's max sets may hold them as copies.
  return named.or(Featureset.fromWords([0, 0, COMMON_1D_FEATURES]))
}

/** Why a bit of the mask does not count; for one without a name, that it is a copy. */
export function compatibilityReason(feature: FeatureName | undefined): string {
  const row = COMPATIBILITY_BITS.find(({ features }) => features.some((name) => name === feature))
  return row?.reason ?? 'repeats a bit of leaf 1, where Intel has none'
}
