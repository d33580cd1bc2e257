/** Forms of inputs that several targets have. */
import * as z from 'zod'

/** Bytes. */
export const bytesForm = z.custom<Uint8Array>((value) => value instanceof Uint8Array)

/** A leaf. */
const leafForm = z.strictObject({
  leaf: z.number(),
  subleaf: z.number().nullable(),
  a: z.number(),
  b: z.number(),
  c: z.number(),
  d: z.number(),
})

/** Leaves. */
export const leavesForm = z.array(leafForm)

/** MSRs. */
export const msrsForm = z.array(
  z.strictObject({ index: z.number(), flags: z.number(), value: z.bigint() }),
)
