/** The form in which feature bits, their dependencies and what changed when are written down, before anything is computed from them. */
import type { WordSource } from '../table.js'

/**
 * One feature as the newest release has it: bit within its word, name, attributes.
 *
 * Attributes say whom Xen offers the bit to. `A` every guest, `S` HVM guests, `H` HVM guests with hardware-assisted paging;
 * the capital letter puts it into default and max policies, the small one into max only. `!` marks a bit whose visibility
 * Xen decides case by case, `|` one that a pool accumulates: a guest must see it if any host it may run on has it.
 */
type DeclaredFeature = readonly [bit: number, name: string, attributes: string]

/** One featureset word: where the hardware keeps it and which of its bits have names. */
export interface DeclaredWord {
  readonly word: number
  readonly source: WordSource
  readonly features: readonly DeclaredFeature[]
}

/** `{ needed: { dependent: why } }`: without the needed feature, Xen takes the dependent one away. */
export type DeclaredDependencies = Readonly<Record<string, Readonly<Record<string, string>>>>

/**
 * One change to the tables. A release has it if `landed` names that release or an earlier one of its branch, or a `.0` of an earlier
 * branch: `['4.18.0', '4.17.2']` is in 4.17.2 and later of 4.17, and in everything from 4.18.0 on.
 *
 * Features are called by their newest names. What no change adds was there in 4.7.0. A dependency is there as soon as both its ends
 * are, unless a change says that it came (`needs`) or went (`frees`) at another time.
 */
export interface DeclaredChange {
  readonly landed: readonly string[]
  /** What it was about, for readers. */
  readonly about: string
  /** Features that get a name; with their newest attributes unless a later change says what they were. */
  readonly add?: readonly string[]
  /** Attributes before and after. */
  readonly attributes?: Readonly<Record<string, readonly [before: string, after: string]>>
  /** Bit numbers over all words, before and after. */
  readonly moved?: Readonly<Record<string, readonly [before: number, after: number]>>
  /** New names to old ones. */
  readonly renamed?: Readonly<Record<string, string>>
  /** Dependencies that came: a feature to those that need it from now on. */
  readonly needs?: Readonly<Record<string, readonly string[]>>
  /** Dependencies that went: a feature to those that no longer need it. */
  readonly frees?: Readonly<Record<string, readonly string[]>>
  /** How many words there are from now on. */
  readonly words?: number
  /** Rules of the script gen-cpuid.py that came. */
  readonly rules?: readonly ScriptRule[]
}

/**
 * What the script of a release does that older ones did not.
 *
 * - `common-1d-once`: the mask of known bits no longer holds the bits that 0x8000_0001.edx repeats from 1.edx.
 * - `max-attributes`: the letters a, s, h; before, S and H counted only where they stood alone.
 * - `accumulated-attribute`: the letter `|`.
 * - `word-comments`: comments number the words and say how many there are; before, the highest feature bit did.
 * - `word-comment-text`: such a comment may go on after the number.
 * - `arch-caps-named-bits`: of words 16 and 17 only bits with a name depend on ARCH_CAPS; all 64 did.
 */
export type ScriptRule =
  | 'common-1d-once'
  | 'max-attributes'
  | 'accumulated-attribute'
  | 'word-comments'
  | 'word-comment-text'
  | 'arch-caps-named-bits'
