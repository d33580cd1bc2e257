/** A page taken literally: what a reader types, writes down and runs, in the order of the page. */

/** A command, and what the page shows of its answer. */
interface Command {
  readonly kind: 'command'
  readonly line: number
  readonly text: string
  /** Undefined where the page shows only what to type. */
  readonly shown?: readonly string[]
  /** The page asks for the exit status next; every other command has to succeed. */
  readonly mayFail: boolean
}

/** A file that the page has its reader write. */
interface WrittenFile {
  readonly kind: 'file'
  readonly line: number
  readonly name: string
  readonly content: string
}

/** A program without a name: it is run as it stands, and `// => ` tells its answers. */
interface Program {
  readonly kind: 'program'
  readonly line: number
  readonly code: string
}

/** One thing that a reader does. */
export type Step = Command | WrittenFile | Program

/** A fence: its language, the name of a file behind that, its lines. */
interface Fence {
  readonly line: number
  readonly language: string
  readonly name: string
  readonly lines: readonly string[]
}

/** What asks for the status of the command before. */
const ASKS_STATUS = 'echo $?'

/** The steps of a page, or of some of its sections. */
export function stepsOf(markdown: string, sections?: readonly string[]): readonly Step[] {
  return fencesOf(markdown, sections).flatMap((fence): readonly Step[] => {
    const { line, language, name, lines } = fence
    if (language === 'console') return commandsOf(fence)
    if (name !== '') return [{ kind: 'file', line, name, content: `${lines.join('\n')}\n` }]
    return language === 'ts' ? [{ kind: 'program', line, code: `${lines.join('\n')}\n` }] : []
  })
}

function fencesOf(markdown: string, sections?: readonly string[]): readonly Fence[] {
  const lines = markdown.split('\n')
  const fences: Fence[] = []
  let wanted = sections === undefined
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (line.startsWith('## ')) wanted = sections?.includes(line.slice(3)) ?? true
    const opening = /^```(\w+) ?(\S*)$/.exec(line)
    if (opening === null) continue
    const end = lines.indexOf('```', at)
    const [, language = '', name = ''] = opening
    if (wanted) fences.push({ line: at + 1, language, name, lines: lines.slice(at + 1, end) })
    at = end
  }
  return fences
}

/** Behind `$ ` stands what is typed; a fence without that holds nothing else. */
function commandsOf({ line: opening, lines }: Fence): readonly Step[] {
  const first = opening + 1
  if (!lines.some((line) => line.startsWith('$ ')))
    return lines.map((text, at) => ({ kind: 'command', line: first + at, text, mayFail: false }))
  const steps: Step[] = []
  for (let start = 0; start < lines.length; ) {
    const typed = typedFrom(lines.slice(start))
    const behind = start + typed.length
    const next = lines.findIndex((line, at) => at >= behind && line.startsWith('$ '))
    const end = next === -1 ? lines.length : next
    steps.push({
      kind: 'command',
      line: first + start,
      text: typed.join('\n').slice(2),
      shown: lines.slice(behind, end),
      mayFail: lines[end] === `$ ${ASKS_STATUS}`,
    })
    start = end
  }
  return steps
}

/** One line, or with it what goes into the command by `<<'END'`. */
function typedFrom(lines: readonly string[]): readonly string[] {
  return lines[0]?.endsWith("<<'END'") === true
    ? lines.slice(0, lines.indexOf('END') + 1)
    : lines.slice(0, 1)
}
