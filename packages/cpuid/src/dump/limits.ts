/**
 * Which leaves a CPU has, by the limits that it gives itself: the first leaf of a range holds the number of its last one in eax.
 * Intel CPUs answer a leaf beyond with the data of their last basic leaf (Intel SDM volume 2A, CPUID), so data there means nothing.
 */
import type { CpuidLeaf } from '../leaves.js'

/** Leaf 1.ecx of a guest, where whoever runs it decides what 0x4000_0000 and above hold. */
const HYPERVISOR = 0x8000_0000

/** The limits of one logical CPU. */
export class LeafLimits {
  readonly #limits = new Map<number, number>()
  #hypervisor = false

  constructor(leaves: readonly CpuidLeaf[]) {
    for (const { leaf, subleaf, a, c } of leaves) {
      if ((leaf & 0xffff) === 0 && (subleaf ?? 0) === 0 && !this.#limits.has(leaf)) {
        this.#limits.set(leaf, a)
      }
      if (leaf === 1 && (c & HYPERVISOR) !== 0) this.#hypervisor = true
    }
  }

  /** True if the CPU says that it does not have this leaf; false if it has it, or if its range's first leaf is not known. */
  excludes(leaf: number): boolean {
    const first = (leaf & 0xffff_0000) >>> 0
    // Hypervisors share this range out among several interfaces, and old ones leave its limit 0.
    if (first === 0x4000_0000 && this.#hypervisor) return false
    const limit = this.#limits.get(first)
    if (limit === undefined) return false
    const rangeExists = limit >= first && limit <= first + 0xffff
    return !rangeExists || leaf > limit
  }
}

/** True if a leaf holds anything. */
export function hasData({ a, b, c, d }: CpuidLeaf): boolean {
  return (a | b | c | d) !== 0
}
