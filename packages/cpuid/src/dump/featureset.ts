/** The raw featureset of one logical CPU: the words of the newest table, straight from its leaves and MSRs. */

import { COMMON_1D_FEATURES } from '../features/common-1d.js'
import type { FeatureTable, WordSource } from '../features/table.js'
import { featureTable } from '../features/tables.js'
import { Featureset } from '../featureset.js'
import { type CpuidLeaf, leafRegister, type MsrEntry } from '../leaves.js'
import { type CpuVendor, cpuVendor } from '../signature.js'
import { testBit } from '../words.js'
import type { RegisterOmission } from './types.js'

/** A raw featureset, and the words about which the source says nothing. */
export interface RawFeatureset {
  /** The words; what is not known of them is zero. */
  readonly featureset: Featureset
  /** Words that the CPU has and the source does not show, or shows in part. */
  readonly unknownWords: readonly number[]
}

/** Leaves and MSRs of one logical CPU. */
export interface CpuRegisters {
  /** CPUID leaves; of one that is there twice, the first counts. */
  readonly leaves: readonly CpuidLeaf[]
  /** MSRs as far as they are known. */
  readonly msrs: readonly MsrEntry[]
  /** What the source leaves out on purpose; without it, what is not there is not known. */
  readonly omits?: RegisterOmission
}

/**
 * The raw featureset of a CPU, as Xen would read it: leaves beyond the CPU's own limits are zero whatever the source holds there
 * (Intel CPUs echo the last basic leaf), and AMD's copies of leaf 1 in 0x8000_0001.edx are left out.
 *
 * Of a source that omits clear bits, every word holds the bits that are known to be set, and every word counts as not known.
 *
 * @param cpu - leaves and MSRs, such as a {@link DumpCpu}.
 * @param table - whose words; the newest release's by default.
 */
export function rawFeatureset(
  cpu: CpuRegisters,
  table: FeatureTable = featureTable(),
): RawFeatureset {
  return readWords(cpu, table, indexMsrs(cpu.msrs))
}

/** The same of several CPUs, which may share one list of MSRs. */
export function rawFeaturesets(
  cpus: readonly CpuRegisters[],
  table: FeatureTable,
): RawFeatureset[] {
  const indexes = new Map<readonly MsrEntry[], MsrIndex>()
  return cpus.map((cpu) => {
    const index = indexes.get(cpu.msrs) ?? indexMsrs(cpu.msrs)
    indexes.set(cpu.msrs, index)
    return readWords(cpu, table, index)
  })
}

function readWords(cpu: CpuRegisters, table: FeatureTable, msrs: MsrIndex): RawFeatureset {
  const reader = new RegisterReader(cpu, msrs)
  const unknownWords: number[] = []
  const words = table.words.map(({ index, source }) => {
    const value = reader.read(source)
    if (value === undefined || cpu.omits === 'clear-bits') unknownWords.push(index)
    return value ?? 0
  })
  return { featureset: Featureset.fromWords(words), unknownWords }
}

type MsrIndex = ReadonlyMap<number, bigint>

function indexMsrs(msrs: readonly MsrEntry[]): MsrIndex {
  return new Map(msrs.map(({ index, value }) => [index, value]))
}

class RegisterReader {
  readonly #leaves = new Map<string, CpuidLeaf>()
  readonly #msrs: MsrIndex
  readonly #vendor: CpuVendor
  readonly #omits: RegisterOmission | undefined

  constructor({ leaves, omits }: CpuRegisters, msrs: MsrIndex) {
    this.#omits = omits
    this.#msrs = msrs
    for (const leaf of leaves) {
      const key = keyOf(leaf.leaf, leaf.subleaf ?? 0)
      if (!this.#leaves.has(key)) this.#leaves.set(key, leaf)
    }
    const first = this.#leaf(0, 0)
    this.#vendor = first === undefined ? 'Unknown' : cpuVendor(first.b, first.c, first.d)
  }

  /** The register; 0 where the CPU does not have it, undefined where the source does not show it. */
  read(source: WordSource | null): number | undefined {
    if (source === null) return undefined
    if (this.#omits === 'clear-bits') return this.#shown(source)
    if ('msr' in source) return this.#readMsr(source.msr, source.register)
    const subleaf = source.subleaf ?? 0
    const exists = this.#exists(source.leaf, subleaf)
    if (exists === false) return 0
    const leaf = this.#leaf(source.leaf, subleaf)
    if (leaf === undefined || exists === undefined) return undefined
    const value = leafRegister(leaf, source.register)
    const copies =
      source.leaf === 0x8000_0001 &&
      source.register === 'edx' &&
      (this.#vendor === 'AMD' || this.#vendor === 'Hygon')
    return copies ? (value & ~COMMON_1D_FEATURES) >>> 0 : value
  }

  #shown(source: WordSource): number {
    if ('msr' in source) return half(this.#msrs.get(source.msr) ?? 0n, source.register)
    const leaf = this.#leaf(source.leaf, source.subleaf ?? 0)
    return leaf === undefined ? 0 : leafRegister(leaf, source.register)
  }

  #leaf(leaf: number, subleaf: number): CpuidLeaf | undefined {
    const found = this.#leaves.get(keyOf(leaf, subleaf))
    if (found !== undefined || this.#omits !== 'zero-leaves') return found
    return { leaf, subleaf, a: 0, b: 0, c: 0, d: 0 }
  }

  #readMsr(index: number, register: 'eax' | 'edx'): number | undefined {
    const exists = this.#exists(7, 0)
    if (exists === false) return 0
    const leaf7 = this.#leaf(7, 0)
    if (leaf7 === undefined) return undefined
    if (!testBit([leaf7.d], 29)) return 0
    const value = this.#msrs.get(index)
    if (value === undefined) return undefined
    return half(value, register)
  }

  /** Whether the CPU has a leaf by its own limits; undefined where the source does not show the limit. */
  #exists(leaf: number, subleaf: number): boolean | undefined {
    const base = leaf >= 0x8000_0000 ? 0x8000_0000 : 0
    const limit = this.#leaf(base, 0)?.a
    if (limit === undefined) return base === 0 ? undefined : false
    if (leaf > limit) return false
    if (leaf === 7 && subleaf > 0) {
      const limit7 = this.#leaf(7, 0)?.a
      return limit7 === undefined ? undefined : subleaf <= limit7
    }
    return true
  }
}

function half(value: bigint, register: 'eax' | 'edx'): number {
  return Number(register === 'eax' ? value & 0xffff_ffffn : value >> 32n)
}

function keyOf(leaf: number, subleaf: number): string {
  return `${leaf}:${subleaf}`
}
