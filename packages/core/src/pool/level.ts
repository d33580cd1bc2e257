/** The level of a pool: what every guest may be promised wherever it runs, and what that costs whom. */
import type { CpuVendor } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../documents/snapshot.js'
import type { Finding } from '../finding.js'
import type { CombineMethod } from './combine.js'
import type { OfferGroup } from './groups/host-group.js'
import type { LevelledGuest } from './levelled-guest.js'
import { PoolLeveller } from './leveller.js'
import type { Loss } from './losses.js'

/**
 * What a pool can promise its guests.
 *
 * Levels are a commutative monoid under {@link PoolLevel.merge}: how the hosts were parted, and in which order the parts were merged, does
 * not matter, down to the last name in the JSON.
 */
export interface PoolLevel {
  /** The release whose table was used. */
  readonly release: string
  /** Whether that release was asked for, or is the oldest that any of the hosts runs. */
  readonly releaseFrom: 'asked' | 'hosts'
  /** How the sets were combined. */
  readonly method: CombineMethod
  /** The vendor of all hosts; null if they differ. */
  readonly vendor: CpuVendor | null
  /** The narrowest physical address width, in bits. */
  readonly physAddrBits: number
  /** The hosts in alphabetical order: all of them in a pool of up to 4,096, the first 16 in a larger fleet. */
  readonly hosts: readonly string[]
  /** How many hosts there are. */
  readonly count: number
  /** For PV guests. */
  readonly pv: LevelledGuest
  /** For HVM and PVH guests; empty if no host can run them. */
  readonly hvm: LevelledGuest
  /** What the level costs, by bit; compatibility bits do not count. Found when it is asked for. */
  readonly losses: readonly Loss[]
  /** What should be known about it. Found when it is asked for. */
  readonly findings: readonly Finding[]
  /** The hosts by what they offer: what the level is folded from, and all that a merge needs. */
  readonly groups: readonly OfferGroup[]
  /**
   * The level of the hosts of both; the same as if all had been levelled at once.
   *
   * @throws {@link PoolError} if they were made with other options, or for a name that is known to be in both.
   */
  merge(other: PoolLevel): PoolLevel
  /** A JSON document, version 1; {@link parsePoolLevel} reads it. */
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
  const leveller = new PoolLeveller(options)
  for (const host of hosts) leveller.add(host)
  return leveller.level()
}
