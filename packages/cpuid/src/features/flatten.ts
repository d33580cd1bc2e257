/**
 * From declared bits and direct dependencies to a {@link FeatureTable}: names, masks, and for every feature the closure of
 * what goes with it (Xen 4.23-dev, xen/tools/gen-cpuid.py).
 */
import { Featureset } from '../featureset.js'
import { bitsOf, testBit, wordsOfBits } from '../words.js'
import { compileClearing, runClearing } from './closure.js'
import { COMMON_1D_FEATURES, REPEATING_WORD } from './common-1d.js'
import {
  type FeatureDeclarations,
  type FeatureDependencies,
  MASKS_OF_ATTRIBUTE,
  resolveDependencies,
  resolveFeatures,
} from './declarations.js'
import type { ReleaseDeclarations } from './history.js'
import {
  type ClearedFeature,
  type Feature,
  type FeatureMask,
  type FeatureTable,
  type FeatureWord,
  UnknownFeatureError,
  upperFeatureName,
} from './table.js'

/**
 * Makes a table of declarations.
 *
 * @param declarations - words and features.
 * @param dependencies - direct edges: a feature to those that need it.
 * @param release - what the table is to be called.
 * @throws {@link FeatureDeclarationError} for a name or bit declared twice, a bit beyond the words, an unknown attribute, an edge
 * between features that are not declared, or a cycle (its path is in the message).
 */
export function flattenFeatures<Name extends string>(
  declarations: FeatureDeclarations<Name>,
  dependencies: FeatureDependencies,
  release = 'custom',
): FeatureTable<Name> {
  return new FlatFeatureTable(declarations, dependencies, release, [])
}

/** Makes the table of a release of which all is known. */
export function flattenRelease<Name extends string>(
  { declarations, dependencies, rules }: ReleaseDeclarations<Name>,
  release: string,
): FeatureTable<Name> {
  return new FlatFeatureTable(
    declarations,
    dependencies,
    release,
    rules.includes('common-1d-once') ? [] : repeatedBits(),
  )
}

/** Bits that the mask of known bits had in releases before 4.9 although they have no name. */
function repeatedBits(): number[] {
  return bitsOf([COMMON_1D_FEATURES]).map((bit) => REPEATING_WORD * 32 + bit)
}

class FlatFeatureTable<Name extends string> implements FeatureTable<Name> {
  readonly release: string
  readonly words: readonly FeatureWord[]
  readonly features: readonly Feature<Name>[]
  readonly #byName: ReadonlyMap<string, Feature<Name>>
  readonly #byBit: ReadonlyMap<number, Feature<Name>>
  readonly #masks = new Map<FeatureMask, Featureset>()
  readonly #dependents: ReadonlyMap<number, readonly number[]>
  readonly #clearing: Int32Array
  readonly #alsoKnown: readonly number[]

  constructor(
    declarations: FeatureDeclarations<Name>,
    dependencies: FeatureDependencies,
    release: string,
    alsoKnown: readonly number[],
  ) {
    this.release = release
    this.#alsoKnown = alsoKnown
    this.words = Object.freeze(declarations.words.map((word) => Object.freeze({ ...word })))
    this.features = resolveFeatures(declarations)
    this.#byName = new Map(this.features.map((feature) => [feature.name, feature]))
    this.#byBit = new Map(this.features.map((feature) => [feature.bit, feature]))
    this.#dependents = resolveDependencies(this.features, dependencies)
    this.#clearing = compileClearing(this.#dependents)
  }

  feature(nameOrBit: string | number): Feature<Name> | undefined {
    return typeof nameOrBit === 'number'
      ? this.#byBit.get(nameOrBit)
      : (this.#byName.get(nameOrBit) ?? this.#byName.get(upperFeatureName(nameOrBit)))
  }

  mask(which: FeatureMask): Featureset {
    const present = this.#masks.get(which)
    if (present !== undefined) return present
    const bits = this.features
      .filter(
        ({ attributes }) =>
          which === 'known' ||
          [...attributes].some((letter) => MASKS_OF_ATTRIBUTE[letter]?.includes(which)),
      )
      .map(({ bit }) => bit)
    if (which === 'known') bits.push(...this.#alsoKnown)
    const mask = Featureset.fromWords(wordsOfBits(bits, this.words.length))
    this.#masks.set(which, mask)
    return mask
  }

  dependents(name: Name): readonly Name[] {
    return this.#names(this.#dependents.get(this.#required(name).bit) ?? [])
  }

  requirements(name: Name): readonly Name[] {
    return this.#names(this.#requirements(this.#required(name).bit))
  }

  clearDependents(featureset: Featureset): Featureset {
    const words = Uint32Array.from(featureset.words)
    this.clearDependentsInPlace(words)
    return Featureset.fromWords(words)
  }

  clearDependentsInPlace(words: Uint32Array): void {
    runClearing(this.#clearing, words)
  }

  explainCleared(featureset: Featureset): ClearedFeature<Name>[] {
    const cleared = featureset.andNot(this.clearDependents(featureset))
    return this.#named(bitsOf(cleared.words)).map(({ name, bit }) => ({
      feature: name,
      missing: this.#names(
        this.#requirements(bit).filter((need) => !testBit(featureset.words, need)),
      ),
    }))
  }

  #required(name: string): Feature<Name> {
    const feature = this.feature(name)
    if (feature === undefined) throw new UnknownFeatureError(name, this.release)
    return feature
  }

  #requirements(bit: number): number[] {
    const needed: number[] = []
    for (const [candidate, dependents] of this.#dependents) {
      if (dependents.includes(bit)) needed.push(candidate)
    }
    return needed
  }

  #named(bits: readonly number[]): Feature<Name>[] {
    return bits.flatMap((bit) => this.#byBit.get(bit) ?? [])
  }

  #names(bits: readonly number[]): Name[] {
    return this.#named(bits).map((feature) => feature.name)
  }
}
