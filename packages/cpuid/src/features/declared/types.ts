/** The form in which feature bits and their dependencies are written down, before anything is computed from them. */
import type { WordSource } from '../table.js'

/**
 * One feature: bit within its word, name, attributes.
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
