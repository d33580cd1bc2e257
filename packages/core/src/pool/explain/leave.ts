/** The smallest set of hosts whose leaving brings a feature back. */
import { type FeatureName, type FeatureTable, featureTable, nearestRelease } from '@xenlevel/cpuid'
import { accumulatedFeatures } from '../combine.js'
import { carryGroup } from '../groups/carried.js'
import { GroupColumns } from '../groups/columns.js'
import type { LevelKind, OfferGroup } from '../groups/host-group.js'
import { carryName, type LevelPurpose, releasesOf } from '../groups/settle.js'
import { joinTallies, namesKept, type Tally, TallyIndex } from '../groups/tally.js'

/** A pool as it is planned with. */
export interface PlannedPool {
  readonly groups: readonly OfferGroup[]
  readonly purpose: LevelPurpose
  /** In whose words its level is. */
  readonly table: FeatureTable
  /** How many hosts there are. */
  readonly count: number
}

/** Groups that leave. */
export interface Leaving {
  readonly hosts: Tally
  /** The groups that stay, all of them whole; null if some of their hosts leave and it is not known how those differ from the others. */
  readonly staying: readonly OfferGroup[] | null
  /** In whose words the level of those that stay is. */
  readonly table: FeatureTable
}

/** A release in whose words the level may be when hosts have left. */
interface Candidate {
  readonly table: FeatureTable
  /** Its place among the releases of the pool; behind them all where no release is known. */
  readonly rank: number
  readonly columns: Readonly<Record<LevelKind, GroupColumns>>
  /** What a pool accumulates; null if it accumulates nothing. */
  readonly accumulated: ReturnType<typeof accumulatedFeatures> | null
}

/**
 * Finds who has to leave so that a feature comes back.
 *
 * In the words of one release the answer is the only one: whoever lacks the feature, or anything it needs, has to leave, and nobody
 * else, for the others take nothing from it; of bits that a pool accumulates, one host that stays has to have them. But hosts with an old Xen
 * may keep a feature back for all, so this is asked for the words of each release that the pool could be levelled in, and the fewest hosts
 * count.
 */
export class LeavingSearch {
  readonly #pool: PlannedPool
  readonly #index: TallyIndex
  readonly #candidates: readonly Candidate[]
  /** Of each group: its release's place among those of the pool, behind them all if it is not known. */
  readonly #ranks: Uint32Array

