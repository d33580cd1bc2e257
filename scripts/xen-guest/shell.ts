/** Starts programs for the harness; what goes wrong is one sentence that says what to do. */
import { spawnSync } from 'node:child_process'

/** The harness cannot go on: a sentence for people. */
export class HarnessError extends Error {}

/** How a program is started. */
interface RunOptions {
  /** Where; the folder of this process by default. */
  readonly cwd?: string
  /** Set over the environment of this process. */
  readonly env?: Readonly<Record<string, string>>
  /** What it reads. */
  readonly input?: Uint8Array | string
}

const LARGEST_OUTPUT = 1 << 30

/** What a program writes, as bytes. */
export function runForBytes(
  command: string,
  args: readonly string[],
  { cwd, env, input }: RunOptions = {},
): Buffer {
  const result = spawnSync(command, args, {
    maxBuffer: LARGEST_OUTPUT,
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env: { ...process.env, ...env } }),
    ...(input === undefined ? {} : { input }),
  })
  if (result.error !== undefined)
    throw new HarnessError(`${command} cannot be started: ${result.error.message}`)
  if (result.status === 0) return result.stdout
  const said = result.stderr.toString().trim().split('\n').slice(-6).join('\n')
  throw new HarnessError(`${command} ${args.join(' ')} ended with ${result.status}:\n${said}`)
}

/** What a program writes, as text without the last newline. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): string {
  return runForBytes(command, args, options).toString().trimEnd()
}

/** Whether a program is there. */
export function isInstalled(command: string): boolean {
  return spawnSync('sh', ['-c', 'command -v "$1"', 'sh', command]).status === 0
}
