/** Numbers for contents: two things that say the same have the same number, whoever made them. */

interface Entry {
  readonly words: Float64Array
  readonly id: number
}

/** Gives equal contents equal numbers, from 0 on. */
export class Contents {
  readonly #texts = new Map<string, Map<number, Entry[]>>()
  #count = 0

  /** The number of a content: a text, and numbers in their order. */
  number(text: string, words: ArrayLike<number>): number {
    const byHash = this.#texts.get(text) ?? new Map<number, Entry[]>()
    this.#texts.set(text, byHash)
    const hash = hashOf(words)
    const entries = byHash.get(hash) ?? []
    const present = entries.find((entry) => same(entry.words, words))
    if (present !== undefined) return present.id
    const id = this.#count++
    // Numbers that are no words, such as -1 for a sub-leaf that is not there, stay what they are.
    entries.push({ words: Float64Array.from(words), id })
    byHash.set(hash, entries)
    return id
  }
}

/** FNV-1a, a word at a time; its collisions are looked at. */
function hashOf(words: ArrayLike<number>): number {
  let hash = 0x811c_9dc5
  for (let at = 0; at < words.length; at++) hash = Math.imul(hash ^ (words[at] ?? 0), 0x0100_0193)
  return hash
}

/** A loop, since a function called for each word takes longer than all the rest. */
function same(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}
