/** What a change of a pool means to the guests that run: by their features and vendor, and what each host accepts at most. */
import { Featureset, type FeatureTable, featureTable } from '@xenlevel/cpuid'
import { isHvmKind } from '../../guest/kind.js'
import { seenPolicy } from '../../guest/seen.js'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { releaseFeatures } from '../../policy/features.js'
import { compatibilityMask } from '../../xen/compatibility-bits.js'
import { partsOf } from '../folded-level.js'
import { carryGroup } from '../groups/carried.js'
import type { LevelKind, OfferGroup } from '../groups/host-group.js'
import { carrySet } from '../groups/settle.js'
import { joinTallies, NOBODY, namesKept, type Tally } from '../groups/tally.js'
import type { PoolLevel } from '../level.js'
import type { GuestEffects, GuestToPowerCycle, RunningGuest } from './types.js'

/** A change, as far as guests are concerned. */
export interface GuestChange {
  readonly before: PoolLevel
  readonly after: PoolLevel
  /** The hosts that leave, or are replaced. */
  readonly leaving: ReadonlySet<string>
  /** What the guests' featuresets are in. */
  readonly table: FeatureTable
}

/** What it means to each guest. */
export function guestEffects(guests: readonly RunningGuest[], change: GuestChange): GuestEffects {
  const { table, leaving } = change
  const [old, young] = [new Acceptance(change.before, table), new Acceptance(change.after, table)]
  const known = guests.flatMap((guest) => {
    const seen = featuresOf(guest, table)
    return seen === null ? [] : [{ guest, seen, kind: levelKind(guest) }]
  })
  return {
    losingMobility: known.flatMap(({ guest, seen, kind }) => {
      if (old.refusing(guest, seen, kind).count > 0) return []
      const { hosts, count } = young.refusing(guest, seen, kind)
      const features = young.beyond(seen, kind).names(table)
      return count === 0 ? [] : [{ guest: guest.name, features, hosts, count }]
    }),
    toPowerCycle: known.flatMap(({ guest, seen, kind }) =>
      powerCycle(guest, [seen, kind], [old, young]),
    ),
    nowhere: known
      .filter(({ guest, seen, kind }) => young.taking(guest, seen, kind).count === 0)
      .map(({ guest }) => guest.name),
    toMove: known.flatMap(({ guest, seen, kind }) => {
      const from = guest.host
      if (from === undefined || !leaving.has(from)) return []
      // It moves before the change, to a host that stays.
      const { hosts, count } = old.taking(guest, seen, kind, leaving)
      return [{ guest: guest.name, from, hosts, count }]
    }),
    unknown: guests.filter((guest) => featuresOf(guest, table) === null).map(({ name }) => name),
  }
}

/** Whether a guest has to start anew: to run everywhere again, or to see what is new. */
function powerCycle(
  { name }: RunningGuest,
  [seen, kind]: readonly [Featureset, LevelKind],
  [old, young]: readonly [Acceptance, Acceptance],
): GuestToPowerCycle[] {
  const { table } = young
  const beyond = young.beyond(seen, kind)
  if (!beyond.isEmpty) return [{ guest: name, why: 'to-return', features: beyond.names(table) }]
  const gained = young.offered(kind).andNot(old.offered(kind)).andNot(seen).andNot(young.ignored)
  return gained.isEmpty ? [] : [{ guest: name, why: 'to-gain', features: gained.names(table) }]
}

/** The features that a guest has seen; null if none are known. */
function featuresOf(guest: RunningGuest, table: FeatureTable): Featureset | null {
  const seen = seenPolicy(guest, table.release)
  if (seen !== null)
    return Featureset.fromWords(releaseFeatures(table.release).read(CpuPolicy.peek(seen.policy)))
  return guest.featureset ?? null
}

function levelKind({ kind }: RunningGuest): LevelKind {
  return isHvmKind(kind) ? 'hvm' : 'pv'
}

/** What the hosts of a pool accept, in the words of the guests. */
class Acceptance {
  readonly table: FeatureTable
  /** Bits that never count. */
  readonly ignored: Featureset
  readonly #level: PoolLevel
  readonly #groups: readonly OfferGroup[]
  /** What every host that counts accepts. */
  readonly #everywhere = new Map<LevelKind, Featureset>()

  constructor(level: PoolLevel, table: FeatureTable) {
    this.table = table
    this.ignored = compatibilityMask(level.vendor, table)
    this.#level = level
    this.#groups = partsOf(level).groups
  }

  /** What a guest gets that starts now. */
  offered(kind: LevelKind): Featureset {
    return carrySet(this.#level[kind].default, featureTable(this.#level.release), this.table)
  }

  /** What a guest has seen that not every host accepts. */
  beyond(seen: Featureset, kind: LevelKind): Featureset {
    let everywhere = this.#everywhere.get(kind)
    if (everywhere === undefined) {
      everywhere = this.#groups.reduce<Featureset | undefined>((common, group) => {
        const max = carryGroup(group, this.table)[kind]?.max.all
        return max === undefined ? common : (common?.and(max) ?? max)
      }, undefined)
      everywhere ??= Featureset.empty
      this.#everywhere.set(kind, everywhere)
    }
    return seen.andNot(everywhere).andNot(this.ignored)
  }

  /** The hosts that do not take a guest. */
  refusing(guest: RunningGuest, seen: Featureset, kind: LevelKind): Tally {
    if (this.#isUniform(guest, kind) && this.beyond(seen, kind).isEmpty) return NOBODY
    return this.#join(this.#groups.filter((group) => !this.#takes(group, guest, seen, kind)))
  }

  /** The hosts that take it, but for some. */
  taking(
    guest: RunningGuest,
    seen: Featureset,
    kind: LevelKind,
    except: ReadonlySet<string> = new Set(),
  ): Tally {
    const { hosts, count } = this.#join(
      this.#groups.filter((group) => this.#takes(group, guest, seen, kind)),
    )
    const others = hosts.filter((name) => !except.has(name))
    return { hosts: others, count: count - (hosts.length - others.length) }
  }

  #takes(group: OfferGroup, { vendor }: RunningGuest, seen: Featureset, kind: LevelKind): boolean {
    const max = carryGroup(group, this.table)[kind]?.max.all
    if (max === undefined || (vendor !== undefined && vendor !== group.traits.vendor)) return false
    const ignored = compatibilityMask(group.traits.vendor, this.table)
    return seen.isSubsetOf(max) || seen.andNot(max).isSubsetOf(ignored)
  }

  /** Whether the features of a guest say whether all hosts take it. */
  #isUniform({ vendor }: RunningGuest, kind: LevelKind): boolean {
    const { vendor: common, count } = this.#level
    return (
      common !== null &&
      (vendor === undefined || vendor === common) &&
      this.#level[kind].count === count
    )
  }

  #join(groups: readonly OfferGroup[]): Tally {
    return joinTallies(
      groups.map(({ hosts }) => hosts),
      namesKept(this.#level.count),
    )
  }
}
