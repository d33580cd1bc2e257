/** How checks of both vendors' files say what is wrong. */
import type { Finding, MicrocodeRule, Problem } from './types.js'

/** One thing that does not hold, before it is known whose rule it breaks. */
export interface Fault {
  /** Stable name. */
  readonly code: string
  /** The field, without the update it is in. */
  readonly field: string
  /** Bytes from the start of the input. */
  readonly offset: number
  /** A clause for people: what is there and what should be. */
  readonly why: string
  /** What should stand there. */
  readonly expected?: number | string
  /** What stands there. */
  readonly found?: number | string
}

/** Whom a fault concerns and what follows from it. */
export interface Consequence {
  /** Whose rule it is. */
  readonly rule: MicrocodeRule
  /** `error`: for every CPU; `warning`: for some. */
  readonly severity: 'error' | 'warning'
  /** A clause for people: what the reader does then. */
  readonly effect: string
  /** What the reader prints. */
  readonly says?: string | undefined
}

/** Where a reader stops. */
export interface Stop {
  /** The thing that it refuses: bytes from the start of the input. */
  readonly at: number
  /** The same for people: `update 2`. */
  readonly path: string
  /** What is wrong with it. */
  readonly fault: Fault
  /** What the reader prints. */
  readonly says?: string | undefined
}

/** A reader, as far as reasons name it. */
export interface NamedReader {
  /** Whose rules. */
  readonly rule: MicrocodeRule
  /** Who that is, for people. */
  readonly name: string
  /** What it took before a fault still counts. */
  readonly keepsEarlier: boolean
}

/** What it means that `reader` stops there, after it took `before` updates. */
export function stopFinding(stop: Stop, reader: NamedReader, before: number): Finding {
  const { rule, name } = reader
  const { fault, path, says } = stop
  if (!reader.keepsEarlier || before === 0) {
    const effect = `${name} loads nothing from the file`
    return findingOf(fault, path, { rule, severity: 'error', effect, says })
  }
  const earlier = before === 1 ? 'the one' : `the ${before}`
  const effect = `${name} reads no further, but ${earlier} before it may still be loaded`
  return findingOf(fault, path, { rule, severity: 'warning', effect, says })
}

/** A fault as a problem of the form, whoever reads it. */
export function problemOf(
  fault: Fault,
  path: string,
  severity: Problem['severity'] = 'error',
): Problem {
  const { code, field, offset, why, expected, found } = fault
  return {
    code,
    severity,
    message: `${sentence(path)} at ${offset}: ${why}.`,
    offset,
    path: field === '' ? path : `${path}.${field}`,
    ...(expected !== undefined && { expected }),
    ...(found !== undefined && { found }),
  }
}

/** A fault as a reason of one reader. */
export function findingOf(fault: Fault, path: string, consequence: Consequence): Finding {
  const { rule, severity, effect, says } = consequence
  const problem = problemOf(fault, path, severity)
  const message = `${problem.message.slice(0, -1)}; ${effect}.`
  return { ...problem, message, rule, ...(says !== undefined && { says }) }
}

function sentence(path: string): string {
  return path.charAt(0).toUpperCase() + path.slice(1)
}
