/**
 * Text in pieces, each with its line: one JSON value a line (NDJSON), JSON values behind each other, the elements of a JSON array, or any
 * other text as a whole. A damaged line is one damaged piece, and the next one is read all the same.
 */
import { CommandError } from '../errors.js'

/** A piece of a text. */
export interface Piece {
  /** The text. */
  readonly text: string
  /** Its first line in the file, from 1. */
  readonly line: number
  /** Whether it is meant to be JSON. */
  readonly json: boolean
}

/** The most of a text that is not read line by line: more than any dump has, and less than makes a machine swap. */
const LIMIT = 256 * 1024 * 1024

/** Splits text as it comes; of NDJSON no more than a line is held. */
export async function* piecesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Piece> {
  const lines = linesOf(chunks)
  const held: string[] = []
  let first: { readonly text: string; readonly line: number } | undefined
  let number = 0
  let byLine = false
  let size = 0
  for await (const text of lines) {
    number++
    if (byLine) {
      if (text.trim() !== '') yield { text, line: number, json: true }
      continue
    }
    if (text.trim() !== '') {
      if (first === undefined) first = { text, line: number }
      if (first.line === number ? isWholeValue(text) : isNextOfLines(first, text, number)) {
        byLine = true
        if (first.line !== number) yield { ...first, json: true }
        yield { text, line: number, json: true }
        continue
      }
    }
    size += text.length
    if (size > LIMIT) throw tooLong()
    held.push(text)
  }
  if (!byLine && first !== undefined) yield* wholePieces(held, first.text)
}

/** Bytes in lines, without their ends. */
async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  let searched = 0
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true })
    if (rest.length > LIMIT) throw tooLong()
    let from = 0
    for (let end = rest.indexOf('\n', searched); end >= 0; end = rest.indexOf('\n', from)) {
      yield rest.slice(from, rest[end - 1] === '\r' && end > from ? end - 1 : end)
      from = end + 1
    }
    rest = rest.slice(from)
    searched = rest.length
  }
  rest += decoder.decode()
  if (rest !== '') yield rest
}

function tooLong(): CommandError {
  return new CommandError({
    code: 'INPUT_TOO_LONG',
    message: `A text of more than ${LIMIT / 1024 / 1024} MiB is no dump; many hosts are given one a line (NDJSON).`,
  })
}

function isWholeValue(text: string): boolean {
  if (!text.trimStart().startsWith('{')) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** A damaged first line of NDJSON: it has more than a brace, and the line right behind it begins another object. */
function isNextOfLines(
  first: { readonly text: string; readonly line: number },
  text: string,
  line: number,
): boolean {
  return line === first.line + 1 && /^\{\s*"/.test(first.text) && /^\{\s*"/.test(text)
}

function* wholePieces(lines: readonly string[], first: string): Generator<Piece> {
  const text = lines.join('\n')
  if (!/^\s*[[{]/.test(first)) {
    yield { text, line: 1, json: false }
    return
  }
  const values = [...splitValues(text, 0, text.length, 1)]
  const [only] = values
  if (values.length === 1 && only !== undefined && only.text.startsWith('['))
    yield* elementsOf(only)
  else yield* values
}

function* elementsOf(array: Piece): Generator<Piece> {
  const inner = array.text.trimEnd()
  if (!inner.endsWith(']')) {
    yield array
    return
  }
  yield* splitValues(inner, 1, inner.length - 1, array.line)
}

/** JSON values between two places of a text, parted by blanks or commas. */
function* splitValues(text: string, from: number, to: number, line: number): Generator<Piece> {
  let [depth, start, startLine, now, inText] = [0, -1, line, line, false]
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    if (code === NEWLINE) now++
    if (inText) {
      if (code === BACKSLASH) at++
      else if (code === QUOTE) inText = false
      continue
    }
    const blank = code === NEWLINE || code === SPACE || code === TAB || code === RETURN
    if (depth === 0 && (blank || code === COMMA)) {
      if (start >= 0) yield { text: text.slice(start, at), line: startLine, json: true }
      start = -1
      continue
    }
    if (start < 0) [start, startLine] = [at, now]
    if (code === QUOTE) inText = true
    else if (code === BRACE || code === BRACKET) depth++
    else if (code === BRACE_END || code === BRACKET_END) {
      depth--
      if (depth <= 0) {
        yield { text: text.slice(start, at + 1), line: startLine, json: true }
        ;[depth, start] = [0, -1]
      }
    }
  }
  if (start >= 0) yield { text: text.slice(start, to), line: startLine, json: true }
}

const [NEWLINE, RETURN, TAB, SPACE] = [10, 13, 9, 32]
const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c]
const [BRACE, BRACE_END, BRACKET, BRACKET_END] = [0x7b, 0x7d, 0x5b, 0x5d]
