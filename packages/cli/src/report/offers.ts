/** What each kind of host offers the guests of a report, and what the level makes of it. */
import {
  COMPATIBILITY_BITS,
  FeaturesetCombiner,
  type HostSnapshot,
  levelPool,
  type PoolLevel,
} from '@xenlevel/core'
import { type FeatureName, Featureset, type FeatureTable } from '@xenlevel/cpuid'
import type { CellCode, FeatureState, ReportColumn, ReportKind } from './types.js'

/** What one kind of host offers, in the words of the level. */
export interface Offer {
  /** What a guest gets when nobody asks. */
  readonly forBoot: Featureset
  /** What is let in. */
  readonly forAcceptance: Featureset
  /** What the CPU says; empty if that is not known. */
  readonly raw: Featureset
  /** Whether the level is made with it. */
  readonly counts: boolean
  /** Who says so. */
  readonly evidence: ReportColumn['evidence']
}

/** What a host offers: the bare level of a pool of it alone. */
export function offerOf(host: HostSnapshot, kind: ReportKind, release: string): Offer {
  const alone = levelPool([host], { release, method: 'intersection' })
  const codes = new Set(alone.findings.map(({ code }) => code))
  return {
    forBoot: alone[kind].default,
    forAcceptance: alone[kind].max,
    raw: host.featuresets.raw ?? host.policies?.raw?.featureset ?? Featureset.empty,
    counts: alone[kind].hosts.length > 0,
    evidence: codes.has('featuresets-unknown')
      ? 'unknown'
      : codes.has('offer-estimated')
        ? 'estimated'
        : 'said',
  }
}

/** What a host does with a feature. */
export function cellOf({ forBoot, forAcceptance, raw, counts }: Offer, bit: number): CellCode {
  if (!counts) return 'u'
  if (forBoot.has(bit)) return 'y'
  if (forAcceptance.has(bit)) return 'r'
  return raw.has(bit) ? 'h' : 'n'
}

/** What the level does with a feature that some host offers, by default or on request; null if none does. */
export function stateOf(
  { name, bit }: { readonly name: FeatureName; readonly bit: number },
  offers: readonly Offer[],
  { level, lost }: { readonly level: PoolLevel[ReportKind]; readonly lost: ReadonlySet<string> },
): FeatureState | null {
  if (level.default.has(bit)) return 'kept'
  if (lost.has(name)) return 'lost'
  const counting = offers.filter(({ counts }) => counts)
  if (counting.some(({ forBoot }) => forBoot.has(bit))) return 'uncounted'
  if (level.max.has(bit)) return 'on-request'
  return counting.some(({ forAcceptance }) => forAcceptance.has(bit)) ? 'some-on-request' : null
}

/** What the pool would gain without the hosts of each kind: features that are lost, and that all others have. */
export function gains(
  offers: readonly Offer[],
  level: PoolLevel,
  { lost, table }: { readonly lost: ReadonlySet<string>; readonly table: FeatureTable },
): FeatureName[][] {
  return offers.map((leaving) => {
    if (!leaving.counts) return []
    const rest = new FeaturesetCombiner({ release: level.release, method: level.method })
    for (const offer of offers) if (offer !== leaving && offer.counts) rest.add(offer.forBoot)
    return rest
      .result()
      .names(table)
      .filter((name) => lost.has(name))
  })
}

/** Why the level has a feature that a host lacks, or why a feature does not count; empty where that needs no reason. */
export function whyOf(feature: FeatureName, state: FeatureState, cells: string): string {
  if (state === 'kept' && /[rhn]/.test(cells))
    return 'what any host of the pool has of it, guests have to know'
  if (state !== 'uncounted') return ''
  const row = COMPATIBILITY_BITS.find(({ features }) => features.includes(feature))
  return row?.reason ?? 'repeats a bit of leaf 1'
}
