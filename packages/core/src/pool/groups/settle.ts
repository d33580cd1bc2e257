/** Levels of any of the groups of a pool, as bare featuresets: what planning asks for again and again. */
import {
  compareReleases,
  Featureset,
  type FeatureTable,
  featureTable,
  mapFeatureset,
  nearestRelease,
} from '@xenlevel/cpuid'
import { type CombineMethod, FeaturesetCombiner } from '../combine.js'
import { carryGroup } from './carried.js'
import type { LevelKind, OfferGroup } from './host-group.js'

/** What a level is made for, the release being that of a table. */
export interface LevelPurpose {
  /** The table of the release that was asked for; null if the oldest release of the hosts counts. */
  readonly asked: FeatureTable | null
  readonly method: CombineMethod
}

/** In whose words the level of some groups is. */
export function tableOf(groups: readonly OfferGroup[], { asked }: LevelPurpose): FeatureTable {
  return asked ?? featureTable(releasesOf(groups)[0])
}

/** The releases that the hosts of some groups run and that there are tables for, oldest first. */
export function releasesOf(groups: readonly OfferGroup[]): string[] {
  const said = new Set(groups.flatMap(({ traits: { xen } }) => (xen === null ? [] : xen)))
  const known = new Set([...said].flatMap((xen) => nearestRelease(xen) ?? []))
  return [...known].sort(compareReleases)
}

/** What some groups can promise guests of one kind at boot; null if none of them counts. */
export function settleGroups(
  groups: readonly OfferGroup[],
  kind: LevelKind,
  { table, method }: { readonly table: FeatureTable; readonly method: CombineMethod },
): Featureset | null {
  const combiner = new FeaturesetCombiner({ release: table.release, method })
  let counting = false
  for (const group of groups) {
    const offer = carryGroup(group, table)[kind]
    if (offer === null) continue
    counting = true
    combiner.addSpan(offer.default.all, offer.default.any)
  }
  return counting ? combiner.result() : null
}

/** A featureset in the words of another table. */
export function carrySet(set: Featureset, from: FeatureTable, to: FeatureTable): Featureset {
  return from === to ? set : mapFeatureset(set, from, to).featureset
}

/** What a feature of one table is called in another; undefined if that does not know it. */
export function carryName<Name extends string>(
  name: string,
  from: FeatureTable<string>,
  to: FeatureTable<Name>,
): Name | undefined {
  const same = to.feature(name)
  if (same !== undefined || from.feature(name) === undefined) return same?.name
  const [bit] = mapFeatureset(Featureset.fromNames([name], from), from, to).featureset.bits()
  return bit === undefined ? undefined : to.feature(bit)?.name
}
