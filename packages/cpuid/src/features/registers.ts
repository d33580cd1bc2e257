/**
 * Featureset words as policy registers and back: plain copies of whole words, without masks and without a look at the highest leaf
 * (Xen 4.23-dev, x86_cpu_policy_to_featureset and x86_cpu_featureset_to_policy in xen/include/xen/lib/x86/cpu-policy.h).
 *
 * What a CPU says of itself is another question: `rawFeatureset` answers that one.
 */
import type { CpuRegisters } from '../dump/featureset.js'
import { Featureset } from '../featureset.js'
import { type CpuidLeaf, leafRegister, type MsrEntry } from '../leaves.js'
import type { CpuRegister, FeatureTable, WordSource } from './table.js'
import { featureTable } from './tables.js'

/** The featureset that the registers of a policy hold; a register that is not there is zero. */
export function featuresetOfPolicy(
  policy: CpuRegisters,
  table: FeatureTable<string> = featureTable(),
): Featureset {
  const leaves = new Map(policy.leaves.map((leaf) => [keyOf(leaf.leaf, leaf.subleaf), leaf]))
  const msrs = new Map(policy.msrs.map(({ index, value }) => [index, value]))
  return Featureset.fromWords(
    table.words.map(({ source }) => {
      if (source === null) return 0
      if ('msr' in source)
        return Number(BigInt.asUintN(32, (msrs.get(source.msr) ?? 0n) >> shiftOf(source.register)))
      const leaf = leaves.get(keyOf(source.leaf, source.subleaf))
      return leaf === undefined ? 0 : leafRegister(leaf, source.register)
    }),
  )
}

/**
 * The registers of a policy with the words of a featureset written over them: every word of the table, zero where the featureset has
 * none. Leaves and MSRs that were not there are added at the end.
 */
export function policyWithFeatureset(
  policy: CpuRegisters,
  featureset: Featureset,
  table: FeatureTable<string> = featureTable(),
): CpuRegisters {
  const leaves = new Map(policy.leaves.map((leaf) => [keyOf(leaf.leaf, leaf.subleaf), leaf]))
  const msrs = new Map(policy.msrs.map((msr) => [msr.index, msr]))
  for (const { index, source } of table.words) {
    if (source !== null) write(source, featureset.words[index] ?? 0, leaves, msrs)
  }
  return { leaves: [...leaves.values()], msrs: [...msrs.values()] }
}

function write(
  source: WordSource,
  word: number,
  leaves: Map<string, CpuidLeaf>,
  msrs: Map<number, MsrEntry>,
): void {
  if ('msr' in source) {
    const { value, flags } = msrs.get(source.msr) ?? { value: 0n, flags: 0 }
    const shift = shiftOf(source.register)
    const kept = value & ~(0xffff_ffffn << shift)
    msrs.set(source.msr, { index: source.msr, flags, value: kept | (BigInt(word) << shift) })
    return
  }
  const { leaf, subleaf } = source
  const key = keyOf(leaf, subleaf)
  const present = leaves.get(key) ?? { leaf, subleaf, a: 0, b: 0, c: 0, d: 0 }
  leaves.set(key, { ...present, [LETTER[source.register]]: word })
}

const LETTER = { eax: 'a', ebx: 'b', ecx: 'c', edx: 'd' } as const satisfies Record<
  CpuRegister,
  keyof CpuidLeaf
>

function shiftOf(half: 'eax' | 'edx'): bigint {
  return half === 'eax' ? 0n : 32n
}

/** A leaf without sub-leaves is the same leaf whether its sub-leaf is given as null or as 0. */
function keyOf(leaf: number, subleaf: number | null): string {
  return `${leaf}:${subleaf ?? 0}`
}
