/** How C reads a number at the start of a text: strtoul with base 0 and a 64-bit long (ISO C 7.24.1.7, System V ABI for x86-64). */

/** A number that was read. */
export interface CNumber {
  /** The first character that is no part of it. */
  readonly end: number
  /** Bits 31 to 0 of what C makes of it. */
  readonly low: number
  /** Bits 63 to 32. */
  readonly high: number
  /** It has a minus sign: C wraps it around at 64 bits. */
  readonly negative: boolean
  /** 8 after a leading zero, 16 after 0x. */
  readonly base: 8 | 10 | 16
  /** It is too large for 64 bits: C makes all ones of it. */
  readonly overflow: boolean
}

const NUMBER = /[ \t\n\v\f\r]*([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)/y
const MAX = 0xffff_ffff_ffff_ffffn

/** The number that a text has at a place; null if there is none. */
export function readCNumber(text: string, at: number): CNumber | null {
  const digit = text.charCodeAt(at) - 0x30
  // Nearly every value is a single digit, for which the pattern takes ten times as long.
  if (at + 1 === text.length && digit >= 0 && digit <= 9)
    return { end: at + 1, low: digit, high: 0, negative: false, base: 10, overflow: false }
  NUMBER.lastIndex = at
  const found = NUMBER.exec(text)
  if (found === null) return null
  const [whole, sign = '', digits = ''] = found
  const end = at + whole.length
  const hex = digits.startsWith('0x') || digits.startsWith('0X')
  const base = hex ? 16 : digits.length > 1 && digits.startsWith('0') ? 8 : 10
  const negative = sign === '-'
  const number = Number.parseInt(hex ? digits.slice(2) : digits, base)
  if (number <= 0xffff_ffff && !negative)
    return { end, low: number, high: 0, negative, base, overflow: false }
  const exact = BigInt(base === 8 ? `0o${digits}` : digits)
  const overflow = exact > MAX
  const value = overflow ? MAX : BigInt.asUintN(64, negative ? -exact : exact)
  return {
    end,
    low: Number(value & 0xffff_ffffn),
    high: Number(value >> 32n),
    negative,
    base,
    overflow,
  }
}

/** Its value, for people: what C makes of it. */
export function cNumberText({ low, high }: CNumber): string {
  if (high === 0) return String(low)
  return `0x${high.toString(16)}${low.toString(16).padStart(8, '0')}`
}
