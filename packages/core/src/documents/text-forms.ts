/** The text forms that documents are made of, each with its codec: text outside, value inside. */
import { Featureset, ParseError } from '@xenlevel/cpuid'
import * as z from 'zod'

/** A featureset as xapi writes it: `'1789c3f5-f6fa3223'`. */
export const featuresetText = /* @__PURE__ */ z.codec(
  /* @__PURE__ */ z.string(),
  /* @__PURE__ */ z.custom<Featureset>((value) => value instanceof Featureset),
  {
    decode: (text, context) => {
      try {
        return Featureset.parse(text)
      } catch (error) {
        if (!(error instanceof ParseError)) throw error
        context.issues.push({ code: 'custom', message: error.message, input: text })
        return z.NEVER
      }
    },
    encode: (featureset) => featureset.toString(),
  },
)

/** A 32-bit register as `'0x000306f2'`: 0x and eight digits. */
export const registerText = /* @__PURE__ */ z.codec(
  /* @__PURE__ */ z
    .string()
    .regex(/^0x[0-9a-fA-F]{8}$/, 'Expected 0x and eight hexadecimal digits, such as "0x000306f2".'),
  /* @__PURE__ */ z.int().min(0).max(0xffff_ffff),
  {
    decode: (text) => Number.parseInt(text, 16),
    encode: (value) => `0x${value.toString(16).padStart(8, '0')}`,
  },
)
