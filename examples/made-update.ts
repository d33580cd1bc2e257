/** Microcode that is nobody's: real updates come from their vendors, and have no place here. */

/** What is said of an update. */
export interface MadeUpdate {
  /** Leaf 1's eax of the CPUs that it is for. */
  readonly signature: number
  /** The platforms that it is for, a bit each; all by default. */
  readonly platforms?: number
  readonly revision: number
  /** The lowest revision from which it may be loaded while the host runs; 0, by default, for none declared. */
  readonly minRevision?: number
}

/** An update in Intel's form: a header of twelve words, nothing, and a sum of zero over all (SDM volume 3, "Microcode update facilities"). */
export function madeUpdate(update: MadeUpdate): Uint8Array {
  const { signature, platforms = 0xff, revision, minRevision = 0 } = update
  const words = new Uint32Array(2048 / 4)
  const [date, loader, size] = [0x0812_2025, 1, words.length * 4]
  words.set([1, revision, date, signature, 0, loader, platforms, size - 48, size, 0, minRevision])
  words[4] = -words.reduce((sum, word) => (sum + word) >>> 0, 0) >>> 0
  return new Uint8Array(words.buffer)
}
