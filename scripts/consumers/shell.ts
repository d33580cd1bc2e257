/** Programs started as a user starts them: without anything that this repository's own tools put into the environment. */
import { spawn } from 'node:child_process'
import { availableParallelism, homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** Where downloads are kept from one run to the next. */
export const CACHE = join(
  process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
  'xenlevel-consumers',
)

/** What a program left. */
export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** How a program is started. */
export interface Start {
  readonly cwd: string
  readonly env?: Readonly<Record<string, string>>
  /** Milliseconds; two minutes by default. */
  readonly timeout?: number
}

/** Set by npm, pnpm and tsx for their children, and no part of a user's machine; the way to the registry is. */
const OURS = [
  /^npm_(?!config_(registry|proxy|https?_proxy|noproxy|cafile|ca|strict_ssl|userconfig)$)/i,
  /^(PNPM\w*|NODE_OPTIONS|NODE_PATH|INIT_CWD|FORCE_COLOR|XENLEVEL_\w+)$/,
]

/** Runs one program to its end, or until its time is over. */
export function run(command: string, args: readonly string[], start: Start): Promise<Ran> {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !OURS.some((rule) => rule.test(name)),
  )
  const env = { ...Object.fromEntries(inherited), NO_COLOR: '1', ...start.env }
  return new Promise((done, failed) => {
    const child = spawn(command, args, {
      cwd: start.cwd,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: start.timeout ?? 120_000,
      killSignal: 'SIGKILL',
    })
    let [stdout, stderr] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.on('error', failed)
    child.on('close', (status) => done({ status, stdout, stderr }))
  })
}

/** The same where anything but success ends everything. */
export async function mustRun(command: string, args: readonly string[], start: Start) {
  const ran = await run(command, args, start)
  if (ran.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${lastLines(ran)}`)
  return ran
}

/** What a program that failed said, in one line: its error, or else its last words. */
export function lastLines({ status, stdout, stderr }: Ran): string {
  const lines = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '')
  const error = lines.filter((line) => /error/i.test(line)).slice(0, 4)
  const said = (error.length > 0 ? error : lines.slice(-4)).map((line) => line.trim()).join(' | ')
  return `exit ${status}: ${said.slice(0, 1200)}`
}

/** Does tasks, as many at a time as there are processors; the results are in their order. */
export async function inParallel<Result>(
  tasks: readonly (() => Promise<Result>)[],
): Promise<readonly Result[]> {
  const results: Result[] = []
  const waiting = tasks.entries()
  const work = async () => {
    for (const [index, task] of waiting) results[index] = await task()
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return results
}
