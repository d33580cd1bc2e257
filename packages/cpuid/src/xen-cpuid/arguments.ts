/** What a command line asks of xen-cpuid; options are read as `getopt_long` of glibc 2.36 reads them. */
import { readDomainId } from './numbers.js'

/** The name by which the tool was called; it is part of its messages. */
export const PROGRAM = 'xen-cpuid'

/** What a run of a command left. */
export interface XenCpuidOutput {
  /** Everything written to standard output. */
  readonly stdout: string
  /** Everything written to standard error. */
  readonly stderr: string
  /** Exit status: 0, or 1 where the tool gave up. */
  readonly rc: number
}

/** What is to be done. */
export type XenCpuidRequest =
  | {
      /** Show the sets, with or without the names of their features. */
      readonly mode: 'info' | 'detail'
    }
  | {
      /** Show policies. */
      readonly mode: 'policy'
      /** A domain's, or -1 for those of the system. */
      readonly domainId: number
    }
  | {
      /** Explain featuresets. */
      readonly mode: 'interpret'
      /** Their texts. */
      readonly featuresets: readonly string[]
    }
  | {
      /** Nothing: the options say it all. */
      readonly mode: 'done'
      /** What was said about them. */
      readonly output: XenCpuidOutput
    }

const USAGE = `Usage: ${PROGRAM} [ info | detail | <featureset>* ]\n`

/** The long options in the tool's order, each with its letter. */
const LONG_OPTIONS = { help: 'h', info: 'i', detail: 'd', verbose: 'v', policy: 'p' } as const

type Letter = (typeof LONG_OPTIONS)[keyof typeof LONG_OPTIONS]

/** The one option that may have a value, and only attached to it. */
const WITH_VALUE: Letter = 'p'

/** One option, or what is wrong with it. */
type Option = { letter: Letter; value?: string } | { problem: string }

/** Reads the arguments that follow the program's name. */
export function readArguments(args: readonly string[]): XenCpuidRequest {
  const operands: string[] = []
  let mode: 'info' | 'detail' | 'policy' | undefined
  let domainId = -1
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] ?? ''
    if (arg === '--') {
      operands.push(...args.slice(at + 1))
      break
    }
    if (!arg.startsWith('-') || arg === '-') {
      operands.push(arg)
      continue
    }
    for (const option of arg.startsWith('--') ? [longOption(arg)] : shortOptions(arg)) {
      if ('problem' in option) return badOption(option.problem)
      if (option.letter === 'h') return done({ stdout: USAGE, stderr: '', rc: 0 })
      if (option.letter === 'i') mode = 'info'
      else if (option.letter === 'd' || option.letter === 'v') mode = 'detail'
      else {
        mode = 'policy'
        // The tool takes a following argument itself, which getopt does not do for an optional value.
        const next = args[at + 1] ?? ''
        const following = next === '' || next.startsWith('-') ? undefined : next
        if (option.value === undefined && following !== undefined) at++
        const text = option.value ?? following
        if (text === undefined) continue
        const id = readDomainId(text)
        if (id === undefined) return badDomain(text, 'Success')
        if (id === null) return badDomain(text, 'Numerical result out of range')
        domainId = id
      }
    }
  }
  if (mode === 'policy') return { mode, domainId }
  if (mode !== undefined) return { mode }
  const [first = 'info'] = operands
  return first === 'info' || first === 'detail'
    ? { mode: first }
    : { mode: 'interpret', featuresets: operands }
}

function shortOptions(arg: string): Option[] {
  const options: Option[] = []
  for (let at = 1; at < arg.length; at++) {
    const character = arg.charAt(at)
    const letter = Object.values(LONG_OPTIONS).find((known) => known === character)
    if (letter === undefined) {
      // glibc shows one byte; of a character outside ASCII that is no text any more.
      const shown = character > '\x7f' ? '\ufffd' : character
      options.push({ problem: `invalid option -- '${shown}'` })
    } else if (letter === WITH_VALUE && at + 1 < arg.length) {
      options.push({ letter, value: arg.slice(at + 1) })
      break
    } else options.push({ letter })
  }
  return options
}

/** A long option may be shortened as long as it is clear which one is meant. */
function longOption(arg: string): Option {
  const equals = arg.indexOf('=')
  const name = arg.slice(2, equals < 0 ? undefined : equals)
  const value = equals < 0 ? undefined : arg.slice(equals + 1)
  const meant = Object.entries(LONG_OPTIONS).filter(([known]) => known.startsWith(name))
  const [only] = meant
  if (only === undefined) return { problem: `unrecognized option '${arg}'` }
  if (meant.length > 1) {
    const possibilities = meant.map(([known]) => ` '--${known}'`).join('')
    return { problem: `option '${arg}' is ambiguous; possibilities:${possibilities}` }
  }
  const [known, letter] = only
  if (value === undefined) return { letter }
  if (letter === WITH_VALUE) return { letter, value }
  return { problem: `option '--${known}' doesn't allow an argument` }
}

function done(output: XenCpuidOutput): XenCpuidRequest {
  return { mode: 'done', output }
}

/** The tool takes a bad option for a wish for help. */
function badOption(problem: string): XenCpuidRequest {
  return done({
    stdout: `Bad option '?'\n${USAGE}`,
    stderr: `${PROGRAM}: ${problem}\n`,
    rc: 0,
  })
}

function badDomain(text: string, reason: string): XenCpuidRequest {
  return done({ stdout: '', stderr: `${PROGRAM}: strtol(${text},,): ${reason}\n`, rc: 1 })
}
