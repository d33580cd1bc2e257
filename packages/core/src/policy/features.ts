/** The featureset words of a policy: where each is stored, and a release's bits by name. */
import { type FeatureName, type FeatureTable, featureTable } from '@xenlevel/cpuid'
import { ARCH_CAPABILITIES, type PolicyExtent, placeOfLeaf } from './layout.js'

const REGISTERS = ['eax', 'ebx', 'ecx', 'edx'] as const
/** Every leaf that can be stored, so that a word whose leaf a release does not keep has a place all the same. */
const ALL: PolicyExtent = { featureLeaves: 3, extendedLeaves: 0x22, msrs: 2 }

/** Features of one release, over policies and over featuresets in word form. */
export class ReleaseFeatures {
  readonly table: FeatureTable
  /** Place of each featureset word in a policy. */
  readonly #places: readonly number[]
  readonly #bits = new Map<FeatureName, number>()

  constructor(release: string) {
    this.table = featureTable(release)
    this.#places = this.table.words.map(({ source }) => {
      if (source === null) return -1
      if ('msr' in source) return ARCH_CAPABILITIES + (source.register === 'eax' ? 0 : 1)
      return placeOfLeaf(source.leaf, source.subleaf, ALL) + REGISTERS.indexOf(source.register)
    })
    for (const { name, bit } of this.table.features) this.#bits.set(name, bit)
  }

  /** The featureset of a policy. */
  read(policy: Uint32Array): Uint32Array {
    const words = new Uint32Array(this.#places.length)
    for (let index = 0; index < words.length; index++)
      words[index] = policy[this.#places[index] ?? -1] ?? 0
    return words
  }

  /** Writes a featureset over that of a policy: every word of the release, zero where the featureset has none. */
  write(policy: Uint32Array, words: ArrayLike<number>): void {
    for (let index = 0; index < this.#places.length; index++) {
      const place = this.#places[index] ?? -1
      if (place >= 0) policy[place] = words[index] ?? 0
    }
  }

  /** True if a featureset has a feature; false for one that the release does not name. */
  has(words: ArrayLike<number>, name: FeatureName): boolean {
    const bit = this.#bits.get(name)
    return bit !== undefined && (((words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1
  }

  /** Sets or clears a feature; nothing happens for one that the release does not name. */
  put(words: Uint32Array, name: FeatureName, on: boolean): void {
    const bit = this.#bits.get(name)
    if (bit === undefined) return
    const index = bit >>> 5
    const mask = 1 << (bit & 31)
    words[index] = on ? (words[index] ?? 0) | mask : (words[index] ?? 0) & ~mask
  }

  /** Keeps what a mask has. */
  keep(words: Uint32Array, mask: readonly number[]): void {
    for (let index = 0; index < words.length; index++)
      words[index] = (words[index] ?? 0) & (mask[index] ?? 0)
  }

  /** Drops bits that the release does not know and features of which something is missing (Xen: sanitise_featureset). */
  sanitise(words: Uint32Array): void {
    this.keep(words, this.table.mask('known').words)
    this.table.clearDependentsInPlace(words)
  }
}

// A cache, not state: one immutable object a release.
const known = /* @__PURE__ */ new Map<string, ReleaseFeatures>()

/** The features of a release. @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table. */
export function releaseFeatures(release: string): ReleaseFeatures {
  const present = known.get(release)
  if (present !== undefined) return present
  const made = new ReleaseFeatures(release)
  known.set(release, made)
  return made
}
