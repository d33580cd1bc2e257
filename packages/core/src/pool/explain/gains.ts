/** What comes back when hosts leave, and what each host costs alone. */
import type { CpuVendor, FeatureName, Featureset, FeatureTable } from '@xenlevel/cpuid'
import { compatibilityMask } from '../../xen/compatibility-bits.js'
import { LEVEL_KINDS, type LevelKind, type OfferGroup } from '../groups/host-group.js'
import { carrySet, settleGroups, tableOf } from '../groups/settle.js'
import type { PlannedPool } from './leave.js'

/** A feature that comes or goes, and for whom. */
export interface ChangedFeature {
  /** The feature. */
  readonly feature: FeatureName
  /** The kinds of guest that it concerns. */
  readonly guests: readonly LevelKind[]
}

/** A level for boot, by kind of guest; null where no host counts. */
export type BootSets = Readonly<Record<LevelKind, Featureset | null>>

/** Two levels, each in the words of a table. */
export interface LevelPair {
  readonly before: BootSets
  readonly beforeTable: FeatureTable
  readonly after: BootSets
  readonly afterTable: FeatureTable
}

/** The levels of some groups. */
export function bootSets(
  groups: readonly OfferGroup[],
  { purpose }: Pick<PlannedPool, 'purpose'>,
): { readonly sets: BootSets; readonly table: FeatureTable } {
  const table = tableOf(groups, purpose)
  const settle = (kind: LevelKind) => settleGroups(groups, kind, { table, method: purpose.method })
  return { sets: { pv: settle('pv'), hvm: settle('hvm') }, table }
}

/**
 * Features that the level after has and the one before lacks, by bit; compatibility bits do not count, and which those are depends on the
 * hosts that stay.
 */
export function gainedFeatures(
  { before, beforeTable, after, afterTable }: LevelPair,
  staying: () => readonly OfferGroup[],
): ChangedFeature[] {
  const gained = new Map<number, LevelKind[]>()
  const ignored = () => compatibilityMask(vendorOf(staying()), afterTable)
  for (const kind of LEVEL_KINDS) {
    const [old, young] = [before[kind], after[kind]]
    // Guests of a kind that no host runs gain nothing by another host that does not run them either.
    if (old === null || young === null) continue
    const more = young.andNot(carrySet(old, beforeTable, afterTable))
    if (more.isEmpty) continue
    for (const bit of more.andNot(ignored()).bits())
      gained.set(bit, [...(gained.get(bit) ?? []), kind])
  }
  return [...gained]
    .sort(([a], [b]) => a - b)
    .flatMap(([bit, guests]) => {
      const feature = afterTable.feature(bit)?.name
      return feature === undefined ? [] : [{ feature, guests }]
    })
}

/** The vendor of all hosts; null if they differ. */
function vendorOf(groups: readonly OfferGroup[]): CpuVendor | null {
  const [vendor = null, ...others] = new Set(groups.map(({ traits }) => traits.vendor))
  return others.length === 0 ? vendor : null
}
