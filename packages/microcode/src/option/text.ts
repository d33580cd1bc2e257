/** Numbers and booleans as Xen's command line reads them. */

/** What `simple_strtol` with base 0 made of a text (Xen lib/strtol.c). */
export interface ReadNumber {
  /** As the 32-bit integer that it is stored in: what does not fit wraps. */
  readonly value: number
  /** Characters read; less than the text has if something follows that is no digit. */
  readonly length: number
  /** At least one digit was read. */
  readonly digits: boolean
  /** A leading 0 made it octal, and another value than it looks like. */
  readonly octal: boolean
  /** It does not fit in 32 bits. */
  readonly wrapped: boolean
}

interface NumberForm {
  readonly prefix: number
  readonly base: number
  readonly digits: RegExp
}

const DECIMAL: NumberForm = { prefix: 0, base: 10, digits: /^[0-9]*/ }
const OCTAL: NumberForm = { prefix: 0, base: 8, digits: /^[0-7]*/ }
const HEXADECIMAL: NumberForm = { prefix: 2, base: 16, digits: /^[0-9a-fA-F]*/ }

function formOf(text: string): NumberForm {
  if (/^0[xX][0-9a-fA-F]/.test(text)) return HEXADECIMAL
  return text.startsWith('0') ? OCTAL : DECIMAL
}

/** Reads a number: 0x is hexadecimal, a leading 0 octal, no digits at all are 0, and nothing is too large. */
export function readNumber(text: string): ReadNumber {
  const sign = text.startsWith('-') ? 1 : 0
  const unsigned = text.slice(sign)
  const form = formOf(unsigned)
  const digits = form.digits.exec(unsigned.slice(form.prefix))?.[0] ?? ''
  // Only the low 32 bits are kept at every step: what is above them never comes down again.
  let value = 0
  let exact = 0
  for (const digit of digits) {
    value = (Math.imul(value, form.base) + Number.parseInt(digit, form.base)) | 0
    exact = exact * form.base + Number.parseInt(digit, form.base)
  }
  return {
    value: sign === 1 ? -value | 0 : value,
    length: sign + form.prefix + digits.length,
    digits: digits !== '',
    octal: form === OCTAL && exact > 7,
    wrapped: exact > 0x7fff_ffff + sign,
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = /* @__PURE__ */ new Map([
  ['1', true],
  ['on', true],
  ['yes', true],
  ['true', true],
  ['enable', true],
  ['0', false],
  ['no', false],
  ['off', false],
  ['false', false],
  ['disable', false],
])

/** What `parse_boolean` makes of one part of a list (Xen common/kernel.c). */
export interface ReadBoolean {
  /** The value; null if the part is not this boolean. */
  readonly value: boolean | null
  /** A `no-` before it was read over: `no-scan=1` is `scan=1`. */
  readonly negationLost: boolean
}

const NO_BOOLEAN: ReadBoolean = { value: null, negationLost: false }

/**
 * Reads `name`, `no-name` or `name=value`.
 *
 * @param negatedValues - whether `no-name=value` is read as `name=value`, as by releases before the end of 2022.
 */
export function readBoolean(name: string, part: string, negatedValues: boolean): ReadBoolean {
  const negated = part.startsWith('no-')
  const rest = negated ? part.slice(3) : part
  if (rest === name) return { value: !negated, negationLost: false }
  if (!rest.startsWith(`${name}=`) || (negated && !negatedValues)) return NO_BOOLEAN
  const value = BOOLEANS.get(rest.slice(name.length + 1)) ?? null
  return { value, negationLost: negated && value !== null }
}
