/** One run of the command: finds the verb, reads its options, and says in one line what went wrong. */
import { readArguments } from './args.js'
import { didYouMean } from './did-you-mean.js'
import { isSystemError, UsageError } from './errors.js'
import { EXIT } from './exit.js'
import type { Io } from './io.js'
import { Printer } from './output/printer.js'
import { COMMON_OPTIONS, type Verb } from './verb.js'
import { VERBS, type VerbRow } from './verbs/table.js'

/** Does what a command line says. Never throws: what goes wrong is told on standard error. */
export async function run(argv: readonly string[], io: Io): Promise<number> {
  const print = new Printer(io)
  try {
    return await dispatch(argv, io, print)
  } catch (error) {
    if (io.signal.aborted) return EXIT.interrupted
    print.failure(error)
    if (error instanceof UsageError) {
      const help = error.verb === undefined ? 'xenlevel help' : `xenlevel help ${error.verb}`
      print.note(`"${help}" shows what can be asked.`)
    } else if (isDefect(error)) {
      print.note(
        'This is a defect of xenlevel. XENLEVEL_TRACE=1 shows where it is; please report it.',
      )
      if (io.env.XENLEVEL_TRACE === '1' && error instanceof Error)
        io.stderr.write(`${error.stack ?? ''}\n`)
    }
    return EXIT.failed
  }
}

/** What nobody threw on purpose. */
function isDefect(error: unknown): boolean {
  return (
    !(error instanceof Error) ||
    (!isSystemError(error) && !('code' in error && typeof error.code === 'string'))
  )
}

async function dispatch(argv: readonly string[], io: Io, print: Printer): Promise<number> {
  const [first = ''] = argv
  if (first === '--version' || first === '-V') {
    const { VERSION } = await import('./version.js')
    print.lines(`xenlevel ${VERSION}`)
    return EXIT.yes
  }
  if (argv.length === 0 || first === '--help' || first === '-h' || first === 'help') {
    const { showHelp } = await import('./help.js')
    return await showHelp(
      argv.slice(1).filter((word) => !word.startsWith('-')),
      print,
    )
  }
  const { row, rest } = findVerb(argv)
  const verb: Verb = await row.load()
  const options = { ...COMMON_OPTIONS, ...verb.options }
  const { values, operands } = readArguments(rest, options, verb.name)
  if (values.help === true) {
    const { showHelp } = await import('./help.js')
    return await showHelp(verb.name.split(' '), print)
  }
  return await verb.run({ io, values, operands, print })
}

/** The verb at the beginning of a command line, and what follows it. */
export function findVerb(words: readonly string[]): { row: VerbRow; rest: readonly string[] } {
  const [first = '', second = ''] = words
  const whole = VERBS.find(({ name }) => name === `${first} ${second}`)
  if (whole !== undefined) return { row: whole, rest: words.slice(2) }
  const single = VERBS.find(({ name }) => name === first)
  if (single !== undefined) return { row: single, rest: words.slice(1) }
  const names = VERBS.map(({ name }) => name)
  if (first.startsWith('-'))
    throw new UsageError(`A verb comes before options such as ${first}: xenlevel VERB ${first}.`)
  const ofGroup = names.filter((name) => name.startsWith(`${first} `))
  if (ofGroup.length > 0) {
    const seconds = ofGroup.map((name) => name.slice(first.length + 1))
    throw new UsageError(
      second === '' || second.startsWith('-')
        ? `${first} is followed by one of ${seconds.join(', ')}.`
        : `There is no verb "${first} ${second}".${didYouMean(second, seconds)} ${first} is followed by one of ${seconds.join(', ')}.`,
    )
  }
  const firsts = [...new Set(names.map((name) => name.split(' ')[0] ?? name))]
  const meant = didYouMean(`${first} ${second}`.trim(), names)
  throw new UsageError(
    `There is no verb "${first}".${didYouMean(first, [...firsts, 'help']) || meant}`,
  )
}
