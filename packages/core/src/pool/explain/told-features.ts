/** What a level tells guests although not all hosts have it: what holds where any host of the pool is so. */
import type { FeatureName, FeatureTable } from '@xenlevel/cpuid'
import { GroupColumns } from '../groups/columns.js'
import { LEVEL_KINDS, type LevelKind } from '../groups/host-group.js'
import { joinTallies, NOBODY, type Tally } from '../groups/tally.js'
import type { PoolLevel } from '../level.js'
import type { LevelGroups } from '../losses.js'

/** A feature that guests are told of because of some hosts. */
export interface ToldFeature {
  /** The feature. */
  readonly feature: FeatureName
  /** The kinds of guest that are told of it. */
  readonly guests: readonly LevelKind[]
  /** The hosts because of which it is told. */
  readonly hosts: readonly string[]
  /** How many hosts those are. */
  readonly count: number
}

/** Bits that say what an empty return stack falls back on: a level has one of them if any host has either. */
export const RETURN_PREDICTIONS: readonly FeatureName[] = ['RSBA', 'RRSBA']

/** Features of the level that some host which counts lacks, by bit. */
export function findTold(level: PoolLevel, pool: LevelGroups): ToldFeature[] {
  const { table } = pool
  const told = new Map<FeatureName, ToldFeature>()
  for (const kind of LEVEL_KINDS) {
    const columns = new GroupColumns(pool, kind, table.words.length)
    for (const feature of level[kind].default.names(table)) {
      if (columns.lacking([bitOf(feature, table)]).count === 0) continue
      const present = told.get(feature)
      const { hosts, count } = having(feature, kind, pool)
      told.set(feature, { feature, guests: [...(present?.guests ?? []), kind], hosts, count })
    }
  }
  return [...told.values()].sort((a, b) => bitOf(a.feature, table) - bitOf(b.feature, table))
}

function having(
  feature: FeatureName,
  kind: LevelKind,
  { groups, table, names }: LevelGroups,
): Tally {
  const features = RETURN_PREDICTIONS.includes(feature) ? RETURN_PREDICTIONS : [feature]
  const bits = features.map((name) => bitOf(name, table))
  return joinTallies(
    groups.map((group) => {
      const tallies = bits.map((bit) => group.having(kind, bit))
      return tallies.reduce((most, tally) => (tally.count > most.count ? tally : most), NOBODY)
    }),
    names,
  )
}

function bitOf(feature: FeatureName, table: FeatureTable): number {
  return table.feature(feature)?.bit ?? -1
}
