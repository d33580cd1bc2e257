/** Follows one page: does what it says, as its reader would, and compares what comes of it. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { mustRun, ROOT } from '../consumers/shell.js'
import { withAnswersChecked } from '../snippets.js'
import { differenceOf } from './compare.js'
import { type Step, stepsOf } from './steps.js'
import { type Prompt, type, type User } from './user.js'

/** A page, and where its reader begins. */
export interface Page {
  /** From the root of the repository. */
  readonly file: string
  /** Headings of the sections that are followed; all without it. */
  readonly sections?: readonly string[]
  /**
   * - `repository`: a folder with the repository in it, as one gets it
   * - `project`: an empty project, as the page of the first hour makes it
   */
  readonly start: 'repository' | 'project'
}

/** What became of a step. */
export interface Followed {
  readonly file: string
  readonly line: number
  /** What was done, in a few words. */
  readonly what: string
  readonly seconds: number
  /** Why it failed. */
  readonly failure?: string
}

/** Runs TypeScript where the page of the first hour has the project's own tsx, and Node 22.18 needs none. */
const TSX = join(ROOT, 'node_modules', 'tsx', 'dist', 'cli.mjs')

/** Follows a page, to its end or to the first step that fails, in a folder that is made for it. Each step is told as it is done. */
export async function follow(
  page: Page,
  { folder, user, tell }: { folder: string; user: User; tell: (step: Followed) => void },
): Promise<void> {
  const { file, sections, start } = page
  mkdirSync(folder, { recursive: true })
  if (start === 'repository') await copyRepository(join(folder, 'xenlevel'))
  else writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }\n')
  let prompt: Prompt = { cwd: folder, status: 0 }
  for (const step of stepsOf(readFileSync(join(ROOT, file), 'utf8'), sections)) {
    const begun = performance.now()
    const { after, failure } = await take(step, prompt, user)
    prompt = after
    const seconds = (performance.now() - begun) / 1000
    const told = { file, line: step.line, what: nameOf(step), seconds }
    tell(failure === undefined ? told : { ...told, failure })
    if (failure !== undefined) return
  }
}

/** Its own files, without anything that was installed or built. */
async function copyRepository(folder: string): Promise<void> {
  const { stdout } = await mustRun('git', ['ls-files', '-z'], { cwd: ROOT })
  for (const file of stdout.split('\0').filter((name) => name !== '')) {
    const from = join(ROOT, file)
    if (existsSync(from)) cpSync(from, join(folder, file))
  }
}

interface Taken {
  readonly after: Prompt
  readonly failure?: string | undefined
}

async function take(step: Step, prompt: Prompt, user: User): Promise<Taken> {
  switch (step.kind) {
    case 'file':
      writeFileSync(join(prompt.cwd, step.name), step.content)
      return { after: prompt }
    case 'program': {
      const name = `line-${step.line}.ts`
      writeFileSync(join(prompt.cwd, name), checked(step.code))
      const { status, printed } = await type(user, `node '${TSX}' ${name}`, prompt)
      return { after: prompt, failure: status === 0 ? undefined : printed }
    }
    case 'command': {
      const { printed, ...after } = await type(user, step.text, prompt)
      if (after.status !== 0 && !step.mayFail)
        return { after, failure: `exit status ${after.status}\n${printed}` }
      return { after, failure: step.shown && differenceOf(step.shown, printed) }
    }
  }
}

/** The program with its answers checked. */
function checked(code: string): string {
  const check = withAnswersChecked(code, (value, answer) => `answers(${value}, ${answer})`)
  return `${check}\nimport { deepStrictEqual as answers } from 'node:assert/strict'\n`
}

function nameOf(step: Step): string {
  switch (step.kind) {
    case 'file':
      return `writes ${step.name}`
    case 'program': {
      const answers = step.code.match(/ \/\/ => /g)?.length ?? 0
      return `a program, ${answers} ${answers === 1 ? 'answer' : 'answers'}`
    }
    case 'command':
      return `$ ${step.text.split('\n')[0]}`
  }
}
