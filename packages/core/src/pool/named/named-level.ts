/** Levels that have a name: of the psABI, of a generation of CPUs, or of one's own. */
import {
  type CpuVendor,
  type FeatureName,
  Featureset,
  type FeatureTable,
  featureTable,
  XenlevelError,
} from '@xenlevel/cpuid'
import { compatibilityMask } from '../../xen/compatibility-bits.js'
import { GENERATIONS, type Generation } from './generated/generations.js'
import { type PsabiLevelName, psabiFeatures, psabiLevelNames } from './psabi.js'

/** A name that no level has. Code `LEVEL_NAME_UNKNOWN`; `details.known` has all names. */
export class NamedLevelError extends XenlevelError {}

/** A level that one names oneself. */
export interface CustomLevel {
  /** What messages call it. */
  readonly name: string
  /** Its features, in the words of the newest release. */
  readonly featureset: Featureset
  /** The vendor of the CPUs that it is for; any if it is not said. */
  readonly vendor?: CpuVendor
  /** The bits about which it says something; all by default. A pool held at it keeps what it has of the others. */
  readonly governs?: Featureset
}

/** A level that has a name. All sets are in the words of the newest release. */
export interface NamedLevel {
  /** As it is spelt: `'x86-64-v3'`, `'Skylake-Server'`, `'Zen2'`. */
  readonly name: string
  /** Whose it is: of the psABI, of a generation of CPUs, or one's own. */
  readonly kind: 'psabi' | 'generation' | 'custom'
  /** The vendor of its CPUs; null for any. */
  readonly vendor: CpuVendor | null
  /** What every CPU of that level has: of a generation, the raw words that all recorded CPUs have in common. */
  readonly featureset: Featureset
  /** What some CPUs of a generation have, and others lack: firmware, microcode and fuses decide. */
  readonly varying: Featureset
  /**
   * The bits about which it says something. A psABI level says nothing of mitigations, and a generation nothing of what Xen gives every
   * guest.
   */
  readonly governs: Featureset
  /** Words of which nothing is known, and which it does not govern. */
  readonly unknownWords: readonly number[]
  /** Where it comes from, for people. */
  readonly source: string
}

/** All names that {@link namedLevel} knows. */
export function namedLevels(): readonly string[] {
  return [...psabiLevelNames(), ...GENERATIONS.map(({ name }) => name)]
}

/**
 * The level of a name, in any case.
 *
 * @throws {@link NamedLevelError} for a name that is not among {@link namedLevels}.
 */
export function namedLevel(target: string | CustomLevel): NamedLevel {
  if (typeof target !== 'string') return customLevel(target)
  const same = (name: string) => name.toLowerCase() === target.toLowerCase()
  const psabi = psabiLevelNames().find(same)
  if (psabi !== undefined) return psabiTarget(psabi)
  const generation = GENERATIONS.find(({ name }) => same(name))
  if (generation !== undefined) return generationTarget(generation)
  throw new NamedLevelError({
    code: 'LEVEL_NAME_UNKNOWN',
    message: `No level is named ${JSON.stringify(target.slice(0, 40))}. There are ${namedLevels().join(', ')}.`,
    details: { name: target, known: namedLevels() },
  })
}

function customLevel({ name, featureset, vendor, governs }: CustomLevel): NamedLevel {
  return {
    name,
    kind: 'custom',
    vendor: vendor ?? null,
    featureset,
    varying: Featureset.empty,
    governs: governs ?? everything(featureTable(), featureset.words.length),
    unknownWords: [],
    source: 'given',
  }
}

/** It governs what the levels above it add, and what needs that: AVX-512 beside AVX. */
function psabiTarget(name: PsabiLevelName): NamedLevel {
  const table = featureTable()
  const own = withRequirements(psabiFeatures(name), table)
  const above = psabiFeatures().filter((feature) => !own.includes(feature))
  const beyond = above.flatMap((feature) => [feature, ...table.dependents(feature)])
  return {
    name,
    kind: 'psabi',
    vendor: null,
    featureset: Featureset.fromNames(own, table),
    varying: Featureset.empty,
    governs: Featureset.fromNames([...own, ...beyond], table),
    unknownWords: [],
    source: 'System V ABI, AMD64 supplement, table "Micro-Architecture Levels"',
  }
}

function generationTarget({ name, vendor, cpus, all, any, unknownWords }: Generation): NamedLevel {
  const table = featureTable()
  const featureset = Featureset.parse(all)
  const told = everything(table).words.map((word, index) =>
    unknownWords.includes(index) ? 0 : word,
  )
  return {
    name,
    kind: 'generation',
    vendor,
    featureset,
    varying: Featureset.parse(any).andNot(featureset),
    governs: Featureset.fromWords(told)
      .andNot(compatibilityMask(vendor, table))
      .andNot(Featureset.fromNames(GIVEN_BY_XEN, table)),
    unknownWords,
    source: `what ${cpus} recorded ${cpus === 1 ? 'CPU has' : 'CPUs have in common'}`,
  }
}

/** What Xen tells every guest, whatever the CPU says. */
const GIVEN_BY_XEN: readonly FeatureName[] = ['HYPERVISOR']

function withRequirements(features: readonly FeatureName[], table: FeatureTable): FeatureName[] {
  return [...new Set(features.flatMap((name) => [name, ...table.requirements(name)]))]
}

function everything(table: FeatureTable, words = 0): Featureset {
  return Featureset.fromWords(
    new Array<number>(Math.max(table.words.length, words)).fill(0xffff_ffff),
  )
}
