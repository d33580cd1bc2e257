/**
 * Declared bits and dependencies, checked and resolved to bit numbers. Knows nothing of featuresets or tables, so that the
 * generator of tables can use it before there is one.
 */
import { XenlevelError } from '../errors.js'
import { closeDependencies } from './closure.js'
import { COMMON_1D_NAMES } from './common-1d.js'
import type { ScriptRule } from './declared/types.js'
import { type Feature, type FeatureMask, type FeatureWord, lowerFeatureName } from './table.js'

/** One feature as it was declared: name, bit number over all words, Xen's attribute letters. */
export type FeatureDeclaration<Name extends string = string> = readonly [
  name: Name,
  bit: number,
  attributes: string,
]

/** Words and features as a header or a declared source has them, nothing computed yet. */
export interface FeatureDeclarations<Name extends string = string> {
  /** The words, by index. */
  readonly words: readonly FeatureWord[]
  /** The features, in any order. */
  readonly features: readonly FeatureDeclaration<Name>[]
}

/** Direct dependencies: a feature to those that need it. */
export type FeatureDependencies = Readonly<Record<string, readonly string[]>>

/**
 * Declarations that cannot become a table. Codes `FEATURE_DUPLICATE`, `FEATURE_ALIASED`, `FEATURE_RANGE`, `FEATURE_ATTRIBUTE`, `FEATURE_MISSING`,
 * `DEPENDENCY_UNKNOWN`, `DEPENDENCY_CYCLE`.
 */
export class FeatureDeclarationError extends XenlevelError {}

/** Attribute letters to the masks that a feature with that letter is in. */
const MASKS_OF_ATTRIBUTE: Readonly<Record<string, readonly FeatureMask[]>> = {
  A: ['pvMax', 'pvDefault', 'hvmShadowMax', 'hvmShadowDefault', 'hvmHapMax', 'hvmHapDefault'],
  S: ['hvmShadowMax', 'hvmShadowDefault', 'hvmHapMax', 'hvmHapDefault'],
  H: ['hvmHapMax', 'hvmHapDefault'],
  a: ['pvMax', 'hvmShadowMax', 'hvmHapMax'],
  s: ['hvmShadowMax', 'hvmHapMax'],
  h: ['hvmHapMax'],
  '!': ['special'],
  '|': ['accumulated'],
}

/** The attribute letters that a release's script knows. */
export function attributeLetters(rules: readonly ScriptRule[]): string {
  return `!ASH${rules.includes('max-attributes') ? 'ash' : ''}${rules.includes('accumulated-attribute') ? '|' : ''}`
}

/** The masks that a feature with these attributes is in. */
export function masksOf(attributes: string, rules: readonly ScriptRule[]): readonly FeatureMask[] {
  const alone = !rules.includes('max-attributes') && attributes.length > 1
  return [...attributes]
    .filter((letter) => !(alone && (letter === 'S' || letter === 'H')))
    .flatMap((letter) => MASKS_OF_ATTRIBUTE[letter] ?? [])
}

/** Direct dependencies with bits that have no name. */
type DependencyBits = Readonly<Record<string, readonly (string | number)[]>>

/**
 * Adds the bits that a script finds by itself: everything in a word that one feature enumerates needs that feature, as soon as
 * anything is said to need it.
 */
export function withWholeWords(
  dependencies: FeatureDependencies,
  wholeWords: Readonly<Record<string, readonly number[]>>,
  features: readonly Feature<string>[],
  rules: readonly ScriptRule[],
): DependencyBits {
  const named = new Map(features.map(({ bit, name }) => [bit, name]))
  const complete: Record<string, readonly (string | number)[]> = { ...dependencies }
  for (const [needed, words] of Object.entries(wholeWords)) {
    const stated = dependencies[needed]
    if (stated === undefined) continue
    const dependents = words
      .flatMap((word) => Array.from({ length: 32 }, (_, bit) => word * 32 + bit))
      .flatMap((bit) => named.get(bit) ?? (rules.includes('arch-caps-named-bits') ? [] : bit))
    complete[needed] = [...new Set([...stated, ...dependents])]
  }
  return complete
}

/** Declared features, checked. */
export interface ResolvedFeatures<Name extends string> {
  /** Ascending by bit. */
  readonly features: readonly Feature<Name>[]
  /** What a name means to a dependency: of two features with one name, the later declared. */
  readonly byName: ReadonlyMap<string, Feature<Name>>
}

