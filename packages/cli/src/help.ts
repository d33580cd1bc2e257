/** The help: of the whole command and of each verb. */
import type { OptionRow, OptionTable } from './args.js'
import { didYouMean } from './did-you-mean.js'
import { UsageError } from './errors.js'
import { EXIT, type ExitStatus } from './exit.js'
import type { Printer } from './output/printer.js'
import { columns, paragraph } from './output/text.js'
import { COMMON_OPTIONS, type Verb } from './verb.js'
import { GROUPS, VERBS } from './verbs/table.js'

/** Shows the help for words of the command line: none, a verb, or the first word of several. */
export async function showHelp(words: readonly string[], print: Printer): Promise<ExitStatus> {
  const name = words.join(' ')
  if (name === '') overview(print)
  else {
    const exact = VERBS.find((row) => row.name === name)
    const ofGroup = VERBS.filter((row) => row.name.startsWith(`${name} `))
    if (exact !== undefined) helpOf(await exact.load(), print)
    else if (ofGroup.length > 0) {
      print.lines(
        ...columns(
          ofGroup.map((row) => [`xenlevel ${row.name}`, row.summary]),
          '',
        ),
      )
    } else {
      const names = VERBS.map((row) => row.name)
      throw new UsageError(`There is no verb "${name}".${didYouMean(name, names)}`)
    }
  }
  return EXIT.yes
}

function overview(print: Printer): void {
  const bold = (text: string) => print.style('bold', text)
  print.lines(
    'What a pool of Xen hosts can promise its guests, and which guest may run where.',
    '',
    `${bold('usage:')} xenlevel VERB [OPTIONS] [FILES…]`,
  )
  for (const [title, first] of GROUPS) {
    const rows = VERBS.filter((row) => row.group === first)
    if (rows.length === 0) continue
    print.lines('', bold(title), ...columns(rows.map((row) => [row.name, row.summary])))
  }
  print.lines(
    '',
    bold('everywhere'),
    ...columns([
      ['--json', 'answer in JSON, by the schemas in the package'],
      ['--help', 'what a verb does, with examples; also "xenlevel help VERB"'],
      ['--version', 'the version of this command'],
    ]),
    '',
    'Files may be names, directories, patterns in quotes, or - for standard input; what a file is, it says',
    'itself. Exit status: 0 yes or well, 1 no or something was found, 2 it could not be done.',
  )
}

function helpOf(verb: Verb, print: Printer): void {
  const bold = (text: string) => print.style('bold', text)
  const { width } = print
  print.lines(
    `${bold('usage:')} xenlevel ${verb.name} ${[Object.keys(verb.options).length > 0 ? '[OPTIONS]' : '', verb.operands].filter((part) => part !== '').join(' ')}`.trimEnd(),
    '',
    ...verb.description.flatMap((text) => [...paragraph(text, { width }), '']),
    bold('options'),
    ...optionLines({ ...verb.options, ...COMMON_OPTIONS }, width),
  )
  if (verb.examples.length === 0) return
  print.lines('', bold('examples'))
  for (const { command, does } of verb.examples)
    print.lines(...paragraph(`${does}:`, { width, indent: '  ' }), `    $ ${command}`)
}

function optionLines(options: OptionTable, width: number): string[] {
  const rows = Object.entries(options).map(
    ([name, row]) => [optionText(name, row), helpText(row)] as const,
  )
  const column = Math.min(Math.max(...rows.map(([text]) => text.length)), 28) + 4
  return rows.flatMap(([text, help]) => {
    const lines = paragraph(help, { width: Math.max(width - column, 30) })
    const [first = '', ...rest] = lines
    const head = `  ${text}`
    const pad = ' '.repeat(column)
    return head.length + 2 > column
      ? [head, ...lines.map((line) => pad + line)]
      : [head.padEnd(column) + first, ...rest.map((line) => pad + line)]
  })
}

function optionText(name: string, row: OptionRow): string {
  const short = row.short === undefined ? '' : `-${row.short}, `
  const value = row.type === 'boolean' ? '' : ` ${row.choices?.join('|') ?? row.value}`
  return `${short}--${name}${value}`
}

function helpText(row: OptionRow): string {
  return row.type === 'string' && row.multiple === true ? `${row.help}; may be repeated` : row.help
}
