/** Who can go where: the whole fleet, guests before hosts. */
import type { HostSnapshot } from '../../documents/snapshot.js'
import type { Finding } from '../../finding.js'
import type { Admission } from '../../guest/reasons.js'
import type { PoolLevel } from '../level.js'
import { type Evacuation, evacuate } from './evacuation.js'
import { Fleet } from './fleet.js'
import { type PowerCycle, powerCycles } from './power-cycle.js'
import { planRollingUpdate, type RollingUpdateOptions, type RollingUpdatePlan } from './rolling.js'
import { type StrandedGuest, strandedGuests } from './stranded.js'
import type { FleetGuest, MobilityOptions } from './types.js'

/** One guest before one host. */
export interface MobilityVerdict {
  /** The guest. */
  readonly guest: string
  /** The host. */
  readonly host: string
  /** What {@link admitGuest} says in a word. */
  readonly admitted: boolean
  /** Whether it runs there. */
  readonly runsHere: boolean
  /** All that {@link admitGuest} says, with every reason; found when it is asked for. */
  readonly admission: Admission
}

/** How many guests and hosts an admission can tell apart. */
export interface DistinctCounts {
  /** Guests. */
  readonly guests: number
  /** Hosts. */
  readonly hosts: number
}

/** The guests of a fleet before its hosts. Answers that are asked for by name throw {@link FleetError} for a name that is not there. */
export interface MobilityMatrix {
  /** The guests, in the order given. */
  readonly guests: readonly string[]
  /** The hosts, in the order given. */
  readonly hosts: readonly string[]
  /** How many of them are different to an admission: so many pairs are judged, whatever the size of the fleet. */
  readonly distinct: DistinctCounts
  /** What should be known about it. */
  readonly findings: readonly Finding[]
  /** Whether a host admits a guest. */
  admits(guest: string, host: string): boolean
  /** The same with the reasons. */
  verdict(guest: string, host: string): MobilityVerdict
  /** The hosts that admit a guest, its own among them if it does; room and maintenance do not count. */
  hostsFor(guest: string): readonly string[]
  /** The guests that no host but their own admits. */
  readonly stranded: readonly StrandedGuest[]
  /** The guests that have to be started anew to go wherever the level holds, or to have all of it. */
  powerCycle(level: PoolLevel): readonly PowerCycle[]
  /** Whether a host can be emptied as things stand. */
  canEvacuate(host: string): Evacuation
  /** Whether all of some hosts can be emptied in turn, each coming back before the next; all hosts by default. */
  rollingUpdate(hosts?: readonly string[], options?: RollingUpdateOptions): RollingUpdatePlan
}

/**
 * Sets guests before hosts.
 *
 * Guests and hosts that an admission cannot tell apart are judged once, and by {@link admitGuest} itself, when they are first asked for.
 *
 * @throws {@link FleetError} when two guests or two hosts have the same name, or for memory below zero;
 * {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function mobility(
  guests: readonly FleetGuest[],
  hosts: readonly HostSnapshot[],
  options: MobilityOptions = {},
): MobilityMatrix {
  return new Matrix(new Fleet(guests, hosts, options))
}

class Verdict implements MobilityVerdict {
  readonly guest: string
  readonly host: string
  readonly admitted: boolean
  readonly runsHere: boolean
  readonly #find: () => Admission
  #admission: Admission | undefined

  constructor(fleet: Fleet, guest: FleetGuest, host: HostSnapshot) {
    this.guest = guest.name
    this.host = host.name
    this.admitted = fleet.admits(fleet.guestNumber(guest.name), fleet.hostNumber(host.name))
    this.runsHere = guest.host === host.name
    this.#find = () => fleet.verdicts.admission(guest, host)
  }

  get admission(): Admission {
    this.#admission ??= this.#find()
    return this.#admission
  }

  toJSON(): object {
    const { guest, host, admitted, runsHere, admission } = this
    return { guest, host, admitted, runsHere, admission }
  }
}

class Matrix implements MobilityMatrix {
  readonly guests: readonly string[]
  readonly hosts: readonly string[]
  readonly distinct: DistinctCounts
  readonly findings: readonly Finding[]
  readonly #fleet: Fleet
  /** By view: guests that look the same can go to the same hosts. */
  readonly #hostsFor = new Map<number, readonly string[]>()
  #stranded: readonly StrandedGuest[] | undefined

  constructor(fleet: Fleet) {
    this.#fleet = fleet
    this.guests = Object.freeze(fleet.guests.map(({ name }) => name))
    this.hosts = Object.freeze(fleet.hosts.map(({ name }) => name))
    this.distinct = Object.freeze({
      guests: fleet.verdicts.guestCount,
      hosts: fleet.verdicts.hostCount,
    })
    this.findings = fleet.findings
  }

  admits(guest: string, host: string): boolean {
    return this.#fleet.admits(this.#fleet.guestNumber(guest), this.#fleet.hostNumber(host))
  }

  verdict(guest: string, host: string): MobilityVerdict {
    const [asking, asked] = [
      this.#fleet.guest(this.#fleet.guestNumber(guest)),
      this.#fleet.host(this.#fleet.hostNumber(host)),
    ]
    return new Verdict(this.#fleet, asking, asked)
  }

  hostsFor(guest: string): readonly string[] {
    const number = this.#fleet.guestNumber(guest)
    const view = this.#fleet.views[number] ?? 0
    const present = this.#hostsFor.get(view)
    if (present !== undefined) return present
    const found = Object.freeze(this.hosts.filter((_, host) => this.#fleet.admits(number, host)))
    this.#hostsFor.set(view, found)
    return found
  }

  get stranded(): readonly StrandedGuest[] {
    this.#stranded ??= Object.freeze(strandedGuests(this.#fleet))
    return this.#stranded
  }

  powerCycle(level: PoolLevel): readonly PowerCycle[] {
    return powerCycles(this.#fleet, level)
  }

  canEvacuate(host: string): Evacuation {
    return evacuate(this.#fleet, this.#fleet.hostNumber(host))
  }

  rollingUpdate(
    hosts: readonly string[] = this.hosts,
    options: RollingUpdateOptions = {},
  ): RollingUpdatePlan {
    return planRollingUpdate(this.#fleet, hosts, options)
  }
}
