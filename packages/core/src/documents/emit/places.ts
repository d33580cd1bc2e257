/** Where things are in the words of a policy, for those who write configurations. */
import type { WordSource } from '@xenlevel/cpuid'
import {
  ARCH_CAPABILITIES,
  PLATFORM_INFO,
  placeOfLeaf,
  REGISTERS,
  type StoredLeaf,
  storedLeaves,
  WHOLE_EXTENT,
} from '../../policy/layout.js'

/** Where a policy keeps a featureset word; -1 for one that it does not. */
export function placeOfWord(source: WordSource | null): number {
  if (source === null) return -1
  if ('msr' in source) return ARCH_CAPABILITIES + (source.register === 'eax' ? 0 : 1)
  const leaf = placeOfLeaf(source.leaf, source.subleaf, WHOLE_EXTENT)
  return leaf < 0 ? leaf : leaf + REGISTERS.indexOf(source.register)
}

// A cache, not state: the same leaves for everyone who asks.
let leaves: ReadonlyMap<number, StoredLeaf> | undefined

/** The leaf that a place belongs to; undefined for a place that belongs to none. */
export function leafOfPlace(place: number): StoredLeaf | undefined {
  leaves ??= new Map(storedLeaves().map((leaf) => [leaf.at, leaf]))
  return leaves.get(unitOfPlace(place))
}

/** Whether a place is one of the two halves of MSR 0x10a. */
export function isArchCapabilities(place: number): boolean {
  return place === ARCH_CAPABILITIES || place === ARCH_CAPABILITIES + 1
}

/** Where the leaf or MSR begins that a place belongs to. */
export function unitOfPlace(place: number): number {
  if (isArchCapabilities(place)) return ARCH_CAPABILITIES
  return place < PLATFORM_INFO ? place & ~3 : place
}

/** Number of set bits of a word. */
export function countBits(word: number): number {
  let count = 0
  for (let open = word; open !== 0; open &= open - 1) count++
  return count
}

/** Number of bits in which words differ. */
export function bitsBetween(a: Uint32Array, b: Uint32Array): number {
  let count = 0
  for (let at = 0; at < a.length; at++) {
    if (a[at] !== b[at]) count += countBits((a[at] ?? 0) ^ (b[at] ?? 0))
  }
  return count
}
