/** A host is levelled over its own cores before it is levelled with others: a guest runs on all of them. */

import type { FeatureName, FeatureTable } from '../features/table.js'
import { featureTable } from '../features/tables.js'
import { Featureset } from '../featureset.js'
import { testBit, wordsOfBits } from '../words.js'
import { type RawFeatureset, rawFeaturesets } from './featureset.js'
import type { DumpCpu } from './types.js'

/** Bits that software switches on and off at run time, so that two cores may differ without being different. */
const SWITCHED = ['APIC', 'OSXSAVE', 'OSPKE']

/** Bits that warn of something and that no table marks as accumulated, because a pool settles them by a rule of their own. */
const WARNING = ['RSBA', 'RRSBA']

/** A bit that some logical CPUs of a host show and others do not. */
export interface CoreDifference {
  /** Its number over all words. */
  readonly bit: number
  /** Its name; null if the table has none for it. */
  readonly feature: FeatureName | null
  /** The CPUs that show it, by their numbers in the dump. */
  readonly cpusWith: readonly number[]
  /** The CPUs that do not show it; those of which the source does not show the word at all are in neither list. */
  readonly cpusWithout: readonly number[]
}

/** The raw featureset of a whole host. */
export interface HostFeatureset extends RawFeatureset {
  /** What its logical CPUs do not share, by bit; bits that software switches are set aside. */
  readonly differing: readonly CoreDifference[]
}

/** One logical CPU, read. */
export interface Core extends RawFeatureset {
  /** Its number in the dump. */
  readonly id: number
  /** True if its unknown words hold the bits that are known to be set. */
  readonly partial: boolean
}

/** Several logical CPUs word by word; only those that show a word count in it. */
export interface CombinedCores {
  /** Bits that all of them have. */
  readonly all: readonly number[]
  /** Bits that any of them has. */
  readonly any: readonly number[]
  /** Bits in which they differ, those that software switches set aside. */
  readonly differing: readonly number[]
  /** Words that at least one CPU does not show, or shows in part. */
  readonly unknownWords: readonly number[]
}

/**
 * The raw featureset that all logical CPUs of a dump have.
 *
 * It is the AND of theirs, with three exceptions. A bit that software switches (APIC, OSXSAVE, OSPKE) is there if it is on anywhere.
 * So is a bit that warns of something (RSBA, RRSBA and those that a pool accumulates), because a guest must know of it. And a word
 * that the source shows of some CPUs only is held as zero and counts as not known.
 *
 * @param dump - a {@link CpuDump}, or anything with its CPUs; of no CPUs at all the answer is all zero.
 * @param table - whose words and names; the newest release's by default.
 */
export function hostFeatureset(
  { cpus }: { readonly cpus: readonly DumpCpu[] },
  table: FeatureTable = featureTable(),
): HostFeatureset {
  const cores = coresOf(cpus, table)
  const { all, any, differing, unknownWords } = combineCores(cores, table)
  const kept = table.mask('accumulated').or(namedMask([...SWITCHED, ...WARNING], table)).words
  const words = all.map((word, index) =>
    cores.every((core) => shows(core, index))
      ? (word | ((any[index] ?? 0) & (kept[index] ?? 0))) >>> 0
      : 0,
  )
  return {
    featureset: Featureset.fromWords(words),
    unknownWords,
    differing: Featureset.fromWords(differing)
      .bits()
      .map((bit) => differenceAt(bit, cores, table)),
  }
}

/** Reads the logical CPUs. */
export function coresOf(cpus: readonly DumpCpu[], table: FeatureTable): Core[] {
  const raw = rawFeaturesets(cpus, table)
  return cpus.flatMap(({ id, omits }, place): Core[] => {
    const one = raw[place]
    return one === undefined ? [] : [{ ...one, id, partial: omits === 'clear-bits' }]
  })
}

/** What the logical CPUs have in common and what not. */
export function combineCores(cores: readonly Core[], table: FeatureTable): CombinedCores {
  const length = table.words.length
  const all = new Array<number>(length).fill(0xffff_ffff)
  const any = new Array<number>(length).fill(0)
  const unknown = new Set<number>()
  for (const core of cores) {
    for (const word of core.unknownWords) unknown.add(word)
    for (let index = 0; index < length; index++) {
      if (!shows(core, index)) continue
      const word = core.featureset.words[index] ?? 0
      all[index] = ((all[index] ?? 0) & word) >>> 0
      any[index] = ((any[index] ?? 0) | word) >>> 0
    }
  }
  const switched = namedMask(SWITCHED, table).words
  return {
    // Where no CPU shows the word, nothing has been taken away yet.
    all: all.map((word, index) => (word & (any[index] ?? 0)) >>> 0),
    any,
    differing: any.map(
      (word, index) => (word & ~(all[index] ?? 0) & ~(switched[index] ?? 0)) >>> 0,
    ),
    unknownWords: [...unknown].sort((one, other) => one - other),
  }
}

function shows({ partial, unknownWords }: Core, word: number): boolean {
  return partial || !unknownWords.includes(word)
}

function differenceAt(bit: number, cores: readonly Core[], table: FeatureTable): CoreDifference {
  const cpusWith: number[] = []
  const cpusWithout: number[] = []
  for (const core of cores) {
    if (!shows(core, bit >>> 5)) continue
    const list = testBit(core.featureset.words, bit) ? cpusWith : cpusWithout
    list.push(core.id)
  }
  return { bit, feature: table.feature(bit)?.name ?? null, cpusWith, cpusWithout }
}

/** The named bits that this table has; older tables lack some. */
function namedMask(names: readonly string[], table: FeatureTable): Featureset {
  const bits = names.flatMap((name) => table.feature(name)?.bit ?? [])
  return Featureset.fromWords(wordsOfBits(bits, table.words.length))
}
