/** Groups in the words of the level. */
import {
  type FeatureName,
  Featureset,
  type FeatureTable,
  featureTable,
  mapFeatureset,
} from '@xenlevel/cpuid'
import { testWord } from './fold.js'
import {
  type GroupOffer,
  isMixed,
  LEVEL_KINDS,
  type LevelKind,
  type MixedBit,
  type OfferGroup,
  type Span,
} from './host-group.js'
import { settlePending } from './of-host.js'
import { NOBODY, type Tally } from './tally.js'

/** A feature that the level's release does not know, and who offers it by default. */
interface LeftBehind {
  readonly feature: FeatureName
  readonly having: Tally
}

/** What a group offers guests of one kind, in the words of the level. */
export interface CarriedOffer {
  readonly default: Span
  readonly max: Span
  /** What could not be carried of the default set, in the names of the group's own release. */
  readonly leftBehind: readonly LeftBehind[]
}

/** A group in the words of the level. */
export class CarriedGroup {
  readonly group: OfferGroup
  readonly pv: CarriedOffer | null
  readonly hvm: CarriedOffer | null
  /** The release whose table was used for the hosts' own words; undefined if there is none for it, and they were taken as they are. */
  readonly release: string | undefined
  /** Bits that were left behind because no one knows where they belong. */
  readonly unnamed: readonly number[]
  /** True if not all of its hosts are alike. */
  readonly isMixed: boolean
  readonly #table: FeatureTable
  readonly #own: FeatureTable
  readonly #offers: Pick<OfferGroup, LevelKind>
  #places: Map<number, number> | undefined

  constructor(group: OfferGroup, table: FeatureTable) {
    const { traits, pending } = group
    const own = traits.table === null ? table : featureTable(traits.table)
    this.group = group
    this.release = traits.table ?? (traits.xen === null ? table.release : undefined)
    this.unnamed = own === table ? [] : unnamedLeft(traits.unnamed, own, table)
    this.isMixed = isMixed(group)
    this.#table = table
    this.#own = own
    this.#offers = pending === null ? group : settlePending({ ...group, pending }, table)
    const [pv, hvm] = LEVEL_KINDS.map((kind) => this.#carry(this.#offers[kind]))
    this.pv = pv ?? null
    this.hvm = hvm ?? null
  }

  /** The hosts that do not offer guests of a kind a bit by default; the bit is one of the level's table. */
  lacking(kind: LevelKind, bit: number): Tally {
    const offer = this[kind]
    if (offer === null || testWord(offer.default.all.words, bit)) return NOBODY
    if (!testWord(offer.default.any.words, bit)) return this.group.hosts
    return this.#mixed(kind, bit)?.lacking ?? NOBODY
  }

  /** The hosts that offer it. */
  having(kind: LevelKind, bit: number): Tally {
    const offer = this[kind]
    if (offer === null || !testWord(offer.default.any.words, bit)) return NOBODY
    if (testWord(offer.default.all.words, bit)) return this.group.hosts
    return this.#mixed(kind, bit)?.having ?? NOBODY
  }

  #mixed(kind: LevelKind, bit: number): MixedBit | undefined {
    const own = this.#ownPlace(bit)
    return this.#offers[kind]?.mixed.find((mixed) => mixed.bit === own)
  }

  #carry(offer: GroupOffer | null): CarriedOffer | null {
    if (offer === null) return null
    const [own, table] = [this.#own, this.#table]
    if (own === table) return { default: offer.default, max: offer.max, leftBehind: [] }
    const { lost } = mapFeatureset(offer.default.any, own, table)
    return {
      default: carrySpan(offer.default, own, table),
      max: carrySpan(offer.max, own, table),
      leftBehind: lost.map((feature) => ({
        feature,
        having: this.#havingOwn(offer, own.feature(feature)?.bit ?? -1),
      })),
    }
  }

  #havingOwn(offer: GroupOffer, bit: number): Tally {
    if (testWord(offer.default.all.words, bit)) return this.group.hosts
    return offer.mixed.find((mixed) => mixed.bit === bit)?.having ?? NOBODY
  }

  /** Where the group's own words have a bit of the level's. */
  #ownPlace(bit: number): number {
    if (this.#own === this.#table) return bit
    this.#places ??= new Map(
      this.#own.words
        .flatMap(({ index }) => Array.from({ length: 32 }, (_, low) => index * 32 + low))
        .flatMap((own) =>
          mapFeatureset(bitAlone(own), this.#own, this.#table)
            .featureset.bits()
            .map((place): [number, number] => [place, own]),
        ),
    )
    return this.#places.get(bit) ?? -1
  }
}

// A cache, not state: the same group in the words of the same table.
const known = /* @__PURE__ */ new WeakMap<OfferGroup, WeakMap<FeatureTable, CarriedGroup>>()

/** A group in the words of a table. */
export function carryGroup(group: OfferGroup, table: FeatureTable): CarriedGroup {
  const tables = known.get(group) ?? new WeakMap<FeatureTable, CarriedGroup>()
  known.set(group, tables)
  const carried = tables.get(table) ?? new CarriedGroup(group, table)
  tables.set(table, carried)
  return carried
}

function carrySpan({ all, any }: Span, own: FeatureTable, table: FeatureTable): Span {
  const carried = mapFeatureset(all, own, table).featureset
  return { all: carried, any: all === any ? carried : mapFeatureset(any, own, table).featureset }
}

function unnamedLeft(bits: readonly number[], own: FeatureTable, table: FeatureTable): number[] {
  return bits.flatMap((bit) => mapFeatureset(bitAlone(bit), own, table).unnamed)
}

function bitAlone(bit: number): Featureset {
  const words = new Uint32Array((bit >>> 5) + 1)
  words[bit >>> 5] = 1 << (bit & 31)
  return Featureset.fromWords(words)
}
