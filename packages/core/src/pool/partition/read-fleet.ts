/** From hosts to the batches that a partition is made of. */
import type { Featureset, FeatureTable } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { offeredFeaturesets } from '../../xen/offered-featuresets.js'
import type { CombineMethod } from '../combine.js'
import { compressColumns, type Row } from './columns.js'
import type { FeatureWeights } from './counted.js'
import { type Era, findEras } from './eras.js'
import type { Batch, Fleet, FleetMember } from './fleet.js'

/** What is looked at of the hosts. */
export interface FleetReading {
  readonly kind: 'pv' | 'hvm'
  readonly set: 'default' | 'max'
  readonly method: CombineMethod
  readonly vendors: 'apart' | 'together'
  readonly release: string | undefined
  readonly weights: FeatureWeights
  readonly capacity: (host: HostSnapshot) => number
}

/** A host that counts for no level of its kind of guest. */
export interface UnplacedHost {
  /** Its name. */
  readonly host: string
  /** `unknown`: nothing is known of what it offers. `no-hvm`: it cannot run HVM guests. */
  readonly reason: 'unknown' | 'no-hvm'
}

/** The hosts, read. */
export interface FleetOfHosts {
  readonly fleet: Fleet
  readonly eras: readonly Era[]
  readonly unplaced: readonly UnplacedHost[]
}

/** Reads what counts of each host, and puts those together that are alike in it. */
export function readFleet(hosts: readonly HostSnapshot[], reading: FleetReading): FleetOfHosts {
  const { eras, eraOf } = findEras(hosts, reading.weights, reading.release)
  const families = familiesOf(hosts, reading.vendors)
  const unplaced: UnplacedHost[] = []
  const alike = new Map<string, string | UnplacedHost['reason']>()
  const rows = new Map<string, Row>()
  for (const host of hosts) {
    const era = eraOf(host)
    const family = families.get(host.cpu.vendor) ?? 0
    const said = saidKey(host, reading)
    const key = `${family} ${era} ${said}`
    let row = said === null ? undefined : rows.get(alike.get(key) ?? '')
    if (row === undefined) {
      const words = wordsOf(host, eras.slice(0, era + 1), reading)
      if (typeof words === 'string') {
        unplaced.push({ host: host.name, reason: words })
        continue
      }
      const rowKey = `${family} ${era} ${words.map((of) => of.join()).join(' ')}`
      alike.set(key, rowKey)
      row = rows.get(rowKey) ?? { family, era, words, members: [] }
      rows.set(rowKey, row)
    }
    row.members.push({ host, capacity: reading.capacity(host) })
  }
  return { fleet: fleetOf([...rows.values()], eras), eras, unplaced }
}

/** A number for each vendor, by name; one for all where they may be mixed. */
function familiesOf(
  hosts: readonly HostSnapshot[],
  vendors: FleetReading['vendors'],
): ReadonlyMap<string, number> {
  const names = [...new Set(hosts.map(({ cpu }) => cpu.vendor))].sort()
  return new Map(names.map((name, at) => [name, vendors === 'apart' ? at : 0]))
}

/** All that {@link wordsOf} looks at, as a text; null where that would take longer than looking. */
function saidKey(host: HostSnapshot, { kind, set }: FleetReading): string | null {
  const { raw, pvDefault, hvmDefault, hvmMax, pvMax } = host.featuresets
  if (pvDefault !== undefined && pvMax !== undefined) {
    const [forBoot, most] = kind === 'pv' ? [pvDefault, pvMax] : [hvmDefault, hvmMax]
    return `${host.xen?.release} said ${(set === 'default' ? forBoot : most)?.toString()}`
  }
  if (host.policies !== undefined) return null
  return `${host.xen?.release} raw ${raw?.toString()} ${host.xen?.hvm} ${host.xen?.hap}`
}

/** The counted words of a host in each of these eras; a reason if it counts for none. */
function wordsOf(
  host: HostSnapshot,
  eras: readonly Era[],
  reading: FleetReading,
): Uint32Array[] | UnplacedHost['reason'] {
  const words: Uint32Array[] = []
  for (const era of eras) {
    const own = countedWords(host, era, reading)
    if (typeof own === 'string') return own
    words.push(own)
  }
  return words
}

/** What counts of what a pool of this host alone keeps in an era; a reason if the host counts for no level. */
export function countedWords(
  host: HostSnapshot,
  { table, counted }: Era,
  { kind, set, method }: FleetReading,
): Uint32Array | UnplacedHost['reason'] {
  const offered = offeredFeaturesets(host, table)
  const sets = offered[kind]
  if (sets === null) return offered.evidence === 'unknown' ? 'unknown' : 'no-hvm'
  const own = ownLevel(sets[set], table, method)
  const words = new Uint32Array(own.length)
  for (const { bit } of counted) {
    const at = bit >>> 5
    words[at] = (words[at] ?? 0) | ((own[at] ?? 0) & (1 << (bit & 31)))
  }
  return words
}

/**
 * What a pool of one host keeps of its features. What needs something absent is gone from it, so that nothing has to be cleared where
 * two such sets are intersected: whatever both have, both have with all that it needs.
 */
function ownLevel(set: Featureset, table: FeatureTable, method: CombineMethod): Uint32Array {
  const words = new Uint32Array(table.words.length)
  words.set(set.words.slice(0, words.length))
  if (method === 'xenserver') table.clearDependentsInPlace(words)
  return words
}

function fleetOf(rows: readonly Row[], eras: readonly Era[]): Fleet {
  const { worths, bits } = compressColumns(rows, eras)
  const batches = rows.map(({ family, era, members }, at): Batch => {
    const own = bits[at] ?? new Uint32Array(0)
    return { bits: own, era, family, worth: worths.of(own, era), members, capacity: total(members) }
  })
  const weights = eras.flatMap(({ counted }) => counted.map(({ weight }) => weight))
  const capacities = batches.flatMap(({ members }) => members.map(({ capacity }) => capacity))
  return {
    batches: batches.sort(byContent),
    worths,
    whole: [...weights, ...capacities].every(Number.isInteger),
  }
}

/** An order that no name and no order of hosts has a part in: no two batches are alike in all of this. */
function byContent(a: Batch, b: Batch): number {
  const differing = a.bits.findIndex((word, at) => word !== b.bits[at])
  return (
    a.family - b.family ||
    a.era - b.era ||
    b.worth - a.worth ||
    (a.bits[differing] ?? 0) - (b.bits[differing] ?? 0)
  )
}

/** The sum does not depend on the order of the hosts, not in its last digit either. */
function total(members: readonly FleetMember[]): number {
  return Float64Array.from(members, ({ capacity }) => capacity)
    .sort()
    .reduce((sum, capacity) => sum + capacity, 0)
}