  constructor(pool: PlannedPool) {
    const { groups, purpose, count } = pool
    const tallies = groups.map(({ hosts }) => hosts)
    this.#pool = pool
    this.#index = new TallyIndex(tallies, namesKept(count))
    const releases = releasesOf(groups)
    this.#ranks = Uint32Array.from(groups, ({ traits: { xen } }) => {
      const release = xen === null ? undefined : nearestRelease(xen)
      return release === undefined ? releases.length : releases.indexOf(release)
    })
    this.#candidates =
      purpose.asked === null
        ? [
            ...releases.map((release, rank) => this.#candidate(featureTable(release), rank)),
            // Where all that stay have no release that is known, the newest counts.
            this.#candidate(featureTable(), releases.length),
          ]
        : [this.#candidate(purpose.asked, 0)]
  }

  /** Null if no leaving helps. The feature is called as any release of the pool calls it. */
  find(feature: FeatureName, kinds: readonly LevelKind[]): Leaving | null {
    let best: Found | null = null
    for (const candidate of this.#candidates) {
      const found = this.#findIn(candidate, feature, kinds)
      if (found !== null && (best === null || found.count < best.count)) best = found
    }
    return best === null ? null : this.#leaving(best)
  }

  #findIn(candidate: Candidate, feature: FeatureName, kinds: readonly LevelKind[]): Found | null {
    const { table, rank, columns } = candidate
    const name = this.#nameIn(feature, table)
    if (name === undefined) return null
    const gone = new Uint8Array(this.#ranks.length)
    const { asked } = this.#pool.purpose
    if (asked === null) gone.set(this.#ranks.map((own) => (own < rank ? 1 : 0)))
    const { certain, accumulated } = needs(name, candidate)
    for (const kind of kinds) columns[kind].markLacking(certain, gone)
    const parts = this.#parts(
      kinds.flatMap((kind) => columns[kind].mixedLacking(certain)),
      gone,
    )
    const groups = this.#pool.groups
    const count = groups.reduce(
      (sum, { hosts }, place) =>
        sum + (gone[place] === 1 ? hosts.count : (parts.get(place)?.count ?? 0)),
      0,
    )
    if (count === 0 || count >= this.#pool.count) return null
    if (asked === null && !this.#isLevelledIn(rank, gone)) return null
    const comesBack = kinds.every(
      (kind) =>
        columns[kind].countWithout(gone) &&
        accumulated.every((bit) => columns[kind].offeredWithout(gone, bit)),
    )
    return comesBack ? { table, gone, parts, count } : null
  }

  #leaving({ table, gone, parts }: Found): Leaving {
    const { groups, count } = this.#pool
    const whole = this.#index.pick(gone)
    if (parts.size > 0) {
      const hosts = joinTallies([whole, ...parts.values()], namesKept(count))
      return { hosts, staying: null, table }
    }
    return { hosts: whole, staying: groups.filter((_, place) => gone[place] === 0), table }
  }

  /** Hosts of groups that stay in part, the most of each. */
  #parts(
    lacks: readonly { readonly place: number; readonly hosts: Tally }[],
    gone: Uint8Array,
  ): Map<number, Tally> {
    const parts = new Map<number, Tally>()
    for (const { place, hosts } of lacks) {
      const group = this.#pool.groups[place]
      if (gone[place] === 1 || group === undefined) continue
      if (hosts.count === group.hosts.count) gone[place] = 1
      else if (hosts.count > (parts.get(place)?.count ?? 0)) parts.set(place, hosts)
    }
    for (const place of parts.keys()) if (gone[place] === 1) parts.delete(place)
    return parts
  }

  /** Whether those that stay are levelled in the words of that release. */
  #isLevelledIn(rank: number, gone: Uint8Array): boolean {
    return (
      this.#ranks.every((own, place) => gone[place] === 1 || own >= rank) &&
      this.#ranks.some((own, place) => gone[place] === 0 && own === rank)
    )
  }

  #candidate(table: FeatureTable, rank: number): Candidate {
    const { groups, purpose, count } = this.#pool
    const carried = groups.map((group) => carryGroup(group, table))
    const set = { groups: carried, index: this.#index, names: namesKept(count) }
    const accumulated = purpose.method === 'intersection' ? null : accumulatedFeatures(table)
    const column = (kind: LevelKind) => new GroupColumns(set, kind, table.words.length)
    return { table, rank, columns: { pv: column('pv'), hvm: column('hvm') }, accumulated }
  }

  /** What a feature is called in a table, by whatever release of the pool it was named. */
  #nameIn(feature: FeatureName, table: FeatureTable): FeatureName | undefined {
    const tables = [this.#pool.table, ...this.#candidates.map((candidate) => candidate.table)]
    const from = tables.find((one) => one.feature(feature) !== undefined)
    return from === undefined ? undefined : carryName(feature, from, table)
  }
}

/** An answer in the words of one release. */
interface Found {
  readonly table: FeatureTable
  /** 1 at each group that leaves whole. */
  readonly gone: Uint8Array
  /** Hosts that leave of groups that stay in part. */
  readonly parts: ReadonlyMap<number, Tally>
  readonly count: number
}

/** The bits that everyone who stays must have, and those that someone must have. */
function needs(
  feature: FeatureName,
  { table, accumulated }: Candidate,
): { readonly certain: number[]; readonly accumulated: number[] } {
  const bitOf = (name: FeatureName) => table.feature(name)?.bit ?? -1
  if (accumulated === null) return { certain: [bitOf(feature)], accumulated: [] }
  const bits = [feature, ...table.requirements(feature)].map(bitOf)
  return {
    certain: bits.filter((bit) => !accumulated.has(bit)),
    accumulated: bits.filter((bit) => accumulated.has(bit)),
  }
}
