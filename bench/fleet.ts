/** Fleets made of recorded CPUs, the same in every run: hosts as a toolstack knows them, and guests that run on them. */
import { readFileSync } from 'node:fs'
import { type GuestCpu, type HostSnapshot, levelPool } from '@xenlevel/core'
import { Featureset, featureTable, mapFeatureset } from '@xenlevel/cpuid'

/** Releases side by side in one fleet. */
const RELEASES = ['4.17.7', '4.19.6', '4.20.3'] as const
const GIB = 1n << 30n

/** How mixed a fleet is. */
export interface FleetShape {
  /** Hosts. */
  readonly hosts: number
  /** Kinds of CPU of each vendor; 24 by default, at most as many as were recorded. */
  readonly kinds?: number
  /** The vendors; both by default. */
  readonly vendors?: readonly ('Intel' | 'AMD')[]
}

/** A guest of a fleet. */
export interface PlacedGuest extends GuestCpu {
  readonly name: string
  /** The host it runs on. */
  readonly host: string
  /** Its memory in bytes. */
  readonly memory: bigint
}

/** The hosts of a fleet: what their CPUs say, and the Xen that each runs. */
export function fleetHosts({
  hosts,
  kinds = 24,
  vendors = ['Intel', 'AMD'],
}: FleetShape): HostSnapshot[] {
  const recorded = vendors.map((vendor) => ({ vendor, sets: recordedSets(vendor).slice(0, kinds) }))
  const random = numbers(hosts)
  return Array.from({ length: hosts }, (_, at) => {
    const { vendor, sets } = pick(recorded, random)
    return {
      format: 'xenlevel/host-snapshot',
      version: 1,
      name: `host-${at}`,
      cpu: { vendor, brand: '', signature: 0, physAddrBits: 46, microcodeRevision: null },
      xen: { release: pick(RELEASES, random), hvm: true, hap: true },
      featuresets: { raw: pick(sets, random) },
      unknownWords: [],
      notes: [],
    }
  })
}

/** Guests that run on these hosts, each at the level of a pool of six of them. */
export function fleetGuests(hosts: readonly HostSnapshot[], count: number): PlacedGuest[] {
  const random = numbers(count)
  const newest = featureTable()
  const pools = ['Intel', 'AMD'].flatMap((vendor) => {
    const alike = hosts.filter(({ cpu }) => cpu.vendor === vendor)
    return Array.from({ length: Math.ceil(alike.length / 6) }, (_, at) =>
      alike.slice(at * 6, at * 6 + 6),
    )
  })
  const levels = pools.map((members) => {
    const level = levelPool(members)
    const own = featureTable(level.release)
    const inWordsOfAll = (kind: 'pv' | 'hvm') =>
      mapFeatureset(level[kind].default, own, newest).featureset
    return { members, pv: inWordsOfAll('pv'), hvm: inWordsOfAll('hvm') }
  })
  return Array.from({ length: count }, (_, at) => {
    const level = pick(levels, random)
    const kind = random() < 0.2 ? 'pv' : 'hvm'
    const { cpu, name } = pick(level.members, random)
    return {
      name: `guest-${at}`,
      kind,
      vendor: cpu.vendor,
      featureset: level[kind],
      host: name,
      memory: GIB << BigInt(Math.floor(random() * 6)),
    }
  })
}

/** Different raw featuresets of one vendor's CPUs, from recorded pools. */
function recordedSets(vendor: 'Intel' | 'AMD'): Featureset[] {
  const { pools }: { pools: { kind: string; featuresets: string[] }[] } = JSON.parse(
    readFileSync(new URL('../fixtures/levelling/pools.json', import.meta.url), 'utf8'),
  )
  const own = pools.filter(({ kind }) => kind.startsWith(vendor.toLowerCase()))
  const texts = new Set(own.flatMap(({ featuresets }) => featuresets))
  return [...texts].map((text) => Featureset.parse(text))
}

/** Numbers from 0 to 1, the same for the same seed (Numerical Recipes, section 7.1). */
function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

function pick<Item>(items: readonly Item[], random: () => number): Item {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new Error('there is nothing to pick from')
  return item
}
