/**
 * Which feature bits a configuration has to name, so that a domain gets wanted features: as few as there can be.
 *
 * A register that nothing names stays as it is; one that is named falls back, in all its other bits, to the default policy of the domain's
 * type. Of what has to go only the roots are named, features that need nothing that goes as well: Xen drops the others with them. Both
 * choices are forced, register by register, so the plan is the shortest one and not only a short one.
 */
import type { FeatureTable } from '@xenlevel/cpuid'
import type { ReleaseFeatures } from '../../policy/features.js'
import { copyWords, zeroWords } from '../../policy/storage.js'
import { countBits, isArchCapabilities, placeOfWord, unitOfPlace } from './places.js'
import type { Trial } from './trial.js'

/** One register of the featureset that has to be named. */
export interface NamedWord {
  /** Its featureset word. */
  readonly word: number
  /** Its place in a policy. */
  readonly place: number
  /** Bits to be set. */
  readonly on: number
  /** Bits to be cleared. */
  readonly off: number
}

/** Which bits are named. */
export interface FeaturePlan {
  /**
   * What is named together, a register or both halves of the MSR. Where none of it has bits, it is named for the sake of its other bits,
   * which become the default's.
   */
  readonly named: readonly (readonly NamedWord[])[]
  /** The featureset that comes of it. */
  readonly words: Uint32Array
}

/** For a register of the featureset, by its place in a policy: the bits that can be named one by one. */
type NameableBits = (place: number) => number

/** Words that are named together: one CPUID register, or both halves of the MSR; or a whole leaf, where it is set as one. */
type Unit = readonly { readonly word: number; readonly place: number }[]

/** What a decision is made of. */
interface Situation {
  readonly base: Uint32Array
  readonly unnamed: Uint32Array
  /** What the domain can have. */
  readonly possible: Uint32Array
  /** What it has whatever is asked for. */
  readonly forced: Uint32Array
  readonly nameable: NameableBits
  readonly canName: (place: number) => boolean
}

/** How one unit is wrong if it is named, or if it is not. */
interface Choice {
  readonly lost: readonly number[]
  readonly stuck: readonly number[]
  readonly named: readonly NamedWord[]
  readonly wrong: number
}

/** Rounds in which what cannot be named is given up; one is enough where everything has a name. */
const ROUNDS = 16

/**
 * Plans for the features of a policy that the domain can have (see {@link Trial.nearest}).
 *
 * @param nameable - which bits can be named; where a bit that has to be named is not among them, the plan comes as near as it can.
 */
export function planFeatures(
  trial: Trial,
  wanted: Uint32Array,
  features: ReleaseFeatures,
  nameable: NameableBits,
): FeaturePlan {
  const situation = {
    base: features.read(trial.base),
    unnamed: features.read(trial.unnamed),
    possible: featuresOf(trial, wanted, features, 0xffff_ffff),
    forced: featuresOf(trial, wanted, features, 0),
    nameable,
    canName: (place: number) => trial.canName(place),
  }
  const units = unitsOf(features.table, trial)
  const target = knownOnly(features.read(wanted), features)
  for (let round = 1; ; round++) {
    const roots = rootsOf(target, situation.possible, features.table)
    const choices = units.map((unit) => choose(unit, target, roots, situation))
    const wrong = choices.some((choice) => choice.wrong > 0)
    if (!wrong || round === ROUNDS)
      return {
        named: choices.map(({ named }) => named).filter(({ length }) => length > 0),
        words: target,
      }
    units.forEach((unit, at) => {
      unit.forEach(({ word }, part) => {
        const [lost, stuck] = [choices[at]?.lost[part] ?? 0, choices[at]?.stuck[part] ?? 0]
        target[word] = ((target[word] ?? 0) & ~lost) | stuck
      })
    })
    features.sanitise(target)
  }
}

/** The features that come of the same policy with all features or with none. */
function featuresOf(
  trial: Trial,
  policy: Uint32Array,
  features: ReleaseFeatures,
  word: number,
): Uint32Array {
  const words = copyWords(policy)
  const asked = zeroWords(features.table.words.length).fill(word)
  features.write(words, asked)
  return knownOnly(features.read(trial.clamp(words)), features)
}

