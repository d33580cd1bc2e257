/** What the answers of several verbs are made of. */
import * as z from 'zod'

/** A thing that could not be read, with its place. */
const problemSchema = z.strictObject({
  /** The file; "-" is standard input. For hosts that could be read and not judged, the name of the host. */
  file: z.string(),
  /** The line in it, from 1; null where it is about the whole file. */
  line: z.nullable(z.int().min(1)),
  /** Stable name. */
  code: z.string(),
  /** One sentence for people. */
  message: z.string(),
})

/** Something that was noticed; some have more fields, such as what it is about. */
export const findingSchema = z.looseObject({
  /** Stable name. */
  code: z.string(),
  /** How bad it is. */
  severity: z.literal(['error', 'warning', 'info']),
  /** One sentence for people. */
  message: z.string(),
})

/** Words in hexadecimal, joined by "-". */
export const wordsSchema = z.string().regex(/^([0-9a-f]{8}(-[0-9a-f]{8})*)?$/)

/** A 32-bit number such as "0x000306f2". */
export const hexSchema = z.string().regex(/^0x[0-9a-f]{8}$/)

/** What Xen refuses. */
export const faultSchema = z.looseObject({
  /** Xen's errno. */
  errno: z.string(),
  /** The leaf. */
  leaf: z.nullable(z.int()),
  /** Its sub-leaf. */
  subleaf: z.nullable(z.int()),
  /** The MSR. */
  msr: z.nullable(z.int()),
})

/** The answer of a verb: every one has these fields beside its own. */
export function answer<const Name extends string, const Shape extends z.core.$ZodLooseShape>(
  name: Name,
  shape: Shape,
) {
  return z.strictObject({
    /** Which answer this is. */
    format: z.literal(`xenlevel/${name}`),
    /** Which form of it; a change that would break a reader makes it 2. */
    version: z.literal(1),
    /** Whether the exit status is 0. */
    ok: z.boolean(),
    ...shape,
  })
}

/** Inputs that could not be read. */
export const problems = { problems: z.array(problemSchema) }
