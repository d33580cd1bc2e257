/** Numbers in arguments, read as the C library does (glibc 2.36, that of Debian 12). */

/** A hexadecimal number at the start of a text. */
export interface ScannedWord {
  /** Its lowest 32 bits, unsigned. */
  readonly word: number
  /** How many characters it took, with the white space and the sign before it. */
  readonly length: number
}

/** Digits of 64 bits; more significant ones than these overflow. */
const DIGITS_OF_LONG = 16

const HEX_NUMBER = /^[ \t-\r]*([+-]?)(0[xX])?([\da-fA-F]*)/

/**
 * Reads a word as `scanf("%x")` does: white space, a sign and `0x` may come first, and `0x` alone is zero. A number is read into 64
 * bits, stopping at the greatest, of which the lowest 32 are kept. Undefined if there is no number.
 */
export function scanWord(text: string): ScannedWord | undefined {
  const [matched = '', sign, prefix, digits = ''] = HEX_NUMBER.exec(text) ?? []
  if (prefix === undefined && digits === '') return undefined
  if (digits.replace(/^0+/, '').length > DIGITS_OF_LONG) {
    return { word: 0xffff_ffff, length: matched.length }
  }
  const low = Number.parseInt(`0${digits.slice(-8)}`, 16)
  return { word: (sign === '-' ? -low : low) >>> 0, length: matched.length }
}

const INTEGER = /^[ \t-\r]*([+-]?)(?:0[xX]([\da-fA-F]+)|(0[0-7]*)|([1-9]\d*))/

/** Digits that 64 bits can have in any of the three bases, without zeros at the start. */
const MOST_DIGITS = 22

/**
 * Reads a domain id as `strtol(…, 0)` into an `int` does: `0x` is hexadecimal, `0` octal, what follows the number is ignored, and of
 * 64 bits the lowest 32 are kept. Undefined if there is no number, null for one that does not fit into 64 bits.
 */
export function readDomainId(text: string): number | null | undefined {
  const match = INTEGER.exec(text)
  if (match === null) return undefined
  const [, sign, hexadecimal, octal, decimal] = match
  const digits = (hexadecimal ?? octal ?? decimal ?? '').replace(/^0+/, '')
  if (digits.length > MOST_DIGITS) return null
  const base = hexadecimal !== undefined ? '0x' : octal !== undefined ? '0o' : ''
  const magnitude = BigInt(`${base}${digits === '' ? '0' : digits}`)
  const value = sign === '-' ? -magnitude : magnitude
  return BigInt.asIntN(64, value) === value ? Number(BigInt.asIntN(32, value)) : null
}
