/**
 * The word form of a featureset: 32 features to an unsigned number, word 0 first. Nothing here allocates unless it returns an
 * array; hot loops over many hosts are written against this form.
 */

/** True for a number that is one unsigned 32-bit register value. */
export function isWord(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff
}

/** True if `bit` (from 0 over all words) is set; bits beyond the last word are clear. */
export function testBit(words: ArrayLike<number>, bit: number): boolean {
  return (((words[bit >>> 5] ?? 0) >>> (bit & 31)) & 1) === 1
}

/** Number of words up to the last one that is not zero. */
export function significantWords(words: ArrayLike<number>): number {
  let count = words.length
  while (count > 0 && words[count - 1] === 0) count--
  return count
}

/** The numbers of all set bits, ascending. */
export function bitsOf(words: ArrayLike<number>): number[] {
  const bits: number[] = []
  for (let index = 0; index < words.length; index++) {
    let word = words[index] ?? 0
    while (word !== 0) {
      const low = 31 - Math.clz32(word & -word)
      bits.push(index * 32 + low)
      word &= word - 1
    }
  }
  return bits
}

/** Words in which exactly the given bits are set; at least `length` of them. */
export function wordsOfBits(bits: Iterable<number>, length = 0): number[] {
  const words = new Array<number>(length).fill(0)
  for (const bit of bits) {
    const index = bit >>> 5
    while (words.length <= index) words.push(0)
    words[index] = ((words[index] ?? 0) | (1 << (bit & 31))) >>> 0
  }
  return words
}

/** One word as Xen's tools and xapi write it: eight lower-case hexadecimal digits. */
export function hexWord(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
