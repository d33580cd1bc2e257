/** What a verb of the command is. */
import type { OptionTable, OptionValues } from './args.js'
import type { ExitStatus } from './exit.js'
import type { Io } from './io.js'
import type { Printer } from './output/printer.js'

/** One line of the help that can be tried. */
interface Example {
  /** The command, from `xenlevel` on. */
  readonly command: string
  /** What it does. */
  readonly does: string
}

/** What a verb is given. */
interface Context<Table extends OptionTable> {
  /** The world. */
  readonly io: Io
  /** The options. */
  readonly values: OptionValues<Table>
  /** Everything else on the command line, in order. */
  readonly operands: readonly string[]
  /** Where the answer goes. */
  readonly print: Printer
}

/** One verb. */
export interface Verb<Table extends OptionTable = OptionTable> {
  /** As it is called: `host import`. */
  readonly name: string
  /** What follows it, for the help: `[HOSTS…]`. */
  readonly operands: string
  /** One line. */
  readonly summary: string
  /** What it does, and what its answer means; paragraphs. */
  readonly description: readonly string[]
  /** Its options. `--json` is every verb's. */
  readonly options: Table
  /** Lines to try. */
  readonly examples: readonly Example[]
  /** Does it. */
  run(context: Context<Table & typeof COMMON_OPTIONS>): Promise<ExitStatus>
}

/** Options that every verb has. */
export const COMMON_OPTIONS = {
  json: { type: 'boolean', help: 'answer in JSON; its schema is in the package, in schemas/' },
  help: { type: 'boolean', short: 'h', help: 'show this help' },
} as const satisfies OptionTable

/** A verb whose `run` knows the types of its options. */
export function defineVerb<const Table extends OptionTable>(verb: Verb<Table>): Verb<Table> {
  return verb
}
