/** What a level costs: which feature, and which hosts lack it. */
import type { CpuVendor, FeatureName, Featureset, FeatureTable } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../documents/snapshot.js'
import { compatibilityMask } from '../xen/compatibility-bits.js'
import type { OfferedFeaturesets } from '../xen/offered-featuresets.js'

type Kind = 'pv' | 'hvm'

/** A feature that some host offers by default and the pool cannot promise. */
export interface Loss {
  /** What is lost. */
  readonly feature: FeatureName
  /** The hosts that lack it. */
  readonly hosts: readonly string[]
  /** `absent`: these hosts lack it. `dependency`: they have it, but lack something it needs. */
  readonly kind: 'absent' | 'dependency'
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
  readonly pv: { readonly default: Featureset }
  readonly hvm: { readonly default: Featureset }
}

/** Features that some host offers by default and the level lacks, by bit. */
export function findLosses(
  members: readonly LevelMember[],
  level: LevelSets,
  table: FeatureTable,
): Loss[] {
  const ignored = compatibilityMask(level.vendor, table)
  const losses = (['pv', 'hvm'] as const).flatMap((kind) =>
    lossesOf(kind, members, level[kind].default, ignored, table),
  )
  return mergeKinds(losses, table)
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
  const anywhere = counting.reduce<Featureset | undefined>(
    (union, { set }) => union?.or(set) ?? set,
    undefined,
  )
  if (anywhere === undefined) return []
  const lost = anywhere.andNot(level).andNot(ignored)
  return lost.names(table).map((feature): Loss => {
    const lacking = (names: readonly FeatureName[]) =>
      counting
        .filter(({ set }) => names.some((name) => !set.has(name, table)))
        .map(({ name }) => name)
    const hosts = lacking([feature])
    return hosts.length > 0
      ? { feature, hosts, kind: 'absent', guests: [kind] }
      : { feature, hosts: lacking(table.requirements(feature)), kind: 'dependency', guests: [kind] }
  })
}

/** One loss where PV and HVM guests lose the same feature to the same hosts. */
function mergeKinds(losses: readonly Loss[], table: FeatureTable): Loss[] {
  const merged = new Map<string, Loss>()
  for (const loss of losses) {
    const key = JSON.stringify([loss.feature, loss.kind, loss.hosts])
    const present = merged.get(key)
    merged.set(
      key,
      present === undefined ? loss : { ...present, guests: [...present.guests, ...loss.guests] },
    )
  }
  const bit = ({ feature }: Loss) => table.feature(feature)?.bit ?? 0
  return [...merged.values()].sort((a, b) => bit(a) - bit(b))
}
