/** Every example runs, and the README shows what the demo really prints. */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const root = new URL('../', import.meta.url)
const HELPERS = ['print.ts', 'sockets.ts', 'examples.test.ts']
const programs = readdirSync(new URL('examples/', root)).filter(
  (file) => file.endsWith('.ts') && !HELPERS.includes(file),
)

function run(program: string) {
  return spawnSync(process.execPath, ['scripts/run.mjs', `examples/${program}`], {
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

  it('the README shows the demo’s real output', () => {
    const { stdout } = run('level-a-pool.ts')
    const readme = readFileSync(new URL('README.md', root), 'utf8')
    const shown = /^\$ npm run demo\n([\s\S]*?)^```$/m.exec(readme)?.[1] ?? ''
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
