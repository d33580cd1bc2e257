/** The group that a single host makes. */
import { Featureset, type FeatureTable, featureTable, nearestRelease } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { type OfferedFeaturesets, offeredFeaturesets } from '../../xen/offered-featuresets.js'
import {
  type GroupOffer,
  type GroupTraits,
  LEVEL_KINDS,
  type LevelKind,
  type OfferGroup,
  type PendingOffer,
  type Span,
} from './host-group.js'

/** What a host brings to a group, whatever its name. */
export type OfferShape = Omit<OfferGroup, 'hosts'>

/** The shape of a host; `asked` is the table of the release that was asked for, null if the oldest of the pool counts. */
export function shapeOfHost(host: HostSnapshot, asked: FeatureTable | null): OfferShape {
  const { cpu, xen, featuresets, unknownWords } = host
  const own = xen === null ? undefined : nearestRelease(xen.release)
  const table = own === undefined ? (asked ?? featureTable()) : featureTable(own)
  const offered = offeredFeaturesets(host, table)
  const pending =
    own === undefined && asked === null && offered.evidence === 'estimated' ? pendingOf(host) : null
  const traits: GroupTraits = {
    vendor: cpu.vendor,
    physAddrBits: cpu.physAddrBits,
    xen: xen?.release ?? null,
    table: own ?? null,
    evidence: offered.evidence,
    words: (featuresets.pvDefault ?? featuresets.raw)?.words.length ?? null,
    wordsUnknown: unknownWords.length > 0,
    unnamed: own === undefined ? [] : unnamedBits(offered, table),
  }
  if (pending !== null) return { traits, pv: null, hvm: null, pending }
  return { traits, pv: offerOf(offered.pv), hvm: offerOf(offered.hvm), pending: null }
}

/** The kinds of guest for which hosts of a shape count. */
export function kindsOf(shape: OfferShape): LevelKind[] {
  const { pending } = shape
  const offers = pending === null ? shape : settlePending({ ...shape, pending }, featureTable())
  return LEVEL_KINDS.filter((kind) => offers[kind] !== null)
}

/** What hosts of a pending group offer under the Xen of a table. */
export function settlePending(
  { traits, pending }: OfferShape & { readonly pending: PendingOffer },
  table: FeatureTable,
): Pick<OfferGroup, 'pv' | 'hvm'> {
  const { vendor, physAddrBits, xen } = traits
  const { raw, hvm, hap } = pending
  const offered = offeredFeaturesets(
    {
      format: 'xenlevel/host-snapshot',
      version: 1,
      name: '',
      cpu: { vendor, brand: '', signature: 0, physAddrBits, microcodeRevision: null },
      xen: xen === null || hvm === null || hap === null ? null : { release: xen, hvm, hap },
      featuresets: { raw },
      unknownWords: [],
      notes: [],
    },
    table,
  )
  return { pv: offerOf(offered.pv), hvm: offerOf(offered.hvm) }
}

function pendingOf({ xen, featuresets }: HostSnapshot): PendingOffer {
  return {
    raw: featuresets.raw ?? Featureset.empty,
    hvm: xen?.hvm ?? null,
    hap: xen?.hap ?? null,
  }
}

function offerOf(sets: OfferedFeaturesets['pv']): GroupOffer | null {
  if (sets === null) return null
  return { default: uniform(sets.default), max: uniform(sets.max), mixed: [] }
}

function uniform(set: Featureset): Span {
  return { all: set, any: set }
}

function unnamedBits({ pv, hvm }: OfferedFeaturesets, table: FeatureTable): number[] {
  const known = table.mask('known')
  const sets = [pv?.default, pv?.max, hvm?.default, hvm?.max]
  const strange = sets.flatMap((set) =>
    set === undefined || set.isSubsetOf(known) ? [] : set.andNot(known).bits(),
  )
  return [...new Set(strange)].sort((a, b) => a - b)
}
