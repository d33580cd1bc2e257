/** The featureset words of a policy: where each is stored, and a release's bits by name. */
import { type FeatureName, type FeatureTable, featureTable, nearestRelease } from '@xenlevel/cpuid'
import { ARCH_CAPABILITIES, placeOfLeaf, REGISTERS, WHOLE_EXTENT } from './layout.js'
import { zeroWords } from './storage.js'

/** Where one feature is. */
interface FeaturePlace {
  /** Featureset word. */
  readonly word: number
  /** Its bit in that word. */
  readonly mask: number
  /** The register of a policy that is the word; -1 if no policy holds it. */
  readonly register: number
}

/** Features of one release, over policies and over featuresets in word form. Nothing but `read` allocates. */
export class ReleaseFeatures {
  readonly table: FeatureTable
  /** Known bits. */
  readonly #known: readonly number[]
  /** Register of each featureset word in a policy. */
  readonly #registers: readonly number[]
  readonly #isWord: ReadonlySet<number>
  readonly #places = new Map<FeatureName, FeaturePlace>()

  constructor(release: string) {
    this.table = featureTable(release)
    this.#known = this.table.mask('known').words
    this.#registers = this.table.words.map(({ source }) => {
      if (source === null) return -1
      if ('msr' in source) return ARCH_CAPABILITIES + (source.register === 'eax' ? 0 : 1)
      return (
        placeOfLeaf(source.leaf, source.subleaf, WHOLE_EXTENT) + REGISTERS.indexOf(source.register)
      )
    })
    this.#isWord = new Set(this.#registers)
    for (const { name, word, bitInWord } of this.table.features) {
      this.#places.set(name, { word, mask: 1 << bitInWord, register: this.#registers[word] ?? -1 })
    }
  }

  /** Whether the register at that place of a policy is a featureset word. */
  isWord(at: number): boolean {
    return this.#isWord.has(at)
  }

  /** The featureset of a policy. */
  read(policy: Uint32Array): Uint32Array {
    const registers = this.#registers
    const words = zeroWords(registers.length)
    for (let index = 0; index < words.length; index++)
      words[index] = policy[registers[index] ?? -1] ?? 0
    return words
  }

  /** Writes a featureset over that of a policy: every word of the release, zero where the featureset has none. */
  write(policy: Uint32Array, words: ArrayLike<number>): void {
    const registers = this.#registers
    for (let index = 0; index < registers.length; index++) {
      const register = registers[index] ?? -1
      if (register >= 0) policy[register] = words[index] ?? 0
    }
  }

  /** True if a featureset has a feature; false for one that the release does not name. */
  has(words: ArrayLike<number>, name: FeatureName): boolean {
    const place = this.#places.get(name)
    return place !== undefined && ((words[place.word] ?? 0) & place.mask) !== 0
  }

  /** The same of a policy. */
  policyHas(policy: Uint32Array, name: FeatureName): boolean {
    const place = this.#places.get(name)
    return place !== undefined && ((policy[place.register] ?? 0) & place.mask) !== 0
  }

  /** Sets or clears a feature; nothing happens for one that the release does not name. */
  put(words: Uint32Array, name: FeatureName, on: boolean): void {
    const place = this.#places.get(name)
    if (place === undefined) return
    const { word, mask } = place
    words[word] = on ? (words[word] ?? 0) | mask : (words[word] ?? 0) & ~mask
  }

  /** Keeps what a mask has. */
  keep(words: Uint32Array, mask: ArrayLike<number>): void {
    for (let index = 0; index < words.length; index++)
      words[index] = (words[index] ?? 0) & (mask[index] ?? 0)
  }

  /** Drops bits that the release does not know and features of which something is missing (Xen: sanitise_featureset). */
  sanitise(words: Uint32Array): void {
    this.keep(words, this.#known)
    this.table.clearDependentsInPlace(words)
  }
}

// A cache, not state: one immutable object a release.
const known = /* @__PURE__ */ new Map<string, ReleaseFeatures>()

/** The features of a release. @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table. */
export function releaseFeatures(release: string): ReleaseFeatures {
  const present = known.get(release)
  if (present !== undefined) return present
  const made = new ReleaseFeatures(nearestRelease(release) ?? release)
  known.set(release, made)
  return made
}
