/**
 * Verdicts of guests before hosts, each different pair judged once by {@link admitGuest}, in rows of bits.
 *
 * Of guests whose features are all that is known, not even each different pair is judged: a feature refuses them or not whatever else
 * they have seen, so one guest that has seen what any of its kind has tells which features a host refuses.
 */
import { Featureset } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { admitGuest } from '../../guest/admit.js'
import type { Admission, AdmitOptions } from '../../guest/reasons.js'
import { type Groups, guestGroups, hostGroups, isToldByFeatures } from './groups.js'
import type { FleetGuest, MobilityOptions } from './types.js'

/** One guest group's verdicts, a bit for each host group. */
interface Row {
  known: Uint32Array
  yes: Uint32Array
}

/** Guests of one kind that are told by features, together. */
interface FeatureClass {
  /** Stands for them: one that has seen what any of them has. */
  guest: FleetGuest
  /** By host group: the words of features that it refuses, or false if it refuses every guest of the class. */
  readonly refused: Map<number, readonly number[] | false>
}

/** Judges guests before hosts, by the numbers of their groups. */
export class Verdicts {
  readonly #options: Pick<MobilityOptions, 'release' | 'domain'>
  readonly #guests: Groups<FleetGuest> = guestGroups()
  readonly #hosts: Groups<HostSnapshot> = hostGroups()
  readonly #rows: Row[] = []
  readonly #classes = new Map<string, FeatureClass>()
  readonly #classOf: (FeatureClass | undefined)[] = []

  constructor(options: Pick<MobilityOptions, 'release' | 'domain'>) {
    this.#options = options
  }

  /** How many different guests there are. */
  get guestCount(): number {
    return this.#guests.first.length
  }

  /** How many different hosts there are. */
  get hostCount(): number {
    return this.#hosts.first.length
  }

  /** The group of a guest that is in the fleet from the start. */
  addGuest(guest: FleetGuest): number {
    const group = this.addView(guest)
    if (this.#classOf[group] === undefined && isToldByFeatures(guest))
      this.#classOf[group] = this.#classWith(guest)
    return group
  }

  /** The group of a guest as it would be: judged by itself. */
  addView(guest: FleetGuest): number {
    return this.#guests.number(guest)
  }

  /** The group of a host. */
  addHost(host: HostSnapshot): number {
    return this.#hosts.number(host)
  }

  /** One that stands for a group of guests. */
  guest(group: number): FleetGuest {
    return at(this.#guests.first, group)
  }

  /** One that stands for a group of hosts. */
  host(group: number): HostSnapshot {
    return at(this.#hosts.first, group)
  }

  /** Whether guests of a group are admitted on hosts of a group. */
  admits(guest: number, host: number): boolean {
    const row = this.#row(guest, host)
    const [index, bit] = [host >>> 5, 1 << (host & 31)]
    if (((row.known[index] ?? 0) & bit) === 0) {
      row.known[index] = (row.known[index] ?? 0) | bit
      if (this.#judge(guest, host)) row.yes[index] = (row.yes[index] ?? 0) | bit
    }
    return ((row.yes[index] ?? 0) & bit) !== 0
  }

  /** The whole answer for one guest and one host. */
  admission(guest: FleetGuest, host: HostSnapshot): Admission {
    return admitGuest(guest, host, this.#admitOptions(guest))
  }

  #admitOptions({ domain }: FleetGuest): AdmitOptions {
    return domain === undefined
      ? this.#options
      : { ...this.#options, domain: { ...this.#options.domain, ...domain } }
  }

  #judge(guest: number, host: number): boolean {
    const told = this.#classOf[guest]
    if (told === undefined) return this.admission(this.guest(guest), this.host(host)).admitted
    const refused = told.refused.get(host) ?? this.#refusedBy(told, host)
    if (refused === false) return false
    const words = this.guest(guest).featureset?.words ?? []
    for (let index = 0; index < refused.length; index++)
      if (((words[index] ?? 0) & (refused[index] ?? 0)) !== 0) return false
    return true
  }

  #refusedBy(told: FeatureClass, host: number): readonly number[] | false {
    const { reasons } = this.admission(told.guest, this.host(host))
    const against = reasons.filter(({ grade }) => grade === 'refused' || grade === 'lost')
    const bits = against.flatMap(({ bit }) => bit ?? [])
    const refused = bits.length === against.length && wordsOf(bits)
    told.refused.set(host, refused)
    return refused
  }

  #classWith(guest: FleetGuest): FeatureClass {
    const { kind, vendor, running, domain, featureset = Featureset.empty } = guest
    const key = JSON.stringify([kind, vendor, running ?? true, domain])
    const present = this.#classes.get(key)
    if (present === undefined) {
      const made = { guest, refused: new Map<number, readonly number[] | false>() }
      this.#classes.set(key, made)
      return made
    }
    const seen = present.guest.featureset ?? Featureset.empty
    if (!featureset.isSubsetOf(seen)) {
      present.guest = { ...present.guest, featureset: seen.or(featureset) }
      present.refused.clear()
    }
    return present
  }

  #row(guest: number, host: number): Row {
    const row = this.#rows[guest]
    if (row !== undefined && host >>> 5 < row.yes.length) return row
    const length = Math.max((host >>> 5) + 1, (this.hostCount + 31) >>> 5)
    const made = { known: new Uint32Array(length), yes: new Uint32Array(length) }
    if (row !== undefined) {
      made.known.set(row.known)
      made.yes.set(row.yes)
    }
    this.#rows[guest] = made
    return made
  }
}

function wordsOf(bits: readonly number[]): number[] {
  const words: number[] = []
  for (const bit of bits) {
    while (words.length <= bit >>> 5) words.push(0)
    words[bit >>> 5] = (words[bit >>> 5] ?? 0) | (1 << (bit & 31))
  }
  return words
}

function at<Item>(items: readonly Item[], index: number): Item {
  const item = items[index]
  if (item === undefined) throw new RangeError(`There is no group ${index}.`)
  return item
}
