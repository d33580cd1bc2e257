/** Small numbers for featuresets of the same words, so that many can be told apart without writing them as texts. */
import type { Featureset } from '@xenlevel/cpuid'

interface Entry {
  readonly words: readonly number[]
  readonly id: number
}

/** Numbers from 0, in the order in which featuresets were first seen. */
export class FeaturesetIds {
  readonly #buckets = new Map<number, Entry[]>()
  #count = 0

  /** The number of a featureset: the same for the same words, zero words at the end included. */
  id({ words }: Featureset): number {
    const hash = hashOf(words)
    const bucket = this.#buckets.get(hash)
    const found = bucket?.find((entry) => sameWords(entry.words, words))
    if (found !== undefined) return found.id
    const entry = { words, id: this.#count++ }
    if (bucket === undefined) this.#buckets.set(hash, [entry])
    else bucket.push(entry)
    return entry.id
  }
}

/** FNV-1a over whole words. */
function hashOf(words: readonly number[]): number {
  let hash = 0x811c_9dc5 ^ words.length
  for (let index = 0; index < words.length; index++) {
    hash = Math.imul(hash ^ (words[index] ?? 0), 0x0100_0193)
    hash ^= hash >>> 15
  }
  return hash
}

function sameWords(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false
  return true
}
