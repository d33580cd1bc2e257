/** Guests that can go nowhere else, and why. */
import type { Fleet } from './fleet.js'
import { type Obstacle, obstacleOf, type SharedReason, sharedReasons } from './obstacles.js'

/** A guest that no other host admits, whatever room there is. */
export interface StrandedGuest {
  /** The guest. */
  readonly guest: string
  /** The host it runs on; null if that is not known or not in the fleet. */
  readonly host: string | null
  /** Whether its own host would admit it again; null without a host. */
  readonly fitsHome: boolean | null
  /** What keeps it away, each with the hosts where it does, that of most hosts first; found when it is asked for. */
  readonly causes: readonly SharedReason[]
  /** Every other host with its reasons; found when they are asked for. */
  readonly obstacles: readonly Obstacle[]
}

class Stranded implements StrandedGuest {
  readonly guest: string
  readonly host: string | null
  readonly fitsHome: boolean | null
  readonly #fleet: Fleet
  readonly #number: number

  constructor(fleet: Fleet, number: number, home: number) {
    this.guest = fleet.guest(number).name
    this.host = home < 0 ? null : fleet.hostName(home)
    this.fitsHome = home < 0 ? null : fleet.admits(number, home)
    this.#fleet = fleet
    this.#number = number
  }

  get causes(): readonly SharedReason[] {
    return sharedReasons(this.#fleet, this.#number, this.#others())
  }

  get obstacles(): readonly Obstacle[] {
    return this.#others().flatMap((host) => obstacleOf(this.#fleet, this.#number, host) ?? [])
  }

  toJSON(): object {
    const { guest, host, fitsHome, causes } = this
    return { guest, host, fitsHome, causes }
  }

  #others(): number[] {
    const home = this.#fleet.homes[this.#number] ?? -1
    return this.#fleet.hosts.flatMap((_, host) => (host === home ? [] : [host]))
  }
}

/** The guests that no host but their own admits. */
export function strandedGuests(fleet: Fleet): StrandedGuest[] {
  const hostsOfOffer = new Map<number, number>()
  for (const offer of fleet.offers) hostsOfOffer.set(offer, (hostsOfOffer.get(offer) ?? 0) + 1)
  const admitting = new Map<number, number>()
  const countOf = (view: number) => {
    const present = admitting.get(view)
    if (present !== undefined) return present
    let count = 0
    for (const [offer, hosts] of hostsOfOffer)
      if (fleet.verdicts.admits(view, offer)) count += hosts
    admitting.set(view, count)
    return count
  }
  return fleet.guests.flatMap((_, guest) => {
    const home = fleet.homes[guest] ?? -1
    const own = home >= 0 && fleet.admits(guest, home) ? 1 : 0
    return countOf(fleet.views[guest] ?? 0) > own ? [] : [new Stranded(fleet, guest, home)]
  })
}
