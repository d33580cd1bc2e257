/**
 * Room for words. A typed array of the size of a policy costs about a microsecond to allocate, as much as all the rest of a clamp, so
 * many share one block, each with a part of its own that is handed out once.
 */

/** Words of a block: some thirty policies. */
const BLOCK = 1 << 14

let block: ArrayBuffer | undefined
let used = 0

/** Words that nobody else has, all zero. Do not hand out their buffer. */
export function zeroWords(length: number): Uint32Array {
  if (block === undefined || used + length > BLOCK) {
    block = new ArrayBuffer(Math.max(BLOCK, length) * 4)
    used = 0
  }
  const words = new Uint32Array(block, used * 4, length)
  used += length
  return words
}

/** A copy that nobody else has. */
export function copyWords(words: ArrayLike<number>): Uint32Array {
  const copy = zeroWords(words.length)
  copy.set(words)
  return copy
}
