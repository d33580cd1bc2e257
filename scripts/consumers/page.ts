/** The cells for people: lines on the screen, and a page of tables. */
import type { Cell } from './cells.js'

/** What a table shows, above it. */
const ABOUT: Readonly<Record<string, string>> = {
  Runtimes:
    'A program for each package, written once and run in both forms. It has to answer what it answers on the sources of this repository, and nothing else may be printed. Every package is installed by itself, with what it says it needs. Under Deno, `import` has no permission at all and `require` that to read files; only `@xenlevel/migration/node`, koffi and the commands have more. A process should use one of the two forms: a `CpuPolicy` of the other is refused (`POLICY_FOREIGN`).',
  TypeScript:
    "The same programs, compiled with `strict`, `exactOptionalPropertyTypes`, `noUncheckedIndexedAccess`, and `skipLibCheck` off. The declarations take TypeScript 5.7 or newer, and the types of Node or of browsers: zod's name `URL`, those of `@xenlevel/migration` `TransformStream`.",
  Browser:
    'Bundled by esbuild for browsers, without polyfills, and opened in headless Chromium: the same answers, and nothing on the console. Only a featureset as bigint takes the global `Buffer`; without it the error is `BUFFER_UNAVAILABLE`.',
  Packages:
    'What `npm install` puts on a disk. Every file of a tarball is on a list; nothing is run at installation, no warning is shown, and `npm ls` finds every dependency.',
  'Generated files': 'Tables that a script makes name the script and what it reads.',
}

/** All of it in Markdown. */
export function pageOf(cells: readonly Cell[]): string {
  const tables = Object.keys(ABOUT).map((name) => tableOf(name, cells))
  return `# Consumers

<!-- Made by scripts/test-consumers.ts from what it tried. Do not edit. -->

The packages as users get them: packed, installed by plain npm in empty folders, and used there. \`npm run test:consumers\` does all of it again, and
\`npm run test:consumers -- --write\` writes this page. Linux on x86-64 was tried, and nothing else.

${tables.join('\n\n')}
`
}

function tableOf(name: string, cells: readonly Cell[]): string {
  const own = cells.filter(({ table }) => table === name)
  const columns = [...new Set(own.map(({ column }) => column))]
  const rows = [...new Set(own.map(({ row }) => row))]
  const at = (row: string, column: string) =>
    own.find((cell) => cell.row === row && cell.column === column)?.outcome.kind ?? ''
  const lines = [
    `| | ${columns.join(' | ')} |`,
    `| --- |${' --- |'.repeat(columns.length)}`,
    ...rows.map(
      (row) => `| ${named(row)} | ${columns.map((column) => at(row, column)).join(' | ')} |`,
    ),
  ]
  return [`## ${name}`, '', ABOUT[name], '', ...lines, ...remarks(own, columns)].join('\n')
}

/** The name that is typed, apart from what is said of it. */
const named = (row: string) => row.replace(/^(@xenlevel\/[\w/-]+|xenlevel[^,]*)/, '`$1`')

/** Why what did not pass did not, once for all cells of a row with the same reason. */
function remarks(cells: readonly Cell[], columns: readonly string[]): string[] {
  const where = new Map<string, string[]>()
  for (const { row, column, outcome } of cells) {
    if (outcome.kind === 'passes') continue
    const remark = `${named(row)} ${outcome.kind === 'fails' ? 'fails' : 'was not tried'}: ${outcome.why}`
    where.set(remark, [...(where.get(remark) ?? []), column])
  }
  const lines = [...where].map(([remark, of]) =>
    of.length === columns.length ? `- ${remark}.` : `- ${remark} (${of.join(', ')}).`,
  )
  return lines.length === 0 ? [] : ['', ...lines]
}

/** A line for each cell. */
export function linesOf(cells: readonly Cell[]): string {
  const width = Math.max(...cells.map(({ row }) => row.length))
  const lines = cells.map(({ table, row, column, outcome }) => {
    const why = outcome.kind === 'passes' ? '' : `: ${outcome.why}`
    return `${table.padEnd(15)}  ${row.padEnd(width)}  ${column.padEnd(33)}  ${outcome.kind}${why}`
  })
  const count = (kind: string) => cells.filter(({ outcome }) => outcome.kind === kind).length
  const sum = `${cells.length} cells: ${count('passes')} pass, ${count('fails')} fail, ${count('not tried')} could not be tried`
  const failing = lines.filter((_, index) => cells[index]?.outcome.kind === 'fails')
  return [...lines, '', ...failing, sum].join('\n')
}
