/** What a level costs: which feature, and which hosts lack it. */
import { type CpuVendor, type FeatureName, Featureset, type FeatureTable } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../documents/snapshot.js'
import { compatibilityMask } from '../xen/compatibility-bits.js'
import type { DefaultFeatureset, OfferedFeaturesets } from '../xen/offered-featuresets.js'

type Kind = 'pv' | 'hvm'

/** A feature that some host offers by default and the pool cannot promise. */
export interface Loss {
  /** What is lost, as the level's release spells it; where that has no name for it, as the host's own release does. */
  readonly feature: FeatureName
  /** The hosts that lack it; of a feature that cannot be carried, the hosts that offer it. */
  readonly hosts: readonly string[]
  /**
   * `absent`: these hosts lack it. `dependency`: they have it, but lack something it needs. `not-carried`: these hosts offer it, and the
   * release that the level is made for does not know it.
   */
  readonly kind: 'absent' | 'dependency' | 'not-carried'
  /** The kinds of guest that lose it. */
  readonly guests: readonly Kind[]
}

/** A host and what it offers. */
export interface LevelMember {
  readonly host: HostSnapshot
  readonly offered: OfferedFeaturesets
}

/** A level as far as losses are concerned. */
interface LevelSets {
  readonly vendor: CpuVendor | null
  readonly pv: { readonly default: DefaultFeatureset }
  readonly hvm: { readonly default: DefaultFeatureset }
}

/** Features that some host offers by default and the level lacks, by bit; then those that cannot be carried. */
export function findLosses(
  members: readonly LevelMember[],
  level: LevelSets,
  table: FeatureTable,
): Loss[] {
  const ignored = compatibilityMask(level.vendor, table)
  const kinds = ['pv', 'hvm'] as const
  const bit = ({ feature }: Loss) => table.feature(feature)?.bit ?? table.words.length * 32
  return mergeKinds([
    ...kinds.flatMap((kind) => lossesOf(kind, members, level[kind].default, ignored, table)),
    ...kinds.flatMap((kind) => notCarried(kind, members)),
  ]).sort((a, b) => bit(a) - bit(b))
}

function lossesOf(
  kind: Kind,
  members: readonly LevelMember[],
  level: Featureset,
  ignored: Featureset,
  table: FeatureTable,
): Loss[] {
  const counting = members.flatMap(({ host, offered }) => {
    const sets = offered[kind]
    return sets === null ? [] : [{ name: host.name, set: sets.default }]
  })
  const anywhere = counting.reduce((union, { set }) => union.or(set), Featureset.empty)
  const lacking = (bits: readonly number[]) =>
    counting.filter(({ set }) => bits.some((bit) => !set.has(bit))).map(({ name }) => name)
  const lost = anywhere.andNot(level).andNot(ignored)
  return lost.names(table).map((feature): Loss => {
    const bitOf = (name: typeof feature) => table.feature(name)?.bit ?? -1
    const hosts = lacking([bitOf(feature)])
    return hosts.length > 0
      ? { feature, hosts, kind: 'absent', guests: [kind] }
      : {
          feature,
          hosts: lacking(table.requirements(feature).map(bitOf)),
          kind: 'dependency',
          guests: [kind],
        }
  })
}

function notCarried(kind: Kind, members: readonly LevelMember[]): Loss[] {
  const hosts = new Map<FeatureName, string[]>()
  for (const { host, offered } of members) {
    for (const feature of offered.notCarried[kind]) {
      hosts.set(feature, [...(hosts.get(feature) ?? []), host.name])
    }
  }
  return [...hosts].map(([feature, names]) => ({
    feature,
    hosts: names,
    kind: 'not-carried',
    guests: [kind],
  }))
}

/** One loss where PV and HVM guests lose the same feature to the same hosts. */
function mergeKinds(losses: readonly Loss[]): Loss[] {
  const merged = new Map<string, Loss>()
  for (const loss of losses) {
    const key = JSON.stringify([loss.feature, loss.kind, loss.hosts])
    const present = merged.get(key)
    merged.set(
      key,
      present === undefined ? loss : { ...present, guests: [...present.guests, ...loss.guests] },
    )
  }
  return [...merged.values()]
}
