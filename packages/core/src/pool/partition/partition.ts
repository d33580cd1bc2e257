/** The best split of a mixed fleet into pools. */
import type { HostSnapshot } from '../../documents/snapshot.js'
import type { CombineMethod } from '../combine.js'
import { PoolError } from '../errors.js'
import type { FeatureWeights } from './counted.js'
import type { Fleet } from './fleet.js'
import { scoreOf } from './fleet.js'
import { type FleetOfHosts, type FleetReading, readFleet, type UnplacedHost } from './read-fleet.js'
import { type FleetPool, type PoolReport, reportPools } from './report.js'
import { joinIdle, type PartitionMethod, search } from './search.js'

/** Options of {@link partitionFleet}. */
export interface PartitionOptions {
  /** The most pools there may be, from 1. */
  readonly pools: number
  /** How much a host carries: cores, memory, whatever is to be had from it. 1 by default. Zero or more, of a size. */
  readonly capacity?: (host: HostSnapshot) => number
  /**
   * What features are worth. By name; those not named what {@link featureMeaning} says of them: AES, AVX2 and what keeps holes closed much,
   * what no program asks for little. Or by a function, as `() => 1` for all alike. 0 leaves a feature out of account.
   */
  readonly weights?: FeatureWeights
  /** Whose level counts: `'hvm'` by default, which is PVH too. */
  readonly kind?: 'pv' | 'hvm'
  /** Which level counts: `'default'`, what guests boot with, by default; `'max'`, what hosts accept. */
  readonly set?: 'default' | 'max'
  /** `'apart'` by default: no pool has hosts of two vendors, between which no guest can move. */
  readonly vendors?: 'apart' | 'together'
  /** The release to level all pools for; for each the oldest that its hosts run by default. */
  readonly release?: string
  /** How featuresets are combined; `'xenserver'` by default. */
  readonly method?: CombineMethod
}

/** A fleet split into pools. */
export interface FleetPartition {
  /** The pools, the one that keeps most first. */
  readonly pools: readonly FleetPool[]
  /** Hosts that count for no level of that kind of guest, and are in no pool. */
  readonly unplaced: readonly UnplacedHost[]
  /** The weight of what is kept times the capacity it is kept on, over all hosts: what the partition is best by. */
  readonly score: number
  /** The score of one pool of all hosts, whatever their vendors. */
  readonly onePool: number
  /** The score of one pool for each vendor. */
  readonly poolPerVendor: number
  /** The score if every host were a pool of its own: nothing can have more. */
  readonly alone: number
  /** What is gained over one pool of all hosts: `score` less `onePool`. */
  readonly gain: number
  /** No partition into so many pools has a score above it; the score itself where that is the highest there is. */
  readonly bound: number
  /** Whether it is proven that no partition is better. */
  readonly exact: boolean
  /**
   * How it was found. `every-subset`: of at most twelve different hosts, all sets were looked at. `branch-and-bound`: all levels that a
   * pool of the fleet can have were weighed. `local-search`: there are too many of those, and the ones that promised most were.
   */
  readonly search: PartitionMethod
  /** How many hosts there are that differ in something that counts. */
  readonly differentHosts: number
}

/**
 * Splits a fleet into at most `pools` pools so that most is kept: the weight of each feature in a pool's level, times the capacity of the
 * pool, over all pools. Compatibility bits and bits that warn of something do not count, and nor does what is no feature, such as the
 * width of addresses.
 *
 * Hosts that are alike stay together and count as one, so the search is among different hosts. It is exact for up to twelve of them
 * and, since real CPUs differ by generations, nearly always far beyond; `exact` says so, and `bound` says how far from the best a
 * partition can be at most where it is not known. The same fleet gives the same pools, in whatever order its hosts come.
 *
 * @throws {@link PoolError} `POOL_EMPTY` without hosts that could be placed, `POOL_DUPLICATE_HOST` when two have the same name, `POOL_COUNT` for a
 * number of pools that is no whole number from 1 or below the number of vendors, `POOL_CAPACITY` and `POOL_WEIGHT` for numbers that
 * no sum could be made of; {@link @xenlevel/cpuid!UnknownReleaseError} and {@link @xenlevel/cpuid!UnknownFeatureError} for what is not known.
 */
