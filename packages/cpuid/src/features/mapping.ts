/** Carrying a featureset from one release to another: by name, because bits move and features are renamed. */
import { Featureset } from '../featureset.js'
import { wordsOfBits } from '../words.js'
import { newestName } from './releases.js'
import type { FeatureName, FeatureTable } from './table.js'

/** A featureset in the words of another release, and what could not be carried there. */
export interface MappedFeatureset<Name extends string = FeatureName> {
  /** As many words as the target table has. */
  readonly featureset: Featureset
  /** Features that the target release does not name, in the names of the source release, by bit. */
  readonly lost: readonly Name[]
  /** Bits to which the source release gives no name and whose place the target release lacks or gives to something else. */
  readonly unnamed: readonly number[]
}

/**
 * Carries a featureset from the words of one release to those of another.
 *
 * A feature that was renamed keeps its meaning (AVX512IFMA became AVX512_IFMA in 4.13), one that moved keeps its name (TSXLDTRK moved to
 * another word in 4.17 and its backports). A bit without a name stays where it is, for that is where the hardware has it, as long as
 * the target has that word and no other name for the place.
 *
 * @param featureset - in the words of `from`; longer or shorter is fine.
 */
export function mapFeatureset<Name extends string>(
  featureset: Featureset,
  from: FeatureTable<Name>,
  to: FeatureTable<string>,
): MappedFeatureset<Name> {
  const targets = new Map(to.features.map(({ name, bit }) => [newestName(name), bit]))
  const bits: number[] = []
  const lost: Name[] = []
  const unnamed: number[] = []
  for (const bit of featureset.bits()) {
    const feature = from.feature(bit)
    if (feature === undefined) {
      const free = to.feature(bit) === undefined && bit < to.words.length * 32
      if (free) bits.push(bit)
      else unnamed.push(bit)
      continue
    }
    const target = targets.get(newestName(feature.name))
    if (target === undefined) lost.push(feature.name)
    else bits.push(target)
  }
  return { featureset: Featureset.fromWords(wordsOfBits(bits, to.words.length)), lost, unnamed }
}
