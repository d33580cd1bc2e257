/** Policies drawn at random, the same for the same seed. */
import type { CpuPolicy, PolicyRecords } from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'

/** Draws numbers (Marsaglia's xorshift with 32 bits). */
export class Draw {
  #state: number

  constructor(seed: number) {
    // A state of zero would stay zero.
    this.#state = (seed ^ 0x9e37_79b9) | 1
  }

  /** 32 bits. */
  word(): number {
    this.#state ^= this.#state << 13
    this.#state ^= this.#state >>> 17
    this.#state ^= this.#state << 5
    return this.#state >>> 0
  }

  /** A whole number below the limit. */
  below(limit: number): number {
    return this.word() % limit
  }

  /** 32 bits of which one in 2^rareness is set. */
  fewBits(rareness: number): number {
    let word = this.word()
    for (let more = 1; more < rareness; more++) word &= this.word()
    return word >>> 0
  }
}

/** A way to ask for another policy than the present one. */
type Wish = (draw: Draw, now: CpuPolicy, max: CpuPolicy) => PolicyRecords

const featuresOf = (now: CpuPolicy, words: readonly number[]) =>
  now.withFeatureset(Featureset.fromWords(words)).toRecords()

/** Ways to ask: each a kind of toolstack. */
export const WISHES: Readonly<Record<string, Wish>> = {
  /** A level of a pool: less than the most there is. */
  'features out of the max policy': (draw, now, max) =>
    featuresOf(
      now,
      max.featureset.words.map((word) => (word & ~draw.fewBits(2)) >>> 0),
    ),
  /** A level of other hosts, which have more. */
  'features beyond the max policy': (draw, now, max) =>
    featuresOf(
      now,
      // The MSR's bits are audited, not clamped, so that more of them would be refused.
      max.featureset.words.map((word, index) =>
        index === 16 || index === 17 ? word : (word | draw.fewBits(3)) >>> 0,
      ),
    ),
  /** Anything at all. */
  'any features': (draw, now) =>
    featuresOf(
      now,
      now.featureset.words.map(() => draw.word()),
    ),
  /** Leaves that are not features: caches, topology, sizes, widths. */
  'any registers': (draw, now) => {
    const { leaves, msrs } = now.toRecords()
    const changed = leaves.map((leaf) =>
      leaf.leaf === 0 || leaf.leaf >= 0x4000_0000 || draw.below(3) > 0
        ? leaf
        : { ...leaf, [REGISTERS[draw.below(4)] ?? 'a']: draw.word() },
    )
    return { leaves: changed, msrs }
  },
  /** Fewer leaves than there are. */
  'lower limits': (draw, now) => {
    const limits = [0, 7, 0x8000_0000].map((leaf) => {
      const present = now.leaf(leaf, leaf === 7 ? 0 : undefined)
      const highest = leaf === 0x8000_0000 ? (present.a & 0xffff) + 1 : present.a + 1
      const a = (leaf === 0x8000_0000 ? leaf : 0) + draw.below(highest)
      return { ...present, a }
    })
    return { leaves: limits, msrs: [] }
  },
}

const REGISTERS = ['a', 'b', 'c', 'd'] as const
