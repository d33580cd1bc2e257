/**
 * Transcripts in Markdown, run again: each `console` fence holds commands behind `$ ` and what they print. Understood is as much of a shell
 * as they need: pipes between xenlevel and cat, `<` and `>` with a file, `<<'END'`, `echo $?`.
 */
import { readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CommandWorld, runCommand } from './command.testing.js'

/** One command of a transcript. */
interface Step {
  readonly command: string
  /** What stands between `<<'END'` and `END`. */
  readonly document?: string
}

/** The Markdown with what its commands print now. */
export async function replay(
  markdown: string,
  world: CommandWorld & { readonly cwd: string },
): Promise<string> {
  const parts = markdown.split(/^(```console\n[\s\S]*?^```$)/m)
  const shell = new Shell(world)
  const replayed: string[] = []
  for (const part of parts) {
    if (!part.startsWith('```console\n')) {
      replayed.push(part)
      continue
    }
    const lines: string[] = []
    for (const { command, document } of stepsOf(part)) {
      lines.push(`$ ${command}\n`, ...(document === undefined ? [] : [document, 'END\n']))
      const printed = await shell.run({ command, ...(document === undefined ? {} : { document }) })
      lines.push(printed === '' || printed.endsWith('\n') ? printed : `${printed}\n`)
    }
    replayed.push(`\`\`\`console\n${lines.join('')}\`\`\``)
  }
  return replayed.join('')
}

/** The commands of a fence; an indented line behind one goes on with it. */
function stepsOf(fence: string): Step[] {
  const lines = fence.split('\n').slice(1, -1)
  const steps: Step[] = []
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    if (!line.startsWith('$ ')) continue
    const command = line.slice(2)
    if (!command.endsWith("<<'END'")) {
      steps.push({ command })
      continue
    }
    const end = lines.indexOf('END', at)
    steps.push({
      command,
      document: lines
        .slice(at + 1, end)
        .map((each) => `${each}\n`)
        .join(''),
    })
    at = end
  }
  return steps
}

class Shell {
  readonly #world: CommandWorld & { readonly cwd: string }
  #status = 0

  constructor(world: CommandWorld & { readonly cwd: string }) {
    this.#world = world
  }

  async run({ command, document }: Step): Promise<string> {
    if (command === 'echo $?') return `${this.#status}\n`
    let input: string | Uint8Array | undefined
    let printed = ''
    const stages = command.replace(/ <<'END'$/, '').split(' | ')
    for (const [at, stage] of stages.entries()) {
      const { words, from, to } = redirections(wordsOf(stage))
      if (from !== undefined) input = readFileSync(join(this.#world.cwd, from))
      const result = await this.#stage(words, at === 0 ? (document ?? input) : input)
      const last = at === stages.length - 1
      if (to !== undefined) await writeFile(join(this.#world.cwd, to), result.bytes)
      printed += last && to === undefined ? result.both : result.stderr
      input = result.bytes
      this.#status = result.status
    }
    return printed
  }

  async #stage(words: readonly string[], stdin: string | Uint8Array | undefined) {
    const [program, ...argv] = words
    if (program === 'xenlevel')
      return await runCommand(argv, { ...this.#world, ...(stdin === undefined ? {} : { stdin }) })
    if (program !== 'cat') throw new Error(`transcripts know xenlevel and cat, and not ${program}`)
    const parts =
      argv.length === 0
        ? [Buffer.from(stdin ?? '')]
        : await Promise.all(argv.map((file) => readFile(join(this.#world.cwd, file))))
    const bytes = Buffer.concat(parts)
    return { status: 0, bytes, stderr: '', both: bytes.toString() }
  }
}

/** Words of a shell: quotes are taken off. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'),
  )
}

function redirections(words: readonly string[]) {
  const kept: string[] = []
  let [from, to]: (string | undefined)[] = []
  for (let at = 0; at < words.length; at++) {
    if (words[at] === '<') from = words[++at]
    else if (words[at] === '>') to = words[++at]
    else kept.push(words[at] ?? '')
  }
  return { words: kept, from, to }
}
