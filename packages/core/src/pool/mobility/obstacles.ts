/** Why a guest cannot go to a host, and what stands in its way on many. */
import type { FeatureName } from '@xenlevel/cpuid'
import type { Admission, Reason, ReasonCode } from '../../guest/reasons.js'
import type { Fleet } from './fleet.js'

/** Why one host does not take a guest. */
export interface Obstacle {
  /** The host. */
  readonly host: string
  /**
   * `cpu`: it does not admit the guest. `maintenance`: it takes no guest now. `older-xen`: its Xen is older than the one that the guest
   * runs on. `memory`: it has not as much memory free.
   */
  readonly why: 'cpu' | 'maintenance' | 'older-xen' | 'memory'
  /** Why it does not admit the guest, every reason; found when they are asked for. */
  readonly reasons: readonly Reason[]
}

/** One reason, and the hosts that give it. */
export interface SharedReason {
  /** Its stable name. */
  readonly code: ReasonCode
  /** The feature it is about. */
  readonly feature?: FeatureName
  /** Its bit. */
  readonly bit?: number
  /** The hosts. */
  readonly hosts: readonly string[]
}

/** Whether a reason keeps a guest away. */
function isAgainst({ grade }: Reason): boolean {
  return grade === 'refused' || grade === 'lost'
}

/** A guest before a host, judged when it is looked at. */
class Refusal implements Obstacle {
  readonly host: string
  readonly why: Obstacle['why']
  readonly #admission: () => Admission

  constructor(host: string, why: Obstacle['why'], admission: () => Admission) {
    this.host = host
    this.why = why
    this.#admission = admission
  }

  get reasons(): readonly Reason[] {
    return this.why === 'cpu' ? this.#admission().reasons.filter(isAgainst) : []
  }

  toJSON(): object {
    const { host, why, reasons } = this
    return { host, why, reasons }
  }
}

/** The obstacle between a guest and a host; null if there is none. Room is looked at as it is before anything moves. */
export function obstacleOf(fleet: Fleet, guest: number, host: number): Obstacle | null {
  const why = whyNot(fleet, guest, host)
  if (why === null) return null
  const [asking, asked] = [fleet.guest(guest), fleet.host(host)]
  return new Refusal(asked.name, why, () => fleet.verdicts.admission(asking, asked))
}

function whyNot(fleet: Fleet, guest: number, host: number): Obstacle['why'] | null {
  if (!fleet.admits(guest, host)) return 'cpu'
  if (fleet.enabled[host] === false) return 'maintenance'
  const home = fleet.homes[guest] ?? -1
  if (home >= 0 && fleet.goesBack(fleet.offers[home] ?? 0, fleet.offers[host] ?? 0))
    return 'older-xen'
  const room = fleet.rooms[host] ?? null
  return room !== null && room < fleet.memory(guest) ? 'memory' : null
}

/** The reasons that keep a guest from hosts, those of most hosts first; hosts that offer the same are asked once. */
export function sharedReasons(
  fleet: Fleet,
  guest: number,
  hosts: readonly number[],
): SharedReason[] {
  const asking = fleet.guest(guest)
  const shared = new Map<string, SharedReason & { readonly hosts: string[] }>()
  const asked = new Map<number, readonly Reason[]>()
  for (const host of hosts) {
    const [offer, snapshot] = [fleet.offers[host] ?? 0, fleet.host(host)]
    const reasons =
      asked.get(offer) ?? fleet.verdicts.admission(asking, snapshot).reasons.filter(isAgainst)
    asked.set(offer, reasons)
    const keys = new Set<string>()
    for (const { code, feature, bit } of reasons) {
      const key = `${code} ${bit ?? ''}`
      if (keys.has(key)) continue
      keys.add(key)
      const present = shared.get(key) ?? {
        code,
        hosts: [],
        ...(feature === undefined ? {} : { feature }),
        ...(bit === undefined ? {} : { bit }),
      }
      shared.set(key, present)
      present.hosts.push(snapshot.name)
    }
  }
  return [...shared.values()].sort(
    (a, b) => b.hosts.length - a.hosts.length || (a.bit ?? -1) - (b.bit ?? -1),
  )
}
