/** What the readers of texts share: the lines, and what is said of a damaged one. */
import { quoteForMessage } from '../errors.js'
import { DumpSyntaxError } from './types.js'

/** One line of a text. */
export interface DumpLine {
  /** The line without the space at its end. */
  readonly line: string
  /** From 1. */
  readonly number: number
  /** Characters of the text before it. */
  readonly offset: number
}

/** The lines of a text, whichever way they end. */
export function* linesOf(text: string): Generator<DumpLine> {
  let offset = 0
  for (let number = 1; offset <= text.length; number++) {
    const newline = text.indexOf('\n', offset)
    const end = newline < 0 ? text.length : newline
    yield { line: text.slice(offset, end).trimEnd(), number, offset }
    offset = end + 1
  }
}

/** The error for a line that begins as one of the format does and does not end as one. */
export function damagedLine(at: DumpLine, expected: string): DumpSyntaxError {
  return wrongLine(
    at,
    `is damaged: ${quoteForMessage(at.line, 80)}. Expected ${expected}; take the dump again or mend the line.`,
  )
}

/** The error for a line that has the right form and cannot be where it is. */
export function wrongLine({ number, offset }: DumpLine, problem: string): DumpSyntaxError {
  return new DumpSyntaxError(`Line ${number} of the dump ${problem}`, offset, `line ${number}`)
}

/** The error of a dump that has its form, and of no CPU a leaf. */
export function withoutCpus(text: string): DumpSyntaxError {
  return new DumpSyntaxError(
    'The dump has no CPUID lines: it was cut off or filtered. Take it again, and give all of it.',
    text.length,
    'end of text',
  )
}

/** A hexadecimal group of a match; a group that took no part is 0. */
export function hexGroup(match: RegExpExecArray, group: number): number {
  return Number.parseInt(match[group] ?? '0', 16)
}