/** Checks declared features in the order of their declaration. */
export function resolveFeatures<Name extends string>(
  declarations: FeatureDeclarations<Name>,
): ResolvedFeatures<Name> {
  const byName = new Map<string, Feature<Name>>()
  const byBit = new Map<number, Feature<Name>>()
  for (const declaration of declarations.features) {
    const feature = resolveFeature(declaration, declarations.words.length)
    const { name, bit } = feature
    // Xen's script does not notice a second name that begins with a digit.
    if (byName.has(name) && !/^\d/.test(name)) {
      fail('FEATURE_DUPLICATE', `Feature ${name} is declared twice.`, { name })
    }
    const holder = byBit.get(bit)
    if (holder !== undefined) {
      const names = [holder.name, name]
      fail('FEATURE_ALIASED', `Features ${names.join(' and ')} are both bit ${bit}.`, {
        names,
        bit,
      })
    }
    byName.set(name, feature)
    byBit.set(bit, feature)
  }
  const features = Object.freeze([...byBit.values()].sort((a, b) => a.bit - b.bit))
  return { features, byName }
}

/** Bit of a needed feature to the bits of everything that goes with it; both ascending. */
export function resolveDependencies(
  { features, byName }: ResolvedFeatures<string>,
  dependencies: DependencyBits,
  words: number,
): ReadonlyMap<number, readonly number[]> {
  const bitOf = (nameOrBit: string | number): number => {
    if (typeof nameOrBit === 'string') {
      const feature = byName.get(nameOrBit)
      if (feature !== undefined) return feature.bit
      return fail('DEPENDENCY_UNKNOWN', `A dependency names ${nameOrBit}, which is not declared.`, {
        name: nameOrBit,
      })
    }
    if (nameOrBit < words * 32) return nameOrBit
    return fail(
      'FEATURE_RANGE',
      `A dependency names bit ${nameOrBit}, but there are ${words} words of 32 bits.`,
      {
        bit: nameOrBit,
        words,
      },
    )
  }
  const closed = closeDependencies(
    new Map(
      Object.entries(dependencies).map(([needed, dependents]) => [
        bitOf(needed),
        dependents.map(bitOf),
      ]),
    ),
  )
  if (closed instanceof Map) return closed
  const path = closed.cycle.map((member) => features.find(({ bit }) => bit === member)?.name)
  return fail('DEPENDENCY_CYCLE', `The dependencies go in a circle: ${path.join(' -> ')}.`, {
    path,
  })
}

/** Refuses declarations that lack a bit which another leaf repeats: Xen's script needs all of them by name. */
export function checkRepeatedFeatures(
  { words }: FeatureDeclarations<string>,
  { byName }: ResolvedFeatures<string>,
): void {
  const repeats = words.some(
    ({ source }) =>
      source !== null &&
      'leaf' in source &&
      source.leaf === 0x8000_0001 &&
      source.register === 'edx',
  )
  if (!repeats) return
  const missing = COMMON_1D_NAMES.filter((name) => !byName.has(name))
  if (missing.length > 0) {
    fail(
      'FEATURE_MISSING',
      `0x80000001.edx repeats ${missing.join(', ')} of leaf 1, which ${missing.length === 1 ? 'is' : 'are'} not declared.`,
      { missing },
    )
  }
}

function resolveFeature<Name extends string>(
  [name, bit, attributes]: FeatureDeclaration<Name>,
  words: number,
): Feature<Name> {
  const word = Math.floor(bit / 32)
  if (!Number.isInteger(bit) || word < 0 || word >= words) {
    fail(
      'FEATURE_RANGE',
      `Feature ${name} is bit ${bit}, but there are ${words} words of 32 bits.`,
      {
        name,
        bit,
        words,
      },
    )
  }
  for (const attribute of attributes) {
    if (!Object.hasOwn(MASKS_OF_ATTRIBUTE, attribute)) {
      fail('FEATURE_ATTRIBUTE', `Feature ${name} has the unknown attribute "${attribute}".`, {
        name,
        attribute,
      })
    }
  }
  return Object.freeze({
    name,
    lowerName: lowerFeatureName(name),
    bit,
    word,
    bitInWord: bit % 32,
    attributes,
  })
}

function fail(code: string, message: string, details: Readonly<Record<string, unknown>>): never {
  throw new FeatureDeclarationError({ code, message, details })
}
