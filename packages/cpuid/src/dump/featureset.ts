/** The raw featureset of one logical CPU: the words of the newest table, straight from its leaves and MSRs. */

import { featureTable } from '../features/releases.js'
import type { FeatureTable, WordSource } from '../features/table.js'
import { Featureset } from '../featureset.js'
import { type CpuidLeaf, leafRegister, type MsrEntry } from '../leaves.js'
import { type CpuVendor, cpuVendor } from '../signature.js'
import { testBit } from '../words.js'

/** Bits of 0x8000_0001.edx that AMD CPUs copy from 1.edx (Xen: CPUID_COMMON_1D_FEATURES). */
const COMMON_1D = 0x0183_f3ff

/** A raw featureset, and the words about which the source says nothing. */
export interface RawFeatureset {
  /** The words; those that are not known are zero. */
  readonly featureset: Featureset
  /** Words that the CPU has and the source does not show. */
  readonly unknownWords: readonly number[]
}

/** Leaves and MSRs of one logical CPU. */
export interface CpuRegisters {
  /** CPUID leaves; of one that is there twice, the first counts. */
  readonly leaves: readonly CpuidLeaf[]
  /** MSRs as far as they are known. */
  readonly msrs: readonly MsrEntry[]
}

/**
 * The raw featureset of a CPU, as Xen would read it: leaves beyond the CPU's own limits are zero whatever the source holds there
 * (Intel CPUs echo the last basic leaf), and AMD's copies of leaf 1 in 0x8000_0001.edx are left out.
 *
 * @param cpu - leaves and MSRs, such as a {@link DumpCpu}.
 * @param table - whose words; the newest release's by default.
 */
export function rawFeatureset(
  cpu: CpuRegisters,
  table: FeatureTable = featureTable(),
): RawFeatureset {
  const reader = new RegisterReader(cpu)
  const unknownWords: number[] = []
  const words = table.words.map(({ index, source }) => {
    const value = reader.read(source)
    if (value === undefined) unknownWords.push(index)
    return value ?? 0
  })
  return { featureset: Featureset.fromWords(words), unknownWords }
}

class RegisterReader {
  readonly #leaves = new Map<string, CpuidLeaf>()
  readonly #msrs: ReadonlyMap<number, bigint>
  readonly #vendor: CpuVendor

  constructor({ leaves, msrs }: CpuRegisters) {
    for (const leaf of leaves) {
      const key = keyOf(leaf.leaf, leaf.subleaf ?? 0)
      if (!this.#leaves.has(key)) this.#leaves.set(key, leaf)
    }
    this.#msrs = new Map(msrs.map((msr) => [msr.index, msr.value]))
    const first = this.#leaves.get(keyOf(0, 0))
    this.#vendor = first === undefined ? 'Unknown' : cpuVendor(first.b, first.c, first.d)
  }

  /** The register; 0 where the CPU does not have it, undefined where the source does not show it. */
  read(source: WordSource): number | undefined {
    if ('msr' in source) return this.#readMsr(source.msr, source.register)
    const subleaf = source.subleaf ?? 0
    const exists = this.#exists(source.leaf, subleaf)
    if (exists === false) return 0
    const leaf = this.#leaves.get(keyOf(source.leaf, subleaf))
    if (leaf === undefined || exists === undefined) return undefined
    const value = leafRegister(leaf, source.register)
    const copies =
      source.leaf === 0x8000_0001 &&
      source.register === 'edx' &&
      (this.#vendor === 'AMD' || this.#vendor === 'Hygon')
    return copies ? (value & ~COMMON_1D) >>> 0 : value
  }

  #readMsr(index: number, register: 'eax' | 'edx'): number | undefined {
    const leaf7 = this.#exists(7, 0) ? this.#leaves.get(keyOf(7, 0)) : undefined
    if (leaf7 === undefined || !testBit([leaf7.d], 29)) return 0
    const value = this.#msrs.get(index)
    if (value === undefined) return undefined
    return Number(register === 'eax' ? value & 0xffff_ffffn : value >> 32n)
  }

  /** Whether the CPU has a leaf by its own limits; undefined where the source does not show the limit. */
  #exists(leaf: number, subleaf: number): boolean | undefined {
    const base = leaf >= 0x8000_0000 ? 0x8000_0000 : 0
    const limit = this.#leaves.get(keyOf(base, 0))?.a
    if (limit === undefined) return base === 0 ? undefined : false
    if (leaf > limit) return false
    if (leaf === 7 && subleaf > 0) {
      const limit7 = this.#leaves.get(keyOf(7, 0))?.a
      return limit7 === undefined ? undefined : subleaf <= limit7
    }
    return true
  }
}

function keyOf(leaf: number, subleaf: number): string {
  return `${leaf}:${subleaf}`
}
