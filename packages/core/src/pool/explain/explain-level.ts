/** Why a level is what it is: each lost feature, what losing it means, who keeps it back, and who costs what. */
import type { FeatureName } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { tallyText } from '../findings.js'
import { levelGroupsOf, partsOf } from '../folded-level.js'
import { GroupColumns } from '../groups/columns.js'
import type { Tally } from '../groups/tally.js'
import { type LevelOptions, levelPool, type PoolLevel } from '../level.js'
import type { LevelGroups, Loss } from '../losses.js'
import { type PsabiLevelName, psabiLevel } from '../named/psabi.js'
import { byWeight, findCosts, type HostCost, type Weights, weigh } from './costs.js'
import { type FeatureMeaning, featureMeaning } from './feature-meaning.js'
import { type BootSets, bootSets, type ChangedFeature, gainedFeatures } from './gains.js'
import { type Leaving, LeavingSearch, type PlannedPool } from './leave.js'
import { findTold, type ToldFeature } from './told-features.js'

/** The smallest set of hosts whose leaving brings a feature back. */
export interface Departure {
  /** The hosts, in alphabetical order: all of them in a pool of up to 4,096 hosts, the first 16 in a larger fleet. */
  readonly hosts: readonly string[]
  /** How many hosts those are. */
  readonly count: number
  /**
   * `exact`: no fewer hosts will do. `at-least`: in a fleet of more than 4,096 different offers, in which it is no longer known who lacks
   * several things at once, so many have to leave.
   */
  readonly known: 'exact' | 'at-least'
  /** The release in whose words the level is then. */
  readonly release: string
  /** Everything that comes back with it, itself included, the weightiest first; itself alone where that is not known. */
  readonly comesBack: readonly ChangedFeature[]
}

/** A lost feature, explained. */
export interface ExplainedLoss extends Loss {
  /** What it means to a guest. */
  readonly meaning: FeatureMeaning
  /** Who has to leave for it to come back; null if no leaving helps, as long as any host stays. */
  readonly departure: Departure | null
  /** All of that in a few sentences. */
  readonly message: string
}

/** A feature that the next level of the psABI asks for. */
export interface PsabiGapFeature {
  /** The feature. */
  readonly feature: FeatureName
  /** The hosts that lack it, in alphabetical order: all of them in a pool of up to 4,096 hosts, the first 16 in a larger fleet. */
  readonly hosts: readonly string[]
  /** How many hosts those are. */
  readonly count: number
}

/** What is between a level and the next of the psABI. */
export interface PsabiGap {
  /** The level that HVM guests reach, PV guests where no host runs HVM; null below the first. */
  readonly level: PsabiLevelName | null
  /** What the next level asks for, and which hosts lack it; nothing at the highest level. */
  readonly missing: readonly PsabiGapFeature[]
}

/** An explanation. */
export interface LevelExplanation {
  /** What is explained. */
  readonly level: PoolLevel
  /** Each lost feature, the weightiest first. */
  readonly losses: readonly ExplainedLoss[]
  /** What is lost together, by what it is about: security stands apart from speed. */
  readonly weights: Weights
  /** Who costs what, the costliest first. */
  readonly costs: readonly HostCost[]
  /** What guests are told because of some hosts, although others are not so. */
  readonly told: readonly ToldFeature[]
  /** What a compiler may assume, and what is missing for more. */
  readonly psabi: PsabiGap
}

/**
 * Explains a level.
 *
 * @param pool - a level, also one that was read from a document; or the hosts, which are levelled.
 * @param options - how hosts are levelled.
 * @throws {@link PoolError} as {@link levelPool}, or for a level that this package did not make.
 */
export function explainLevel(
  pool: PoolLevel | readonly HostSnapshot[],
  options: LevelOptions = {},
): LevelExplanation {
  const level = 'merge' in pool ? pool : levelPool(pool, options)
  const { groups, purpose } = partsOf(level)
  const own = levelGroupsOf(level)
  const planned = { groups, purpose, table: own.table, count: level.count }
  const explainer = new Explainer(planned, bootSets(groups, planned).sets)
  const losses = byWeight(level.losses.map((loss) => explainer.explain(loss)))
  return {
    level,
    losses,
    weights: weigh(losses),
    costs: findCosts(planned, explainer.before),
    told: findTold(level, own),
    psabi: psabiGap(level, own),
  }
}

