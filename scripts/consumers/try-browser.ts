/** The programs bundled for browsers without polyfills, each in a page of headless Chromium. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Browser, type Page } from '../../packages/cli/src/report/chromium.testing.js'
import { attempt, type Cell, messageOf, must, untried } from './cells.js'
import { npmInstall } from './install.js'
import { PROGRAMS, type Program, sourceOf } from './programs.js'
import { lastLines, mustRun, ROOT, run } from './shell.js'

/** Its program comes as a package beside it: its installation script is not needed. */
const ESBUILD = 'esbuild@0.28.2'

/** The cells of the browser, in a folder where everything is installed. */
export async function tryBrowser(folder: string): Promise<readonly Cell[]> {
  await npmInstall(folder, ['--ignore-scripts', ESBUILD])
  const found = await chromium()
  const browser = found.program === null ? null : Browser.start(found.program)
  try {
    const cells: Cell[] = []
    for (const program of PROGRAMS) {
      const place = { table: 'Browser', row: program.subject, column: 'Chromium, bundled' }
      if (program.notInBrowsers !== undefined) cells.push(untried(place, program.notInBrowsers))
      else if (browser === null) cells.push(untried(place, found.why))
      else cells.push(await attempt(place, () => mustRunIn(browser, program, folder)))
    }
    return cells
  } finally {
    await browser?.close()
  }
}

async function chromium(): Promise<{ program: string | null; why: string }> {
  const known = process.env.XENLEVEL_CHROMIUM
  if (known !== undefined) return { program: known, why: '' }
  try {
    const ran = await mustRun(join(ROOT, 'scripts', 'download-chromium.sh'), [], {
      cwd: ROOT,
      timeout: 600_000,
    })
    return { program: ran.stdout.trim(), why: '' }
  } catch (error) {
    return { program: null, why: `headless Chromium is not to be had: ${messageOf(error)}` }
  }
}

async function mustRunIn(browser: Browser, program: Program, folder: string): Promise<void> {
  const page = await browser.open(pageOf(await bundle(program, folder)), { width: 800 })
  const told = await answerOf(page)
  must(page.complaints.length === 0, `the console shows ${page.complaints.join(' | ')}`)
  const expected = JSON.stringify({ ...(await program.answers()), ...program.inBrowsers })
  must(told === expected, `answers ${told} instead of ${expected}`)
}

const pageOf = (script: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>consumer</title><link rel="icon" href="data:,"><script type="module">${script}</script></html>`

async function bundle(program: Program, folder: string): Promise<string> {
  const entry = join(folder, `browser-${program.file}.ts`)
  const main = 'answer().then((told) => Object.assign(globalThis, { told: JSON.stringify(told) }))'
  writeFileSync(entry, `${sourceOf(program)}\n${main}\n`)
  const esbuild = join(folder, 'node_modules', '.bin', 'esbuild')
  const args = ['--bundle', '--platform=browser', '--format=esm', '--log-level=warning']
  const ran = await run(esbuild, [entry, ...args], { cwd: folder })
  must(ran.status === 0, `esbuild: ${lastLines({ ...ran, stdout: '' })}`)
  must(ran.stderr === '', `esbuild warns: ${ran.stderr}`)
  return ran.stdout
}

/** The programs await; the page has loaded before. */
async function answerOf(page: Page): Promise<string> {
  for (let waited = 0; waited < 60_000; waited += 50) {
    const told = await page.evaluate('globalThis.told')
    if (typeof told === 'string') return told
    if (page.complaints.length > 0) return 'nothing'
    await setTimeout(50)
  }
  return 'nothing within a minute'
}
