/** A user of a machine on which there is nothing but Node and npm: an empty home, a short PATH, no settings but the way to the registries. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join, sep } from 'node:path'
import { CACHE, mustRun, ROOT } from '../consumers/shell.js'

/** What may be called: Node, npm, a shell and some of the tools that every Unix has. */
const PROGRAMS = [
  ...['node', 'npm', 'npx'],
  ...['sh', 'env', 'cat', 'cp', 'dirname', 'ls', 'mkdir', 'sed', 'uname'],
]

/** The way to the registry is a part of the machine; all other settings are those of whoever runs this. */
const PASSED_ON =
  /^(npm_config_(registry|proxy|https?_proxy|cafile|ca|strict_ssl)|https?_proxy|NODE_EXTRA_CA_CERTS)$/i

/** The user, and where the user's folders are. */
export interface User {
  readonly env: Readonly<Record<string, string>>
}

/** Where a command is typed, and what became of the one before. */
export interface Prompt {
  readonly cwd: string
  readonly status: number
}

/** What a command left. */
export interface Answer extends Prompt {
  /** All it said, in its order. */
  readonly printed: string
}

/** Makes the user, below a folder. */
export async function makeUser(folder: string, registry: string): Promise<User> {
  const [home, bin] = [join(folder, 'home'), join(folder, 'bin')]
  mkdirSync(home)
  mkdirSync(bin)
  writeFileSync(join(home, '.npmrc'), `@xenlevel:registry=${registry}\n`)
  for (const name of PROGRAMS) symlinkSync(placeOf(name), join(bin, name))
  const passed = Object.entries(process.env).filter(
    (entry): entry is [string, string] => PASSED_ON.test(entry[0]) && entry[1] !== undefined,
  )
  const direct = [process.env.npm_config_noproxy, process.env.NO_PROXY, '127.0.0.1']
  return {
    env: {
      ...Object.fromEntries(passed),
      HOME: home,
      PATH: bin,
      npm_config_noproxy: direct.filter((hosts) => hosts).join(','),
      npm_config_cache: join(CACHE, 'npm'),
      npm_config_prefer_offline: 'true',
      // Whoever runs this may be root: what is installed globally stays with the user all the same.
      npm_config_prefix: join(home, 'global'),
      ...(await keptByPnpm()),
    },
  }
}

/** What pnpm has downloaded before need not be downloaded again; it has no other setting for this that npm does not warn of. */
async function keptByPnpm(): Promise<Readonly<Record<string, string>>> {
  const pnpm = join(ROOT, 'node_modules', '.bin', 'pnpm')
  const { stdout } = await mustRun(pnpm, ['store', 'path'], { cwd: ROOT })
  const [, data] = /^(.*)[/\\]pnpm[/\\]store[/\\]v\d+$/.exec(stdout.trim()) ?? []
  return data === undefined ? {} : { XDG_DATA_HOME: data }
}

/** Types one command, and waits for its end. */
export async function type(user: User, command: string, at: Prompt): Promise<Answer> {
  const left = join(user.env.HOME ?? '', `.where-${process.hrtime.bigint()}`)
  const script = `cd "$AT" || exit\n(exit ${at.status})\n${command}\nstatus=$?; pwd >"$LEFT"; exit $status\n`
  const child = spawn('/bin/sh', ['-c', `exec 2>&1\n${script}`], {
    env: { ...user.env, AT: at.cwd, LEFT: left },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 300_000,
    killSignal: 'SIGKILL',
  })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  const status = await new Promise<number>((ended, failed) => {
    child.on('error', failed)
    child.on('close', (code) => ended(code ?? 137))
  })
  const cwd = existsSync(left) ? readFileSync(left, 'utf8').trimEnd() : at.cwd
  rmSync(left, { force: true })
  return { cwd, status, printed }
}

/** Where a program of this machine is; those that this repository brings do not count. */
function placeOf(name: string): string {
  if (name === 'node') return process.execPath
  const folders = (process.env.PATH ?? '').split(delimiter)
  const found = folders
    .filter((folder) => !`${folder}${sep}`.startsWith(`${ROOT}${sep}`))
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))
  if (found === undefined) throw new Error(`there is no ${name} on this machine`)
  return found
}
