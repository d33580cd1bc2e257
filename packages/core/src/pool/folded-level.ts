/** A level that is found from groups of hosts. */
import type { CpuVendor } from '@xenlevel/cpuid'
import type { Finding } from '../finding.js'
import type { CombineMethod } from './combine.js'
import { PoolError } from './errors.js'
import { findFindings } from './findings.js'
import { carryGroup } from './groups/carried.js'
import { groupDocument } from './groups/document.js'
import type { OfferGroup } from './groups/host-group.js'
import { HostGroups } from './groups/host-groups.js'
import { type LevelPurpose, tableOf } from './groups/settle.js'
import { namesKept, TallyIndex } from './groups/tally.js'
import type { PoolLevel } from './level.js'
import { type LevelledGuest, levelGuests, type WholeSource } from './levelled-guest.js'
import { findLosses, type LevelGroups, type Loss } from './losses.js'
import type { WholePools } from './whole/whole-pools.js'

/** What a level is made of. */
export interface LevelParts {
  readonly purpose: LevelPurpose
  readonly groups: readonly OfferGroup[]
  /** The whole policies, as far as they are known. */
  readonly wholes: WholePools
}

/** A level of some groups. */
export class FoldedLevel implements PoolLevel {
  readonly release: string
  readonly releaseFrom: 'asked' | 'hosts'
  readonly method: CombineMethod
  readonly vendor: CpuVendor | null
  readonly physAddrBits: number
  readonly hosts: readonly string[]
  readonly count: number
  readonly pv: LevelledGuest
  readonly hvm: LevelledGuest
  readonly groups: readonly OfferGroup[]
  readonly #pool: LevelGroups
  readonly #parts: LevelParts
  #losses: readonly Loss[] | undefined
  #findings: readonly Finding[] | undefined

  /** @throws {@link PoolError} without hosts. */
  constructor(parts: LevelParts) {
    const { groups, purpose, wholes } = parts
    if (groups.length === 0) throw emptyPool()
    const { asked, method } = purpose
    const table = tableOf(groups, purpose)
    const [vendor = null, ...others] = new Set(groups.map(({ traits }) => traits.vendor))
    this.count = groups.reduce((sum, { hosts }) => sum + hosts.count, 0)
    const names = namesKept(this.count)
    this.#parts = parts
    const index = new TallyIndex(
      groups.map(({ hosts }) => hosts),
      names,
    )
    this.#pool = { groups: groups.map((group) => carryGroup(group, table)), table, names, index }
    this.release = table.release
    this.releaseFrom = asked === null ? 'hosts' : 'asked'
    this.method = method
    this.vendor = others.length === 0 ? vendor : null
    this.physAddrBits = Math.min(...groups.map(({ traits }) => traits.physAddrBits))
    this.hosts = index.pick(new Uint8Array(groups.length).fill(1)).hosts
    this.groups = Object.freeze([...groups])
    const source: WholeSource = {
      whole: (kind) => wholes.level(kind, { release: table.release, method }),
      policy: (kind) => wholes.policy(kind),
    }
    this.pv = levelGuests(this.#pool, { kind: 'pv', method }, source)
    this.hvm = levelGuests(this.#pool, { kind: 'hvm', method }, source)
  }

  get losses(): readonly Loss[] {
    this.#losses ??= Object.freeze(findLosses(this, this.#pool))
    return this.#losses
  }

  get findings(): readonly Finding[] {
    this.#findings ??= Object.freeze(findFindings(this.#pool))
    return this.#findings
  }

  /** Its groups, in its words. */
  get pool(): LevelGroups {
    return this.#pool
  }

  /** What the level was made of. */
  get parts(): LevelParts {
    return this.#parts
  }

  merge(other: PoolLevel): PoolLevel {
    const purpose = commonPurpose(this, other)
    const groups = new HostGroups()
    groups.join(this.groups)
    groups.join(other.groups)
    const wholes = this.#parts.wholes.with(partsOf(other).wholes, groups.count)
    return new FoldedLevel({ purpose, groups: groups.groups(), wholes })
  }

  toJSON(): object {
    const { release, releaseFrom, method, vendor, physAddrBits, hosts, count } = this
    const { pv, hvm, losses, findings } = this
    return {
      format: 'xenlevel/pool-level',
      version: 1,
      ...{ release, releaseFrom, method, vendor, physAddrBits, hosts, count },
      ...{ pv, hvm, losses, findings },
      groups: this.groups.map(groupDocument),
    }
  }
}

/** What a level was made of. @throws {@link PoolError} for a level that this package did not make. */
export function partsOf(level: PoolLevel): LevelParts {
  return ownLevel(level).parts
}

/** The groups of a level, in its words. @throws {@link PoolError} for a level that this package did not make. */
export function levelGroupsOf(level: PoolLevel): LevelGroups {
  return ownLevel(level).pool
}

function ownLevel(level: PoolLevel): FoldedLevel {
  if (level instanceof FoldedLevel) return level
  throw new PoolError({
    code: 'POOL_LEVEL_FOREIGN',
    message:
      'This is no level that levelPool, PoolLeveller or parsePoolLevel of this copy of @xenlevel/core made. Read a document with parsePoolLevel first; if another copy made it (the ESM and the CommonJS form in one process), import the package one way everywhere.',
  })
}

/** What both were made for. */
function commonPurpose(a: PoolLevel, b: PoolLevel): LevelPurpose {
  const [own, theirs] = [partsOf(a).purpose, partsOf(b).purpose]
  if (own.method === theirs.method && own.asked === theirs.asked) return own
  throw differentPurposes(own, theirs)
}

/** Two levels, or two levellers, that cannot be merged. */
export function differentPurposes(own: LevelPurpose, theirs: LevelPurpose): PoolError {
  const say = ({ asked, method }: LevelPurpose) =>
    `${asked === null ? 'the oldest release of the hosts' : asked.release}, ${method}`
  return new PoolError({
    code: 'POOL_MERGE',
    message: `Levels can be merged if both were made for the same release and with the same method; these are for ${say(own)} and for ${say(theirs)}.`,
    details: {
      releases: [own.asked?.release ?? null, theirs.asked?.release ?? null],
      methods: [own.method, theirs.method],
    },
  })
}

function emptyPool(): PoolError {
  return new PoolError({
    code: 'POOL_EMPTY',
    message: 'A pool without hosts has no level; give at least one host.',
  })
}
