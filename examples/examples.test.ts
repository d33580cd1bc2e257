/** Every example runs, is short, and stands in the table; and the README shows what the demo really prints. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { explainLevel, parseHostSnapshot } from '@xenlevel/core'
import ts from 'typescript'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { Browser } from '../packages/cli/src/report/chromium.testing.js'

const root = new URL('../', import.meta.url)
const read = (file: string) => readFileSync(new URL(file, root), 'utf8')
/** What programs share, and this. All others are programs. */
const HELPERS = [
  'examples.test.ts',
  'made-update.ts',
  'print.ts',
  'sockets.ts',
  'story.ts',
] as const
const programs = readdirSync(new URL('examples/', root)).filter(
  (file) => file.endsWith('.ts') && !HELPERS.some((helper) => helper === file),
)
const bundler = fileURLToPath(new URL('./browser/bundle.ts', import.meta.url))
const BUNDLER = relative(fileURLToPath(new URL('examples/', root)), bundler)
const PAGE = 'browser/page.mts'

function run(program: string, ...rest: readonly string[]) {
  return spawnSync(process.execPath, ['scripts/run.mjs', `examples/${program}`, ...rest], {
    cwd: root,
    encoding: 'utf8',
  })
}

describe('examples', () => {
  it.each(programs)('%s runs', (program) => {
    const { status, stdout, stderr } = run(program)
    expect(stderr).toBe('')
    expect(status).toBe(0)
    expect(stdout.length).toBeGreaterThan(100)
  })

  it.each([...programs, BUNDLER, PAGE])(
    '%s is below 80 lines, and begins with what it shows and how to run it',
    (program) => {
      const text = read(`examples/${program}`)
      expect(text.trimEnd().split('\n').length).toBeLessThan(80)
      const [, shows = '', command = ''] =
        /^\/\*\*\n \* (.+\.|.+:)\n \*\n \* {5}node scripts\/run\.mjs examples\/(\S+).*\n \*\/\n/.exec(
          text,
        ) ?? []
      expect(shows).toMatch(/^[A-Z]/)
      expect(command).toBe(program === PAGE ? BUNDLER : program)
    },
  )

  it('stand in the table, each with the command that runs it, and nothing else does', () => {
    const rows = [...read('examples/README.md').matchAll(/^\| \[`([^`]+)`\]\(([^)]+)\) /gm)]
    const named = rows.map(([, name = '', link]) => {
      expect(link).toBe(name)
      return name
    })
    expect(named.sort()).toEqual([...programs, BUNDLER].sort())
  })

  it('the README shows the demo’s real output', () => {
    const { stdout } = run('level-a-pool.ts')
    const shown = /^\$ npm run demo\n([\s\S]*?)^```$/m.exec(read('README.md'))?.[1] ?? ''
    const parts = shown.split(/^ *\[…\]\n/m)
    expect(parts.length).toBeGreaterThan(1)
    let at = 0
    for (const part of parts) {
      const found = stdout.indexOf(part, at)
      expect(part.trim().length, 'an empty part of the shown output').toBeGreaterThan(0)
      expect(
        found,
        `not printed by the demo, or not in this order:\n${part}`,
      ).toBeGreaterThanOrEqual(at)
      at = found + part.length
    }
  })
})

describe('the page for browsers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'xenlevel-page-'))
  const file = join(folder, 'page.html')
  let told: ReturnType<typeof run>
  beforeAll(() => {
    told = run(BUNDLER, file)
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  it('is bundled into one file, and that is told', () => {
    expect(told.stderr).toBe('')
    expect(told.status).toBe(0)
    expect(told.stdout).toContain(`${file}: `)
    const html = readFileSync(file, 'utf8')
    const [head = ''] = html.split('<script type="module">')
    expect(head).toContain("default-src 'none'")
    expect(html).not.toMatch(/<(link|script|img)[^>]*(src|href)=(?!"data:,")/)
    expect(html).not.toMatch(/\bimport\s*["'{]|\brequire\(["']/)
  })

  it('has types as browsers know them', () => {
    const [config, page] = ['tsconfig.json', 'page.mts'].map((name) =>
      fileURLToPath(new URL(`examples/browser/${name}`, root)),
    )
    const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} }
    const parsed = ts.getParsedCommandLineOfConfigFile(config ?? '', {}, host)
    expect(parsed?.fileNames).toContain(page)
    const program = ts.createProgram(parsed?.fileNames ?? [], parsed?.options ?? {})
    const found = ts.getPreEmitDiagnostics(program, program.getSourceFile(page ?? ''))
    expect(found.map(({ messageText }) => messageText)).toEqual([])
  })

  const program = process.env.XENLEVEL_CHROMIUM ?? ''
  if (program === '') test.skip('headless Chromium')
  else
    it.each(['light', 'dark'] as const)('levels what is dropped on it, %s', async (scheme) => {
      const browser = Browser.start(program)
      try {
        const page = await browser.open(readFileSync(file, 'utf8'), { width: 390, scheme })
        const documents = ['haswell-1', 'skylake-1'].map((name) => ({
          name: `${name}.json`,
          text: read(`fixtures/hosts/${name}.json`),
        }))
        const broken = { name: 'notes.json', text: '{}' }
        await page.evaluate(`(() => {
          const transfer = new DataTransfer()
          for (const { name, text } of ${JSON.stringify([...documents, broken])})
            transfer.items.add(new File([text], name))
          document.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer }))
        })()`)
        const texts = (selector: string) =>
          page.evaluate(`[...document.querySelectorAll('${selector}')].map((one) => one.innerText)`)
        await expect.poll(() => texts('h2')).toHaveLength(2)
        const hosts = documents.map(({ text }) => parseHostSnapshot(text))
        const { level, losses } = explainLevel(hosts)
        const lost = losses.filter(({ guests }) => guests.includes('hvm'))
        expect(await texts('td:first-child')).toEqual([
          ...hosts.map(({ name }) => name),
          ...lost.map(({ feature }) => feature),
        ])
        expect(await texts('code')).toEqual([level.hvm.default.toString()])
        expect(await texts('[role=alert]')).toEqual([expect.stringMatching(/^notes\.json is not/)])
        expect(page.complaints).toEqual([])
        expect(page.requests).toHaveLength(1)
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(390)
      } finally {
        await browser.close()
      }
    })
})
