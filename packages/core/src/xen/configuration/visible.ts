/** Which leaves of a policy are written when it is turned into records (copy-to-buffer.c), on its words: without making the records. */
import {
  BASIC_LEAVES,
  basic,
  CACHE_LEAVES,
  cache,
  EAX,
  extended,
  feature,
  HYPERVISOR_LIMIT,
  HYPERVISOR_LIMIT_2,
  type PolicyExtent,
  placeOfLeaf,
  TOPOLOGY_LEAVES,
  topology,
  XSTATE_LEAVES,
  xstate,
} from '../../policy/layout.js'
import { cacheCount, highestXstate, topologyCount } from '../../policy/range.js'

/** Puts the leaves that a policy is written as over another policy. */
export function putVisible(target: Uint32Array, source: Uint32Array, extent: PolicyExtent): void {
  const put = (from: number, to: number) => {
    for (let at = from; at < to; at++) target[at] = source[at] ?? 0
  }
  const last = Math.min(source[EAX] ?? 0, BASIC_LEAVES - 1)
  // The places of the leaves with sub-leaves are zero here and there.
  put(basic(0), basic(last + 1))
  if (last >= 4) put(cache(0), cache(subleavesOf(4, source, extent)))
  if (last >= 7) put(feature(0), feature(subleavesOf(7, source, extent)))
  if (last >= 0xb) put(topology(0), topology(subleavesOf(0xb, source, extent)))
  if (last >= 0xd) put(xstate(0), xstate(subleavesOf(0xd, source, extent)))
  put(extended(0), extended(extendedLeaves(source, extent)))
  put(HYPERVISOR_LIMIT, HYPERVISOR_LIMIT_2 + 1)
}

/** Where a leaf is stored that is among those that a policy is written as; -1 for every other. */
export function visiblePlace(
  words: Uint32Array,
  leaf: number,
  subleaf: number | null,
  extent: PolicyExtent,
): number {
  if (leaf >= 0x4000_0000 && leaf < 0x8000_0000) {
    if (subleaf !== null) return -1
    return leaf === 0x4000_0000 ? HYPERVISOR_LIMIT : leaf === 0x4000_0100 ? HYPERVISOR_LIMIT_2 : -1
  }
  if (leaf >= 0x8000_0000) {
    const place = leaf - 0x8000_0000
    return subleaf === null && place < extendedLeaves(words, extent) ? extended(place) : -1
  }
  const at = placeOfLeaf(leaf, subleaf, extent)
  if (at < 0 || leaf > (words[EAX] ?? 0)) return -1
  return subleaf === null || subleaf < subleavesOf(leaf, words, extent) ? at : -1
}

/** True for a place that is a limit of the hypervisor leaves: eight bits of eax, and no other register. */
export function isLimit(place: number): boolean {
  return place === HYPERVISOR_LIMIT || place === HYPERVISOR_LIMIT_2
}

function extendedLeaves(words: Uint32Array, extent: PolicyExtent): number {
  return Math.min(((words[extended(0) + EAX] ?? 0) & 0xffff) + 1, extent.extendedLeaves)
}

/** The sub-leaf that ends the list of leaf 4 and 0xb is written too. */
function subleavesOf(leaf: number, words: Uint32Array, extent: PolicyExtent): number {
  switch (leaf) {
    case 4:
      return Math.min(cacheCount(words) + 1, CACHE_LEAVES)
    case 7:
      return Math.min((words[feature(0) + EAX] ?? 0) + 1, extent.featureLeaves)
    case 0xb:
      return Math.min(topologyCount(words) + 1, TOPOLOGY_LEAVES)
    default:
      return Math.max(2, Math.min(highestXstate(words) + 1, XSTATE_LEAVES))
  }
}
