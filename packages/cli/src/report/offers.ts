/** What each kind of host offers the guests of a report, and what the level makes of it. */
import { COMPATIBILITY_BITS, type HostSnapshot, levelPool, type PoolLevel } from '@xenlevel/core'
import { type FeatureName, Featureset } from '@xenlevel/cpuid'
import type { CellCode, FeatureState, ReportColumn, ReportKind } from './types.js'

/** What one kind of host offers, in the words of the level. */
export interface Offer {
  /** What a guest gets when nobody asks. */
  readonly forBoot: Featureset
  /** What is let in. */
  readonly forAcceptance: Featureset
  /** What the CPU of any of them says; empty if that is not known. */
  readonly raw: Featureset
  /** Whether the level is made with it. */
  readonly counts: boolean
  /** Who says so. */
  readonly evidence: ReportColumn['evidence']
}

/** What hosts offer that offer the same: the bare level of a pool of one of them. */
export function offerOf(hosts: readonly HostSnapshot[], kind: ReportKind, release: string): Offer {
  const alone = levelPool(hosts.slice(0, 1), { release, method: 'intersection' })
  const codes = new Set(alone.findings.map(({ code }) => code))
  return {
    forBoot: alone[kind].default,
    forAcceptance: alone[kind].max,
    raw: hosts.reduce((any, host) => any.or(rawOf(host)), Featureset.empty),
    counts: alone[kind].hosts.length > 0,
    evidence: codes.has('featuresets-unknown')
      ? 'unknown'
      : codes.has('offer-estimated')
        ? 'estimated'
        : 'said',
  }
}

function rawOf({ featuresets, policies }: HostSnapshot): Featureset {
  return featuresets.raw ?? policies?.raw?.featureset ?? Featureset.empty
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

/** Why the level has a feature that a host lacks, or why a feature does not count; empty where that needs no reason. */
export function whyOf(feature: FeatureName, state: FeatureState, cells: string): string {
  if (state === 'kept' && /[rhn]/.test(cells))
    return 'What is so on any host of the pool, guests have to be told.'
  if (state !== 'uncounted') return ''
  const row = COMPATIBILITY_BITS.find(({ features }) => features.includes(feature))
  return `Does not count: ${row?.reason ?? 'repeats a bit of leaf 1'}.`
}
