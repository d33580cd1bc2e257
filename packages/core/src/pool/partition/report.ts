/** A partition as people read it: the level of each pool, and what each of its hosts loses to it. */
import { type CpuVendor, type FeatureName, type Featureset, featureTable } from '@xenlevel/cpuid'
import { levelPool, type PoolLevel } from '../level.js'
import { type PsabiLevelName, psabiLevel } from '../named/psabi.js'
import { newestNameOf } from './counted.js'
import type { Era } from './eras.js'
import { type Assignment, type FleetMember, levelsOf } from './fleet.js'
import { countedWords, type FleetOfHosts, type FleetReading } from './read-fleet.js'

/** One pool of a partition. */
export interface FleetPool {
  /** Its hosts, by name. */
  readonly hosts: readonly string[]
  /** Their vendor; null if there are several. */
  readonly vendor: CpuVendor | null
  /** What they carry together. */
  readonly capacity: number
  /** The level, as {@link levelPool} gives it for these hosts. */
  readonly level: PoolLevel
  /** The featureset that counts: of the kind of guest, and the default or the max one, that was asked for. */
  readonly featureset: Featureset
  /** How many named features it has. */
  readonly features: number
  /** The psABI level that it reaches; null below the first. */
  readonly psabi: PsabiLevelName | null
  /** The weight of the features in it that count. */
  readonly weight: number
  /** What each host has by itself and not in this pool, in the order of `hosts`. */
  readonly losses: readonly HostLoss[]
}

/** What a host loses in its pool. */
export interface HostLoss {
  /** The host. */
  readonly host: string
  /** The features that count, by bit, as the host's own release spells them. */
  readonly features: readonly FeatureName[]
  /** Their weight. */
  readonly weight: number
}

/** What a report is made from. */
export interface PoolReport extends FleetOfHosts {
  readonly reading: FleetReading
  readonly assignment: Assignment
}

/** The pools, the one that keeps most first, then the larger one, then by the names of their hosts. */
export function reportPools(report: PoolReport): FleetPool[] {
  const levels = levelsOf(report.assignment, report.fleet)
  return [...levels]
    .map(([number, { worth }]) => reportPool(number, worth, report))
    .sort(
      (a, b) =>
        b.weight - a.weight ||
        b.capacity - a.capacity ||
        ((a.hosts[0] ?? '') < (b.hosts[0] ?? '') ? -1 : 1),
    )
}

function reportPool(number: number, weight: number, report: PoolReport): FleetPool {
  const { fleet, eras, reading, assignment } = report
  const batches = fleet.batches.filter((_, at) => assignment[at] === number)
  const members = batches.flatMap(({ members }) => members).sort(byName)
  const { release, method } = reading
  const level = levelPool(
    members.map(({ host }) => host),
    { method, ...(release === undefined ? {} : { release }) },
  )
  const featureset = level[reading.kind][reading.set]
  const table = featureTable(level.release)
  const kept = new Set(
    table.features
      .filter(({ bit }) => featureset.has(bit))
      .map(({ bit }) => newestNameOf(bit, table)),
  )
  const losses = new Map<string, HostLoss>()
  for (const { era, members } of batches) {
    const [first] = members
    const own = eras[era]
    if (first === undefined || own === undefined) continue
    const lost = lostOf(first, own, kept, reading)
    for (const { host } of members) losses.set(host.name, { host: host.name, ...lost })
  }
  return {
    hosts: members.map(({ host }) => host.name),
    vendor: level.vendor,
    capacity: batches.reduce((sum, { capacity }) => sum + capacity, 0),
    level,
    featureset,
    features: featureset.names(table).length,
    psabi: psabiLevel(featureset, table).level,
    weight,
    losses: members.flatMap(({ host }) => losses.get(host.name) ?? []),
  }
}

function lostOf(
  { host }: FleetMember,
  era: Era,
  kept: ReadonlySet<string>,
  reading: FleetReading,
): Omit<HostLoss, 'host'> {
  const words = countedWords(host, era, reading)
  if (typeof words === 'string') return { features: [], weight: 0 }
  const lost = era.counted.filter(
    ({ bit }) =>
      (((words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1 &&
      !kept.has(newestNameOf(bit, era.table)),
  )
  return {
    features: Object.freeze(lost.map(({ name }) => name)),
    weight: lost.reduce((sum, { weight }) => sum + weight, 0),
  }
}

function byName({ host: a }: FleetMember, { host: b }: FleetMember): number {
  return a.name < b.name ? -1 : 1
}
