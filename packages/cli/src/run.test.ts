import { describe, expect, it } from 'vitest'
import { readArguments } from './args.js'
import { runCommand } from './command.testing.js'
import { findVerb } from './run.js'
import { COMMON_OPTIONS } from './verb.js'
import { VERBS } from './verbs/table.js'

describe('help', () => {
  it('shows every verb', async () => {
    const { status, stdout } = await runCommand([])
    expect(status).toBe(0)
    for (const { name, summary } of VERBS)
      expect(stdout).toContain(`  ${name}`.padEnd(4) && summary)
    expect((await runCommand(['help'])).stdout).toBe(stdout)
    expect((await runCommand(['--help'])).stdout).toBe(stdout)
  })

  it.each(VERBS)(
    'of $name is the same by all ways, and says what the overview says',
    async (row) => {
      const verb = await row.load()
      expect(verb.name).toBe(row.name)
      expect(verb.summary).toBe(row.summary)
      const words = row.name.split(' ')
      const { status, stdout, stderr } = await runCommand(['help', ...words])
      expect([status, stderr]).toEqual([0, ''])
      expect(stdout).toMatch(new RegExp(`^usage: xenlevel ${row.name}`))
      expect((await runCommand([...words, '--help'])).stdout).toBe(stdout)
      for (const name of Object.keys(verb.options)) expect(stdout).toContain(`--${name}`)
      expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThan(180)
    },
  )

  it.each(VERBS)('of $name has examples with verbs and options that there are', async (row) => {
    const { examples } = await row.load()
    expect(examples.length).toBeGreaterThan(0)
    for (const { command } of examples) {
      for (const part of command.split(/\||&&|;|\$\(|\)/)) {
        const words = wordsOf(part)
        const at = words.indexOf('xenlevel')
        if (at < 0) continue
        const { row: found, rest } = findVerb(words.slice(at + 1))
        const verb = await found.load()
        expect(() =>
          readArguments(rest, { ...verb.options, ...COMMON_OPTIONS }, verb.name),
        ).not.toThrow()
      }
    }
  })

  it('of several verbs lists them', async () => {
    const { stdout } = await runCommand(['help', 'host'])
    expect(
      stdout
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split('  ')[0]),
    ).toEqual([
      'xenlevel host capture',
      'xenlevel host import',
      'xenlevel host show',
      ...(stdout.includes('host diff') ? ['xenlevel host diff'] : []),
    ])
  })

  it('of no verb is refused', async () => {
    const { status, stderr } = await runCommand(['help', 'levle'])
    expect(status).toBe(2)
    expect(stderr).toContain('There is no verb "levle". Did you mean "level"?')
  })
})

