/** The README shows what the command prints about the recorded restore. `XENLEVEL_WRITE_TRANSCRIPTS=1` writes it anew. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { replay } from './transcripts.testing.js'

const cwd = fileURLToPath(new URL('../../../', import.meta.url))
const file = join(cwd, 'README.md')
const FENCE = /^```console\n\$ xenlevel [\s\S]*?^```$/gm

it('what the README shows is what the command prints', async () => {
  const markdown = readFileSync(file, 'utf8')
  const fences = [...markdown.matchAll(FENCE)].map(([fence]) => fence)
  expect(fences.length).toBeGreaterThan(2)
  let shown = markdown
  for (const fence of fences) shown = shown.replace(fence, await replay(fence, { cwd }))
  if (process.env.XENLEVEL_WRITE_TRANSCRIPTS === '1') writeFileSync(file, shown)
  else expect(shown).toBe(markdown)
})

it('the restore was recorded as the README tells it', () => {
  const { restores }: { readonly restores: readonly { readonly [name: string]: unknown }[] } =
    JSON.parse(readFileSync(join(cwd, 'fixtures/xen/restores.json'), 'utf8'))
  const told = restores.find(
    ({ guestFrom, restoredOn }) => guestFrom === 'Skylake-Server' && restoredOn === 'Haswell',
  )
  expect(told).toMatchObject({ kind: 'pv', rc: 0, policyIdentical: false, errors: [] })
})
