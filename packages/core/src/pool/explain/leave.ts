/** The smallest set of hosts whose leaving brings a feature back. */
import {
  compareReleases,
  type FeatureName,
  type FeatureTable,
  featureTable,
  nearestRelease,
} from '@xenlevel/cpuid'
import { accumulatedFeatures } from '../combine.js'
import { carryGroup } from '../groups/carried.js'
import { testWord } from '../groups/fold.js'
import type { LevelKind, OfferGroup } from '../groups/host-group.js'
import {
  carryName,
  type LevelPurpose,
  releasesOf,
  settleGroups,
  tableOf,
} from '../groups/settle.js'
import { joinTallies, namesKept, type Tally } from '../groups/tally.js'

/** A pool as it is planned with. */
export interface PlannedPool {
  readonly groups: readonly OfferGroup[]
  readonly purpose: LevelPurpose
  /** In whose words its level is. */
  readonly table: FeatureTable
  /** How many hosts there are. */
  readonly count: number
}

/** Groups that leave. */
export interface Leaving {
  readonly hosts: Tally
  /** The groups that stay, all of them whole; null if some of their hosts leave and it is not known how those differ from the others. */
  readonly staying: readonly OfferGroup[] | null
  /** In whose words the level of those that stay is. */
  readonly table: FeatureTable
}

/**
 * The hosts that have to leave so that a feature comes back for some kinds of guest; null if no leaving helps.
 *
 * In the words of one release the answer is the only one: whoever lacks the feature, or anything it needs, has to leave, and nobody
 * else, for the others take nothing from it; of bits that a pool accumulates, one host that stays has to have them. But hosts with an old Xen
 * may keep a feature back for all, so this is asked for the words of each release that the pool could be levelled in, and the fewest hosts
 * count.
 */
export function smallestLeaving(
  feature: FeatureName,
  kinds: readonly LevelKind[],
  pool: PlannedPool,
): Leaving | null {
  let best: Leaving | null = null
  for (const table of candidateTables(pool)) {
    const leaving = leavingFor(feature, kinds, pool, table)
    if (leaving !== null && (best === null || leaving.hosts.count < best.hosts.count))
      best = leaving
  }
  return best
}

/** The tables in whose words the level may be when hosts have left. */
function candidateTables({ groups, purpose, table }: PlannedPool): FeatureTable[] {
  if (purpose.asked !== null) return [purpose.asked]
  const known = new Set([table, ...releasesOf(groups).map((release) => featureTable(release))])
  // Where all that stay have no release that is known, the newest counts.
  return [...known.add(featureTable())]
}

function leavingFor(
  feature: FeatureName,
  kinds: readonly LevelKind[],
  pool: PlannedPool,
  table: FeatureTable,
): Leaving | null {
  const name = nameIn(feature, pool, table)
  if (name === undefined) return null
  const { groups, purpose, count } = pool
  const needs = new Needs(name, table, purpose)
  const leaving: Tally[] = []
  const staying: OfferGroup[] = []
  let whole = true
  for (const group of groups) {
    const without = isOlder(group, table, purpose) ? group.hosts : needs.lacking(group, kinds)
    if (without === null) {
      staying.push(group)
      continue
    }
    leaving.push(without)
    if (without !== group.hosts) whole = false
  }
  const hosts = joinTallies(leaving, namesKept(count))
  if (hosts.count === 0 || hosts.count >= count) return null
  if (!whole) return { hosts, staying: null, table }
  if (tableOf(staying, purpose) !== table) return null
  const back = kinds.every((kind) =>
    settleGroups(staying, kind, { table, method: purpose.method })?.has(name, table),
  )
  return back ? { hosts, staying, table } : null
}

/** What a feature is called in a table, by whatever release of the pool it was named. */
function nameIn(
  feature: FeatureName,
  { groups, table: own }: PlannedPool,
  table: FeatureTable,
): FeatureName | undefined {
  const tables = [own, ...releasesOf(groups).map((release) => featureTable(release))]
  const from = tables.find((one) => one.feature(feature) !== undefined)
  return from === undefined ? undefined : carryName(feature, from, table)
}

function isOlder({ traits }: OfferGroup, table: FeatureTable, { asked }: LevelPurpose): boolean {
  if (asked !== null || traits.xen === null) return false
  const release = nearestRelease(traits.xen)
  return release !== undefined && compareReleases(release, table.release) < 0
}

/** A feature and all that it needs, in the words of one table. */
class Needs {
  readonly #table: FeatureTable
  readonly #bits: readonly number[]

  constructor(feature: FeatureName, table: FeatureTable, { method }: LevelPurpose) {
    this.#table = table
    const needed = method === 'intersection' ? [feature] : [feature, ...table.requirements(feature)]
    // Whether one of those that stay has an accumulated bit is seen when they are levelled.
    const accumulated = method === 'intersection' ? null : accumulatedFeatures(table)
    this.#bits = needed
      .map((name) => table.feature(name)?.bit ?? -1)
      .filter((bit) => bit >= 0 && accumulated?.has(bit) !== true)
  }

  /** The hosts of a group that lack any of it for any of some kinds of guest; null if none does. */
  lacking(group: OfferGroup, kinds: readonly LevelKind[]): Tally | null {
    const carried = carryGroup(group, this.#table)
    const some: Tally[] = []
    for (const kind of kinds) {
      const offer = carried[kind]
      if (offer === null) continue
      for (const bit of this.#bits) {
        if (testWord(offer.default.all.words, bit)) continue
        if (!testWord(offer.default.any.words, bit)) return group.hosts
        some.push(carried.lacking(kind, bit))
      }
    }
    if (some.length === 0) return null
    return {
      count: Math.max(...some.map(({ count }) => count)),
      hosts: joinTallies(some, namesKept(group.hosts.count)).hosts,
    }
  }
}
