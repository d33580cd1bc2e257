/** One row of the table, and what is measured for it. */

/** One row of the table. */
export interface Operation {
  readonly name: string
  readonly ours: () => unknown
  /** The same without this library; absent where nobody else answers the question. */
  readonly peer?: { readonly name: string; readonly run: () => unknown }
  /** The same done by another program; null where that is not installed. */
  readonly program?: () => Measured | null
  /** Nanoseconds. */
  readonly limit: number
  /** Calls between two looks at the clock. */
  readonly batch: number
}

/** What another program took for the same. */
export interface Measured {
  readonly name: string
  readonly nanoseconds: number
}
