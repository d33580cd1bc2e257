/** For tests: small fleets, and whether their hosts can be emptied by trying every way. */
import fc from 'fast-check'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { admitGuest } from '../../guest/admit.js'
import { guestWith, hostOffering, Replayer } from './mobility.testing.js'
import type { FleetGuest, HostCapacity } from './types.js'

/** Features that need nothing. */
export const FEATURES = ['FPU', 'MOVBE', 'ERMS', 'SHA', 'NX']
const some = fc.subarray(FEATURES)
const most = fc.oneof(fc.constant(FEATURES), some)
const release = fc.constantFrom('4.17.7', '4.20.3')

/** A fleet that is small enough to try everything. */
export interface Small {
  readonly guests: readonly FleetGuest[]
  readonly hosts: readonly HostSnapshot[]
  readonly capacity: Readonly<Record<string, HostCapacity>>
  readonly after: Readonly<Record<string, HostSnapshot>>
}

/** Fleets of two to four hosts and up to five guests. */
export const small = fc
  .record({
    hosts: fc.array(
      fc.record({
        offers: most,
        release,
        room: fc.constantFrom(null, 0n, 1n, 2n, 4n),
        enabled: fc.constantFrom(true, true, true, false),
        later: fc.option(fc.record({ offers: most, release })),
      }),
      { minLength: 2, maxLength: 4 },
    ),
    guests: fc.array(
      fc.record({ seen: some, memory: fc.constantFrom(0n, 1n, 2n, 3n), host: fc.nat(3) }),
      { maxLength: 5 },
    ),
  })
  .map(({ hosts, guests }): Small => {
    const name = (at: number) => `host-${at}`
    return {
      hosts: hosts.map(({ offers, release }, at) => hostOffering(name(at), offers, release)),
      guests: guests.map(({ seen, memory, host }, at) =>
        guestWith(`guest-${at}`, seen, { memory, host: name(host % hosts.length) }),
      ),
      capacity: Object.fromEntries(
        hosts.map(({ room, enabled }, at) => [
          name(at),
          { enabled, ...(room === null ? {} : { freeMemory: room }) },
        ]),
      ),
      after: Object.fromEntries(
        hosts.flatMap(({ later }, at) =>
          later === null ? [] : [[name(at), hostOffering(name(at), later.offers, later.release)]],
        ),
      ),
    }
  })

const branchOf = ({ xen }: HostSnapshot) => Number(xen?.release.split('.')[1])

/** Whether guests of a host can leave, by trying every way. */
export function bruteEvacuation({ guests, hosts, capacity }: Small, home: HostSnapshot): boolean {
  const leaving = guests.filter(({ host }) => host === home.name)
  const free = new Map(hosts.map(({ name }) => [name, capacity[name]?.freeMemory]))
  const go = (at: number): boolean => {
    const guest = leaving[at]
    if (guest === undefined) return true
    return hosts.some((host) => {
      const room = free.get(host.name)
      const memory = guest.memory ?? 0n
      if (host === home || capacity[host.name]?.enabled === false) return false
      if (branchOf(host) < branchOf(home) || !admitGuest(guest, host).admitted) return false
      if (room !== undefined && room < memory) return false
      free.set(host.name, room === undefined ? room : room - memory)
      const found = go(at + 1)
      free.set(host.name, room)
      return found
    })
  }
  return go(0)
}

/** Whether hosts can be emptied in turn, by trying every order and every way. */
export function bruteRolling({ guests, hosts, capacity, after }: Small, given: boolean): boolean {
  const free = new Map(hosts.map(({ name }) => [name, capacity[name]?.freeMemory]))
  const where = new Map(guests.map(({ name, host }) => [name, host ?? '']))
  const updated = new Set<string>()
  const now = (host: HostSnapshot) => (updated.has(host.name) ? (after[host.name] ?? host) : host)
  const shift = (host: string, memory: bigint) => {
    const room = free.get(host)
    if (room !== undefined) free.set(host, room + memory)
  }
  const next = (): boolean => {
    const remaining = hosts.filter(({ name }) => !updated.has(name))
    if (remaining.length === 0) return true
    return (given ? remaining.slice(0, 1) : remaining).some((home) => empty(home))
  }
  const empty = (home: HostSnapshot): boolean => {
    const guest = guests.find(({ name }) => where.get(name) === home.name)
    if (guest === undefined) {
      updated.add(home.name)
      const found = next()
      updated.delete(home.name)
      return found
    }
    const memory = guest.memory ?? 0n
    return hosts.some((host) => {
      const open = updated.has(host.name) || capacity[host.name]?.enabled !== false
      if (host === home || !open || branchOf(now(host)) < branchOf(home)) return false
      if (!admitGuest(guest, now(host)).admitted) return false
      if ((free.get(host.name) ?? memory) < memory) return false
      where.set(guest.name, host.name)
      shift(host.name, -memory)
      shift(home.name, memory)
      const found = empty(home)
      shift(home.name, -memory)
      shift(host.name, memory)
      where.set(guest.name, home.name)
      return found
    })
  }
  return next()
}

/** Someone to replay a plan. */
export const replayOf = ({ guests, hosts, capacity }: Small) =>
  new Replayer({ guests, hosts: new Map(hosts.map((host) => [host.name, host])), capacity })
