/** Which leaves of a policy are in range by its own limits, in place on its words. */
import {
  BASIC_LEAVES,
  basic,
  CACHE_LEAVES,
  cache,
  EAX,
  ECX,
  EDX,
  extended,
  feature,
  type PolicyExtent,
  TOPOLOGY_LEAVES,
  topology,
  XSTATE_LEAVES,
  xstate,
} from './layout.js'

/** Number of sub-leaves of leaf 4 before the first of type 0 (none). */
export function cacheCount(words: Uint32Array): number {
  let count = 0
  while (count < CACHE_LEAVES && ((words[cache(count)] ?? 0) & 0x1f) !== 0) count++
  return count
}

/** Number of sub-leaves of leaf 0xb before the first of type 0 (none). */
export function topologyCount(words: Uint32Array): number {
  let count = 0
  while (count < TOPOLOGY_LEAVES && ((words[topology(count) + ECX] ?? 0) & 0xff00) !== 0) count++
  return count
}

/** The highest xstate component, of user states (XCR0) or supervisor states (XSS); -1 if there is none. */
export function highestXstate(words: Uint32Array): number {
  const low = (words[xstate(0) + EAX] ?? 0) | (words[xstate(1) + ECX] ?? 0)
  const high = (words[xstate(0) + EDX] ?? 0) | (words[xstate(1) + EDX] ?? 0)
  return high !== 0 ? 63 - Math.clz32(high) : low !== 0 ? 31 - Math.clz32(low) : -1
}

/**
 * Zeroes leaves beyond the policy's own limits (Xen: x86_cpu_policy_clear_out_of_range_leaves, xen/arch/x86/lib/cpu-policy/cpuid.c).
 * The hypervisor limits and the MSRs stay.
 */
export function clearOutOfRange(words: Uint32Array, extent: PolicyExtent): void {
  // Sums wrap at 32 bits as Xen's do: a limit of 0xffff_ffff clears everything.
  const firstBasic = ((words[0] ?? 0) + 1) >>> 0
  if (firstBasic < BASIC_LEAVES) words.fill(0, basic(firstBasic), basic(BASIC_LEAVES))
  const max = words[0] ?? 0
  words.fill(0, cache(max < 4 ? 0 : cacheCount(words)), cache(CACHE_LEAVES))
  const features =
    max < 7 ? 0 : Math.min(((words[feature(0)] ?? 0) + 1) >>> 0, extent.featureLeaves)
  words.fill(0, feature(features), feature(extent.featureLeaves))
  words.fill(0, topology(max < 0xb ? 0 : topologyCount(words)), topology(TOPOLOGY_LEAVES))
  const highest = max < 0xd ? -1 : highestXstate(words)
  words.fill(
    0,
    xstate(highest < 0 ? 0 : Math.min(Math.max(2, highest + 1), XSTATE_LEAVES)),
    xstate(XSTATE_LEAVES),
  )
  const extendedMax = (words[extended(0) + EAX] ?? 0) & 0xffff
  if (extendedMax + 1 < extent.extendedLeaves) {
    words.fill(0, extended(extendedMax + 1), extended(extent.extendedLeaves))
  }
}
