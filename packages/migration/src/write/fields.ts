/** Numbers in headers and records; what does not fit is an error, as it would be cut in silence. */
import { viewOf } from '../walk.js'
import { ImageWriterError } from './errors.js'

const WORD = 0xffff_ffff

/** Unsigned numbers of 32 bits, little-endian. */
export function words(...values: readonly number[]): Uint8Array {
  return wordsIn(values, true)
}

/** The same, big-endian. */
export function bigWords(...values: readonly number[]): Uint8Array {
  return wordsIn(values, false)
}

function wordsIn(values: readonly number[], little: boolean): Uint8Array {
  const bytes = new Uint8Array(values.length * 4)
  const view = viewOf(bytes)
  values.forEach((value, at) => {
    if (!Number.isInteger(value) || value < 0 || value > WORD)
      throw doesNotFit(value, 'an unsigned number of 32 bits')
    view.setUint32(at * 4, value, little)
  })
  return bytes
}

/** Unsigned numbers of 64 bits, little-endian. */
export function longs(values: BigUint64Array | readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8)
  const view = viewOf(bytes)
  values.forEach((value, at) => {
    if (value < 0n || value >> 64n !== 0n) throw doesNotFit(value, 'an unsigned number of 64 bits')
    view.setBigUint64(at * 8, value, true)
  })
  return bytes
}

/** The error of a value that a field has no room for. */
export function doesNotFit(value: number | bigint | string, what: string): ImageWriterError {
  return new ImageWriterError('FIELD_RANGE', `${value} does not fit its field, which takes ${what}`)
}

/** Characters of one byte each. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** A text with a zero behind it. */
export function terminated(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`)
}
