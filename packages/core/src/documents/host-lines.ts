/** Hosts one a line (NDJSON), as ansible, ssh loops and GNU parallel collect them: a bad line is told, and the rest goes on. */
import { XenlevelError } from '@xenlevel/cpuid'
import type { PoolLeveller } from '../pool/leveller.js'
import { type ByteSource, type Line, LineSplitter } from './lines.js'
import { type HostSnapshot, parseHostSnapshot } from './snapshot.js'

/** A line that is no host. */
export interface BadHostLine {
  /** Its number, from 1. */
  readonly line: number
  /** What is wrong with it; the message begins with the source and the line. */
  readonly error: XenlevelError
  /** Never there: it tells the line from one that is a host. */
  readonly host?: never
}

/** A line that is a host. */
export interface GoodHostLine {
  /** Its number, from 1. */
  readonly line: number
  /** The host. */
  readonly host: HostSnapshot
  /** Never there: it tells the line from one that is no host. */
  readonly error?: never
}

/** How lines are read. */
export interface HostLinesOptions {
  /** How errors call the input: a file; `'input'` by default. */
  readonly source?: string
}

/**
 * Reads hosts one a line. Lines of blanks are passed over; a line that is no host snapshot is given with its error, and the next one
 * is read all the same.
 *
 * Memory is that of one line, whatever the length of the input; stopping early closes the source.
 */
export async function* readHostLines(
  bytes: ByteSource,
  { source = 'input' }: HostLinesOptions = {},
): AsyncGenerator<GoodHostLine | BadHostLine> {
  for await (const lines of linesOf(bytes, source)) {
    for (const one of lines) yield readLine(one, source)
  }
}

function readLine({ line, text, error }: Line, source: string): GoodHostLine | BadHostLine {
  if (error !== undefined) return { line, error }
  try {
    return { line, host: parseHostSnapshot(text, `${source} line ${line}`) }
  } catch (reason) {
    return { line, error: ownError(reason) }
  }
}

/** Options of {@link addHostLines}. */
export interface AddHostLinesOptions extends HostLinesOptions {
  /** Told of each line that is no host, or whose name is there already, as it comes. */
  readonly onBadLine?: (bad: BadHostLine) => void
}

/** What came of some lines. */
export interface AddedHostLines {
  /** Hosts that were added. */
  readonly hosts: number
  /** Lines that were not. */
  readonly bad: number
}

/**
 * Adds hosts that stand one a line to a leveller, as {@link readHostLines} reads them; lines that differ only in what no level depends on
 * are not read again, so that a million take seconds.
 *
 * @returns when the input ends; what stops the input stops this with the same error, and what came before has been added.
 */
export async function addHostLines(
  leveller: PoolLeveller,
  bytes: ByteSource,
  { source = 'input', onBadLine }: AddHostLinesOptions = {},
): Promise<AddedHostLines> {
  let hosts = 0
  let bad = 0
  const refuse = (line: number, error: XenlevelError) => {
    bad++
    onBadLine?.({ line, error })
  }
  for await (const lines of linesOf(bytes, source)) {
    for (const { line, text, error } of lines) {
      if (error !== undefined) {
        refuse(line, error)
        continue
      }
      try {
        leveller.addText(text, `${source} line ${line}`)
        hosts++
      } catch (reason) {
        refuse(line, ownError(reason))
      }
    }
  }
  return { hosts, bad }
}

async function* linesOf(bytes: ByteSource, source: string): AsyncGenerator<Line[]> {
  const splitter = new LineSplitter(source)
  const encoder = new TextEncoder()
  for await (const chunk of bytes) {
    yield* splitter.push(typeof chunk === 'string' ? encoder.encode(chunk) : chunk)
  }
  yield splitter.end()
}

/** What is wrong with a line; whatever else goes wrong is passed on. */
function ownError(reason: unknown): XenlevelError {
  if (reason instanceof XenlevelError) return reason
  throw reason
}
