/**
 * From declared bits and direct dependencies to a {@link FeatureTable}: names, masks, and for every feature the closure of
 * what goes with it (Xen 4.23-dev, xen/tools/gen-cpuid.py).
 */
import { Featureset } from '../featureset.js'
import { bitsOf, testBit, wordsOfBits } from '../words.js'
import { compileClearing, runClearing } from './closure.js'
import { repeatedBits } from './common-1d.js'
import {
  checkRepeatedFeatures,
  type FeatureDeclarations,
  type FeatureDependencies,
  masksOf,
  resolveDependencies,
  resolveFeatures,
  withWholeWords,
} from './declarations.js'
import type { ScriptRule } from './declared/types.js'
import { wordDependencies } from './generated/newest.js'
import { scriptRules } from './releases.js'
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
 * Makes a table of declarations, as the script gen-cpuid.py of a release would.
 *
 * @param declarations - words and features, such as {@link parseFeatureHeader} reads them.
 * @param dependencies - direct edges: a feature to those that need it, such as {@link featureDependencies} gives them.
 * @param release - what the table is to be called; where that is a release of Xen, its script's rules hold, else the newest ones.
 * @throws {@link FeatureDeclarationError} for a name or bit declared twice, a bit beyond the words, an unknown attribute, an edge
 * between features that are not declared, or a cycle (its path is in the message).
 */
export function flattenFeatures<Name extends string>(
  declarations: FeatureDeclarations<Name>,
  dependencies: FeatureDependencies,
  release = 'custom',
): FeatureTable<Name> {
  return new FlatFeatureTable(declarations, dependencies, release, scriptRules(release))
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
  readonly #rules: readonly ScriptRule[]

  constructor(
    declarations: FeatureDeclarations<Name>,
    dependencies: FeatureDependencies,
    release: string,
    rules: readonly ScriptRule[],
  ) {
    this.release = release
    this.#rules = rules
    this.words = Object.freeze(declarations.words.map((word) => Object.freeze({ ...word })))
    const resolved = resolveFeatures(declarations)
    checkRepeatedFeatures(declarations, resolved)
    this.features = resolved.features
    this.#byName = resolved.byName
    this.#byBit = new Map(this.features.map((feature) => [feature.bit, feature]))
    this.#dependents = resolveDependencies(
      resolved,
      withWholeWords(dependencies, wordDependencies, this.features, rules),
      this.words.length,
    )
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
        ({ attributes }) => which === 'known' || masksOf(attributes, this.#rules).includes(which),
      )
      .map(({ bit }) => bit)
    if (which === 'known' && !this.#rules.includes('common-1d-once')) bits.push(...repeatedBits())
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
