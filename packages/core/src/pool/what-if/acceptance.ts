/** What the hosts of a pool accept from guests that run: their max sets, in the words in which the guests are known. */
import { type CpuVendor, Featureset, type FeatureTable, featureTable } from '@xenlevel/cpuid'
import { compatibilityMask } from '../../xen/compatibility-bits.js'
import { levelGroupsOf } from '../folded-level.js'
import { carryGroup } from '../groups/carried.js'
import type { LevelKind } from '../groups/host-group.js'
import { carrySet } from '../groups/settle.js'
import type { Tally } from '../groups/tally.js'
import type { PoolLevel } from '../level.js'
import type { LevelGroups } from '../losses.js'

/** A guest, as far as hosts look at it. */
export interface SeenGuest {
  readonly kind: LevelKind
  readonly seen: Featureset
  /** Not judged if it is not known. */
  readonly vendor: CpuVendor | undefined
}

/** What one group accepts from guests of one kind: the bits that it has, and those that do not count. */
interface Accepted {
  readonly place: number
  readonly vendor: CpuVendor
  readonly words: Uint32Array
}

/** The hosts of a level, asked for one guest after another. */
export class Acceptance {
  readonly #table: FeatureTable
  readonly #level: PoolLevel
  readonly #pool: LevelGroups
  /** Bits that never count in a pool of these vendors. */
  readonly #ignored: Featureset
  readonly #accepted: Readonly<Record<LevelKind, readonly Accepted[]>>
  readonly #everywhere: Readonly<Record<LevelKind, Featureset>>
  /** Many guests have seen the same. */
  readonly #known = new Map<string, Tally>()

  /** `table` is that of the guests. */
  constructor(level: PoolLevel, table: FeatureTable) {
    this.#table = table
    this.#level = level
    this.#pool = levelGroupsOf(level)
    this.#ignored = compatibilityMask(level.vendor, table)
    const accepted = { pv: this.#accept('pv'), hvm: this.#accept('hvm') }
    this.#accepted = accepted
    this.#everywhere = { pv: common(accepted.pv, table), hvm: common(accepted.hvm, table) }
  }

  /** What a guest has seen that not every host which counts accepts. */
  beyond({ seen, kind }: SeenGuest): Featureset {
    return seen.andNot(this.#everywhere[kind]).andNot(this.#ignored)
  }

  /** What a guest that starts now gets. */
  offered(kind: LevelKind): Featureset {
    const own = featureTable(this.#level.release)
    return carrySet(this.#level[kind].default, own, this.#table).andNot(this.#ignored)
  }

  /** The hosts that take a guest. */
  taking(guest: SeenGuest): Tally {
    const key = `${guest.kind} ${guest.vendor} ${guest.seen}`
    let tally = this.#known.get(key)
    if (tally === undefined) {
      const marks = new Uint8Array(this.#pool.groups.length)
      for (const accepted of this.#accepted[guest.kind])
        if (takes(accepted, guest)) marks[accepted.place] = 1
      tally = this.#pool.index.pick(marks)
      this.#known.set(key, tally)
    }
    return tally
  }

  /** The hosts that do not take it. */
  refusing(guest: SeenGuest): Tally {
    const marks = new Uint8Array(this.#pool.groups.length).fill(1)
    for (const accepted of this.#accepted[guest.kind])
      if (takes(accepted, guest)) marks[accepted.place] = 0
    return this.#pool.index.pick(marks)
  }

  /** Whether all hosts take it. */
  isTakenEverywhere(guest: SeenGuest): boolean {
    const accepted = this.#accepted[guest.kind]
    return (
      accepted.length === this.#pool.groups.length && accepted.every((one) => takes(one, guest))
    )
  }

  #accept(kind: LevelKind): Accepted[] {
    return this.#pool.groups.flatMap(({ group }, place) => {
      const max = carryGroup(group, this.#table)[kind]?.max.all
      if (max === undefined) return []
      const { vendor } = group.traits
      const bits = max.or(compatibilityMask(vendor, this.#table))
      return [{ place, vendor, words: Uint32Array.from(bits.words) }]
    })
  }
}

function takes({ words, vendor }: Accepted, guest: SeenGuest): boolean {
  if (guest.vendor !== undefined && guest.vendor !== vendor) return false
  const seen = guest.seen.words
  for (let index = 0; index < seen.length; index++)
    if (((seen[index] ?? 0) & ~(words[index] ?? 0)) !== 0) return false
  return true
}

/** What all of them accept. */
function common(accepted: readonly Accepted[], table: FeatureTable): Featureset {
  const length = Math.max(table.words.length, ...accepted.map(({ words }) => words.length))
  const all = new Uint32Array(length).fill(accepted.length === 0 ? 0 : 0xffff_ffff)
  for (const { words } of accepted)
    for (let index = 0; index < length; index++)
      all[index] = (all[index] ?? 0) & (words[index] ?? 0)
  return Featureset.fromWords(all)
}
