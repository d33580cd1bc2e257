/** What groups offer guests of one kind by default, a column for each word: asked for hundreds of bits of thousands of groups. */
import type { CarriedGroup } from './carried.js'
import type { LevelKind } from './host-group.js'
import { joinTallies, NOBODY, type Tally, type TallyIndex } from './tally.js'

/** Groups in the words of a level. */
export interface GroupSet {
  readonly groups: readonly CarriedGroup[]
  /** Of all groups. */
  readonly index: TallyIndex
  /** How many names of hosts are told. */
  readonly names: number
}

/** Hosts of a group whose hosts differ. */
export interface MixedLack {
  /** Which group. */
  readonly place: number
  readonly hosts: Tally
}

/** The groups that count for guests of one kind. */
export class GroupColumns {
  readonly #set: GroupSet
  readonly #kind: LevelKind
  /** Places among all groups of those that count and whose hosts are alike. */
  readonly #places: Uint32Array
  /** Their words: all of word 0, then all of word 1. */
  readonly #words: Uint32Array
  readonly #any: Uint32Array
  /** Places of all that count. */
  readonly #counting: readonly number[]
  /** Places of those whose hosts differ. */
  readonly #mixed: readonly number[]

  /** `words` is the length of the level's featuresets. */
  constructor(set: GroupSet, kind: LevelKind, words: number) {
    const counting = set.groups.flatMap((group, place) => {
      const offer = group[kind]
      return offer === null ? [] : [{ group, place, offer }]
    })
    const alike = counting.filter(({ group }) => !group.isMixed)
    this.#set = set
    this.#kind = kind
    this.#places = Uint32Array.from(alike, ({ place }) => place)
    this.#words = new Uint32Array(alike.length * words)
    this.#any = new Uint32Array(words)
    alike.forEach(({ offer }, at) => {
      const own = offer.default.all.words
      for (let index = 0; index < words; index++)
        this.#words[index * alike.length + at] = own[index] ?? 0
    })
    for (const { offer } of counting) {
      const own = offer.default.any.words
      for (let index = 0; index < words; index++)
        this.#any[index] = (this.#any[index] ?? 0) | (own[index] ?? 0)
    }
    this.#counting = counting.map(({ place }) => place)
    this.#mixed = counting.flatMap(({ group, place }) => (group.isMixed ? [place] : []))
  }

  /** What any of them offers. */
  get any(): Uint32Array {
    return this.#any
  }

  /** Whether any of the groups that are not `gone` counts. */
  countWithout(gone: Uint8Array): boolean {
    return this.#counting.some((place) => gone[place] === 0)
  }

  /** Whether any host of the groups that are not `gone` offers a bit. */
  offeredWithout(gone: Uint8Array, bit: number): boolean {
    return this.#counting.some(
      (place) =>
        gone[place] === 0 && (this.#set.groups[place]?.having(this.#kind, bit).count ?? 0) > 0,
    )
  }

  /** Marks the groups that lack any of some bits of the level's table and whose hosts are alike. */
  markLacking(bits: readonly number[], marks: Uint8Array): void {
    const [places, words] = [this.#places, this.#words]
    for (const bit of bits) {
      const column = (bit >>> 5) * places.length
      const mask = 1 << (bit & 31)
      for (let at = 0; at < places.length; at++) {
        if (((words[column + at] ?? 0) & mask) === 0) marks[places[at] ?? 0] = 1
      }
    }
  }

  /** Hosts that lack any of some bits, in each group whose hosts differ: as many are counted as lack one of them. */
  mixedLacking(bits: readonly number[]): MixedLack[] {
    const { groups, names } = this.#set
    return this.#mixed.flatMap((place) => {
      const tallies = bits.map((bit) => groups[place]?.lacking(this.#kind, bit) ?? NOBODY)
      const count = Math.max(...tallies.map((tally) => tally.count))
      if (count === 0) return []
      return [{ place, hosts: { count, hosts: joinTallies(tallies, names).hosts } }]
    })
  }

  /**
   * The hosts that lack any of some bits of the level's table. Of a group whose hosts differ, as many are counted as lack one of them.
   */
  lacking(bits: readonly number[]): Tally {
    const { groups, index, names } = this.#set
    const marks = new Uint8Array(groups.length)
    this.markLacking(bits, marks)
    const whole = index.pick(marks)
    const some = this.mixedLacking(bits).map(({ hosts }) => hosts)
    return some.length === 0 ? whole : joinTallies([whole, ...some], names)
  }
}
