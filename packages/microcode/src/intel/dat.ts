/**
 * The text form of Intel updates: words in C notation, comments that begin with a slash. Read as iucode_tool 2.3.1 reads it, the only
 * program left that does.
 */
import type { Problem } from '../types.js'

/** Characters that a line may have at most, its end included. */
const LINE_LIMIT = 2047

const NEWLINE = 0x0a
const COMMA = 0x2c
const MINUS = 0x2d
const PLUS = 0x2b
const SLASH = 0x2f
const ZERO = 0x30

/** What a text comes to. */
export interface DatContent {
  /** The words, in a buffer of their own: at most twice as long as the text, where every word is one digit. */
  readonly content: Uint8Array<ArrayBuffer>
  /** Lines read, the one that is wrong included. */
  readonly lines: number
  /** Why the rest of the text was not read; empty if all of it was. */
  readonly problems: readonly Problem[]
}

/** Reads the words of a text up to the first thing that cannot be one. */
export function decodeIntelDat(text: Uint8Array): DatContent {
  const reader = new DatReader(text)
  const problem = reader.read()
  return {
    content: reader.words(),
    lines: reader.lines,
    problems: problem === null ? [] : [problem],
  }
}

/** True for text that may be such a file: a comment or a word first, nothing that no text has in its beginning. */
export function looksLikeDat(bytes: Uint8Array): boolean {
  const head = bytes.subarray(0, 4096)
  const first = head.find((byte) => !isSpace(byte))
  if (first === undefined || (first !== SLASH && digitOf(first) >= 10)) return false
  return head.every((byte) => (byte >= 0x20 && byte < 0x7f) || isSpace(byte))
}

class DatReader {
  lines = 0
  readonly #text: Uint8Array
  readonly #words: number[] = []

  constructor(text: Uint8Array) {
    this.#text = text
  }

  words(): Uint8Array<ArrayBuffer> {
    const content = new Uint8Array(4 * this.#words.length)
    const view = new DataView(content.buffer)
    this.#words.forEach((word, index) => {
      view.setUint32(4 * index, word, true)
    })
    return content
  }

  /** Lines are pieces of the text up to a newline or the limit; a piece without a newline must be the last, unless a comment ends it. */
  read(): Problem | null {
    const text = this.#text
    let open = false
    for (let start = 0; start < text.length; ) {
      const newline = text.subarray(start, start + LINE_LIMIT).indexOf(NEWLINE)
      const end = newline < 0 ? Math.min(start + LINE_LIMIT, text.length) : start + newline + 1
      if (open) {
        const why = `the line has more than ${LINE_LIMIT} characters, or a NUL`
        return this.#problem(start, why)
      }
      this.lines++
      const nul = text.subarray(start, end).indexOf(0)
      if (nul === 0) return this.#problem(start, 'there is a NUL')
      const stop = nul < 0 ? end : start + nul
      const at = this.#readLine(start, stop)
      if (typeof at !== 'number') return at
      open = at === stop && text[stop - 1] !== NEWLINE
      start = end
    }
    return null
  }

  /** Reads the words of one line; gives where it stopped, the line's end or a comment. */
  #readLine(start: number, stop: number): number | Problem {
    const text = this.#text
    let at = this.#skipSpace(start, stop)
    while (at < stop && text[at] !== SLASH) {
      const number = parseWord(text, at, stop)
      if (number === null) return this.#problem(at, 'there is no number of 32 bits')
      this.#words.push(number.value)
      at = this.#skipSpace(number.end, stop)
      if (text[at] === COMMA && at < stop) at = this.#skipSpace(at + 1, stop)
      else if (at < stop && (at === number.end || text[at] !== SLASH))
        return this.#problem(at, 'there is no comma after a number')
    }
    return at
  }

  #skipSpace(start: number, stop: number): number {
    let at = start
    while (at < stop && isSpace(this.#text[at] ?? 0)) at++
    return at
  }

  #problem(offset: number, why: string): Problem {
    const path = `line ${Math.max(this.lines, 1)}`
    const message = `Line ${Math.max(this.lines, 1)}, character ${offset}: ${why}; nothing behind it was read.`
    return { code: 'TEXT', severity: 'error', message, offset, path }
  }
}

/** An unsigned number of C: hexadecimal, octal or decimal, with a sign; null if there is none or it has more than 32 bits. */
function parseWord(
  text: Uint8Array,
  start: number,
  stop: number,
): { value: number; end: number } | null {
  let at = start
  const sign = text[at]
  if (sign === PLUS || sign === MINUS) at++
  let base = 10
  if (text[at] === ZERO && at < stop) {
    base = 8
    const digit = at + 2 < stop ? digitOf(text[at + 2] ?? 0) : 36
    if (((text[at + 1] ?? 0) | 0x20) === 0x78 && digit < 16) {
      base = 16
      at += 2
    }
  }
  const first = at
  let value = 0
  while (at < stop) {
    const digit = digitOf(text[at] ?? 0)
    if (digit >= base) break
    value = value * base + digit
    at++
  }
  // C negates in 64 bits, so every number with a minus but 0 is too large.
  if (at === first || value > 0xffff_ffff || (sign === MINUS && value !== 0)) return null
  return { value, end: at }
}

/** The value of a digit or letter; 36 for everything else. */
function digitOf(byte: number): number {
  if (byte >= ZERO && byte <= 0x39) return byte - ZERO
  const letter = byte | 0x20
  return letter >= 0x61 && letter <= 0x7a ? letter - 0x61 + 10 : 36
}

/** What C's isspace takes for blank. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
}
