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
  const places = placesIn(from, to)
  const bits: number[] = []
  const lost: Name[] = []
  const unnamed: number[] = []
  for (const bit of featureset.bits()) {
    const target = places.get(bit)
    if (target !== undefined) {
      bits.push(target)
      continue
    }
    const feature = from.feature(bit)
    if (feature !== undefined) lost.push(feature.name)
    else if (isFree(bit, to)) bits.push(bit)
    else unnamed.push(bit)
  }
  return { featureset: Featureset.fromWords(wordsOfBits(bits, to.words.length)), lost, unnamed }
}

/** Where the bits of one table are in another; undefined if they are not there. */
type Places = ReadonlyMap<number, number | undefined>

// A cache, not state: where the bits of one immutable table are in another.
const known = /* @__PURE__ */ new WeakMap<object, WeakMap<object, Places>>()

function placesIn(from: FeatureTable<string>, to: FeatureTable<string>): Places {
  const ofFrom = known.get(from) ?? new WeakMap<object, Places>()
  known.set(from, ofFrom)
  const present = ofFrom.get(to)
  if (present !== undefined) return present
  const targets = new Map(to.features.map(({ name, bit }) => [newestName(name), bit]))
  const places = new Map(from.features.map(({ name, bit }) => [bit, targets.get(newestName(name))]))
  ofFrom.set(to, places)
  return places
}

function isFree(bit: number, table: FeatureTable<string>): boolean {
  return table.feature(bit) === undefined && bit < table.words.length * 32
}
