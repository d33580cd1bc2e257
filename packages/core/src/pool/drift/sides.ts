/** The two sides of a comparison: what each host's sets are, in the words of the newest table. */
import {
  type FeatureName,
  Featureset,
  featureTable,
  mapFeatureset,
  nearestRelease,
} from '@xenlevel/cpuid'
import type { HostSnapshot } from '../../documents/snapshot.js'
import type { CpuPolicy } from '../../policy/cpu-policy.js'
import { policiesOfSnapshot, runsHvm } from '../../xen/host-policies.js'
import { offeredFeaturesets } from '../../xen/offered-featuresets.js'
import type { DriftOptions, HostSet } from './types.js'

/** The sets, in the order of a snapshot. */
export const HOST_SETS = [
  'raw',
  'host',
  'pvDefault',
  'pvMax',
  'hvmDefault',
  'hvmMax',
] as const satisfies readonly HostSet[]

/** Featuresets by name, as far as they are known. */
export type KnownSets = Partial<Readonly<Record<HostSet, Featureset>>>

/** Policies by name, as far as they are known. */
export type KnownPolicies = Partial<Readonly<Record<HostSet, CpuPolicy>>>

/** One side. */
export interface Side {
  readonly snapshot: HostSnapshot
  /** In the words of the newest table; raw ones as the hardware has them. */
  readonly sets: KnownSets
  /** Features by set that the newest table does not name. */
  readonly unmapped: Partial<Readonly<Record<HostSet, readonly FeatureName[]>>>
  readonly policies: KnownPolicies
  /** The release whose rules hold; undefined without a Xen, or for one without a table. */
  readonly release: string | undefined
  /** Words of the raw featureset that are known to be read. */
  readonly rawWords: (word: number) => boolean
  /** Null if it is not known. */
  readonly commandLine: string | null
}

/** Looks at one side. */
function sideOf(snapshot: HostSnapshot, commandLine: string | undefined): Side {
  const { xen, featuresets, unknownWords } = snapshot
  const release = xen === null ? undefined : nearestRelease(xen.release)
  const newest = featureTable()
  const own = release === undefined ? newest : featureTable(release)
  const found = policiesOfSnapshot(snapshot)?.policies
  const policies = found === undefined ? rawOnly(snapshot) : policiesByName(found)
  const offered = offeredFeaturesets(snapshot, own)
  const raw = featuresets.raw ?? snapshot.policies?.raw?.featureset
  const told: KnownSets = {
    ...named('host', featuresets.host ?? policies.host?.featureset),
    ...named('pvDefault', offered.pv?.default),
    ...named('pvMax', offered.pv?.max),
    ...named('hvmDefault', offered.hvm?.default),
    ...named('hvmMax', offered.hvm?.max),
  }
  const sets: Partial<Record<HostSet, Featureset>> = raw === undefined ? {} : { raw }
  const unmapped: Partial<Record<HostSet, readonly FeatureName[]>> = {}
  for (const set of HOST_SETS) {
    const words = told[set]
    if (words === undefined) continue
    const mapped = mapFeatureset(words, own, newest)
    sets[set] = mapped.featureset
    unmapped[set] = mapped.lost
  }
  return {
    snapshot,
    sets,
    unmapped,
    policies,
    release,
    rawWords: (word) => word < (raw?.words.length ?? 0) && !unknownWords.includes(word),
    commandLine: commandLine ?? snapshot.xen?.commandLine ?? null,
  }
}

/** Both sides. */
export function sidesOf(
  before: HostSnapshot,
  after: HostSnapshot,
  { commandLine }: DriftOptions,
): readonly [Side, Side] {
  return [sideOf(before, commandLine?.before), sideOf(after, commandLine?.after)]
}

/** The policies of a host by the names of a snapshot; of guests that it cannot run there are none. */
export function policiesByName(
  policies: NonNullable<ReturnType<typeof policiesOfSnapshot>>['policies'],
): KnownPolicies {
  const { raw, host, pvDefault, pvMax, hvmDefault, hvmMax } = policies
  return {
    ...(raw === undefined ? {} : { raw }),
    host,
    pvDefault,
    pvMax,
    ...(runsHvm(policies) ? { hvmDefault, hvmMax } : {}),
  }
}

function rawOnly({ policies }: HostSnapshot): KnownPolicies {
  return policies?.raw === undefined ? {} : { raw: policies.raw }
}

function named(set: HostSet, words: Featureset | undefined): KnownSets {
  return words === undefined || words === Featureset.empty ? {} : { [set]: words }
}
