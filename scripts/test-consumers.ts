/**
 * Proves the packages as users get them: packs them as they were built, installs the tarballs with plain npm in empty folders, and uses them on
 * every runtime, before every compiler and in a browser.
 *
 *     npm run test:consumers                   prints a line for each thing in each place; exits with 1 if any fails
 *     npm run test:consumers -- --write        writes docs/consumers.md too
 *     npm run test:consumers -- --check        exits with 1 if that is not what would be written
 *
 * Runtimes are kept in ~/.cache/xenlevel-consumers; the first run downloads them.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { attempt, type Cell, type Place, untried } from './consumers/cells.js'
import { install } from './consumers/install.js'
import { packAll, type Tarballs, tryContents } from './consumers/pack.js'
import { PACKAGES } from './consumers/packages.js'
import { linesOf, pageOf } from './consumers/page.js'
import { PROGRAMS, WITH_KOFFI } from './consumers/programs.js'
import { tryProvenance } from './consumers/provenance.js'
import { type FoundRuntime, findRuntimes } from './consumers/runtimes.js'
import { ROOT } from './consumers/shell.js'
import { tryBrowser } from './consumers/try-browser.js'
import { tryCommands, XENLEVEL, XENLEVEL_GEN } from './consumers/try-command.js'
import { tryProgram } from './consumers/try-runtimes.js'
import { TYPESCRIPT_PACKAGES, tryTypeScript } from './consumers/try-typescript.js'
import { writeOrCheck } from './write-or-check.js'

/** A column of the table of packages. */
const INSTALLS = 'installs in silence'

/** Everything, in the order of the tables. */
async function tryAll(work: string): Promise<readonly Cell[]> {
  const tarballs = await packAll(join(work, 'tarballs'))
  const contents = await tryContents(tarballs, join(work, 'contents'))
  const runtimes = await findRuntimes()
  const cells: Cell[] = [...contents]
  for (const { folder } of PACKAGES)
    cells.push(...(await tryPackage(folder, { work, tarballs, runtimes })))
  cells.push(...(await tryTogether(work, tarballs)))
  cells.push(...(await tryProvenance()))
  return cells
}

interface Shop {
  readonly work: string
  readonly tarballs: Tarballs
  readonly runtimes: readonly FoundRuntime[]
}

/** A package by itself: first as it comes, then with its optional peers. */
async function tryPackage(name: string, { work, tarballs, runtimes }: Shop): Promise<Cell[]> {
  const needs = PACKAGES.find(({ folder }) => folder === name)?.needs ?? []
  const ours = [name, ...needs]
  const folder = join(work, name)
  const place: Place = { table: 'Packages', row: `@xenlevel/${name}`, column: INSTALLS }
  const cells = [await attempt(place, () => install(tarballs, { folder, ours }))]
  for (const program of [...PROGRAMS, WITH_KOFFI].filter((each) => each.of === name)) {
    const { others, scriptsOff = false } = program
    if (others === undefined) {
      cells.push(...(await tryProgram(program, folder, runtimes)))
      continue
    }
    const beside = { folder: join(work, `${name}-${others[0]}`), ours, others, scriptsOff }
    const row = `${place.row} with ${others.join(' and ')}${scriptsOff ? ', scripts off' : ''}`
    cells.push(await attempt({ ...place, row }, () => install(tarballs, beside)))
    cells.push(...(await tryProgram(program, beside.folder, runtimes)))
  }
  if (name === 'cpuid') cells.push(...(await tryCommands(XENLEVEL_GEN, folder, runtimes)))
  if (name === 'cli') cells.push(...noModule(place.row, runtimes))
  if (name === 'cli') cells.push(...(await tryCommands(XENLEVEL, folder, runtimes)))
  return cells
}

function noModule(row: string, runtimes: readonly FoundRuntime[]): Cell[] {
  return ['import', 'require'].flatMap((form) =>
    runtimes.map(({ runtime }) => {
      const place = { table: 'Runtimes', row: `${row}, ${form}`, column: runtime.name }
      return untried(place, 'is a command and exports nothing')
    }),
  )
}

/** All packages in one project: what compilers and browsers are given. */
async function tryTogether(work: string, tarballs: Tarballs): Promise<Cell[]> {
  const folder = join(work, 'together')
  const place: Place = {
    table: 'Packages',
    row: 'all of them together',
    column: INSTALLS,
  }
  const wanted = { folder, ours: PACKAGES.map((each) => each.folder), others: TYPESCRIPT_PACKAGES }
  return [
    await attempt(place, () => install(tarballs, wanted)),
    ...(await tryTypeScript(folder)),
    ...(await tryBrowser(folder)),
  ]
}

async function main(): Promise<number> {
  const unbuilt = PACKAGES.filter(
    ({ folder }) => !existsSync(join(ROOT, 'packages', folder, 'dist')),
  )
  if (unbuilt.length > 0) {
    console.error(
      `not built: ${unbuilt.map(({ folder }) => folder).join(', ')}; run "npm run build" first`,
    )
    return 2
  }
  const work = mkdtempSync(join(tmpdir(), 'xenlevel-consumers-'))
  try {
    const cells = await tryAll(work)
    console.log(linesOf(cells))
    const failed = cells.some(({ outcome }) => outcome.kind === 'fails')
    const asked = process.argv.includes('--write') || process.argv.includes('--check')
    const page = { 'docs/consumers.md': pageOf(cells) }
    const stale = asked ? writeOrCheck(ROOT, page, 'npm run test:consumers -- --write') : 0
    return failed ? 1 : stale
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

process.exitCode = await main()
