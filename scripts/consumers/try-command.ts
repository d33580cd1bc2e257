/** The commands, from their tarballs, as the shell finds them. */
import { readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { Featureset } from '@xenlevel/cpuid'
import * as z from 'zod'
import { type Cell, must } from './cells.js'
import type { FoundRuntime } from './runtimes.js'
import { inParallel, lastLines, ROOT, run } from './shell.js'
import { trialOn } from './try-runtimes.js'

/** A command line and what it has to print. */
interface CommandLine {
  readonly command: string
  readonly args: readonly string[]
  readonly prints: (stdout: string) => boolean
}

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(ROOT, 'packages', 'cli', 'package.json'), 'utf8')))

/** What the command xenlevel is asked. */
export const XENLEVEL: readonly CommandLine[] = [
  {
    command: 'xenlevel',
    args: ['--version'],
    prints: (stdout) => stdout === `xenlevel ${version}\n`,
  },
  {
    command: 'xenlevel',
    args: ['features', '--help'],
    prints: (stdout) => stdout.startsWith('usage: xenlevel features '),
  },
  {
    command: 'xenlevel',
    args: ['features', 'avx2', 'aesni'],
    prints: (stdout) => stdout.includes(Featureset.fromNames(['AVX2', 'AESNI']).toString()),
  },
]

/** What the command xenlevel-gen of @xenlevel/cpuid is asked. */
export const XENLEVEL_GEN: readonly CommandLine[] = [
  {
    command: 'xenlevel-gen',
    args: ['--help'],
    prints: (stdout) => stdout.startsWith('Usage: xenlevel-gen '),
  },
]

/** The cells of command lines, in a folder where their package is installed. */
export function tryCommands(
  lines: readonly CommandLine[],
  folder: string,
  runtimes: readonly FoundRuntime[],
): Promise<readonly Cell[]> {
  const trials = lines.flatMap((line) => {
    const place = { table: 'Runtimes', row: [line.command, ...line.args].join(' ') }
    return runtimes.map((found) =>
      trialOn(found, place, async (program) => {
        const ran = await start(found, program, folder, line)
        must(ran.status === 0, lastLines(ran))
        must(ran.stderr === '', `says ${ran.stderr.trim()}`)
        must(line.prints(ran.stdout), `prints ${ran.stdout.slice(0, 400)}`)
      }),
    )
  })
  return inParallel(trials)
}

/** By its #! line where that finds the runtime; the others are given the file. */
function start(found: FoundRuntime, program: string, folder: string, line: CommandLine) {
  const { args, env = {} } = found.runtime
  const file = join(folder, 'node_modules', '.bin', line.command)
  if (!program.endsWith('/node')) {
    return run(program, [...args('all'), file, ...line.args], { cwd: folder, env })
  }
  const path = [dirname(program), process.env.PATH].join(delimiter)
  return run(file, line.args, { cwd: folder, env: { ...env, PATH: path } })
}
