import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeRecorded, readRecorded } from '../../../../fixtures/recorded.js'

const root = new URL('../../../../', import.meta.url)
let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'xenlevel-gen-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function gen(args: readonly string[], input = '') {
  return spawnSync(
    process.execPath,
    ['scripts/run.mjs', 'packages/cpuid/src/bin/xenlevel-gen.ts', ...args],
    {
      cwd: root,
      encoding: 'utf8',
      input,
    },
  )
}

const header =
  '/* Bits in CPUID level 0x00000001.edx, word 0 */\nXEN_CPUFEATURE(ONE, 0*32+ 0) /*A one */\nXEN_CPUFEATURE(TWO, 0*32+ 1) /*A two */\n'

describeRecorded('policy/headers/4.17.7.h.txt', () => {
  it('makes a module of a downstream header that knows the new bit', () => {
    const downstream = `${readRecorded('policy/headers/4.17.7.h.txt')}XEN_CPUFEATURE(ACME, 0*32+10) /*A acme */\n`
    const add = join(folder, 'add.json')
    const output = join(folder, 'acme.ts')
    const use = join(folder, 'use.ts')
    writeFileSync(add, JSON.stringify({ FPU: ['ACME'] }))
    const made = gen(
      ['--like', '4.17', '--name', '4.17.7-acme', '--add', add, '-o', output, '-'],
      downstream,
    )
    expect(made.stderr).toBe('')
    expect(made.status).toBe(0)
    writeFileSync(
      use,
      `import { featureTable } from './acme.js'\nconst table = featureTable()\nconsole.log(JSON.stringify([table.release, table.words.length, table.feature('acme')?.bit, table.requirements('ACME')]))\n`,
    )
    // Beside the packages, so that the import of @xenlevel/cpuid resolves as a user's would.
    const text = readFileSync(output, 'utf8')
    expect(text).toContain(
      "import { type FeatureDeclarations, type FeatureTable, flattenFeatures } from '@xenlevel/cpuid'",
    )
    const inside = mkdtempSync(new URL('examples/.acme-', root).pathname)
    try {
      writeFileSync(join(inside, 'acme.ts'), text)
      writeFileSync(join(inside, 'use.ts'), readFileSync(use, 'utf8'))
      const run = spawnSync(
        process.execPath,
        ['scripts/run.mjs', join(inside, 'use.ts').slice(root.pathname.length)],
        {
          cwd: root,
          encoding: 'utf8',
        },
      )
      expect(run.stderr).toBe('')
      expect(JSON.parse(run.stdout)).toEqual(['4.17.7-acme', 19, 10, ['FPU']])
    } finally {
      rmSync(inside, { recursive: true })
    }
  })
})

describe('xenlevel-gen', () => {
  it('prints to standard output and takes its own dependencies', () => {
    const dependencies = join(folder, 'own.json')
    writeFileSync(dependencies, JSON.stringify({ ONE: ['TWO'] }))
    const made = gen(['--dependencies', dependencies, '-'], header)
    expect(made.status).toBe(0)
    expect(made.stdout).toContain('["ONE",0,"A"],')
    expect(made.stdout).toContain('"ONE": ["TWO"],')
    expect(made.stdout).toContain('export const release = "4.23-dev-custom"')
  })

  it('refuses what Xen refuses and leaves no file behind', () => {
    const output = join(folder, 'never.ts')
    const made = gen(['-o', output, '-'], header.replace('0*32+ 1', '0*32+ 0'))
    expect(made.status).toBe(1)
    expect(made.stderr).toBe(
      'xenlevel-gen: The feature header is refused: Aliased value between TWO and ONE (line 3, column 20).\n',
    )
    expect(existsSync(output)).toBe(false)
    const circle = join(folder, 'circle.json')
    writeFileSync(circle, JSON.stringify({ ONE: ['TWO'], TWO: ['ONE'] }))
    const refused = gen(['--dependencies', circle, '-o', output, '-'], header)
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain('ONE -> TWO -> ONE')
    expect(readdirSync(folder).filter((file) => file.startsWith('never'))).toEqual([])
  })

  it.each([
    [[], 'expected one HEADER'],
    [['a', 'b'], 'expected one HEADER'],
    [['--nonsense'], "Unknown option '--nonsense'"],
    [['/nowhere/header.h'], 'no such file'],
    [['--dependencies', '/nowhere/deps.json', '-'], '/nowhere/deps.json cannot be read as JSON'],
  ])('says what it needs for %j', (args, part) => {
    const made = gen(args, header)
    expect(made.status).toBe(2)
    expect(made.stderr).toContain(part)
    expect(made.stdout).toBe('')
  })

  it('explains itself', () => {
    expect(gen(['--help']).stdout).toMatch(/^Usage: xenlevel-gen/)
  })
})
