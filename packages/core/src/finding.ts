/** What functions that judge return: never an exception, always every reason. */

/** One thing that was noticed. */
export interface Finding {
  /** Stable name of what was noticed. */
  readonly code: string
  /** `error`: the answer does not hold; `warning`: it may not; `info`: good to know. */
  readonly severity: 'error' | 'warning' | 'info'
  /** One sentence for people, with what to do about it. */
  readonly message: string
  /** The hosts it is about, where it is about some. */
  readonly hosts?: readonly string[]
}
