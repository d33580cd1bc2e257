/**
 * Declared bits and dependencies, checked and resolved to bit numbers. Knows nothing of featuresets or tables, so that the
 * generator of tables can use it before there is one.
 */
import { XenlevelError } from '../errors.js'
import { closeDependencies } from './closure.js'
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

/** Direct dependencies: a feature to those that need it, by name; a number is a bit without a name. */
export type FeatureDependencies = Readonly<Record<string, readonly (string | number)[]>>

/**
 * Declarations that cannot become a table. Codes `FEATURE_DUPLICATE`, `FEATURE_ALIASED`, `FEATURE_RANGE`, `FEATURE_ATTRIBUTE`,
 * `DEPENDENCY_UNKNOWN`, `DEPENDENCY_CYCLE`.
 */
export class FeatureDeclarationError extends XenlevelError {}

/** Attribute letters to the masks that a feature with that letter is in. */
export const MASKS_OF_ATTRIBUTE: Readonly<Record<string, readonly FeatureMask[]>> = {
  A: ['pvMax', 'pvDefault', 'hvmShadowMax', 'hvmShadowDefault', 'hvmHapMax', 'hvmHapDefault'],
  S: ['hvmShadowMax', 'hvmShadowDefault', 'hvmHapMax', 'hvmHapDefault'],
  H: ['hvmHapMax', 'hvmHapDefault'],
  a: ['pvMax', 'hvmShadowMax', 'hvmHapMax'],
  s: ['hvmShadowMax', 'hvmHapMax'],
  h: ['hvmHapMax'],
  '!': ['special'],
  '|': ['accumulated'],
}

/** The features, ascending by bit. */
export function resolveFeatures<Name extends string>(
  declarations: FeatureDeclarations<Name>,
): readonly Feature<Name>[] {
  const byName = new Map<string, Feature<Name>>()
  const byBit = new Map<number, Feature<Name>>()
  for (const declaration of declarations.features) {
    const feature = resolveFeature(declaration, declarations.words.length)
    const { name, bit } = feature
    if (byName.has(name)) fail('FEATURE_DUPLICATE', `Feature ${name} is declared twice.`, { name })
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
  return Object.freeze([...byBit.values()].sort((a, b) => a.bit - b.bit))
}

/** Bit of a needed feature to the bits of everything that goes with it; both ascending. */
export function resolveDependencies(
  features: readonly Feature<string>[],
  dependencies: FeatureDependencies,
): ReadonlyMap<number, readonly number[]> {
  const bitOf = new Map(features.map((feature) => [feature.name, feature.bit]))
  const bit = (nameOrBit: string | number): number =>
    typeof nameOrBit === 'number'
      ? nameOrBit
      : (bitOf.get(nameOrBit) ??
        fail('DEPENDENCY_UNKNOWN', `A dependency names ${nameOrBit}, which is not declared.`, {
          name: nameOrBit,
        }))
  const closed = closeDependencies(
    new Map(
      Object.entries(dependencies).map(([needed, dependents]) => [
        bit(needed),
        dependents.map(bit),
      ]),
    ),
  )
  if (closed instanceof Map) return closed
  const path = closed.cycle.map(
    (member) => features.find((feature) => feature.bit === member)?.name,
  )
  return fail('DEPENDENCY_CYCLE', `The dependencies go in a circle: ${path.join(' -> ')}.`, {
    path,
  })
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