class Explainer {
  readonly before: BootSets
  readonly #pool: PlannedPool
  readonly #search: LeavingSearch
  /** What comes back, by who leaves: many features are kept back by the same hosts. */
  readonly #known = new Map<string, readonly ChangedFeature[]>()

  constructor(pool: PlannedPool, before: BootSets) {
    this.#pool = pool
    this.#search = new LeavingSearch(pool)
    this.before = before
  }

  explain(loss: Loss): ExplainedLoss {
    const meaning = featureMeaning(loss.feature)
    const leaving = this.#search.find(loss.feature, loss.guests)
    const departure = leaving === null ? null : this.#departure(loss, leaving)
    return { ...loss, meaning, departure, message: sentence(loss, meaning, departure) }
  }

  #departure({ feature, guests }: Loss, { hosts, staying, table }: Leaving): Departure {
    if (staying === null) {
      const comesBack = [{ feature, guests }]
      return { ...hosts, known: 'at-least', release: table.release, comesBack }
    }
    const key = `${table.release} ${hosts.hosts.join('\n')}`
    let comesBack = this.#known.get(key)
    if (comesBack === undefined) {
      const after = bootSets(staying, this.#pool)
      comesBack = byWeight(
        gainedFeatures(
          {
            before: this.before,
            beforeTable: this.#pool.table,
            after: after.sets,
            afterTable: after.table,
          },
          () => staying,
        ),
      )
      this.#known.set(key, comesBack)
    }
    return { ...hosts, known: 'exact', release: table.release, comesBack }
  }
}

const WHY: Readonly<Record<Loss['kind'], (hosts: string, one: boolean) => string>> = {
  absent: (hosts, one) => `${hosts} ${one ? 'lacks' : 'lack'} it`,
  dependency: (hosts, one) => `${hosts} ${one ? 'lacks' : 'lack'} something that it needs`,
  'not-carried': (hosts, one) =>
    `${hosts} ${one ? 'offers' : 'offer'} it, and the release of the level does not know it`,
}

const ABOUT: Readonly<Record<FeatureMeaning['aspect'], string>> = {
  speed: '',
  security: ' This is about security, not about speed.',
  function: '',
}

function sentence(loss: Loss, meaning: FeatureMeaning, departure: Departure | null): string {
  const { feature, guests, kind } = loss
  const whose = guests.length === 2 ? 'guests' : `${guests.join().toUpperCase()} guests`
  const why = WHY[kind](tallyText(loss), loss.count === 1)
  return `${feature} is lost to ${whose}: ${why}. ${meaning.losing}${ABOUT[meaning.aspect]} ${wayBack(loss, departure)}`
}

function wayBack({ feature }: Loss, departure: Departure | null): string {
  if (departure === null) return 'No host’s leaving brings it back.'
  const { comesBack, known } = departure
  const others = comesBack.map((one) => one.feature).filter((name) => name !== feature)
  const some = others.slice(0, 5).join(', ')
  const more = others.length > 5 ? ` and ${others.length - 5} more` : ''
  const along = others.length === 0 ? '' : `, with ${some}${more}`
  const who = `${known === 'exact' ? '' : 'at least '}${tallyText(departure satisfies Tally)}`
  return `Without ${who} it comes back${along}.`
}

function psabiGap(level: PoolLevel, pool: LevelGroups): PsabiGap {
  const kind = level.hvm.count > 0 ? 'hvm' : 'pv'
  const { table } = pool
  const { level: reached, missingForNext } = psabiLevel(level[kind].default, table)
  const columns = new GroupColumns(pool, kind, table.words.length)
  return {
    level: reached,
    missing: missingForNext.map((feature) => ({
      feature,
      ...columns.lacking([table.feature(feature)?.bit ?? -1]),
    })),
  }
}
