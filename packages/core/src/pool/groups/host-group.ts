/**
 * Hosts that offer alike, counted: what a level is folded from.
 *
 * A group says of its hosts what all have and what any has, and of each bit between, who lacks it. That is enough to find the level of any
 * hosts from the groups they were parted into, so groups can be kept, sent and folded by machines that never saw the hosts.
 */
import type { CpuVendor, Featureset } from '@xenlevel/cpuid'
import type { OfferedFeaturesets } from '../../xen/offered-featuresets.js'
import { compareNames, type Tally } from './tally.js'

/** Kinds of guest that are levelled apart. */
export type LevelKind = 'pv' | 'hvm'

/** Both of them. */
export const LEVEL_KINDS: readonly LevelKind[] = ['pv', 'hvm']

/** What hosts of a group have in common beside their featuresets. */
export interface GroupTraits {
  /** Vendor of their CPUs. */
  readonly vendor: CpuVendor
  /** Physical address width in bits. */
  readonly physAddrBits: number
  /** The release of their Xen, as they say it; null if none runs on them. */
  readonly xen: string | null
  /** The release whose table names their words; null where there is none, and they are taken for those of the level. */
  readonly table: string | null
  /** Whose word their featuresets are. */
  readonly evidence: OfferedFeaturesets['evidence']
  /** How many featureset words they report; null if they report none. */
  readonly words: number | null
  /** True if their snapshots leave words out. */
  readonly wordsUnknown: boolean
  /** Bits that they offer and their own release does not name. */
  readonly unnamed: readonly number[]
}

/** What all hosts of a group have, and what any has; the same featureset if they are alike. */
export interface Span {
  /** What all of them have. */
  readonly all: Featureset
  /** What any of them has. */
  readonly any: Featureset
}

/** A bit that some hosts of a group offer by default and others do not. */
export interface MixedBit {
  /** The bit, in the words of {@link GroupTraits.table}. */
  readonly bit: number
  /** The hosts that do not offer it. */
  readonly lacking: Tally
  /** The hosts that do. */
  readonly having: Tally
}

/** What the hosts of a group offer guests of one kind, in the words of {@link GroupTraits.table}. */
export interface GroupOffer {
  /** For boot. */
  readonly default: Span
  /** For acceptance. */
  readonly max: Span
  /** The bits of {@link GroupOffer.default} in which the hosts differ, ascending. */
  readonly mixed: readonly MixedBit[]
}

/** Raw words of which it cannot be said yet what a Xen offers: nothing says which Xen, so that of the level is taken when it is known. */
export interface PendingOffer {
  /** Their raw featureset, in the words of the hardware; empty if they told none. */
  readonly raw: Featureset
  /** Whether HVM guests can run; null if it is not said. */
  readonly hvm: boolean | null
  /** Whether there is hardware-assisted paging; null if it is not said. */
  readonly hap: boolean | null
}

/** A group of hosts. Immutable. */
export interface OfferGroup {
  /** What they have in common beside their featuresets. */
  readonly traits: GroupTraits
  /** The hosts. */
  readonly hosts: Tally
  /** What they offer PV guests; null if nothing is known, or not yet. */
  readonly pv: GroupOffer | null
  /** What they offer HVM and PVH guests; null if they cannot run them, or nothing is known, or not yet. */
  readonly hvm: GroupOffer | null
  /** What it will be known from; not null where it is not yet known. */
  readonly pending: PendingOffer | null
}

/** A text that is the same for groups of the same traits and set lengths: those that can become one group. */
export function kindOf({ traits, pv, hvm, pending }: Omit<OfferGroup, 'hosts'>): string {
  const { vendor, physAddrBits, xen, table, evidence, words, wordsUnknown, unnamed } = traits
  const lengths = [pv, hvm].map((offer) =>
    offer === null ? '' : `${offer.default.any.words.length}+${offer.max.any.words.length}`,
  )
  return `${vendor} ${physAddrBits} ${JSON.stringify(xen)} ${table} ${evidence} ${words} ${wordsUnknown} ${unnamed} ${lengths} ${pending !== null}`
}

/** By their first hosts, and where those are called the same by all else: an order that depends on nothing but the groups. */
export function compareGroups(a: OfferGroup, b: OfferGroup): number {
  return (
    compareNames(a.hosts.hosts[0] ?? '', b.hosts.hosts[0] ?? '') ||
    compareNames(kindOf(a), kindOf(b)) ||
    compareNames(setsOf(a), setsOf(b))
  )
}

function setsOf({ pv, hvm, pending }: OfferGroup): string {
  const sets = [pv, hvm].map((offer) => `${offer?.default.any}/${offer?.max.any}`)
  return `${sets} ${pending?.raw} ${pending?.hvm} ${pending?.hap}`
}

/** True if not all hosts of the group are alike. */
export function isMixed({ pv, hvm }: OfferGroup): boolean {
  return [pv, hvm].some(
    (offer) =>
      offer !== null &&
      (offer.default.all !== offer.default.any || offer.max.all !== offer.max.any),
  )
}
