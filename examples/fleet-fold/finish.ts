/** From what an engine folded to the level: what is no AND, the library adds. */
import { COMPATIBILITY_BITS, FeaturesetCombiner } from '@xenlevel/core'
import {
  compareReleases,
  Featureset,
  type FeatureTable,
  featureTable,
  mapFeatureset,
} from '@xenlevel/cpuid'
import { type BitQuestion, type Fold, SETS, type SetName } from './engine.js'

/** A level, as far as featuresets go. */
export interface FoldedLevel {
  readonly release: string
  readonly hosts: number
  readonly physAddrBits: number
  readonly sets: ReadonlyMap<SetName, Featureset>
}

/** The level of some folds: in the words of the oldest release, as a pool is levelled. */
export function finishLevel(folds: readonly Fold[]): FoldedLevel {
  const [release] = folds.map((fold) => fold.release).sort(compareReleases)
  const table = featureTable(release)
  const sets = SETS.map((name): [SetName, Featureset] => {
    const combiner = new FeaturesetCombiner({ release: table.release })
    for (const fold of folds) {
      const { all, any } = fold.sets[name]
      combiner.addSpan(carry(all, fold.release, table), carry(any, fold.release, table))
    }
    return [name, combiner.result()]
  })
  return {
    release: table.release,
    hosts: folds.reduce((sum, { hosts }) => sum + hosts, 0),
    physAddrBits: Math.min(...folds.map(({ physAddrBits }) => physAddrBits)),
    sets: new Map(sets),
  }
}

/**
 * Where to look on hosts of each release for what a level lacks and some host offers HVM guests. What only some hosts could keep for other
 * reasons, or a pool is not judged by, is no question of who lacks it.
 */
export function questionsFor(level: FoldedLevel, folds: readonly Fold[]): BitQuestion[] {
  const table = featureTable(level.release)
  const kept = level.sets.get('hvmDefault') ?? Featureset.empty
  const anywhere = folds.reduce(
    (union, { sets, release }) => union.or(carry(sets.hvmDefault.any, release, table)),
    Featureset.empty,
  )
  const ignored = COMPATIBILITY_BITS.flatMap(({ features }) => features)
  const lost = anywhere
    .andNot(kept)
    .names(table)
    .filter((feature) => !ignored.includes(feature))
  return lost.flatMap((feature) =>
    folds.map(({ release }) => {
      const wanted = Featureset.fromNames([feature], table)
      const [bit = null] = mapFeatureset(wanted, table, featureTable(release)).featureset.bits()
      return { feature, release, bit }
    }),
  )
}

function carry(set: Featureset, release: string, table: FeatureTable): Featureset {
  const own = featureTable(release)
  return own === table ? set : mapFeatureset(set, own, table).featureset
}
