/** What a level costs: which feature, and which hosts lack it. */
import { type CpuVendor, type FeatureName, Featureset, type FeatureTable } from '@xenlevel/cpuid'
import { COMPATIBILITY_BITS, compatibilityMask } from '../xen/compatibility-bits.js'
import type { DefaultFeatureset } from '../xen/offered-featuresets.js'
import { GroupColumns, type GroupSet } from './groups/columns.js'
import { LEVEL_KINDS, type LevelKind } from './groups/host-group.js'
import { joinTallies, type Tally } from './groups/tally.js'

/** A feature that some host offers by default and the pool cannot promise. */
export interface Loss {
  /** What is lost, as the level's release spells it; where that has no name for it, as the host's own release does. */
  readonly feature: FeatureName
  /**
   * The hosts that lack it; of a feature that cannot be carried, the hosts that offer it. In alphabetical order: all of them in a pool of up
   * to 4,096 hosts, the first 16 in a larger fleet.
   */
  readonly hosts: readonly string[]
  /** How many hosts those are; of a `dependency` in a fleet of more than 4,096 different hosts, how many there are at least. */
  readonly count: number
  /**
   * `absent`: these hosts lack it. `dependency`: they have it, but lack something it needs. `not-carried`: these hosts offer it, and the
   * release that the level is made for does not know it.
   */
  readonly kind: 'absent' | 'dependency' | 'not-carried'
  /** The kinds of guest that lose it. */
  readonly guests: readonly LevelKind[]
}

/** A level as far as losses are concerned. */
interface LevelSets {
  readonly vendor: CpuVendor | null
  readonly pv: { readonly default: DefaultFeatureset }
  readonly hvm: { readonly default: DefaultFeatureset }
}

/** Groups in the words of a level, and the table of those. */
export interface LevelGroups extends GroupSet {
  readonly table: FeatureTable
}

/** Features that some host offers by default and the level lacks, by bit; then those that cannot be carried. */
export function findLosses(level: LevelSets, pool: LevelGroups): Loss[] {
  const { table } = pool
  const ignored = compatibilityMask(level.vendor, table)
  const bit = ({ feature }: Loss) => table.feature(feature)?.bit ?? table.words.length * 32
  return mergeKinds([
    ...LEVEL_KINDS.flatMap((kind) => lossesOf(kind, level[kind].default, ignored, pool)),
    ...LEVEL_KINDS.flatMap((kind) => notCarried(kind, pool)),
  ]).sort((a, b) => bit(a) - bit(b))
}

function lossesOf(
  kind: LevelKind,
  level: Featureset,
  ignored: Featureset,
  pool: LevelGroups,
): Loss[] {
  const { table } = pool
  const columns = new GroupColumns(pool, kind, table.words.length)
  const lost = Featureset.fromWords(columns.any).andNot(level).andNot(ignored)
  const bitsOf = (names: readonly FeatureName[]) => Featureset.fromNames(names, table).bits()
  return lost.names(table).map((feature): Loss => {
    const without = columns.lacking(bitsOf([feature]))
    return without.count > 0
      ? { feature, ...without, kind: 'absent', guests: [kind] }
      : {
          feature,
          ...columns.lacking(bitsOf(table.requirements(feature))),
          kind: 'dependency',
          guests: [kind],
        }
  })
}

function notCarried(kind: LevelKind, { groups, names }: LevelGroups): Loss[] {
  const having = new Map<FeatureName, Tally[]>()
  for (const group of groups) {
    for (const left of group[kind]?.leftBehind ?? []) {
      if (isUncounted(left.feature)) continue
      const tallies = having.get(left.feature) ?? []
      having.set(left.feature, tallies)
      tallies.push(left.having)
    }
  }
  return [...having].map(([feature, tallies]) => ({
    feature,
    ...joinTallies(tallies, names),
    kind: 'not-carried',
    guests: [kind],
  }))
}

/** Whether a feature never counts, whichever release names it. */
function isUncounted(feature: FeatureName): boolean {
  return COMPATIBILITY_BITS.some(({ features }) => features.includes(feature))
}

/** One loss where PV and HVM guests lose the same feature to the same hosts. */
function mergeKinds(losses: readonly Loss[]): Loss[] {
  const merged: Loss[] = []
  const byFeature = new Map<FeatureName, number>()
  for (const loss of losses) {
    const at = byFeature.get(loss.feature) ?? -1
    const present = merged[at]
    if (present === undefined || !sameHosts(present, loss)) {
      byFeature.set(loss.feature, merged.push(loss) - 1)
    } else {
      merged[at] = { ...present, guests: [...present.guests, ...loss.guests] }
    }
  }
  return merged
}

function sameHosts(a: Loss, b: Loss): boolean {
  return (
    a.kind === b.kind &&
    a.count === b.count &&
    a.hosts.length === b.hosts.length &&
    a.hosts.every((name, index) => name === b.hosts[index])
  )
}
