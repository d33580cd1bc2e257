/** A rolling update while it is planned: which hosts are updated in which order, and what each takes before and after. */
import type { HostSnapshot } from '../../documents/snapshot.js'
import { FleetError } from './errors.js'
import type { Fleet } from './fleet.js'
import { guestAfterMove } from './moved-view.js'

/** What does not change while the plan is made. */
export class Rolling {
  readonly fleet: Fleet
  /** The hosts to update, in the order given. */
  readonly listed: readonly number[]
  readonly #isListed: ReadonlySet<number>
  /** What each host offers once it is updated. */
  readonly #later: readonly number[]
  readonly #views = new Map<string, number>()

  constructor(
    fleet: Fleet,
    names: readonly string[],
    after: Readonly<Record<string, HostSnapshot>>,
  ) {
    this.fleet = fleet
    this.listed = names.map((name) => fleet.hostNumber(name))
    this.#isListed = new Set(this.listed)
    if (this.#isListed.size !== names.length) {
      throw new FleetError({
        code: 'FLEET_DUPLICATE_HOST',
        message: `A host is to be updated twice; give each once: ${names.join(', ')}.`,
        details: { names },
      })
    }
    const later = [...fleet.offers]
    for (const [name, snapshot] of Object.entries(after))
      later[fleet.hostNumber(name)] = fleet.verdicts.addHost(snapshot)
    this.#later = later
  }

  /** Whether a host is to be updated. */
  isListed(host: number): boolean {
    return this.#isListed.has(host)
  }

  /** What a host offers. */
  offer(host: number, updated: boolean): number {
    return (updated ? this.#later : this.fleet.offers)[host] ?? 0
  }

  /** Whether a host takes a guest that comes from a host which is not updated yet. One in maintenance does as soon as it is updated. */
  takes(host: number, updated: boolean, { view, from }: Traveller): boolean {
    if (!updated && this.fleet.enabled[host] === false) return false
    const offer = this.offer(host, updated)
    return (
      !this.fleet.goesBack(this.offer(from, false), offer) &&
      this.fleet.verdicts.admits(view, offer)
    )
  }

  /** The view of a guest after a move. */
  viewOn(host: number, updated: boolean, view: number): number {
    const offer = this.offer(host, updated)
    const key = `${view} ${offer}`
    const present = this.#views.get(key)
    if (present !== undefined) return present
    const { verdicts, domain } = this.fleet
    const guest = verdicts.guest(view)
    const moved = guestAfterMove(guest, verdicts.host(offer), domain)
    const found = moved === guest ? view : verdicts.addView(moved)
    this.#views.set(key, found)
    return found
  }
}

/** A guest that has to leave. */
export interface Traveller {
  /** What it has seen. */
  readonly view: number
  /** The host that it leaves. */
  readonly from: number
}

/** Whether guests come through an update in one order, as far as CPUs go. */
export class Passage {
  readonly #rolling: Rolling
  readonly #position: ReadonlyMap<number, number>
  readonly #known = new Map<string, boolean>()

  constructor(rolling: Rolling, order: readonly number[]) {
    this.#rolling = rolling
    this.#position = new Map(order.map((host, at) => [host, at]))
  }

  /** Whether a guest that is on a host when it has not been updated yet, if it ever is, can go on until the end. */
  survives(guest: Traveller): boolean {
    const at = this.#position.get(guest.from)
    if (at === undefined) return true
    const key = `${guest.from} ${guest.view}`
    const present = this.#known.get(key)
    if (present !== undefined) return present
    const found = this.#rolling.fleet.hosts.some((_, host) => this.allows(host, guest, at))
    this.#known.set(key, found)
    return found
  }

  /** The hosts that a guest can go to when its own is emptied. */
  hostsFor(guest: Traveller, at: number): number[] {
    return this.#rolling.fleet.hosts.flatMap((_, host) =>
      this.allows(host, guest, at) ? [host] : [],
    )
  }

  /** Whether a guest can go to a host when it leaves its own, and on from there. `at` is the place in the order of the host it leaves. */
  allows(host: number, guest: Traveller, at: number): boolean {
    if (host === guest.from) return false
    const updated = this.isUpdated(host, at)
    if (!this.#rolling.takes(host, updated, guest)) return false
    return (
      this.isFinal(host, at) ||
      this.survives({ view: this.#rolling.viewOn(host, updated, guest.view), from: host })
    )
  }

  /** Whether a host has been updated when the one at a place in the order is emptied. */
  isUpdated(host: number, at: number): boolean {
    return (this.#position.get(host) ?? Number.POSITIVE_INFINITY) < at
  }

  /** Whether a guest that comes to a host then can stay there. */
  isFinal(host: number, at: number): boolean {
    return (this.#position.get(host) ?? -1) < at
  }
}