/** Words of a shell, redirections left out. */
function wordsOf(text: string): string[] {
  const words = [...text.matchAll(/"[^"]*"|'[^']*'|\S+/g)].map(([word]) =>
    word.replace(/^["']|["']$/g, ''),
  )
  const end = words.findIndex((word) => /^[<>]/.test(word))
  return end < 0 ? words : words.slice(0, end)
}

describe('what was probably meant', () => {
  it.each([
    { argv: ['levle'], says: 'There is no verb "levle". Did you mean "level"?' },
    { argv: ['hots', 'import'], says: 'Did you mean "host"?' },
    { argv: ['host', 'improt'], says: 'There is no verb "host improt". Did you mean "import"?' },
    { argv: ['host'], says: 'host is followed by one of capture, import, show' },
    { argv: ['--json', 'level'], says: 'A verb comes before options such as --json' },
    {
      argv: ['level', '--metod', 'xenserver'],
      says: 'There is no option --metod. Did you mean "--method"?',
    },
    {
      argv: ['level', '--method', 'xenserve'],
      says: '--method is one of xenserver, intersection; "xenserve" is none of them. Did you mean "xenserver"?',
    },
    { argv: ['level', '--release'], says: '--release wants a value: --release=RELEASE.' },
    { argv: ['level', '--release', '--json'], says: '--release wants a value' },
    { argv: ['level', '--json=yes'], says: '--json takes no value.' },
    {
      argv: ['host', 'show', '-b-1'],
      says: '-b-1 has a dash among its letters: write options apart.',
    },
    { argv: ['features', 'avx3'], says: 'has no feature named "avx3". Did you mean "AVX' },
    {
      argv: ['features', '--release', '4.7', 'amx-tile'],
      says: 'Xen 4.23-dev has: give --release.',
    },
    { argv: ['features', '--release', '5.0'], says: 'There is no feature table for Xen "5.0"' },
    { argv: ['xyzzy'], says: 'There is no verb "xyzzy".' },
  ])('xenlevel $argv', async ({ argv, says }) => {
    const { status, stdout, stderr } = await runCommand(argv)
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(says)
    expect(stderr).toMatch(/^xenlevel: /)
    expect(stderr).not.toContain('    at ')
  })

  it('an option of its own letter, and values in both forms', () => {
    const table = {
      output: { type: 'string', short: 'o', value: 'FILE', help: '' },
      cpu: { type: 'string', value: 'CPU', multiple: true, help: '' },
      brief: { type: 'boolean', short: 'b', help: '' },
    } as const
    const { values, operands } = readArguments(
      ['-bo', 'a', '--cpu=1', 'x', '--cpu', '-', '--', '--brief', '-'],
      table,
      'test',
    )
    expect(values).toEqual({ output: 'a', cpu: ['1', '-'], brief: true })
    expect(operands).toEqual(['x', '--brief', '-'])
  })
})

describe('the surroundings', () => {
  it('has a version', async () => {
    expect((await runCommand(['--version'])).stdout).toMatch(/^xenlevel \d+\.\d+\.\d+\n$/)
    expect((await runCommand(['-V'])).status).toBe(0)
  })

  const sequence = '\u001b['
  it.each([
    { what: 'a terminal', world: { tty: true }, colours: true },
    { what: 'a pipe', world: {}, colours: false },
    { what: 'NO_COLOR', world: { tty: true, env: { NO_COLOR: '1' } }, colours: false },
    { what: 'an empty NO_COLOR', world: { tty: true, env: { NO_COLOR: '' } }, colours: true },
    { what: 'a dumb terminal', world: { tty: true, env: { TERM: 'dumb' } }, colours: false },
    { what: 'FORCE_COLOR', world: { env: { FORCE_COLOR: '1' } }, colours: true },
    { what: 'both', world: { env: { FORCE_COLOR: '1', NO_COLOR: '1' } }, colours: false },
  ])('colours by $what: $colours', async ({ world, colours }) => {
    expect((await runCommand(['help', 'level'], world)).stdout.includes(sequence)).toBe(colours)
  })

  it('tells a defect from what went wrong on purpose', async () => {
    const failing = {
      files: () => {
        throw new TypeError('never')
      },
    }
    await expect(runCommand(['features'], failing)).rejects.toThrow('never')
    const broken = await runCommand(['level', 'x'], {
      files: (usual) => ({ ...usual, kindOf: () => Promise.reject(new TypeError('a defect')) }),
    })
    expect(broken.status).toBe(2)
    expect(broken.stderr).toContain('a defect')
    expect(broken.stderr).toContain('XENLEVEL_TRACE=1')
    expect(broken.stderr).not.toContain('    at ')
    const traced = await runCommand(['level', 'x'], {
      env: { XENLEVEL_TRACE: '1' },
      files: (usual) => ({ ...usual, kindOf: () => Promise.reject(new TypeError('a defect')) }),
    })
    expect(traced.stderr).toContain('    at ')
  })

  it('is interrupted', async () => {
    const controller = new AbortController()
    const { status, stderr } = await runCommand(['level', 'x'], {
      signal: controller.signal,
      files: (usual) => ({
        ...usual,
        kindOf: () => {
          controller.abort()
          return Promise.reject(new Error('aborted'))
        },
      }),
    })
    expect([status, stderr]).toEqual([130, ''])
  })
})
