/**
 * How a policy is stored: one flat array of 32-bit words, four for each leaf that Xen keeps (eax, ebx, ecx, edx), then the two MSRs and the
 * two limits of the hypervisor leaves (Xen 4.23-dev, struct cpu_policy in xen/include/xen/lib/x86/cpu-policy.h).
 */

/** Leaves 0 to 0xd; 4, 7, 0xb and 0xd have arrays of their own, and their places here stay zero. */
export const BASIC_LEAVES = 14
/** Sub-leaves of leaf 4. */
export const CACHE_LEAVES = 6
/** Sub-leaves of leaf 7. */
const FEATURE_LEAVES = 3
/** Sub-leaves of leaf 0xb. */
export const TOPOLOGY_LEAVES = 2
/** Sub-leaves of leaf 0xd. */
export const XSTATE_LEAVES = 63
/** Leaves 0x8000_0000 to 0x8000_0021. */
const EXTENDED_LEAVES = 0x22

const CACHE = BASIC_LEAVES * 4
const FEATURE = CACHE + CACHE_LEAVES * 4
const TOPOLOGY = FEATURE + FEATURE_LEAVES * 4
const XSTATE = TOPOLOGY + TOPOLOGY_LEAVES * 4
const EXTENDED = XSTATE + XSTATE_LEAVES * 4

/** The number of the MSR PLATFORM_INFO. */
export const MSR_PLATFORM_INFO = 0xce
/** The number of the MSR ARCH_CAPABILITIES. */
export const MSR_ARCH_CAPABILITIES = 0x10a

/** MSR 0xce, PLATFORM_INFO: 32 bits are kept. */
export const PLATFORM_INFO = EXTENDED + EXTENDED_LEAVES * 4
/** MSR 0x10a, ARCH_CAPABILITIES: low half, then high half. */
export const ARCH_CAPABILITIES = PLATFORM_INFO + 1
/** Number of Xen's own leaves that the guest sees, 8 bits; leaf 0x4000_0000. */
export const HYPERVISOR_LIMIT = ARCH_CAPABILITIES + 2
/** The same for the second range, leaf 0x4000_0100. */
export const HYPERVISOR_LIMIT_2 = HYPERVISOR_LIMIT + 1
/** Words of a policy. */
export const POLICY_WORDS = HYPERVISOR_LIMIT_2 + 1

/** Places of registers within a leaf. */
export const EAX = 0
export const EBX = 1
export const ECX = 2
export const EDX = 3

/** The sub-leaf that Xen's records give a leaf without sub-leaves. */
export const NO_SUBLEAF = 0xffff_ffff

/** Where a basic leaf without sub-leaves begins. */
export const basic = (leaf: number): number => leaf * 4
/** Where a sub-leaf of leaf 4 begins. */
export const cache = (subleaf: number): number => CACHE + subleaf * 4
/** Where a sub-leaf of leaf 7 begins. */
export const feature = (subleaf: number): number => FEATURE + subleaf * 4
/** Where a sub-leaf of leaf 0xb begins. */
export const topology = (subleaf: number): number => TOPOLOGY + subleaf * 4
/** Where a sub-leaf of leaf 0xd begins. */
export const xstate = (subleaf: number): number => XSTATE + subleaf * 4
/** Where an extended leaf begins; `leaf` without the upper half, so 0 to 0x21. */
export const extended = (leaf: number): number => EXTENDED + leaf * 4

/** The leaves that have sub-leaves: how many, and where they begin. */
const ARRAY_LEAVES: Readonly<
  Record<number, { readonly count: number; readonly at: (subleaf: number) => number }>
> = {
  4: { count: CACHE_LEAVES, at: cache },
  7: { count: FEATURE_LEAVES, at: feature },
  11: { count: TOPOLOGY_LEAVES, at: topology },
  13: { count: XSTATE_LEAVES, at: xstate },
}

/** How much of it a release keeps. */
export interface PolicyExtent {
  /** Sub-leaves of leaf 7. */
  readonly featureLeaves: number
  /** Extended leaves. */
  readonly extendedLeaves: number
  /** MSRs that are written and read: 0xce alone before 4.15. */
  readonly msrs: 1 | 2
}

/**
 * Where a leaf is stored; -1 if it is not.
 *
 * @param subleaf - a number for the leaves that have sub-leaves, null (or 0xffff_ffff) for the others: anything else is not stored.
 */
export function placeOfLeaf(leaf: number, subleaf: number | null, extent: PolicyExtent): number {
  const none = subleaf === null || subleaf === NO_SUBLEAF
  // Compared before it is looked up: numbers from 0x8000_0000 on are slow keys.
  if (leaf >= BASIC_LEAVES) {
    const last = leaf - 0x8000_0000
    return none && last >= 0 && last < extent.extendedLeaves ? extended(last) : -1
  }
  const array = ARRAY_LEAVES[leaf]
  if (array === undefined) return none && leaf >= 0 ? basic(leaf) : -1
  const count = leaf === 7 ? extent.featureLeaves : array.count
  return !none && subleaf < count ? array.at(subleaf) : -1
}

/** Everything that is stored, whatever a release keeps of it. */
export const WHOLE_EXTENT: PolicyExtent = {
  featureLeaves: FEATURE_LEAVES,
  extendedLeaves: EXTENDED_LEAVES,
  msrs: 2,
}

/** The registers of a leaf, in the order in which they are stored. */
export const REGISTERS = ['eax', 'ebx', 'ecx', 'edx'] as const

/** A leaf and the place of its eax; ebx, ecx and edx follow. */
export interface StoredLeaf {
  readonly leaf: number
  /** Null for a leaf without sub-leaves. */
  readonly subleaf: number | null
  readonly at: number
}

// A cache, not state: the same list for everyone who asks.
let stored: readonly StoredLeaf[] | undefined

/** Every leaf that can be stored, whatever the release, by leaf and sub-leaf. The two limits of the hypervisor leaves are none. */
export function storedLeaves(): readonly StoredLeaf[] {
  stored ??= listLeaves()
  return stored
}

function listLeaves(): StoredLeaf[] {
  const leaves: StoredLeaf[] = []
  for (let leaf = 0; leaf < BASIC_LEAVES; leaf++) {
    const array = ARRAY_LEAVES[leaf]
    if (array === undefined)
      leaves.push({ leaf, subleaf: null, at: placeOfLeaf(leaf, null, WHOLE_EXTENT) })
    else
      for (let subleaf = 0; subleaf < array.count; subleaf++)
        leaves.push({ leaf, subleaf, at: array.at(subleaf) })
  }
  for (let leaf = 0x8000_0000; leaf < 0x8000_0000 + EXTENDED_LEAVES; leaf++)
    leaves.push({ leaf, subleaf: null, at: placeOfLeaf(leaf, null, WHOLE_EXTENT) })
  return leaves
}
