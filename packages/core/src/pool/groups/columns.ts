/** What groups offer guests of one kind by default, a column for each word: asked for hundreds of bits of thousands of groups. */
import type { CarriedGroup } from './carried.js'
import type { LevelKind } from './host-group.js'
import { joinTallies, type Tally, type TallyIndex } from './tally.js'

/** Groups in the words of a level. */
export interface GroupSet {
  readonly groups: readonly CarriedGroup[]
  /** Of all groups. */
  readonly index: TallyIndex
  /** How many names of hosts are told. */
  readonly names: number
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
  /** Those whose hosts differ. */
  readonly #mixed: readonly CarriedGroup[]

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
    this.#mixed = counting.flatMap(({ group }) => (group.isMixed ? [group] : []))
  }

  /** What any of them offers. */
  get any(): Uint32Array {
    return this.#any
  }

  /**
   * The hosts that lack any of some bits of the level's table. Of a group whose hosts differ, as many are counted as lack one of them.
   */
  lacking(bits: readonly number[]): Tally {
    const { groups, index, names } = this.#set
    const concerned = new Uint8Array(groups.length)
    const [places, words] = [this.#places, this.#words]
    for (const bit of bits) {
      const column = (bit >>> 5) * places.length
      const mask = 1 << (bit & 31)
      for (let at = 0; at < places.length; at++) {
        if (((words[column + at] ?? 0) & mask) === 0) concerned[places[at] ?? 0] = 1
      }
    }
    const some: Tally[] = []
    for (const group of this.#mixed) {
      const tallies = bits.map((bit) => group.lacking(this.#kind, bit))
      const count = Math.max(...tallies.map((tally) => tally.count))
      if (count > 0) some.push({ count, hosts: joinTallies(tallies, names).hosts })
    }
    const whole = index.pick(concerned)
    return some.length === 0 ? whole : joinTallies([whole, ...some], names)
  }
}
