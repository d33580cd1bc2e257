/** The level of a pool: what every guest may be promised wherever it runs, and what that costs whom. */
import { type CpuVendor, type Featureset, featureTable, XenlevelError } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../documents/snapshot.js'
import type { Finding } from '../finding.js'
import { offeredFeaturesets } from '../xen/offered-featuresets.js'
import { type CombineMethod, type CombineOptions, combineFeaturesets } from './combine.js'
import { findLosses, type LevelMember, type Loss } from './losses.js'

/** The level for one kind of guest. */
export interface LevelledGuest {
  /** For boot: what a guest gets on every host when nobody asks. */
  readonly default: Featureset
  /** For acceptance: what every host lets in. */
  readonly max: Featureset
  /** The hosts that count: for HVM guests those that can run them. */
  readonly hosts: readonly string[]
}

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
export type LevelOptions = CombineOptions

/** Hosts that make no pool. Codes `POOL_EMPTY`, `POOL_DUPLICATE_HOST`, `POOL_MERGE`. */
export class PoolError extends XenlevelError {}

/**
 * Levels a pool.
 *
 * PV and HVM are levelled apart, and default sets apart from max sets. Hosts that cannot run HVM guests do not count for HVM. Hosts
 * of different vendors are levelled all the same, with a finding: no guest can move between them.
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
    const table = featureTable(options.release)
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
    this.pv = levelGuests(members, 'pv', options)
    this.hvm = levelGuests(members, 'hvm', options)
    this.losses = Object.freeze(findLosses(members, this, table))
    this.findings = Object.freeze(findFindings(members, this))
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

function levelGuests(
  members: readonly LevelMember[],
  kind: 'pv' | 'hvm',
  options: LevelOptions,
): LevelledGuest {
  const counting = members.flatMap(({ host, offered }) => {
    const sets = offered[kind]
    return sets === null ? [] : [{ name: host.name, sets }]
  })
  return Object.freeze({
    default: combineFeaturesets(
      counting.map(({ sets }) => sets.default),
      options,
    ),
    max: combineFeaturesets(
      counting.map(({ sets }) => sets.max),
      options,
    ),
    hosts: Object.freeze(counting.map(({ name }) => name)),
  })
}

function findFindings(members: readonly LevelMember[], level: PoolLevel): Finding[] {
  const findings: Finding[] = []
  const about = (
    which: (member: LevelMember) => boolean,
    finding: Pick<Finding, 'code' | 'severity'>,
    message: (hosts: string) => string,
  ) => {
    const hosts = members.filter(which).map(({ host }) => host.name)
    if (hosts.length > 0) findings.push({ ...finding, message: message(hosts.join(', ')), hosts })
  }
  about(
    () => level.vendor === null,
    { code: 'vendors-differ', severity: 'error' },
    () =>
      `The hosts are of different vendors (${members.map(({ host }) => `${host.name} ${host.cpu.vendor}`).join(', ')}): no guest can move between vendors, whatever its features. Make one pool a vendor.`,
  )
  about(
    ({ offered }) => offered.evidence === 'estimated',
    { code: 'offer-estimated', severity: 'info' },
    (hosts) =>
      `What these hosts offer is estimated from their raw featuresets and the static masks of Xen ${level.release}: ${hosts}. A snapshot taken on a running host is exact.`,
  )
  about(
    ({ offered }) => offered.hvm === null,
    { code: 'host-without-hvm', severity: 'warning' },
    (hosts) => `These hosts cannot run HVM guests and do not count for their level: ${hosts}.`,
  )
  about(
    ({ host }) => host.unknownWords.length > 0,
    { code: 'words-unknown', severity: 'warning' },
    (hosts) =>
      `The snapshots of these hosts do not show all featureset words, and the level has nothing of the words they leave out: ${hosts}. Take them again on the hosts.`,
  )
  return findings
}
