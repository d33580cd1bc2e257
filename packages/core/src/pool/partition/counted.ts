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

/** How much features are worth, by name; those not named keep their usual weight. */
export type FeatureWeights = Readonly<Partial<Record<FeatureName, number>>>

/** A feature that counts. */
export interface CountedFeature {
  readonly name: FeatureName
  readonly bit: number
  /** More than 0. */
  readonly weight: number
}

/** What is known of every feature if nobody says otherwise. */
const USUAL_WEIGHT = 1

/**
 * The features of a table that count, by bit. Compatibility bits say nothing about a CPU, and bits that a pool accumulates warn of what
 * some host does: a pool may have them without its hosts, so neither is kept or lost.
 */
export function countedFeatures(table: FeatureTable, weights: FeatureWeights): CountedFeature[] {
  const ignored = compatibilityMask(null, table).or(accumulatedFeatures(table))
  const wanted = newestWeights(weights)
  return table.features.flatMap(({ name, bit }) => {
    const weight = wanted.get(newestNameOf(bit, table)) ?? wanted.get(name) ?? USUAL_WEIGHT
    return weight > 0 && !ignored.has(bit) ? [{ name, bit, weight }] : []
  })
}

/**
 * Refuses weights that no sum could be made of.
 *
 * @throws {@link PoolError} `POOL_WEIGHT` for a weight below 0 or without a size; {@link @xenlevel/cpuid!UnknownFeatureError} for a name that no
 * newest release has.
 */
export function refuseBadWeights(weights: FeatureWeights): void {
  Featureset.fromNames(Object.keys(weights))
  for (const [feature, weight] of Object.entries(weights)) {
    if (weight === undefined || (Number.isFinite(weight) && weight >= 0)) continue
    throw new PoolError({
      code: 'POOL_WEIGHT',
      message: `${feature} cannot weigh ${weight}; a weight is a number from 0, and 0 leaves the feature out of account.`,
      details: { feature, weight },
    })
  }
}

function newestWeights(weights: FeatureWeights): ReadonlyMap<string, number> {
  const table = featureTable()
  return new Map(
    Object.entries(weights).flatMap(([name, weight]) =>
      weight === undefined ? [] : [[table.feature(name)?.name ?? name, weight]],
    ),
  )
}

/** What the newest table calls a feature of this one; its own name where the newest has dropped it. */
export function newestNameOf(bit: number, table: FeatureTable): string {
  const newest = featureTable()
  const own = table.feature(bit)?.name ?? ''
  if (newest === table || newest.feature(own) !== undefined) return own
  const words = new Uint32Array((bit >>> 5) + 1)
  words[bit >>> 5] = 1 << (bit & 31)
  const [name] = mapFeatureset(Featureset.fromWords(words), table, newest).featureset.names()
  return name ?? own
}
