/** docs/command.md shows what the command prints. `XENLEVEL_WRITE_TRANSCRIPTS=1` writes it anew. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseHostSnapshot } from '@xenlevel/core'
import { SimulatedXen } from '@xenlevel/hw-xen/simulated'
import { expect, it } from 'vitest'
import { Folder, withBootId } from './command.testing.js'
import { emptyUpdate } from './microcode.testing.js'
import { replay } from './transcripts.testing.js'
import { VERBS } from './verbs/table.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const document = join(root, 'docs/command.md')
const markdown = readFileSync(document, 'utf8')
const folder = new Folder()
const { path: cwd } = folder

for (const name of ['hosts', 'story'])
  cpSync(join(root, 'fixtures', name), join(cwd, name), { recursive: true })
mkdirSync(join(cwd, 'microcode'))
writeFileSync(join(cwd, 'microcode/06-3f-02'), emptyUpdate())
writeFileSync(
  join(cwd, 'microcode/06-4f-01'),
  emptyUpdate({ signature: 0x406f1, revision: 0xb000040, platforms: 0xef }),
)
writeFileSync(join(cwd, 'microcode/README'), 'Updates with nothing in them.\n')
const recorded: { readonly 'xen-cpuid-p': string } = JSON.parse(
  readFileSync(join(root, 'fixtures/xen/hosts/4.17-debian-EPYC.json'), 'utf8'),
)
writeFileSync(join(cwd, 'epyc.txt'), recorded['xen-cpuid-p'])
const { policies } = parseHostSnapshot(readFileSync(join(cwd, 'story/skylake.json'), 'utf8'))

it('what it shows is what the command prints', async () => {
  const raw = policies?.raw
  if (raw === undefined) throw new Error('the recorded host has a raw policy')
  const replayed = await replay(markdown, {
    cwd,
    env: { XENLEVEL_DEFAULT: 'default.json' },
    files: (files) => withBootId(files, '8f6b3f0e-5f5d-4a86-9a35-6b7b5d0e2c11'),
    xen: () => new SimulatedXen({ raw, release: '4.17.7' }),
  })
  if (process.env.XENLEVEL_WRITE_TRANSCRIPTS === '1') writeFileSync(document, replayed)
  expect(replayed).toBe(process.env.XENLEVEL_WRITE_TRANSCRIPTS === '1' ? replayed : markdown)
})

it('every verb has a transcript', () => {
  const lines = markdown.split('\n').filter((line) => line.startsWith('$ '))
  const shown = (name: string) => lines.some((line) => line.includes(`xenlevel ${name}`))
  expect(VERBS.map(({ name }) => name).filter((name) => !shown(name))).toEqual([])
})
