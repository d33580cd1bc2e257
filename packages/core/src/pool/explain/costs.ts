/** Who costs what: for hosts that offer the same, the features that they alone keep from the pool. */
import type { FeatureName } from '@xenlevel/cpuid'
import type { LevelKind } from '../groups/host-group.js'
import { levelsWithoutEach } from './all-but-one.js'
import { type FeatureAspect, featureMeaning } from './feature-meaning.js'
import { type BootSets, type ChangedFeature, gainedFeatures } from './gains.js'
import type { PlannedPool } from './leave.js'

/** How much losses hurt together, by what they are about: sums of the weights of {@link featureMeaning}. */
export type Weights = Readonly<Record<FeatureAspect, number>>

/** What hosts that offer the same cost the pool. */
export interface HostCost {
  /** Hosts that cannot be told apart by what they offer: one, as long as no other is like it. */
  readonly hosts: readonly string[]
  /** How many hosts those are. */
  readonly count: number
  /** What comes back when all of them leave and everyone else stays, the weightiest first. */
  readonly features: readonly ChangedFeature[]
  /** How much those features weigh. */
  readonly weights: Weights
}

/** What each group costs alone; those that cost nothing are left out. The costliest first. */
export function findCosts(pool: PlannedPool, before: BootSets): HostCost[] {
  const { groups, table } = pool
  if (groups.length < 2) return []
  const without = levelsWithoutEach(pool)
  const costs = groups.flatMap((group, index): HostCost[] => {
    const { sets, table: afterTable } = without(index)
    const others = () => groups.filter((_, other) => other !== index)
    const features = gainedFeatures({ before, beforeTable: table, after: sets, afterTable }, others)
    if (features.length === 0) return []
    return [{ ...group.hosts, features: byWeight(features), weights: weigh(features) }]
  })
  return costs.sort((a, b) => total(b.weights) - total(a.weights))
}

/** The weightiest first; of the same weight, in the order given. */
export function byWeight<Item extends { readonly feature: FeatureName }>(
  features: readonly Item[],
): Item[] {
  return [...features].sort(
    (a, b) => featureMeaning(b.feature).weight - featureMeaning(a.feature).weight,
  )
}

/** How much features weigh together, each once. */
export function weigh(
  features: readonly { readonly feature: FeatureName; readonly guests: readonly LevelKind[] }[],
): Weights {
  const weights = { speed: 0, security: 0, function: 0 }
  for (const feature of new Set(features.map((one) => one.feature))) {
    const { aspect, weight } = featureMeaning(feature)
    weights[aspect] += weight
  }
  return weights
}

function total({ speed, security, function: others }: Weights): number {
  return speed + security + others
}
