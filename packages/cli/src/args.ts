/** The options of a verb: declared as rows, read by Node's own parser, refused with what was probably meant. */
import { parseArgs } from 'node:util'
import { didYouMean } from './did-you-mean.js'
import { UsageError } from './errors.js'

/** One option. */
export type OptionRow =
  | {
      /** A switch. */
      readonly type: 'boolean'
      /** One letter. */
      readonly short?: string
      /** What it does, for the help. */
      readonly help: string
    }
  | {
      /** An option with a value. */
      readonly type: 'string'
      /** One letter. */
      readonly short?: string
      /** What the help calls the value: `FILE`. */
      readonly value: string
      /** What the value may be; anything by default. */
      readonly choices?: readonly string[]
      /** Whether it may be given several times. */
      readonly multiple?: boolean
      /** What the help and the shell should know of the value. */
      readonly completes?: 'file' | 'release' | 'feature'
      /** What it does, for the help. */
      readonly help: string
    }

/** Options by their long names. */
export type OptionTable = Readonly<Record<string, OptionRow>>

/** The value of one option. */
type OptionValue<Row extends OptionRow> = Row extends { readonly type: 'boolean' }
  ? boolean
  : Row extends { readonly multiple: true }
    ? readonly TextValue<Row>[]
    : TextValue<Row>

type TextValue<Row> = Row extends { readonly choices: readonly (infer Choice)[] } ? Choice : string

/** The values of the options that were given. */
export type OptionValues<Table extends OptionTable> = {
  readonly [Name in keyof Table]?: OptionValue<Table[Name]>
}

/** What a command line says. */
export interface ReadArguments<Table extends OptionTable> {
  /** The options. */
  readonly values: OptionValues<Table>
  /** Everything else, in order. */
  readonly operands: readonly string[]
}

/** @throws {@link UsageError} for an option or a value that there is not. */
export function readArguments<const Table extends OptionTable>(
  args: readonly string[],
  table: Table,
  verb: string,
): ReadArguments<Table> {
  const { tokens } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      Object.entries(table).map(([name, { type, short }]) => [
        name,
        short === undefined ? { type } : { type, short },
      ]),
    ),
    allowPositionals: true,
    strict: false,
    tokens: true,
  })
  const found: Record<string, unknown> = {}
  const operands: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') operands.push(token.value)
    // Node takes the letters of -b-1 apart, and then the dash for the end of the options.
    if (token.kind === 'option-terminator' && args[token.index] !== '--')
      throw new UsageError(
        `${args[token.index]} has a dash among its letters: write options apart.`,
        verb,
      )
    if (token.kind !== 'option') continue
    const row = table[token.name]
    if (row === undefined || !Object.hasOwn(table, token.name))
      throw unknown(token.rawName, table, verb)
    if (row.type === 'boolean') {
      if (token.value !== undefined) throw new UsageError(`${token.rawName} takes no value.`, verb)
      found[token.name] = true
      continue
    }
    const value = readValue(token, row, verb)
    const before = found[token.name]
    if (row.multiple) found[token.name] = [...(Array.isArray(before) ? before : []), value]
    else found[token.name] = value
  }
  if (!areValues(found, table)) throw new UsageError('The options do not fit each other.', verb)
  return { values: found, operands }
}

function unknown(rawName: string, table: OptionTable, verb: string): UsageError {
  const names = Object.keys(table).map((name) => `--${name}`)
  return new UsageError(`There is no option ${rawName}.${didYouMean(rawName, names)}`, verb)
}

function readValue(
  {
    rawName,
    value,
    inlineValue,
  }: {
    readonly rawName: string
    readonly value?: string | undefined
    readonly inlineValue?: boolean | undefined
  },
  row: OptionRow & { readonly type: 'string' },
  verb: string,
): string {
  // A dash alone is standard input; anything else that begins with one was meant as the next option.
  if (value === undefined || (inlineValue !== true && value.length > 1 && value.startsWith('-')))
    throw new UsageError(`${rawName} wants a value: ${rawName}=${row.value}.`, verb)
  if (row.choices !== undefined && !row.choices.includes(value)) {
    throw new UsageError(
      `${rawName} is one of ${row.choices.join(', ')}; "${value}" is none of them.${didYouMean(value, row.choices)}`,
      verb,
    )
  }
  return value
}

function areValues<Table extends OptionTable>(
  found: Readonly<Record<string, unknown>>,
  table: Table,
): found is OptionValues<Table> {
  return Object.entries(found).every(([name, value]) => {
    const row = table[name]
    if (row === undefined) return false
    if (row.type === 'boolean') return typeof value === 'boolean'
    const texts = row.multiple ? value : [value]
    return Array.isArray(texts) && texts.every((text) => typeof text === 'string')
  })
}
