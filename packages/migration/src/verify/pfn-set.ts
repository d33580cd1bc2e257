/** Which pfns were seen: a bitmap in blocks, of which only those exist that a pfn fell into, up to a limit. */

/** Words of a block: bits of 32768 pfns in 4 KiB. */
const BLOCK_WORDS = 1024
const PFNS_OF_BLOCK = BLOCK_WORDS * 32
/** Blocks of the pfns that differ in their low 32 bits alone. */
const BLOCKS_OF_LOW = 2 ** 32 / PFNS_OF_BLOCK
/** Blocks are made so many at once: each in an array of its own would cost twice as much. */
const SLAB_BLOCKS = 64

/** 32 MiB of bits: all pfns of a guest of 1 TiB. */
const MOST_BLOCKS = 8192

/** A set of pfns, in bounded memory whatever they are. */
export class PfnSet {
  readonly #blocks = new Map<number, Uint32Array>()
  readonly #most: number
  #slab = new Uint32Array(0)
  #slabUsed = 0

  /** @param most - how many blocks of 4 KiB are kept. Where the next one would be, nothing is known of any pfn. */
  constructor(most = MOST_BLOCKS) {
    this.#most = most
  }

  /**
   * The block of some pfns, to be read and changed: the lowest pfn has the lowest bit of the first word. Null where no more are kept; that
   * answer stays.
   *
   * @param high - the bits of the pfn above the lowest 32.
   * @param low - which block among those of the lowest 32: these bits, shifted right by 15.
   */
  block(high: number, low: number): Uint32Array | null {
    const key = high * BLOCKS_OF_LOW + low
    const known = this.#blocks.get(key)
    if (known !== undefined) return known
    if (this.#blocks.size >= this.#most) return null
    const made = this.#make()
    this.#blocks.set(key, made)
    return made
  }

  /** The highest pfn in it; -1 if there is none. */
  highest(): number {
    let last = -1
    for (const key of this.#blocks.keys()) if (key > last) last = key
    const bits = this.#blocks.get(last) ?? new Uint32Array()
    const word = bits.findLastIndex((some) => some !== 0)
    return word < 0 ? -1 : last * PFNS_OF_BLOCK + word * 32 + 31 - Math.clz32(bits[word] ?? 0)
  }

  #make(): Uint32Array {
    if (this.#slabUsed === this.#slab.length) {
      this.#slab = new Uint32Array(SLAB_BLOCKS * BLOCK_WORDS)
      this.#slabUsed = 0
    }
    this.#slabUsed += BLOCK_WORDS
    return this.#slab.subarray(this.#slabUsed - BLOCK_WORDS, this.#slabUsed)
  }
}
