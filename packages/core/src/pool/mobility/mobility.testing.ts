/** For tests: fleets of recorded and of made-up hosts, and a plan replayed by someone who did not make it. */
import { Featureset } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { admitGuest } from '../../guest/admit.js'
import { recordedHost } from '../../guest/recorded.testing.js'
import type { Move } from './evacuation.js'
import type { FleetGuest, HostCapacity } from './types.js'

/** The snapshot of a recorded boot; `boot` is such as `4.17-debian-Haswell`. */
export function recordedSnapshot(boot: string, name = boot): HostSnapshot {
  const { release, raw, host, pvMax, pvDefault, hvmMax, hvmDefault } = recordedHost(boot)
  const hvm = hvmMax.maxExtendedLeaf !== 0
  return {
    format: 'xenlevel/host-snapshot',
    version: 1,
    name,
    cpu: {
      vendor: host.vendor,
      brand: '',
      signature: host.leaf(1).a,
      physAddrBits: host.physAddrBits,
      microcodeRevision: null,
    },
    xen: { release, hvm, hap: hvm },
    featuresets: {
      ...(raw === undefined ? {} : { raw: raw.featureset }),
      host: host.featureset,
      pvDefault: pvDefault.featureset,
      pvMax: pvMax.featureset,
      ...(hvm ? { hvmDefault: hvmDefault.featureset, hvmMax: hvmMax.featureset } : {}),
    },
    policies: {
      ...(raw === undefined ? {} : { raw }),
      host,
      pvMax,
      pvDefault,
      ...(hvm ? { hvmMax, hvmDefault } : {}),
    },
    unknownWords: [],
    notes: [],
  }
}

/** A host that offers these features to PV guests and nothing else is known of. */
export function hostOffering(
  name: string,
  features: readonly string[],
  release = '4.20.3',
): HostSnapshot {
  const set = Featureset.fromNames(features)
  return {
    format: 'xenlevel/host-snapshot',
    version: 1,
    name,
    cpu: {
      vendor: 'Intel',
      brand: '',
      signature: 0x306f2,
      physAddrBits: 46,
      microcodeRevision: null,
    },
    xen: { release, hvm: false, hap: false },
    featuresets: { raw: set, pvDefault: set, pvMax: set },
    unknownWords: [],
    notes: [],
  }
}

/** A PV guest that has seen these features. */
export function guestWith(
  name: string,
  features: readonly string[],
  more: Partial<FleetGuest> = {},
): FleetGuest {
  return { name, kind: 'pv', featureset: Featureset.fromNames(features), ...more }
}

/** A fleet as a replay has it. */
export interface Replay {
  readonly guests: readonly FleetGuest[]
  /** As they are at the time: a replay of an update puts other snapshots in. */
  readonly hosts: Map<string, HostSnapshot>
  readonly capacity: Readonly<Record<string, HostCapacity>>
  readonly allowsOlderXen?: boolean
}

/** Goes through moves as a toolstack would, and says what goes wrong; nothing if all goes well. */
export class Replayer {
  readonly complaints: string[] = []
  readonly #replay: Replay
  readonly #where = new Map<string, string>()
  readonly #free = new Map<string, bigint>()
  readonly #inMaintenance = new Set<string>()

  constructor(replay: Replay) {
    this.#replay = replay
    for (const { name, host } of replay.guests) if (host !== undefined) this.#where.set(name, host)
    for (const [name, { freeMemory, enabled }] of Object.entries(replay.capacity)) {
      if (freeMemory !== undefined) this.#free.set(name, freeMemory)
      if (enabled === false) this.#inMaintenance.add(name)
    }
  }

  /** The guests on a host. */
  on(host: string): string[] {
    return [...this.#where].flatMap(([guest, where]) => (where === host ? [guest] : []))
  }

  /** A host is updated. */
  update(host: string, after: HostSnapshot | undefined): void {
    if (this.on(host).length > 0) this.complaints.push(`${host} still has ${this.on(host).join()}`)
    if (after !== undefined) this.#replay.hosts.set(host, after)
    this.#inMaintenance.delete(host)
  }

  /** One guest moves. */
  move({ guest, from, to }: Move): void {
    const { guests, hosts } = this.#replay
    const moved = guests.find(({ name }) => name === guest)
    const [source, target] = [hosts.get(from), hosts.get(to)]
    if (moved === undefined || source === undefined || target === undefined || from === to) {
      this.complaints.push(`${guest} cannot go from ${from} to ${to}`)
      return
    }
    if (this.#where.get(guest) !== from) this.complaints.push(`${guest} is not on ${from}`)
    if (this.#inMaintenance.has(to)) this.complaints.push(`${to} is in maintenance`)
    if (!admitGuest(moved, target).admitted) this.complaints.push(`${to} does not take ${guest}`)
    const branches = [source, target].map(({ xen }) => Number(xen?.release.split('.')[1]))
    if (this.#replay.allowsOlderXen !== true && (branches[1] ?? 0) < (branches[0] ?? 0))
      this.complaints.push(`${guest} goes back to the older Xen of ${to}`)
    const memory = moved.memory ?? 0n
    const room = this.#free.get(to)
    if (room !== undefined) {
      if (room < memory) this.complaints.push(`${to} has no room for ${guest}`)
      this.#free.set(to, room - memory)
    }
    const left = this.#free.get(from)
    if (left !== undefined) this.#free.set(from, left + memory)
    this.#where.set(guest, to)
  }
}
