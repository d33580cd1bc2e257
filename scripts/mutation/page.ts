/** The scores for people: lines on the screen, and a page of tables. */
import { percent, type Reason, type RoomScore, type Survivor } from './report.js'
import { ROOMS } from './rooms.js'

/** What the kinds of reasons mean. */
const KINDS: Readonly<Record<Reason['kind'], string>> = {
  'same answer': 'the changed program gives the same answers for every input',
  words: 'only a sentence for people changes, and no test holds its wording',
  speed: 'only time or memory changes: a shortcut, a bound, a size made larger than needed',
  'not reachable': 'types or earlier checks keep every input away from it',
  untested: 'an answer could change: a test is missing',
}

/** Scores, each survivor that nobody has looked at, and each reason that has none. */
export function textOf(scores: readonly RoomScore[]): string {
  const lines = scores.map(
    (score) =>
      `${score.room.padEnd(10)} ${percent(score).toFixed(1)} % of ${score.changes} changes noticed, ${score.survivors.length} survived`,
  )
  const open = scores.flatMap(({ survivors }) => survivors.filter(({ reason }) => reason === null))
  const said = open.map(
    ({ file, at, mutator, line, replacement }) =>
      `${file}:${at} ${mutator}\n    ${line}\n    with ${replacement.replaceAll('\n', ' ')}`,
  )
  const stale = scores.flatMap((score) => score.stale)
  const idle = stale.map(
    ({ file, line, replacement }) =>
      `${file} no longer needs its reason\n    ${line}\n    with ${replacement.replaceAll('\n', ' ')}`,
  )
  const sum = `${open.length} survivors have no reason in scripts/mutation/survivors, ${stale.length} reasons no survivor`
  return [...lines, ...said, ...idle, sum].join('\n')
}

/** All of it in Markdown. */
export function pageOf(scores: readonly RoomScore[]): string {
  return `# Mutations

<!-- Made by scripts/test-mutations.ts from the reports of Stryker. Do not edit. -->

A test suite may run every line and hold none. So the code that judges is changed in thousands of places, one at a time — a condition turned round, a bound
moved by one, a block emptied, a word replaced — and the tests are run against each change. A change that no test notices is a survivor.
\`npm run test:mutations -- --write\` does all of it and writes this page, with the recorded answers (\`XENLEVEL_CORPUS\`). It takes two processors for two hours; after
that only what has changed since is tried, unless \`--anew\` is given.

${scoreTable(scores)}

"Ran forever" is noticed too: the change made a test miss its time. Changes to tables that are made once at import were not tried one by one; recorded answers hold
those. What is changed, and by which tests each change is tried, stands in \`scripts/mutation/rooms.ts\`.

## Survivors

Each was looked at, and its reason stands in \`scripts/mutation/survivors/\`; the run fails for one without.

${kindTable(scores)}

## The code that was changed

${scores.map(({ room }) => filesOf(room)).join('\n')}
`
}

function scoreTable(scores: readonly RoomScore[]): string {
  const rows = scores.map((score) => [
    score.room,
    `${score.files}`,
    `${score.changes}`,
    `${score.killed}`,
    `${score.timedOut}`,
    `${score.survivors.length}`,
    `${percent(score).toFixed(1)} %`,
  ])
  const head = ['package', 'files', 'changes', 'a test failed', 'ran forever', 'survived', 'score']
  return tableOf([head, ...rows])
}

function kindTable(scores: readonly RoomScore[]): string {
  const kinds: readonly (Reason['kind'] | null)[] = [
    'same answer',
    'not reachable',
    'speed',
    'words',
    'untested',
    null,
  ]
  const rows = kinds
    .map((kind) => ({ kind, counts: scores.map((score) => counted(score.survivors, kind)) }))
    .filter(({ counts }) => counts.some((count) => count > 0))
    .map(({ kind, counts }) => [
      kind ?? 'not looked at',
      kind === null ? '' : KINDS[kind],
      ...counts.map((count) => `${count}`),
    ])
  return tableOf([['reason', 'what it means', ...scores.map(({ room }) => room)], ...rows])
}

const counted = (survivors: readonly Survivor[], kind: Reason['kind'] | null) =>
  survivors.filter(({ reason }) => (reason?.kind ?? null) === kind).length

function filesOf(name: string): string {
  const judges = ROOMS.find((room) => room.name === name)?.judges ?? []
  const shown = judges
    .filter((glob) => !glob.startsWith('!'))
    .map((glob) => `\`${glob.replace(`packages/${name}/src/`, '')}\``)
  return `- **${name}**: ${shown.join(', ')}`
}

/** A table with columns of equal width. */
function tableOf([head = [], ...body]: readonly (readonly string[])[]): string {
  const all = [head, ...body]
  const widths = head.map((_, at) => Math.max(...all.map((cells) => cells[at]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n')
}
