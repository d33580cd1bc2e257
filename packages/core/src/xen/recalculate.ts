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

/** The features that bring xstate components, and which; AVX512F's are the opmask and two parts of the ZMM registers. */
const STATES = [
  { feature: 'AVX', first: 2, last: 2 },
  { feature: 'MPX', first: 3, last: 4 },
  { feature: 'AVX512F', first: 5, last: 7 },
  { feature: 'PKU', first: 9, last: 9 },
  { feature: 'AMX_TILE', first: 17, last: 18 },
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
  const da1 = policy[xstate(1) + EAX] ?? 0
  policy.fill(0, xstate(0), xstate(XSTATE_LEAVES))
  if (!features.policyHas(policy, 'XSAVE')) return
  // Words of leaf 0xd are features too: they are zero by now, so these two are looked up in what was there.
  const flags = rules.xstateFlagsByFeature ? (da1 & XSAVEC) | ((da1 & XSAVES) >>> 3) : ALIGNED
  let states = X87_AND_SSE
  let size = LEGACY_AREA
  for (const { feature, first, last } of STATES) {
    if (!features.policyHas(policy, feature) || (feature === 'AMX_TILE' && !rules.xstateHasAmx))
      continue
    for (let component = first; component <= last; component++) {
      const at = xstate(component)
      const [bytes, offset] = [raw[at + EAX] ?? 0, raw[at + EBX] ?? 0]
      states |= 1 << component
      size = Math.max(size, (bytes + offset) >>> 0)
      policy[at + EAX] = bytes
      policy[at + EBX] = offset
      policy[at + ECX] = (raw[at + ECX] ?? 0) & flags
    }
  }
  policy[xstate(0) + EAX] = states
  policy[xstate(0) + ECX] = size
  policy[xstate(1) + EAX] = da1
}

/** 0xd:1.eax. */
const XSAVEC = 1 << 1
const XSAVES = 1 << 3
/** Flags of a component: bit 0 supervisor state, bit 1 aligned to 64 bytes in the compacted form. */
const ALIGNED = 1 << 1
const X87_AND_SSE = 3

/** Scrubs the leaves that say what no guest should know, or that Xen makes for each guest. */
export function recalculateMisc(policy: Uint32Array): void {
  and(policy, basic(1), EAX, 0x0fff_0fff)
  and(policy, basic(1), EBX, 0x00ff_ffff)
  zero(policy, basic(5))
  zero(policy, basic(6))
  zero(policy, basic(8))
  zero(policy, basic(0xc))
  for (let subleaf = 0; subleaf < TOPOLOGY_LEAVES; subleaf++) zero(policy, topology(subleaf))
  and(policy, extended(1), EDX, ~COMMON_1D_FEATURES)
  zero(policy, extended(7), EAX, ECX)
  policy[extended(8) + EDX] = 0
  const vendor = vendorOf(policy)
  if (vendor === 'Intel') scrubIntel(policy)
  else if (isAmdLike(vendor)) scrubAmd(policy)
}

function scrubIntel(policy: Uint32Array): void {
  policy[basic(2) + EAX] = ((policy[basic(2) + EAX] ?? 0) & ~0xff) | 1
  zero(policy, basic(3))
  zero(policy, basic(9))
  zero(policy, extended(0), EBX)
  zero(policy, extended(1), EAX, EBX)
  zero(policy, extended(5))
  zero(policy, extended(6), EAX, EBX)
  policy[extended(6) + EDX] = 0
  and(policy, extended(8), EAX, 0xffff)
  policy[extended(8) + ECX] = 0
}

function scrubAmd(policy: Uint32Array): void {
  zero(policy, basic(2))
  zero(policy, basic(3))
  zero(policy, basic(9))
  zero(policy, basic(0xa))
  for (let subleaf = 0; subleaf < CACHE_LEAVES; subleaf++) zero(policy, cache(subleaf))
  policy[extended(0) + EBX] = policy[basic(0) + EBX] ?? 0
  policy[extended(0) + ECX] = policy[basic(0) + ECX] ?? 0
  policy[extended(0) + EDX] = policy[basic(0) + EDX] ?? 0
  policy[extended(1) + EAX] = policy[basic(1) + EAX] ?? 0
  and(policy, extended(1), EBX, 0xff00_ffff)
  policy[extended(1) + EDX] =
    (policy[extended(1) + EDX] ?? 0) | ((policy[basic(1) + EDX] ?? 0) & COMMON_1D_FEATURES)
  and(policy, extended(8), EAX, 0xffff)
  and(policy, extended(8), ECX, 0x0003_f0ff)
  zero(policy, extended(9))
  for (let leaf = 0xb; leaf <= 0x18; leaf++) zero(policy, extended(leaf))
  for (let leaf = 0x1b; leaf <= 0x20; leaf++) zero(policy, extended(leaf))
  policy[extended(0x21) + EBX] = 0
  policy[extended(0x21) + EDX] = 0
}

/** Keeps some bits of a register of a leaf. */
function and(policy: Uint32Array, leaf: number, register: number, mask: number): void {
  const at = leaf + register
  policy[at] = (policy[at] ?? 0) & mask
}

/** Zeroes the registers of a leaf, from one to another. */
function zero(policy: Uint32Array, leaf: number, first = EAX, last = EDX): void {
  for (let at = leaf + first; at <= leaf + last; at++) policy[at] = 0
}
