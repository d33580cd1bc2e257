/** The errors of all xenlevel packages: a stable code, a sentence for people, and the facts as data. */

/** What every error of this project is made from. */
export interface XenlevelErrorInit {
  /** Stable, upper-case name of the condition. */
  readonly code: string
  /** One sentence for people: what was wrong, where, what to do. */
  readonly message: string
  /** The same facts as data. */
  readonly details?: Readonly<Record<string, unknown>>
  /** The error that led here. */
  readonly cause?: unknown
}

/** Base of every error that a xenlevel package throws on purpose. */
export class XenlevelError extends Error {
  /** Stable, upper-case name of the condition; what programs should compare. */
  readonly code: string
  /** The facts of the message as data. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(init: XenlevelErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause })
    this.name = new.target.name
    this.code = init.code
    this.details = Object.freeze({ ...init.details })
  }
}

/** What a {@link ParseError} is made from. */
export interface ParseErrorInit extends XenlevelErrorInit {
  /** Where it is wrong, in characters of the text (bytes of binary input), from 0; null where no position can be given. */
  readonly offset: number | null
  /** Which part is wrong, outermost first: `word 3`, `line 12`, `cpu.signature`. */
  readonly path: string
}

/** Base of what `parse…`, `decode…` and `read…` functions throw: input that is not in the form it claims. */
export class ParseError extends XenlevelError {
  /** Where it is wrong, in characters of the text (bytes of binary input), from 0; null where no position can be given. */
  readonly offset: number | null
  /** Which part is wrong, outermost first. */
  readonly path: string

  constructor(init: ParseErrorInit) {
    super({ ...init, details: { ...init.details, offset: init.offset, path: init.path } })
    this.offset = init.offset
    this.path = init.path
  }
}

/** Shows foreign text inside an error message: quoted, on one line, shortened. */
export function quoteForMessage(text: string, limit = 40): string {
  const shown = text.length > limit ? `${text.slice(0, limit)}…` : text
  return JSON.stringify(shown)
}
