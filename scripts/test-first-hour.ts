/**
 * Follows the pages that say how to begin, to the letter: docs/first-hour.md, every guide, the packages' READMEs, and what the README says of
 * installing and using. Commands are typed, files written, programs run, and what comes of it is compared with what the page shows; by a
 * user who has Node and npm and nothing else. The packages come, as they were built, from a registry that lives as long as this.
 *
 *     npm run test:first-hour                  prints a line for each step; exits with 1 if any failed
 *     npm run test:first-hour -- level-a       only the pages that have this in their names
 */
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { packAll } from './consumers/pack.js'
import { PACKAGES } from './consumers/packages.js'
import { inParallel, ROOT } from './consumers/shell.js'
import { type Followed, follow, type Page } from './first-hour/follow.js'
import { openRegistry } from './first-hour/registry.js'
import { makeUser } from './first-hour/user.js'

/** The longest first, since several are followed at a time. */
const PAGES: readonly Page[] = [
  { file: 'docs/first-hour.md', start: 'repository' },
  { file: 'README.md', sections: ['Install', 'Use'], start: 'project' },
  ...PACKAGES.map(({ folder }): Page => {
    return { file: `packages/${folder}/README.md`, start: 'project' }
  }),
  ...readdirSync(join(ROOT, 'docs', 'guides')).map((name): Page => {
    return { file: `docs/guides/${name}`, start: 'project' }
  }),
]

function tell({ file, line, what, seconds, failure }: Followed): void {
  const place = `${file}:${line}`
  if (failure === undefined) console.log(`${place}  ${what}  ${seconds.toFixed(1)} s`)
  else console.log(`${place}  ${what}  FAILED\n${failure.trimEnd().replaceAll(/^/gm, '    ')}`)
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
  const asked = process.argv.slice(2)
  const pages = PAGES.filter(
    ({ file }) => asked.length === 0 || asked.some((part) => file.includes(part)),
  )
  const work = realpathSync(mkdtempSync(join(tmpdir(), 'xenlevel-first-hour-')))
  const registry = await openRegistry(await packAll(join(work, 'tarballs')))
  try {
    const user = await makeUser(work, registry.url)
    const steps: Followed[] = []
    const note = (step: Followed) => {
      tell(step)
      steps.push(step)
    }
    await inParallel(
      pages.map((page, index) => () => {
        return follow(page, { folder: join(work, 'pages', `${index}`), user, tell: note })
      }),
    )
    const failed = steps.filter(({ failure }) => failure !== undefined).length
    console.log(`\n${steps.length - failed} steps followed, ${failed} failed`)
    return failed > 0 ? 1 : 0
  } finally {
    registry.close()
    rmSync(work, { recursive: true, force: true })
  }
}

process.exitCode = await main()
