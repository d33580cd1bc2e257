import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { Folder, runCommand } from '../command.testing.js'
import { VERBS } from '../verbs/table.js'

const folder = new Folder()
const script = async (shell: string) => (await runCommand(['completion', shell])).stdout

describe('bash', () => {
  it.each([
    { words: ['xenlevel', 'ho'], completes: ['host'] },
    {
      words: ['xenlevel', ''],
      completes: expect.arrayContaining(['host', 'level', 'help', 'completion']),
    },
    {
      words: ['xenlevel', 'host', ''],
      completes: expect.arrayContaining(['capture', 'import', 'show']),
    },
    { words: ['xenlevel', 'help', 'uc'], completes: ['ucode'] },
    { words: ['xenlevel', 'help', 'ucode', 'p'], completes: ['pack', 'plan'] },
    { words: ['xenlevel', 'level', '--met'], completes: ['--method'] },
    { words: ['xenlevel', 'level', '--emit', 'x'], completes: ['xapi', 'xl'] },
    {
      words: ['xenlevel', 'level', '--release', '4.1'],
      completes: expect.arrayContaining(['4.17', '4.10']),
    },
    {
      words: ['xenlevel', 'ucode', 'plan', '--late', ''],
      completes: ['never', 'declared', 'unless-warned'],
    },
    { words: ['xenlevel', 'level', 'ho'], completes: ['hosts.json'] },
    { words: ['xenlevel', 'policy', 'diff', '-w', ''], completes: expect.anything() },
  ])('$words', async ({ words, completes }) => {
    await folder.write('hosts.json', '')
    const file = await folder.write('xenlevel.bash', await script('bash'))
    const quoted = words.map((word) => `'${word}'`).join(' ')
    const shell = `source '${file}'; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _xenlevel; printf '%s\\n' "\${COMPREPLY[@]}"`
    const printed = execFileSync('bash', ['-c', shell], { cwd: folder.path, encoding: 'utf8' })
    expect(printed.trimEnd().split('\n')).toEqual(completes)
  })
})

describe.each(['bash', 'zsh', 'fish'])('%s', (shell) => {
  it('knows every verb and option', async () => {
    const text = await script(shell)
    for (const row of VERBS) {
      const { options } = await row.load()
      for (const word of row.name.split(' ')) expect(text).toContain(word)
      for (const name of Object.keys(options))
        expect(text).toContain(shell === 'fish' ? `-l ${name}` : `--${name}`)
    }
  })

  it('gets quotes that close', async () => {
    for (const line of (await script(shell)).split('\n')) {
      if (line.trimStart().startsWith('#')) continue
      const bare = line.replaceAll("'\\''", '').replaceAll(/"[^"]*"/g, '')
      expect([line, (bare.match(/'/g) ?? []).length % 2]).toEqual([line, 0])
    }
  })
})

it('of another shell is refused', async () => {
  const { status, stderr } = await runCommand(['completion', 'csh'])
  expect([status, stderr]).toEqual([2, expect.stringContaining('Name a shell: bash, zsh, fish.')])
})
