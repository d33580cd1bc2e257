/**
 * What a feature table is: one Xen release's knowledge of feature bits, flattened so that every question is a look-up.
 *
 * The vocabulary is that of Xen's own generator (xen/tools/gen-cpuid.py) and header
 * (xen/include/public/arch-x86/cpufeatureset.h).
 */
import { XenlevelError } from '../errors.js'
import type { Featureset } from '../featureset.js'
import type { KnownFeatureName } from './generated/names.js'

/** The name of a feature, as Xen spells it: `'AVX512F'`, `'3DNOW'`. */
export type FeatureName = KnownFeatureName

/** A general-purpose register that CPUID or RDMSR answers in. */
export type CpuRegister = 'eax' | 'ebx' | 'ecx' | 'edx'

/** Where the hardware keeps one featureset word; of an MSR, eax is the low half and edx the high one. */
export type WordSource =
  | {
      /** CPUID leaf. */
      readonly leaf: number
      /** Its sub-leaf; null for a leaf without. */
      readonly subleaf: number | null
      /** The register that is the word. */
      readonly register: CpuRegister
    }
  | {
      /** Number of the MSR. */
      readonly msr: number
      /** Its low half (eax) or its high one (edx). */
      readonly register: 'eax' | 'edx'
    }

/** One word of the featureset. */
export interface FeatureWord {
  /** Its place in the featureset, from 0. */
  readonly index: number
  /** Where the hardware keeps it; null if that is not said, as for a word that a header skips. */
  readonly source: WordSource | null
}

/** One named bit. */
export interface Feature<Name extends string = FeatureName> {
  /** As Xen spells it: `SSE4_1`. */
  readonly name: Name
  /** As libxl and the `cpuid=` boot option spell it: `sse4-1`. */
  readonly lowerName: string
  /** Number over all words: `word * 32 + bitInWord`. */
  readonly bit: number
  /** Featureset word. */
  readonly word: number
  /** 0 to 31. */
  readonly bitInWord: number
  /**
   * Xen's attribute letters: `A` all guests, `S` HVM guests, `H` HVM guests with hardware-assisted paging (small letters: max
   * policies only), `!` visibility decided case by case, `|` accumulated over a pool.
   */
  readonly attributes: string
}

/**
 * The masks of a table. `known`: every named bit. `special`: Xen decides case by case. `accumulated`: a guest sees the bit if
 * any host of its pool has it. The others: what guests of a kind may have at most (`Max`) or get when nobody asks (`Default`);
 * HVM guests without (`Shadow`) and with (`Hap`) hardware-assisted paging.
 */
export type FeatureMask =
  | 'known'
  | 'special'
  | 'accumulated'
  | 'pvMax'
  | 'pvDefault'
  | 'hvmShadowMax'
  | 'hvmShadowDefault'
  | 'hvmHapMax'
  | 'hvmHapDefault'

/** A feature that had to go, and what it would have needed. */
export interface ClearedFeature<Name extends string = FeatureName> {
  /** The feature that goes. */
  readonly feature: Name
  /** Everything it needs, directly or through others, that is absent; by bit. */
  readonly missing: Name[]
}

/** One Xen release's knowledge of feature bits. Immutable. */
export interface FeatureTable<Name extends string = FeatureName> {
  /** The release it belongs to: `'4.17.7'`, `'4.23-dev'`. */
  readonly release: string
  /** The words, by index. */
  readonly words: readonly FeatureWord[]
  /** The named bits, ascending. */
  readonly features: readonly Feature<Name>[]
  /** Looks a feature up by bit number, by Xen's name or by libxl's (`SSE4_1`, `sse4-1`); undefined if there is none. */
  feature(nameOrBit: string | number): Feature<Name> | undefined
  /** One of the masks, as many words as the table has. */
  mask(which: FeatureMask): Featureset
  /**
   * Everything that goes when this feature goes, by bit.
   * @throws {@link UnknownFeatureError} for a name that the table does not have.
   */
  dependents(name: Name): readonly Name[]
  /**
   * Everything that this feature needs, directly or through others, by bit.
   * @throws {@link UnknownFeatureError} for a name that the table does not have.
   */
  requirements(name: Name): readonly Name[]
  /**
   * Drops every feature of which something it needs is absent. Never adds a bit, keeps bits that have no name, and doing it
   * twice changes nothing (Xen: sanitise_featureset in xen/arch/x86/cpu-policy.c, without its mask of known bits).
   */
  clearDependents(featureset: Featureset): Featureset
  /** The same on words in place, without allocating; `words` may be shorter or longer than the table. */
  clearDependentsInPlace(words: Uint32Array): void
  /** Which features {@link FeatureTable.clearDependents} would drop and what each of them lacks; by bit. */
  explainCleared(featureset: Featureset): ClearedFeature<Name>[]
}

/** A feature name that a table does not have. Code `FEATURE_UNKNOWN`. */
export class UnknownFeatureError extends XenlevelError {
  constructor(name: string, release: string) {
    super({
      code: 'FEATURE_UNKNOWN',
      message: `Xen ${release} has no feature named ${JSON.stringify(name.slice(0, 60))}. Names are spelt as in its cpufeatureset.h (AVX512F) or as libxl does (avx512f); table.features lists them.`,
      details: { name, release },
    })
  }
}

/** Xen's spelling of a feature's name from either spelling. */
export function upperFeatureName(name: string): string {
  return name.toUpperCase().replaceAll('-', '_')
}

/** libxl's spelling of a feature's name from Xen's. */
export function lowerFeatureName(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

/** The register of a word as people write it: `7:0.ebx`, `0x80000001.edx`, `MSR 0x10a.eax`. */
export function describeWordSource(source: WordSource | null): string {
  if (source === null) return 'a word without a register'
  if ('msr' in source) return `MSR 0x${source.msr.toString(16)}.${source.register}`
  const leaf = source.leaf < 10 ? String(source.leaf) : `0x${source.leaf.toString(16)}`
  return `${leaf}${source.subleaf === null ? '' : `:${source.subleaf}`}.${source.register}`
}
