/**
 * The x86-64 levels of the psABI: what a compiler may assume of a CPU (System V ABI, AMD64 supplement, table "Micro-Architecture
 * Levels"). Each level has everything of those below it.
 */
import { type FeatureName, type Featureset, type FeatureTable, featureTable } from '@xenlevel/cpuid'

/** A level of the psABI. */
export type PsabiLevelName = 'x86-64-v1' | 'x86-64-v2' | 'x86-64-v3' | 'x86-64-v4'

/** The level of a featureset, and what is between it and the next. */
export interface PsabiLevel {
  /** The highest level of which nothing is missing; null below the first, as of a CPU without long mode. */
  readonly level: PsabiLevelName | null
  /** What the next level asks for and the featureset lacks, in the psABI's order; empty at the highest level. */
  readonly missingForNext: readonly FeatureName[]
}

/**
 * What each level adds, in Xen's names. OSFXSR and OSXSAVE of the psABI are the operating system's doing; FXSR and XSAVE are what the
 * CPU has to have for them. SCE is SYSCALL, LZCNT is ABM, CMPXCHG16B is CX16, LAHF-SAHF is LAHF_LM.
 */
const LEVELS: readonly { readonly level: PsabiLevelName; readonly adds: readonly FeatureName[] }[] =
  [
    {
      level: 'x86-64-v1',
      adds: ['CMOV', 'CX8', 'FPU', 'FXSR', 'MMX', 'SYSCALL', 'SSE', 'SSE2', 'LM'],
    },
    {
      level: 'x86-64-v2',
      adds: ['CX16', 'LAHF_LM', 'POPCNT', 'SSE3', 'SSE4_1', 'SSE4_2', 'SSSE3'],
    },
    {
      level: 'x86-64-v3',
      adds: ['AVX', 'AVX2', 'BMI1', 'BMI2', 'F16C', 'FMA', 'ABM', 'MOVBE', 'XSAVE'],
    },
    { level: 'x86-64-v4', adds: ['AVX512F', 'AVX512BW', 'AVX512CD', 'AVX512DQ', 'AVX512VL'] },
  ]

/**
 * The psABI level that a featureset reaches: of a CPU, of what a host offers, of what a pool promises.
 *
 * SYSCALL counts as present where LM is: Intel CPUs show it in 64-bit mode alone, so a 32-bit program that takes a dump does not see it.
 *
 * @param table - whose names; the newest release's by default.
 */
export function psabiLevel(
  featureset: Featureset,
  table: FeatureTable = featureTable(),
): PsabiLevel {
  const has = (name: FeatureName): boolean => {
    // Architectural bits never move, so where an old table has no name for one, the newest knows its place.
    const bit = (table.feature(name) ?? featureTable().feature(name))?.bit
    return bit !== undefined && featureset.has(bit)
  }
  let level: PsabiLevelName | null = null
  for (const next of LEVELS) {
    const missing = next.adds.filter((name) => !has(name) && !(name === 'SYSCALL' && has('LM')))
    if (missing.length > 0) return { level, missingForNext: missing }
    level = next.level
  }
  return { level, missingForNext: [] }
}

/**
 * What a psABI level asks for, with all that is below it, in the psABI's order.
 *
 * @param level - the level, or undefined for everything that any level asks for.
 */
export function psabiFeatures(level?: PsabiLevelName): readonly FeatureName[] {
  const last =
    level === undefined ? LEVELS.length - 1 : LEVELS.findIndex((one) => one.level === level)
  return LEVELS.slice(0, last + 1).flatMap(({ adds }) => adds)
}

/** The levels, lowest first. */
export function psabiLevelNames(): readonly PsabiLevelName[] {
  return LEVELS.map(({ level }) => level)
}
