/** Reading a document, the same for every kind: where its text stops being JSON, or every field that is wrong. */
import { locateJsonError } from '@xenlevel/cpuid'
import type * as z from 'zod'

/** What a document's own error is made from. */
export interface DocumentComplaint {
  /** One or more sentences for people. */
  readonly message: string
  /** Where the text stops being JSON; null if it is JSON. */
  readonly offset: number | null
  /** The first wrong field, or line and column. */
  readonly path: string
  /** `source`; and `issues`, each with path and message, if the text is JSON. */
  readonly details: Readonly<Record<string, unknown>>
}

/** What a schema makes of a JSON text or of what `JSON.parse` made of one; throws what `error` makes of the complaint. */
export function readDocument<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  { source, what }: { readonly source: string; readonly what: string },
  error: (complaint: DocumentComplaint) => Error,
): z.output<Schema> {
  const result = schema.safeParse(
    typeof input === 'string' ? parseJson(input, source, error) : input,
  )
  if (result.success) return result.data
  const issues = result.error.issues.map((issue) => ({
    path: issue.path.map(String).join('.'),
    message: issue.message,
  }))
  throw error({
    message: `${source} is not a ${what}: ${issues.map(({ path, message }) => `at ${path === '' ? 'its top' : path}: ${message}`).join('; ')}`,
    offset: null,
    path: issues[0]?.path ?? '',
    details: { source, issues },
  })
}

function parseJson(
  text: string,
  source: string,
  error: (complaint: DocumentComplaint) => Error,
): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const { offset, line, column } = locateJsonError(text) ?? { offset: 0, line: 1, column: 1 }
    throw error({
      message: `${source} stops being JSON at line ${line}, column ${column}.`,
      offset,
      path: `line ${line}, column ${column}`,
      details: { source },
    })
  }
}
