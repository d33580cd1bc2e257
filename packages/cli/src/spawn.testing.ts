/** The program as a process of its own: bundled as it is published, once for the tests of a file. */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'xenlevel-bundle-'))
const program = join(folder, 'main.mjs')

/** Bundles the program before the tests of a file. */
export function bundledProgram(): void {
  beforeAll(() => {
    const tsup = join(root, 'node_modules/tsup/dist/cli-default.js')
    execFileSync(process.execPath, [tsup, '--out-dir', folder, '--silent'], {
      cwd: join(root, 'packages/cli'),
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))
}

/** Starts the program. */
export function startProgram(argv: readonly string[], cwd: string): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [program, ...argv], { cwd })
}

/** Starts a shell in which "$@" is the program. */
export function startShell(script: string, cwd: string): ChildProcessWithoutNullStreams {
  return spawn('bash', ['-c', script, 'bash', process.execPath, program], { cwd })
}

/** How a process ended. */
export interface Ended {
  /** Its exit status; null if a signal ended it. */
  readonly status: number | null
  /** Standard output. */
  readonly stdout: string
  /** Standard error. */
  readonly stderr: string
}

/** Waits for its end. */
export async function ended(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  const texts = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    texts.stdout += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    texts.stderr += String(chunk)
  })
  return await new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, ...texts }))
  })
}
