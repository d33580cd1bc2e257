/**
 * Policies as records, in Xen's own order and as strict as Xen (xen/arch/x86/lib/cpu-policy/copy-to-buffer.c and
 * copy-from-buffer.c): what the toolstack's hypercalls and the migration stream carry.
 */
import type { CpuidLeaf, MsrEntry } from '@xenlevel/cpuid'
import { fault, type PolicyFault } from './errors.js'
import {
  ARCH_CAPABILITIES,
  BASIC_LEAVES,
  basic,
  CACHE_LEAVES,
  cache,
  EAX,
  extended,
  feature,
  HYPERVISOR_LIMIT,
  HYPERVISOR_LIMIT_2,
  MSR_ARCH_CAPABILITIES,
  MSR_PLATFORM_INFO,
  NO_SUBLEAF,
  PLATFORM_INFO,
  type PolicyExtent,
  placeOfLeaf,
  TOPOLOGY_LEAVES,
  topology,
  XSTATE_LEAVES,
  xstate,
} from './layout.js'
import { cacheCount, highestXstate, topologyCount } from './range.js'

/** The most leaves that a policy of this extent is written as. */
export function mostLeaves({ featureLeaves, extendedLeaves }: PolicyExtent): number {
  return (
    BASIC_LEAVES -
    4 +
    CACHE_LEAVES +
    featureLeaves +
    TOPOLOGY_LEAVES +
    XSTATE_LEAVES +
    extendedLeaves +
    2
  )
}

/** Leaves in Xen's order: basic, the two hypervisor limits, extended. */
export function writeLeaves(words: Uint32Array, extent: PolicyExtent): CpuidLeaf[] {
  const leaves: CpuidLeaf[] = []
  const put = (leaf: number, subleaf: number | null, at: number) => {
    leaves.push({
      leaf,
      subleaf,
      a: words[at] ?? 0,
      b: words[at + 1] ?? 0,
      c: words[at + 2] ?? 0,
      d: words[at + 3] ?? 0,
    })
  }
  const last = Math.min(words[0] ?? 0, BASIC_LEAVES - 1)
  for (let leaf = 0; leaf <= last; leaf++) {
    const subleaves = subleavesOf(leaf, words, extent)
    if (subleaves === null) put(leaf, null, basic(leaf))
    else
      for (let subleaf = 0; subleaf < subleaves.count; subleaf++)
        put(leaf, subleaf, subleaves.at(subleaf))
  }
  const limit = (value: number) => ({ subleaf: null, a: value, b: 0, c: 0, d: 0 })
  leaves.push({ leaf: 0x4000_0000, ...limit(words[HYPERVISOR_LIMIT] ?? 0) })
  leaves.push({ leaf: 0x4000_0100, ...limit(words[HYPERVISOR_LIMIT_2] ?? 0) })
  const extendedLast = Math.min((words[extended(0)] ?? 0) & 0xffff, extent.extendedLeaves - 1)
  for (let leaf = 0; leaf <= extendedLast; leaf++) put(0x8000_0000 + leaf, null, extended(leaf))
  return leaves
}

/** How many sub-leaves are written: the one that ends the list of leaf 4 and 0xb is among them. */
function subleavesOf(
  leaf: number,
  words: Uint32Array,
  extent: PolicyExtent,
): { count: number; at: (subleaf: number) => number } | null {
  switch (leaf) {
    case 4:
      return { count: Math.min(cacheCount(words) + 1, CACHE_LEAVES), at: cache }
    case 7:
      return {
        count: Math.min((words[feature(0) + EAX] ?? 0) + 1, extent.featureLeaves),
        at: feature,
      }
    case 0xb:
      return { count: Math.min(topologyCount(words) + 1, TOPOLOGY_LEAVES), at: topology }
    case 0xd:
      return { count: Math.max(2, Math.min(highestXstate(words) + 1, XSTATE_LEAVES)), at: xstate }
    default:
      return null
  }
}

/** MSRs in Xen's order. */
export function writeMsrs(words: Uint32Array, extent: PolicyExtent): MsrEntry[] {
  const low = BigInt(words[ARCH_CAPABILITIES] ?? 0)
  const high = BigInt(words[ARCH_CAPABILITIES + 1] ?? 0)
  const entries = [
    { index: MSR_PLATFORM_INFO, flags: 0, value: BigInt(words[PLATFORM_INFO] ?? 0) },
    { index: MSR_ARCH_CAPABILITIES, flags: 0, value: (high << 32n) | low },
  ]
  return entries.slice(0, extent.msrs)
}

/** Puts leaves into a policy in place, each at once; the fault that stopped it, or null. What was put before a fault stays. */
export function readLeaves(
  words: Uint32Array,
  leaves: readonly CpuidLeaf[],
  extent: PolicyExtent,
): PolicyFault | null {
  if (leaves.length > mostLeaves(extent)) return fault('E2BIG')
  for (const { leaf, subleaf, a, b, c, d } of leaves) {
    const none = subleaf === null || subleaf === NO_SUBLEAF
    // On the wire no such number can be; from a caller it would be cut to size in silence.
    if (
      !isWord(a) ||
      !isWord(b) ||
      !isWord(c) ||
      !isWord(d) ||
      !isWord(leaf) ||
      !isWord(subleaf ?? 0)
    )
      return fault('EOVERFLOW', { leaf, subleaf: none ? null : subleaf })
    if (none && (leaf === 0x4000_0000 || leaf === 0x4000_0100)) {
      words[leaf === 0x4000_0000 ? HYPERVISOR_LIMIT : HYPERVISOR_LIMIT_2] = a & 0xff
      continue
    }
    const at = placeOfLeaf(leaf, subleaf, extent)
    if (at < 0) return fault('ERANGE', { leaf, subleaf: none ? null : subleaf })
    words[at] = a
    words[at + 1] = b
    words[at + 2] = c
    words[at + 3] = d
  }
  return null
}

/** The same for MSRs. */
export function readMsrs(
  words: Uint32Array,
  msrs: readonly MsrEntry[],
  extent: PolicyExtent,
): PolicyFault | null {
  if (msrs.length > extent.msrs) return fault('E2BIG')
  for (const { index, flags, value } of msrs) {
    if (flags !== 0) return fault('EINVAL', { msr: index })
    if (value < 0n || value >> 64n !== 0n) return fault('EOVERFLOW', { msr: index })
    if (index === MSR_PLATFORM_INFO) {
      if (value > 0xffff_ffffn) return fault('EOVERFLOW', { msr: index })
      words[PLATFORM_INFO] = Number(value)
    } else if (index === MSR_ARCH_CAPABILITIES && extent.msrs > 1) {
      words[ARCH_CAPABILITIES] = Number(value & 0xffff_ffffn)
      words[ARCH_CAPABILITIES + 1] = Number(value >> 32n)
    } else {
      return fault('ERANGE', { msr: index })
    }
  }
  return null
}

function isWord(number: number): boolean {
  return number >>> 0 === number
}
