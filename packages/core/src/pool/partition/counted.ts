/** Which features a partition counts, and how much each is worth. */
import {
  type FeatureName,
  Featureset,
  type FeatureTable,
  featureTable,
  mapFeatureset,
} from '@xenlevel/cpuid'
import { compatibilityMask } from '../../xen/compatibility-bits.js'
import { accumulatedFeatures } from '../combine.js'
import { PoolError } from '../errors.js'
import { featureMeaning } from '../explain/feature-meaning.js'

/**
 * How much features are worth: by name, those not named what {@link featureMeaning} says; or by a function that is asked for each, as the
 * newest release spells it.
 */
export type FeatureWeights =
  | Readonly<Partial<Record<FeatureName, number>>>
  | ((feature: FeatureName) => number)

/** A feature that counts. */
export interface CountedFeature {
  readonly name: FeatureName
  readonly bit: number
  /** More than 0. */
  readonly weight: number
}

/**
 * The features of a table that count, by bit. Compatibility bits say nothing about a CPU, and bits that a pool accumulates warn of what
 * some host does: a pool may have them without its hosts, so neither is kept or lost.
 *
 * @throws {@link PoolError} `POOL_WEIGHT` for a weight below 0 or without a size; {@link @xenlevel/cpuid!UnknownFeatureError} for a name that
 * the newest release does not have.
 */
export function countedFeatures(table: FeatureTable, weights: FeatureWeights): CountedFeature[] {
  const ignored = compatibilityMask(null, table).or(accumulatedFeatures(table))
  const weightOf = typeof weights === 'function' ? weights : byName(weights)
  return table.features.flatMap(({ name, bit }) => {
    const weight = checked(weightOf(newestNameOf(bit, table)), name)
    return weight > 0 && !ignored.has(bit) ? [{ name, bit, weight }] : []
  })
}

function byName(
  weights: Readonly<Partial<Record<FeatureName, number>>>,
): (feature: FeatureName) => number {
  const names = Object.entries(weights).flatMap(([name, weight]) => {
    const [bit = -1] = Featureset.fromNames([name]).bits()
    return weight === undefined ? [] : [[newestNameOf(bit, featureTable()), weight] as const]
  })
  const own = new Map(names)
  return (feature) => own.get(feature) ?? featureMeaning(feature).weight
}

function checked(weight: number, feature: FeatureName): number {
  if (Number.isFinite(weight) && weight >= 0) return weight
  throw new PoolError({
    code: 'POOL_WEIGHT',
    message: `${feature} cannot weigh ${weight}; a weight is a number from 0, and 0 leaves the feature out of account.`,
    details: { feature, weight },
  })
}

/** What the newest table calls a feature of this one; its own name where the newest has dropped it. */
export function newestNameOf(bit: number, table: FeatureTable): FeatureName {
  const own = table.feature(bit)?.name
  if (own === undefined) throw new RangeError(`bit ${bit} has no name`)
  const newest = featureTable()
  if (newest === table || newest.feature(own) !== undefined) return own
  const words = new Uint32Array((bit >>> 5) + 1)
  words[bit >>> 5] = 1 << (bit & 31)
  const [name] = mapFeatureset(Featureset.fromWords(words), table, newest).featureset.names()
  return name ?? own
}
