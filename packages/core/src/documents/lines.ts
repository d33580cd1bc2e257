/** Bytes in lines: each with its number, in memory for one piece of the input and one line, whatever the length of either. */
import { ParseError } from '@xenlevel/cpuid'

/** Bytes as they come from a file or a pipe, or texts; broken where they happen to be. */
export type ByteSource = AsyncIterable<Uint8Array | string> | Iterable<Uint8Array | string>

/** A line without its end, or why there is none. */
export type Line =
  | { readonly line: number; readonly text: string; readonly error?: never }
  | { readonly line: number; readonly error: LineError; readonly text?: never }

/** A line that cannot be read. Codes `LINE_ENCODING` for bytes that are no UTF-8, `LINE_TOO_LONG`. */
export class LineError extends ParseError {}

/** Characters. With all its policies a host has some 100,000. */
const LONGEST_LINE = 1 << 24
/** Bytes that are split at once. */
const PIECE = 1 << 18

const NEWLINE = 0x0a
const RETURN = 0x0d

/**
 * Splits bytes into lines. Lines end with LF or CRLF, the last one may have no end. A byte order mark is passed over; lines of blanks
 * are too, but count.
 */
export class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  readonly #source: string
  readonly #longest: number
  /** The beginning of a line whose end has not come yet. */
  #pending: Uint8Array[] = []
  #size = 0
  #line = 0

  /** @param source - how errors call the input. */
  constructor(source: string, longest = LONGEST_LINE) {
    this.#source = source
    this.#longest = longest
  }

  /** The lines that end in these bytes, in parts that are not long. */
  *push(bytes: Uint8Array): Generator<Line[]> {
    for (let from = 0; from < bytes.length; from += PIECE) {
      yield this.#split(bytes.subarray(from, from + PIECE))
    }
  }

  /** The line that has no end. */
  end(): Line[] {
    const lines: Line[] = []
    if (this.#size > 0) this.#endPending(new Uint8Array(0), lines)
    return lines
  }

  #split(bytes: Uint8Array): Line[] {
    const lines: Line[] = []
    const last = bytes.lastIndexOf(NEWLINE)
    if (last >= 0) {
      const first = bytes.indexOf(NEWLINE)
      this.#endPending(bytes.subarray(0, first), lines)
      if (last > first) this.#addAll(bytes.subarray(first + 1, last), lines)
    }
    this.#keep(bytes.subarray(last + 1))
    return lines
  }

  #keep(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.#size += bytes.length
    // Of a line that is too long nothing is needed any more. A copy is kept, for whoever gave the bytes may use their memory again.
    if (this.#size > this.#longest) this.#pending = []
    else this.#pending.push(bytes.slice())
  }

  #endPending(bytes: Uint8Array, lines: Line[]): void {
    const size = this.#size + bytes.length
    const parts = [...this.#pending, bytes]
    this.#pending = []
    this.#size = 0
    if (size > this.#longest) lines.push(this.#tooLong())
    else this.#addOne(parts.length === 1 ? bytes : joined(parts, size), lines)
  }

  /** Lines that are all there. Nearly always their bytes are text, and are decoded at once. */
  #addAll(bytes: Uint8Array, lines: Line[]): void {
    const text = this.#decode(bytes)
    if (text === null) {
      for (let from = 0; from <= bytes.length; ) {
        const end = endOf(bytes.indexOf(NEWLINE, from), bytes.length)
        this.#addOne(bytes.subarray(from, end), lines)
        from = end + 1
      }
      return
    }
    for (let from = 0; from <= text.length; ) {
      const end = endOf(text.indexOf('\n', from), text.length)
      this.#addText(text.slice(from, end), lines)
      from = end + 1
    }
  }

  #addOne(bytes: Uint8Array, lines: Line[]): void {
    const text = this.#decode(bytes)
    if (text !== null) this.#addText(text, lines)
    else lines.push(this.#error('LINE_ENCODING', 'has bytes that are no UTF-8'))
  }

  #addText(text: string, lines: Line[]): void {
    const begin = this.#line === 0 && text.startsWith('\ufeff') ? 1 : 0
    const end = text.length - (text.charCodeAt(text.length - 1) === RETURN ? 1 : 0)
    const own = text.slice(begin, end)
    if (own.length > this.#longest) lines.push(this.#tooLong())
    else if (own.trim() === '') this.#line++
    else lines.push({ line: ++this.#line, text: own })
  }

  #tooLong(): Line {
    return this.#error('LINE_TOO_LONG', `has more than ${this.#longest} characters`)
  }

  #error(code: string, problem: string): Line {
    const line = ++this.#line
    const source = this.#source
    const message = `${source} line ${line} ${problem}.`
    const details = { source, line }
    return {
      line,
      error: new LineError({ code, message, offset: null, path: `line ${line}`, details }),
    }
  }

  #decode(bytes: Uint8Array): string | null {
    try {
      return this.#decoder.decode(bytes)
    } catch (error) {
      if (error instanceof TypeError) return null
      throw error
    }
  }
}

function endOf(found: number, length: number): number {
  return found < 0 ? length : found
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}
