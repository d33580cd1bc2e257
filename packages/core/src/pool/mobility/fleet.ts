/** A fleet while it is looked at: guests and hosts by number, their groups, their room. */
import type { HostSnapshot } from '../../documents/snapshot.js'
import type { Finding } from '../../finding.js'
import { FleetError } from './errors.js'
import type { FleetGuest, MobilityOptions } from './types.js'
import { Verdicts } from './verdicts.js'

const EFFORT = 200_000

/** Guests and hosts, by number. */
export class Fleet {
  readonly guests: readonly FleetGuest[]
  readonly hosts: readonly HostSnapshot[]
  readonly verdicts: Verdicts
  /** The group of each guest. */
  readonly views: readonly number[]
  /** The group of each host. */
  readonly offers: readonly number[]
  /** Where each guest runs; -1 for one that runs on none of these hosts. */
  readonly homes: readonly number[]
  /** Memory that each host has free; null without a limit. */
  readonly rooms: readonly (bigint | null)[]
  /** Whether each host takes guests. */
  readonly enabled: readonly boolean[]
  readonly refusesOlderXen: boolean
  readonly effort: number
  /** Whose words the guests' featuresets are in; undefined for the newest. */
  readonly release: string | undefined
  /** What domains are created with. */
  readonly domain: MobilityOptions['domain']
  readonly findings: readonly Finding[]
  readonly #guestNumbers: ReadonlyMap<string, number>
  readonly #hostNumbers: ReadonlyMap<string, number>

  constructor(
    guests: readonly FleetGuest[],
    hosts: readonly HostSnapshot[],
    options: MobilityOptions,
  ) {
    this.guests = [...guests]
    this.hosts = [...hosts]
    this.#guestNumbers = numbered(guests, 'guest', 'FLEET_DUPLICATE_GUEST')
    this.#hostNumbers = numbered(hosts, 'host', 'FLEET_DUPLICATE_HOST')
    this.verdicts = new Verdicts(options)
    this.offers = hosts.map((host) => this.verdicts.addHost(host))
    this.views = guests.map((guest) => this.verdicts.addGuest(guest))
    this.homes = guests.map(({ host }) =>
      host === undefined ? -1 : (this.#hostNumbers.get(host) ?? -1),
    )
    const { capacity = {}, olderXen = 'refuse', effort = EFFORT } = options
    this.rooms = hosts.map(({ name }) => capacity[name]?.freeMemory ?? null)
    this.enabled = hosts.map(({ name }) => capacity[name]?.enabled ?? true)
    this.refusesOlderXen = olderXen === 'refuse'
    this.effort = effort
    this.release = options.release
    this.domain = options.domain
    refuseNegative(guests, capacity)
    this.findings = Object.freeze([
      ...unknownNames(Object.keys(capacity), this.#hostNumbers),
      ...this.#homeless(),
      ...this.#untoldMemory(),
    ])
  }

  /** The number of a guest. @throws {@link FleetError} for a name that no guest has. */
  guestNumber(name: string): number {
    return found(this.#guestNumbers, name, 'guest')
  }

  /** The number of a host. @throws {@link FleetError} for a name that no host has. */
  hostNumber(name: string): number {
    return found(this.#hostNumbers, name, 'host')
  }

  /** A guest by its number. */
  guest(number: number): FleetGuest {
    return member(this.guests, number)
  }

  /** A host by its number. */
  host(number: number): HostSnapshot {
    return member(this.hosts, number)
  }

  /** Whether a guest is admitted on a host as both are now. */
  admits(guest: number, host: number): boolean {
    return this.verdicts.admits(this.views[guest] ?? 0, this.offers[host] ?? 0)
  }

  /** The name of a host. */
  hostName(host: number): string {
    return this.host(host).name
  }

  /** The guests that run on a host. */
  residents(host: number): number[] {
    return this.homes.flatMap((home, guest) => (home === host ? [guest] : []))
  }

  /** The bytes that a guest is known to need. */
  memory(guest: number): bigint {
    return this.guest(guest).memory ?? 0n
  }

  /** Whether a move between two groups of hosts is one that Xen does not support. */
  goesBack(from: number, to: number): boolean {
    if (!this.refusesOlderXen || from === to) return false
    const [here, there] = [this.branch(from), this.branch(to)]
    return here > 0 && there > 0 && there < here
  }

  /** A number that grows with the branch of Xen, such as 4.17, that a group of hosts runs; 0 if it is not known, or if it does not matter. */
  branch(group: number): number {
    if (!this.refusesOlderXen) return 0
    const { xen } = this.verdicts.host(group)
    const match = xen === null ? null : /^(\d+)\.(\d+)/.exec(xen.release)
    return match === null ? 0 : Number(match[1]) * 1000 + Number(match[2])
  }

  #homeless(): Finding[] {
    const away = this.guests.filter(
      ({ host }) => host !== undefined && !this.#hostNumbers.has(host),
    )
    if (away.length === 0) return []
    return [
      {
        code: 'host-of-guest-unknown',
        severity: 'warning',
        message: `These guests run on hosts that are not among those given, and no host is emptied of them: ${away.map(({ name, host }) => `${name} on ${host}`).join(', ')}.`,
      },
    ]
  }

  #untoldMemory(): Finding[] {
    const untold = this.guests.filter(({ memory }) => memory === undefined).length
    if (untold === 0 || this.rooms.every((room) => room === null)) return []
    return [
      {
        code: 'guest-memory-unknown',
        severity: 'warning',
        message: `The memory of ${untold} guests is not known: they are taken to fit everywhere.`,
      },
    ]
  }
}

function numbered(
  members: readonly { readonly name: string }[],
  what: string,
  code: string,
): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>()
  for (const [number, { name }] of members.entries()) {
    if (numbers.has(name)) {
      throw new FleetError({
        code,
        message: `Two ${what}s are named "${name}"; answers are told by name, so each needs its own.`,
        details: { name },
      })
    }
    numbers.set(name, number)
  }
  return numbers
}

function found(numbers: ReadonlyMap<string, number>, name: string, what: 'guest' | 'host'): number {
  const number = numbers.get(name)
  if (number === undefined) {
    throw new FleetError({
      code: what === 'guest' ? 'FLEET_UNKNOWN_GUEST' : 'FLEET_UNKNOWN_HOST',
      message: `There is no ${what} named "${name}" in the fleet; it has ${numbers.size} ${what}s.`,
      details: { name },
    })
  }
  return number
}

function refuseNegative(
  guests: readonly FleetGuest[],
  capacity: NonNullable<MobilityOptions['capacity']>,
): void {
  const memories = [
    ...guests.map(({ name, memory }) => [name, memory] as const),
    ...Object.entries(capacity).map(([name, { freeMemory }]) => [name, freeMemory] as const),
  ]
  for (const [name, memory] of memories) {
    if (memory !== undefined && memory < 0n) {
      throw new FleetError({
        code: 'FLEET_NUMBER',
        message: `The memory of "${name}" is ${memory} bytes; expected none or more.`,
        details: { name, memory },
      })
    }
  }
}

function unknownNames(names: readonly string[], known: ReadonlyMap<string, number>): Finding[] {
  const unknown = names.filter((name) => !known.has(name))
  if (unknown.length === 0) return []
  return [
    {
      code: 'capacity-of-unknown-host',
      severity: 'warning',
      message: `Room is told of hosts that are not among those given: ${unknown.join(', ')}.`,
    },
  ]
}

function member<Member>(members: readonly Member[], number: number): Member {
  const found = members[number]
  if (found === undefined) throw new RangeError(`The fleet has no member ${number}.`)
  return found
}
