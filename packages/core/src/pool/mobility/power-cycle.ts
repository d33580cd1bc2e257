/** Guests whose view of the CPU is not the pool's level, and what starting them anew would change. */
import {
  type FeatureName,
  Featureset,
  type FeatureTable,
  featureTable,
  mapFeatureset,
} from '@xenlevel/cpuid'
import { isHvmKind } from '../../guest/kind.js'
import { seenPolicy } from '../../guest/seen-policy.js'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { releaseFeatures } from '../../policy/features.js'
import { compatibilityMask } from '../../xen/compatibility-bits.js'
import type { PoolLevel } from '../level.js'
import type { Fleet } from './fleet.js'
import type { FleetGuest } from './types.js'

/** A guest that has to be started anew to go everywhere, or to have all that the level promises. */
export interface PowerCycle {
  /** The guest. */
  readonly guest: string
  /** `move`: some host that refuses it now would take it. `gain`: the level promises more than it has seen. */
  readonly to: readonly ('move' | 'gain')[]
  /** Features that it has seen and the level does not promise, by bit. */
  readonly above: readonly FeatureName[]
  /** Features that the level promises and it has not seen, by bit. */
  readonly below: readonly FeatureName[]
  /** The hosts that refuse it now and would take it at the level. */
  readonly hosts: readonly string[]
  /** One sentence for people. */
  readonly message: string
}

type Answer = Omit<PowerCycle, 'guest' | 'message'>

/** The guests that a power cycle at this level would do good. Guests of which nothing is known are left out: nothing says what they have seen. */
export function powerCycles(fleet: Fleet, level: PoolLevel): PowerCycle[] {
  const known = new Map<number, Answer | null>()
  return fleet.guests.flatMap((guest, number) => {
    const view = fleet.views[number] ?? 0
    const present = known.get(view)
    const answer = present === undefined ? judge(fleet, view, level) : present
    known.set(view, answer)
    return answer === null
      ? []
      : [{ guest: guest.name, ...answer, message: sentence(guest.name, answer) }]
  })
}

function judge(fleet: Fleet, view: number, level: PoolLevel): Answer | null {
  const guest = fleet.verdicts.guest(view)
  const table = featureTable(level.release)
  const seen = seenFeatures(guest, featureTable(fleet.release), table)
  if (seen === null) return null
  const kind = isHvmKind(guest.kind) ? level.hvm : level.pv
  if (kind.hosts.length === 0) return null
  const ignored = compatibilityMask(level.vendor, table)
  const above = seen.andNot(kind.default).andNot(ignored).names(table)
  const below = kind.default.andNot(seen).andNot(ignored).names(table)
  const hosts = hostsGained(fleet, view, startedAt(guest, level, fleet.release))
  const to: ('move' | 'gain')[] = []
  if (hosts.length > 0) to.push('move')
  if (below.length > 0) to.push('gain')
  return to.length === 0 ? null : { to, above, below, hosts }
}

/** What a guest has seen, in the words of the level. */
function seenFeatures(
  guest: FleetGuest,
  own: FeatureTable,
  table: FeatureTable,
): Featureset | null {
  const policy = seenPolicy(guest, own.release)?.policy
  if (policy !== undefined)
    return Featureset.fromWords(releaseFeatures(table.release).read(CpuPolicy.peek(policy)))
  if (guest.featureset === undefined) return null
  return own === table ? guest.featureset : mapFeatureset(guest.featureset, own, table).featureset
}

/** The guest as it would be, had it been started at the level. */
function startedAt(guest: FleetGuest, level: PoolLevel, release: string | undefined): FleetGuest {
  const { featureset, policy, records, vendor, ...rest } = guest
  const { default: forBoot, policy: whole } = isHvmKind(guest.kind) ? level.hvm : level.pv
  const seen = level.vendor ?? vendor
  const made = seen === undefined ? {} : { vendor: seen }
  if (whole !== null && (policy !== undefined || records !== undefined))
    return { ...rest, ...made, policy: whole }
  const [from, to] = [featureTable(level.release), featureTable(release)]
  return {
    ...rest,
    ...made,
    featureset: from === to ? forBoot : mapFeatureset(forBoot, from, to).featureset,
  }
}

function hostsGained(fleet: Fleet, view: number, started: FleetGuest): string[] {
  const refusing = fleet.hosts.flatMap((_, host) =>
    fleet.verdicts.admits(view, fleet.offers[host] ?? 0) ? [] : [host],
  )
  if (refusing.length === 0) return []
  const anew = fleet.verdicts.addView(started)
  return refusing
    .filter((host) => fleet.verdicts.admits(anew, fleet.offers[host] ?? 0))
    .map((host) => fleet.hostName(host))
}

function sentence(name: string, { to, above, below, hosts }: Answer): string {
  const parts = [
    ...(to.includes('move')
      ? [
          `${name} cannot go to ${hosts.join(', ')}${above.length === 0 ? '' : `, as it has seen ${above.join(', ')} above the level`}`,
        ]
      : []),
    ...(to.includes('gain')
      ? [`${name} does without ${below.join(', ')}, which the level has`]
      : []),
  ]
  return `${parts.join('; ')}: start it anew at the level.`
}
