/** What was tried: a cell for each thing in each place, and what became of it. */

/** What became of a cell; what did not pass says why. */
type Outcome =
  | { readonly kind: 'passes' }
  | { readonly kind: 'fails'; readonly why: string }
  | { readonly kind: 'not tried'; readonly why: string }

/** One thing in one place. */
export interface Cell {
  /** Which table it stands in. */
  readonly table: string
  /** What is used, and in which form. */
  readonly row: string
  /** Where, or how. */
  readonly column: string
  readonly outcome: Outcome
}

/** Where a cell stands. */
export type Place = Omit<Cell, 'outcome'>

/** Tries one cell: whatever is thrown is why it fails. */
export async function attempt(place: Place, trial: () => unknown): Promise<Cell> {
  try {
    await trial()
    return { ...place, outcome: { kind: 'passes' } }
  } catch (error) {
    return { ...place, outcome: { kind: 'fails', why: messageOf(error) } }
  }
}

/** A cell that there is no way to try. */
export function untried(place: Place, why: string): Cell {
  return { ...place, outcome: { kind: 'not tried', why } }
}

/** Throws unless something is as it has to be. */
export function must(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Error(otherwise)
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
