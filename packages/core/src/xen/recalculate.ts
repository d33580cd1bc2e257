/**
 * What Xen makes anew in every policy whose features have changed: the xstate leaf, and the leaves that no guest may see as they are
 * (recalculate_xstate and recalculate_misc, xen/arch/x86/cpu-policy.c). In place on policy words.
 */
import { COMMON_1D_FEATURES, type CpuVendor, cpuVendor } from '@xenlevel/cpuid'
import type { ReleaseFeatures } from '../policy/features.js'
import {
  basic,
  CACHE_LEAVES,
  cache,
  EAX,
  EBX,
  ECX,
  EDX,
  extended,
  TOPOLOGY_LEAVES,
  topology,
  XSTATE_LEAVES,
  xstate,
} from '../policy/layout.js'
import type { ReleaseRules } from './releases.js'

/** The vendor that leaf 0 of a policy names. */
export function vendorOf(policy: Uint32Array): CpuVendor {
  return cpuVendor(policy[EBX] ?? 0, policy[ECX] ?? 0, policy[EDX] ?? 0)
}

/** AMD's registers, in AMD's and Hygon's CPUs. */
export function isAmdLike(vendor: CpuVendor): boolean {
  return vendor === 'AMD' || vendor === 'Hygon'
}

const STATES = [
  { feature: 'AVX', components: [2] },
  { feature: 'MPX', components: [3, 4] },
  { feature: 'AVX512F', components: [5, 6, 7] },
  { feature: 'PKU', components: [9] },
  { feature: 'AMX_TILE', components: [17, 18] },
] as const

/** Size of the area that FXSAVE writes, and of the header behind it: what a guest without further states needs. */
const LEGACY_AREA = 576

/** Makes leaf 0xd for the features that the policy has; sizes and offsets are those of the raw policy. */
export function recalculateXstate(
  policy: Uint32Array,
  raw: Uint32Array,
  features: ReleaseFeatures,
  rules: ReleaseRules,
): void {
  const words = features.read(policy)
  const da1 = policy[xstate(1) + EAX] ?? 0
  policy.fill(0, xstate(0), xstate(XSTATE_LEAVES))
  if (!features.has(words, 'XSAVE')) return
  const components = STATES.filter(
    ({ feature }) => features.has(words, feature) && (feature !== 'AMX_TILE' || rules.xstateHasAmx),
  ).flatMap((state): readonly number[] => state.components)
  const flags = rules.xstateFlagsByFeature
    ? (features.has(words, 'XSAVEC') ? 2 : 0) | (features.has(words, 'XSAVES') ? 1 : 0)
    : 2
  let states = 3
  let size = LEGACY_AREA
  for (const component of components) {
    const at = xstate(component)
    states |= 1 << component
    size = Math.max(size, ((raw[at + EAX] ?? 0) + (raw[at + EBX] ?? 0)) >>> 0)
    policy[at + EAX] = raw[at + EAX] ?? 0
    policy[at + EBX] = raw[at + EBX] ?? 0
    policy[at + ECX] = (raw[at + ECX] ?? 0) & flags
  }
  policy[xstate(0) + EAX] = states
  policy[xstate(0) + ECX] = size
  policy[xstate(1) + EAX] = da1
}

/** Scrubs the leaves that say what no guest should know, or that Xen makes for each guest. */
export function recalculateMisc(policy: Uint32Array): void {
  const and = (at: number, mask: number) => {
    policy[at] = (policy[at] ?? 0) & mask
  }
  const zero = (...leaves: readonly number[]) => {
    for (const at of leaves) policy.fill(0, at, at + 4)
  }
  and(basic(1) + EAX, 0x0fff_0fff)
  and(basic(1) + EBX, 0x00ff_ffff)
  zero(basic(5), basic(6), basic(8), basic(0xc))
  policy.fill(0, topology(0), topology(TOPOLOGY_LEAVES))
  and(extended(1) + EDX, ~COMMON_1D_FEATURES)
  for (const register of [EAX, EBX, ECX]) policy[extended(7) + register] = 0
  policy[extended(8) + EDX] = 0
  const vendor = vendorOf(policy)
  if (vendor === 'Intel') {
    policy[basic(2) + EAX] = ((policy[basic(2) + EAX] ?? 0) & ~0xff) | 1
    zero(basic(3), basic(9))
    for (const register of [EBX, ECX, EDX]) policy[extended(0) + register] = 0
    policy[extended(1) + EAX] = 0
    policy[extended(1) + EBX] = 0
    zero(extended(5))
    for (const register of [EAX, EBX, EDX]) policy[extended(6) + register] = 0
    and(extended(8) + EAX, 0xffff)
    policy[extended(8) + ECX] = 0
  } else if (isAmdLike(vendor)) {
    zero(basic(2), basic(3), basic(9), basic(0xa))
    policy.fill(0, cache(0), cache(CACHE_LEAVES))
    for (const register of [EBX, ECX, EDX])
      policy[extended(0) + register] = policy[basic(0) + register] ?? 0
    policy[extended(1) + EAX] = policy[basic(1) + EAX] ?? 0
    and(extended(1) + EBX, 0xff00_ffff)
    policy[extended(1) + EDX] =
      (policy[extended(1) + EDX] ?? 0) | ((policy[basic(1) + EDX] ?? 0) & COMMON_1D_FEATURES)
    and(extended(8) + EAX, 0xffff)
    and(extended(8) + ECX, 0x0003_f0ff)
    zero(extended(9))
    for (let leaf = 0xb; leaf <= 0x18; leaf++) zero(extended(leaf))
    for (let leaf = 0x1b; leaf <= 0x20; leaf++) zero(extended(leaf))
    policy[extended(0x21) + EBX] = 0
    policy[extended(0x21) + EDX] = 0
  }
}
