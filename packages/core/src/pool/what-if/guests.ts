/** What a change of a pool means to the guests that run: by their features and vendor, and what each host accepts at most. */
import { Featureset, type FeatureTable } from '@xenlevel/cpuid'
import { isHvmKind } from '../../guest/kind.js'
import { seenPolicy } from '../../guest/seen-policy.js'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { releaseFeatures } from '../../policy/features.js'
import type { LevelKind } from '../groups/host-group.js'
import type { PoolLevel } from '../level.js'
import { Acceptance, type SeenGuest } from './acceptance.js'
import type { GuestEffects, GuestToMove, GuestToPowerCycle, RunningGuest } from './types.js'

/** A change, as far as guests are concerned. */
export interface GuestChange {
  readonly before: PoolLevel
  readonly after: PoolLevel
  /** The hosts that leave, or are replaced. */
  readonly leaving: ReadonlySet<string>
  /** What the guests' featuresets are in. */
  readonly table: FeatureTable
}

/** A guest whose features are known. */
interface KnownGuest extends SeenGuest {
  readonly guest: RunningGuest
}

/** What it means to each guest. */
export function guestEffects(guests: readonly RunningGuest[], change: GuestChange): GuestEffects {
  if (guests.length === 0)
    return { losingMobility: [], toPowerCycle: [], nowhere: [], toMove: [], unknown: [] }
  const { table, leaving } = change
  const [old, young] = [new Acceptance(change.before, table), new Acceptance(change.after, table)]
  const gained = {
    pv: young.offered('pv').andNot(old.offered('pv')),
    hvm: young.offered('hvm').andNot(old.offered('hvm')),
  }
  const known = guests.flatMap((guest) => knownGuest(guest, table))
  const names = new Set(known.map(({ guest }) => guest.name))
  return {
    losingMobility: known
      .filter((one) => !young.isTakenEverywhere(one) && old.isTakenEverywhere(one))
      .map((one) => ({
        guest: one.guest.name,
        features: young.beyond(one).names(table),
        ...young.refusing(one),
      })),
    toPowerCycle: known.flatMap((one) => powerCycle(one, young, { gained, table })),
    nowhere: known.filter((one) => young.taking(one).count === 0).map(({ guest }) => guest.name),
    toMove: known.flatMap((one) => toMove(one, old, leaving)),
    unknown: guests.flatMap(({ name }) => (names.has(name) ? [] : [name])),
  }
}

/** Whether a guest has to start anew: to run everywhere again, or to see what is new. */
function powerCycle(
  known: KnownGuest,
  young: Acceptance,
  {
    gained,
    table,
  }: { readonly gained: Readonly<Record<LevelKind, Featureset>>; readonly table: FeatureTable },
): GuestToPowerCycle[] {
  const { guest, seen, kind } = known
  const beyond = young.beyond(known).names(table)
  if (beyond.length > 0) return [{ guest: guest.name, why: 'to-return', features: beyond }]
  const more = gained[kind].andNot(seen).names(table)
  return more.length > 0 ? [{ guest: guest.name, why: 'to-gain', features: more }] : []
}

/** It moves before the change, to a host that stays. */
function toMove(known: KnownGuest, old: Acceptance, leaving: ReadonlySet<string>): GuestToMove[] {
  const { guest } = known
  const from = guest.host
  if (from === undefined || !leaving.has(from)) return []
  const { hosts, count } = old.taking(known)
  const others = hosts.filter((name) => !leaving.has(name))
  const staying = count - (hosts.length - others.length)
  return [{ guest: guest.name, from, hosts: others, count: staying }]
}

/** A guest with the features that it has seen; nothing if none are known. */
function knownGuest(guest: RunningGuest, table: FeatureTable): KnownGuest[] {
  const policy = seenPolicy(guest, table.release)
  const seen =
    policy === null
      ? guest.featureset
      : Featureset.fromWords(releaseFeatures(table.release).read(CpuPolicy.peek(policy.policy)))
  if (seen === undefined) return []
  const kind = isHvmKind(guest.kind) ? 'hvm' : 'pv'
  return [{ guest, seen, kind, vendor: guest.vendor ?? policy?.vendor }]
}
