/** Installing in an empty folder with plain npm: what it says, what it runs, what comes along. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'
import { must } from './cells.js'
import type { Tarballs } from './pack.js'
import { CACHE, lastLines, mustRun, run } from './shell.js'

/** What is installed together. */
export interface Installation {
  readonly folder: string
  /** Packages of this project, by their folders. */
  readonly ours: readonly string[]
  /** Packages of others that the user asks for, with their exact versions. */
  readonly others?: readonly string[]
  /** Scripts at installation, which those of others have, are not run. */
  readonly scriptsOff?: boolean
}

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({ resolved: z.string().optional(), hasInstallScript: z.boolean().optional() }),
  ),
})

/** Exactly what was asked for, kept for the next time. */
const NPM_ARGS = [
  'install',
  '--no-audit',
  '--no-fund',
  '--save-exact',
  '--cache',
  join(CACHE, 'npm'),
]

/** About the user's own settings; npm says it whatever is installed. */
const ABOUT_SETTINGS = /^npm warn Unknown \w+ config /

/** npm, in a folder. What it warns of is returned. */
export async function npmInstall(folder: string, args: readonly string[]): Promise<string[]> {
  const npm = (from: string) =>
    run('npm', [...NPM_ARGS, from, ...args], { cwd: folder, timeout: 600_000 })
  const cached = await npm('--offline')
  // The registry is asked only if something is not in the cache.
  const ran = cached.status === 0 ? cached : await npm('--prefer-offline')
  must(ran.status === 0, `npm install: ${lastLines(ran)}`)
  return ran.stderr
    .split('\n')
    .filter((line) => /warn|error/i.test(line) && !ABOUT_SETTINGS.test(line))
}

/** Makes an empty project. */
export function makeProject(folder: string): void {
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
}

/** Makes an empty project and installs there as a user does. */
export async function install(tarballs: Tarballs, wanted: Installation): Promise<void> {
  const { folder, ours, others = [], scriptsOff = false } = wanted
  makeProject(folder)
  const files = ours.map((name) => tarballs.get(name) ?? '')
  const options = scriptsOff ? ['--ignore-scripts'] : []
  const warnings = await npmInstall(folder, [...options, ...files, ...others])
  must(warnings.length === 0, `npm install warns: ${warnings.join(' | ')}`)
  const installed = lockSchema.parse(
    JSON.parse(readFileSync(join(folder, 'node_modules', '.package-lock.json'), 'utf8')),
  )
  const scripts = Object.entries(installed.packages).filter(
    ([, { hasInstallScript }]) => hasInstallScript === true && !scriptsOff,
  )
  must(scripts.length === 0, `scripts come along: ${scripts.map(([path]) => path).join(', ')}`)
  const elsewhere = Object.entries(installed.packages).filter(
    ([path, { resolved = '' }]) => path.includes('@xenlevel/') && !resolved.startsWith('file:'),
  )
  must(elsewhere.length === 0, `does not take ours: ${elsewhere.map(([path]) => path).join(', ')}`)
  // Ends with an error where a dependency or a peer is missing or does not fit.
  await mustRun('npm', ['ls', '--all'], { cwd: folder })
}