export function partitionFleet(
  hosts: readonly HostSnapshot[],
  options: PartitionOptions,
): FleetPartition {
  const reading = readingOf(options)
  refuseSameNames(hosts)
  const read = readFleet(hosts, reading)
  const { fleet, unplaced } = read
  refuseBadCount(options.pools, fleet, unplaced)
  const found = search(fleet, options.pools)
  const assignment = joinIdle(found.assignment, fleet)
  const score = scoreOf(assignment, fleet)
  const exact = found.bound <= score + 1e-9 * score
  const report: PoolReport = { ...read, reading, assignment }
  const { onePool, poolPerVendor, alone } = plainScores(read)
  return {
    pools: reportPools(report),
    unplaced,
    score,
    onePool,
    poolPerVendor,
    alone,
    gain: score - onePool,
    bound: exact ? score : found.bound,
    exact,
    search: found.method,
    differentHosts: fleet.batches.length,
  }
}

function readingOf(options: PartitionOptions): FleetReading {
  const { capacity } = options
  return {
    kind: options.kind ?? 'hvm',
    set: options.set ?? 'default',
    method: options.method ?? 'xenserver',
    vendors: options.vendors ?? 'apart',
    release: options.release,
    weights: options.weights ?? {},
    capacity: capacity === undefined ? () => 1 : (host) => checkedCapacity(host, capacity(host)),
  }
}

/** Scores that need no search. */
function plainScores({ fleet }: FleetOfHosts) {
  const together: Fleet = {
    ...fleet,
    batches: fleet.batches.map((batch) => ({ ...batch, family: 0 })),
  }
  const families = Int32Array.from(fleet.batches, ({ family }) => family)
  return {
    onePool: scoreOf(new Int32Array(fleet.batches.length), together),
    poolPerVendor: scoreOf(families, fleet),
    alone: scoreOf(Int32Array.from(fleet.batches.keys()), fleet),
  }
}

function checkedCapacity({ name }: HostSnapshot, capacity: number): number {
  if (Number.isFinite(capacity) && capacity >= 0) return capacity
  throw new PoolError({
    code: 'POOL_CAPACITY',
    message: `The capacity of ${name} is given as ${capacity}; a capacity is a number from 0, such as cores or bytes.`,
    details: { host: name, capacity },
  })
}

function refuseSameNames(hosts: readonly HostSnapshot[]): void {
  const names = new Set<string>()
  for (const { name } of hosts) {
    if (names.has(name)) {
      throw new PoolError({
        code: 'POOL_DUPLICATE_HOST',
        message: `Two hosts are named "${name}"; pools are told by name, so each host needs its own.`,
        details: { name },
      })
    }
    names.add(name)
  }
}

function refuseBadCount(
  pools: number,
  { batches }: Fleet,
  unplaced: readonly UnplacedHost[],
): void {
  if (!Number.isInteger(pools) || pools < 1) {
    throw new PoolError({
      code: 'POOL_COUNT',
      message: `A fleet cannot be split into ${pools} pools; give a whole number from 1.`,
      details: { pools },
    })
  }
  if (batches.length === 0) {
    throw new PoolError({
      code: 'POOL_EMPTY',
      message:
        unplaced.length === 0
          ? 'A fleet without hosts has no pools; give at least one host.'
          : `None of the ${unplaced.length} hosts offers anything to such guests, so there is nothing to pool; take their snapshots again, or plan for the other kind of guest.`,
      details: { unplaced: unplaced.map(({ host }) => host) },
    })
  }
  const vendors = new Map(
    batches.map(({ family, members }) => [family, members[0]?.host.cpu.vendor ?? 'Unknown']),
  )
  if (vendors.size > pools) {
    throw new PoolError({
      code: 'POOL_COUNT',
      message: `Hosts of ${vendors.size} vendors (${[...vendors.values()].join(', ')}) do not fit into ${pools} ${pools === 1 ? 'pool' : 'pools'}, because no guest can move between vendors; allow ${vendors.size} pools or more.`,
      details: { pools, vendors: [...vendors.values()] },
    })
  }
}