/** Without the bits that have no name: they are never a guest's, but for copies of others. */
function knownOnly(words: Uint32Array, features: ReleaseFeatures): Uint32Array {
  features.keep(words, features.table.mask('known').words)
  return words
}

// A cache, not state: the same words for everyone who asks.
const knownUnits = /* @__PURE__ */ new Map<string, readonly Unit[]>()

function unitsOf({ release, words }: FeatureTable, { rules }: Trial): readonly Unit[] {
  const key = `${release} ${rules.leafByLeaf}`
  const present = knownUnits.get(key)
  if (present !== undefined) return present
  const units = new Map<number, Unit>()
  for (const { index: word, source } of words) {
    const place = placeOfWord(source)
    if (place < 0) continue
    const whole = rules.leafByLeaf || isArchCapabilities(place)
    const unit = whole ? unitOfPlace(place) : place
    units.set(unit, [...(units.get(unit) ?? []), { word, place }])
  }
  const made = [...units.values()]
  knownUnits.set(key, made)
  return made
}

/** What would be there if nothing were named to go, and needs nothing that goes. */
function rootsOf(target: Uint32Array, possible: Uint32Array, table: FeatureTable): Uint32Array {
  const roots = zeroWords(target.length)
  const words = zeroWords(target.length)
  for (let word = 0; word < target.length; word++) {
    let open = (possible[word] ?? 0) & ~(target[word] ?? 0)
    while (open !== 0) {
      const bit = open & -open
      open ^= bit
      words.set(target)
      words[word] = (words[word] ?? 0) | bit
      table.clearDependentsInPlace(words)
      if (((words[word] ?? 0) & bit) !== 0) roots[word] = (roots[word] ?? 0) | bit
    }
  }
  return roots
}

function choose(unit: Unit, target: Uint32Array, roots: Uint32Array, situation: Situation): Choice {
  const left = leave(unit, target, roots, situation)
  if (left.wrong === 0 || !unit.some(({ place }) => situation.nameable(place) !== 0)) return left
  if (!unit.every(({ place }) => situation.canName(place))) return left
  const named = name(unit, target, roots, situation)
  return named.wrong < left.wrong ? named : left
}

/** Nothing of the unit is named. */
function leave(
  unit: Unit,
  target: Uint32Array,
  roots: Uint32Array,
  { base, forced }: Situation,
): Choice {
  const lost = unit.map(
    ({ word }) => (target[word] ?? 0) & ~(forced[word] ?? 0) & ~(base[word] ?? 0),
  )
  const stuck = unit.map(({ word }) => (roots[word] ?? 0) & (base[word] ?? 0))
  return { lost, stuck, named: [], wrong: count(lost) + count(stuck) }
}

/** Something is named, and the rest is the default's. */
function name(
  unit: Unit,
  target: Uint32Array,
  roots: Uint32Array,
  { unnamed, forced, nameable }: Situation,
): Choice {
  const parts = unit.map(({ word, place }) => ({
    word,
    place,
    on: (target[word] ?? 0) & ~(forced[word] ?? 0) & ~(unnamed[word] ?? 0),
    off: (roots[word] ?? 0) & (unnamed[word] ?? 0),
    names: nameable(place),
  }))
  const lost = parts.map(({ on, names }) => on & ~names)
  const stuck = parts.map(({ off, names }) => off & ~names)
  const named = parts.map(({ word, place, on, off, names }) => ({
    word,
    place,
    on: (on & names) >>> 0,
    off: (off & names) >>> 0,
  }))
  return { lost, stuck, named, wrong: count(lost) + count(stuck) }
}

function count(words: readonly number[]): number {
  return words.reduce((bits, word) => bits + countBits(word), 0)
}

/** What the named registers are to be, by place. */
export function namedRegisters(plan: FeaturePlan, trial: Trial): Map<number, number> {
  return new Map(
    plan.named
      .flat()
      .map(({ place, on, off }) => [place, (((trial.unnamed[place] ?? 0) & ~off) | on) >>> 0]),
  )
}
