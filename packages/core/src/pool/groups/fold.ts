/** Making one group of several of the same traits: columns of bits instead of rows of hosts. */
import { Featureset } from '@xenlevel/cpuid'
import {
  type GroupOffer,
  LEVEL_KINDS,
  type LevelKind,
  type MixedBit,
  type OfferGroup,
  type Span,
} from './host-group.js'
import { compareNames, joinTallies, type Tally } from './tally.js'

/**
 * One group of groups whose traits and lengths are the same; at least one. The operation is associative and commutative, `most` being the
 * same.
 */
export function foldGroups(
  groups: readonly [OfferGroup, ...OfferGroup[]],
  most: number,
): OfferGroup {
  const [first] = groups
  if (groups.length === 1) return first
  // By their first names, so that whoever wants the first names of many can stop early.
  const sorted = [...groups].sort((a, b) =>
    compareNames(a.hosts.hosts[0] ?? '', b.hosts.hosts[0] ?? ''),
  )
  const hosts = joinTallies(
    sorted.map((group) => group.hosts),
    most,
  )
  const [pv, hvm] = LEVEL_KINDS.map((kind) => foldOffers(sorted, kind, most))
  return { traits: first.traits, hosts, pv: pv ?? null, hvm: hvm ?? null, pending: first.pending }
}

function foldOffers(
  groups: readonly OfferGroup[],
  kind: LevelKind,
  most: number,
): GroupOffer | null {
  const offers = groups.flatMap((group) => group[kind] ?? [])
  if (offers.length === 0) return null
  const forBoot = foldSpans(offers.map((offer) => offer.default))
  const max = foldSpans(offers.map((offer) => offer.max))
  const columns = groups.map((group) => new Column(group, kind))
  const mixed = forBoot.any
    .andNot(forBoot.all)
    .bits()
    .map((bit): MixedBit => {
      const [lacking, having] = [new FirstNames(most), new FirstNames(most)]
      for (const column of columns) column.split(bit, lacking, having)
      return { bit, lacking: lacking.tally(), having: having.tally() }
    })
  return { default: forBoot, max, mixed }
}

function foldSpans(spans: readonly Span[]): Span {
  const length = spans[0]?.any.words.length ?? 0
  const [all, any] = [new Uint32Array(length).fill(0xffff_ffff), new Uint32Array(length)]
  for (const span of spans) {
    for (let index = 0; index < length; index++) {
      all[index] = (all[index] ?? 0) & (span.all.words[index] ?? 0)
      any[index] = (any[index] ?? 0) | (span.any.words[index] ?? 0)
    }
  }
  const common = Featureset.fromWords(all)
  const anywhere = Featureset.fromWords(any)
  return { all: common, any: common.equals(anywhere) ? common : anywhere }
}

/** One group, asked for one bit after another. */
class Column {
  readonly #hosts: Tally
  readonly #all: readonly number[]
  readonly #any: readonly number[]
  readonly #mixed: ReadonlyMap<number, MixedBit>

  constructor(group: OfferGroup, kind: LevelKind) {
    const offer = group[kind]
    this.#hosts = group.hosts
    this.#all = offer?.default.all.words ?? []
    this.#any = offer?.default.any.words ?? []
    this.#mixed = new Map(offer?.mixed.map((mixed) => [mixed.bit, mixed]))
  }

  split(bit: number, lacking: FirstNames, having: FirstNames): void {
    if (testWord(this.#all, bit)) having.add(this.#hosts)
    else if (!testWord(this.#any, bit)) lacking.add(this.#hosts)
    else {
      const mixed = this.#mixed.get(bit)
      if (mixed === undefined) return
      lacking.add(mixed.lacking)
      having.add(mixed.having)
    }
  }
}

/** Counts hosts, and looks at names only while they can be among the first. */
class FirstNames {
  readonly #most: number
  readonly #tallies: Tally[] = []
  #count = 0
  #named = 0
  #last = ''

  constructor(most: number) {
    this.#most = most
  }

  add(tally: Tally): void {
    this.#count += tally.count
    const [first] = tally.hosts
    if (first === undefined || (this.#named >= this.#most && first >= this.#last)) return
    this.#tallies.push(tally)
    this.#named += tally.hosts.length
    const last = tally.hosts.at(-1) ?? ''
    if (last > this.#last) this.#last = last
  }

  tally(): Tally {
    return { count: this.#count, hosts: joinTallies(this.#tallies, this.#most).hosts }
  }
}

/** Whether a bit is set in some words. */
export function testWord(words: readonly number[], bit: number): boolean {
  return (((words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1
}
