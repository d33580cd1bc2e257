/** The level of a pool: what every guest may be promised wherever it runs, and what that costs whom. */
import { type CpuVendor, compareReleases, featureTable, nearestRelease } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../documents/snapshot.js'
import type { Finding } from '../finding.js'
import { offeredFeaturesets } from '../xen/offered-featuresets.js'
import type { CombineMethod } from './combine.js'
import { PoolError } from './errors.js'
import { findFindings } from './findings.js'
import { type LevelledGuest, levelGuests } from './levelled-guest.js'
import { findLosses, type Loss } from './losses.js'

/** What a pool can promise its guests. */
export interface PoolLevel {
  /** The release whose table was used. */
  readonly release: string
  /** How the sets were combined. */
  readonly method: CombineMethod
  /** The vendor of all hosts; null if they differ. */
  readonly vendor: CpuVendor | null
  /** The narrowest physical address width, in bits. */
  readonly physAddrBits: number
  /** The hosts, in the order given. */
  readonly hosts: readonly string[]
  /** For PV guests. */
  readonly pv: LevelledGuest
  /** For HVM and PVH guests; empty if no host can run them. */
  readonly hvm: LevelledGuest
  /** What the level costs, by bit; compatibility bits do not count. */
  readonly losses: readonly Loss[]
  /** What should be known about it. */
  readonly findings: readonly Finding[]
  /** The level of the hosts of both; the same as if all had been levelled at once. */
  merge(other: PoolLevel): PoolLevel
  /** A JSON document, version 1. */
  toJSON(): object
}

/** Options of {@link levelPool}. */
export interface LevelOptions {
  /** The release to make the level for; the oldest that any of the hosts runs by default, the newest where none is known. */
  readonly release?: string
  /** `'xenserver'` by default. */
  readonly method?: CombineMethod
}

/**
 * Levels a pool.
 *
 * PV and HVM are levelled apart, and default sets apart from max sets. Hosts that cannot run HVM guests do not count for HVM, hosts
 * that told nothing do not count at all. Hosts of different vendors are levelled all the same, with a finding: no guest can move
 * between them. Hosts on different releases are carried, by name, to the words of the oldest; what that does not know is a loss.
 *
 * @throws {@link PoolError} without hosts, or when two have the same name; {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a
 * table.
 */
export function levelPool(hosts: readonly HostSnapshot[], options: LevelOptions = {}): PoolLevel {
  return new Level(hosts, options)
}

class Level implements PoolLevel {
  readonly release: string
  readonly method: CombineMethod
  readonly vendor: CpuVendor | null
  readonly physAddrBits: number
  readonly hosts: readonly string[]
  readonly pv: LevelledGuest
  readonly hvm: LevelledGuest
  readonly losses: readonly Loss[]
  readonly findings: readonly Finding[]
  readonly #snapshots: readonly HostSnapshot[]
  readonly #options: LevelOptions

  constructor(snapshots: readonly HostSnapshot[], options: LevelOptions) {
    refuseBadPool(snapshots)
    const table = featureTable(options.release ?? oldestRelease(snapshots))
    const members = snapshots.map((host) => ({ host, offered: offeredFeaturesets(host, table) }))
    const vendors = new Set(snapshots.map(({ cpu }) => cpu.vendor))
    const [vendor = null] = vendors
    this.#snapshots = [...snapshots]
    this.#options = options
    this.release = table.release
    this.method = options.method ?? 'xenserver'
    this.vendor = vendors.size === 1 ? vendor : null
    this.physAddrBits = Math.min(...snapshots.map(({ cpu }) => cpu.physAddrBits))
    this.hosts = Object.freeze(snapshots.map(({ name }) => name))
    const combining = { ...options, release: table.release }
    this.pv = levelGuests(members, 'pv', combining)
    this.hvm = levelGuests(members, 'hvm', combining)
    this.losses = Object.freeze(findLosses(members, this, table))
    this.findings = Object.freeze(findFindings(members, this.release))
  }

  merge(other: PoolLevel): PoolLevel {
    if (
      !(other instanceof Level) ||
      other.release !== this.release ||
      other.method !== this.method
    ) {
      throw new PoolError({
        code: 'POOL_MERGE',
        message: `Levels can be merged if levelPool made both with the same release and method; these are ${this.release}, ${this.method} and ${other.release}, ${other.method}.`,
        details: { releases: [this.release, other.release], methods: [this.method, other.method] },
      })
    }
    return new Level([...this.#snapshots, ...other.#snapshots], this.#options)
  }

  toJSON(): object {
    const { release, method, vendor, physAddrBits, hosts, pv, hvm, losses, findings } = this
    return {
      format: 'xenlevel/pool-level',
      version: 1,
      ...{ release, method, vendor, physAddrBits, hosts, pv, hvm, losses, findings },
    }
  }
}

function refuseBadPool(hosts: readonly HostSnapshot[]): void {
  if (hosts.length === 0) {
    throw new PoolError({
      code: 'POOL_EMPTY',
      message: 'A pool without hosts has no level; give at least one host.',
    })
  }
  const names = new Set<string>()
  for (const { name } of hosts) {
    if (names.has(name)) {
      throw new PoolError({
        code: 'POOL_DUPLICATE_HOST',
        message: `Two hosts are named "${name}"; losses are told by name, so each host needs its own.`,
        details: { name },
      })
    }
    names.add(name)
  }
}

/** The oldest release that any of the hosts runs; undefined if none is known. */
function oldestRelease(hosts: readonly HostSnapshot[]): string | undefined {
  return hosts
    .flatMap(({ xen }) => (xen === null ? [] : (nearestRelease(xen.release) ?? [])))
    .sort(compareReleases)[0]
}
