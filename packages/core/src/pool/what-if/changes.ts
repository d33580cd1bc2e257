/** What a level gains and loses when it becomes another, with the hosts that are to blame. */
import type { FeatureName, FeatureTable } from '@xenlevel/cpuid'
import { compatibilityMask } from '../../xen/compatibility-bits.js'
import { accumulatedFeatures } from '../combine.js'
import { byWeight } from '../explain/costs.js'
import { type FeatureMeaning, featureMeaning } from '../explain/feature-meaning.js'
import { RETURN_PREDICTIONS } from '../explain/told-features.js'
import { tallyText } from '../findings.js'
import { levelGroupsOf } from '../folded-level.js'
import { GroupColumns } from '../groups/columns.js'
import { LEVEL_KINDS, type LevelKind } from '../groups/host-group.js'
import { carryName, carrySet } from '../groups/settle.js'
import { joinTallies, NOBODY, type Tally } from '../groups/tally.js'
import type { PoolLevel } from '../level.js'
import type { LevelGroups } from '../losses.js'
import type { LevelGain, LevelLoss } from './types.js'

/** What a level has more than another, by weight. */
export function levelGains(before: PoolLevel, after: PoolLevel): LevelGain[] {
  const [old, young] = [new AskedLevel(before), new AskedLevel(after)]
  return byWeight(
    differences(young, old).map(({ feature, guests }): LevelGain => {
      const meaning = featureMeaning(feature)
      const name = carryName(feature, young.table, old.table)
      const about = { feature, guests, meaning }
      if (name === undefined) return { ...about, kind: 'not-carried', ...old.onItsRelease() }
      const { kind, hosts, count } = old.whyNot(name, guests)
      return kind === null
        ? { ...about, kind: 'told', ...young.having(feature, guests) }
        : { ...about, kind, hosts, count }
    }),
  )
}

/** What a level has less than another, by weight. */
export function levelLosses(before: PoolLevel, after: PoolLevel): LevelLoss[] {
  const [old, young] = [new AskedLevel(before), new AskedLevel(after)]
  return byWeight(
    differences(old, young).map(({ feature, guests }): LevelLoss => {
      const meaning = featureMeaning(feature)
      const name = carryName(feature, old.table, young.table)
      const why =
        name === undefined
          ? { kind: 'release' as const, ...young.onItsRelease() }
          : young.whyNot(name, guests)
      const { kind, hosts, count } = why
      const loss = { feature, guests, meaning, kind: kind ?? ('untold' as const), hosts, count }
      return { ...loss, message: sentence(loss, meaning, young.table.release) }
    }),
  )
}

function sentence(
  loss: Omit<LevelLoss, 'message'>,
  { aspect, losing }: FeatureMeaning,
  release: string,
): string {
  const who = tallyText(loss)
  const [lack, run] = loss.count === 1 ? ['lacks', 'runs'] : ['lack', 'run']
  const why = {
    absent: `${who} ${lack} it`,
    dependency: `${who} ${lack} something that it needs`,
    release: `${who} ${run} Xen ${release}, which does not know it`,
    untold: 'no host has it any more',
  }[loss.kind]
  const about = aspect === 'security' ? ' This is about security, not about speed.' : ''
  return `${loss.feature} goes: ${why}. ${losing}${about}`
}

/** Features of one level that another lacks, by bit, in the names of the one. Kinds of guest that only one of them counts are left out. */
function differences(
  one: AskedLevel,
  other: AskedLevel,
): { readonly feature: FeatureName; readonly guests: readonly LevelKind[] }[] {
  const guests = new Map<number, LevelKind[]>()
  for (const kind of LEVEL_KINDS) {
    if (one.level[kind].count === 0 || other.level[kind].count === 0) continue
    const theirs = carrySet(other.level[kind].default, other.table, one.table)
    const ignored = compatibilityMask(other.level.vendor, one.table)
    for (const bit of one.level[kind].default.andNot(theirs).andNot(ignored).bits())
      guests.set(bit, [...(guests.get(bit) ?? []), kind])
  }
  return [...guests]
    .sort(([a], [b]) => a - b)
    .flatMap(([bit, kinds]) => {
      const feature = one.table.feature(bit)?.name
      return feature === undefined ? [] : [{ feature, guests: kinds }]
    })
}

/** A level of which it is asked why it lacks something. */
class AskedLevel {
  readonly level: PoolLevel
  readonly table: FeatureTable
  readonly #pool: LevelGroups
  readonly #columns = new Map<LevelKind, GroupColumns>()

  constructor(level: PoolLevel) {
    this.level = level
    this.#pool = levelGroupsOf(level)
    this.table = this.#pool.table
  }

  /** Why it lacks a feature; `kind` is null if no host is without it, or without anything it needs. */
  whyNot(
    feature: FeatureName,
    guests: readonly LevelKind[],
  ): Tally & { readonly kind: 'absent' | 'dependency' | null } {
    const lacking = this.#lacking([feature], guests)
    if (lacking.count > 0 && !this.#isTold(feature)) return { kind: 'absent', ...lacking }
    const needs = this.#lacking(this.table.requirements(feature), guests)
    return needs.count > 0 ? { kind: 'dependency', ...needs } : { kind: null, ...NOBODY }
  }

  /** The hosts that offer a feature. */
  having(feature: FeatureName, guests: readonly LevelKind[]): Tally {
    const bit = this.#bit(feature)
    const { groups, names } = this.#pool
    return joinTallies(
      groups.map((group) =>
        guests
          .map((kind) => group.having(kind, bit))
          .reduce((most, tally) => (tally.count > most.count ? tally : most), NOBODY),
      ),
      names,
    )
  }

  /** The hosts because of which the level is in the words that it is in. */
  onItsRelease(): Tally {
    const { groups, names, table } = this.#pool
    const own = groups.filter(({ group }) => group.traits.table === table.release)
    return joinTallies(
      own.map(({ group }) => group.hosts),
      names,
    )
  }

  /** Whether guests are told of a feature if any host has it. */
  #isTold(feature: FeatureName): boolean {
    if (this.level.method === 'intersection') return false
    return (
      accumulatedFeatures(this.table).has(this.#bit(feature)) ||
      RETURN_PREDICTIONS.includes(feature)
    )
  }

  #lacking(features: readonly FeatureName[], guests: readonly LevelKind[]): Tally {
    const bits = features.map((name) => this.#bit(name))
    if (bits.length === 0) return NOBODY
    return guests
      .map((kind) => this.#column(kind).lacking(bits))
      .reduce((most, tally) => (tally.count > most.count ? tally : most), NOBODY)
  }

  #column(kind: LevelKind): GroupColumns {
    let columns = this.#columns.get(kind)
    if (columns === undefined) {
      columns = new GroupColumns(this.#pool, kind, this.table.words.length)
      this.#columns.set(kind, columns)
    }
    return columns
  }

  #bit(feature: FeatureName): number {
    return this.table.feature(feature)?.bit ?? -1
  }
}
