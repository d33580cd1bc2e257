/** The report as files: what is in them, and when there are none. */
import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { Folder, runCommand } from '../command.testing.js'

const fixtures = fileURLToPath(new URL('../../../../fixtures', import.meta.url))
const folder = new Folder()
const { path: cwd } = folder
for (const name of ['hosts', 'story'])
  cpSync(join(fixtures, name), join(cwd, name), { recursive: true })
const level = (...argv: string[]) => runCommand(['level', ...argv], { cwd })

describe('xenlevel level --html', () => {
  it('writes a page and a picture of hosts, losses and guests', async () => {
    const files = ['--html', 'pool.html', '--svg', 'pool.svg', '--title', 'Rack <7>']
    const { status, both } = await level(...files, '--guests', 'story/guest.save', 'hosts')
    expect([status, both]).toEqual([0, ''])
    const page = readFileSync(join(cwd, 'pool.html'), 'utf8')
    for (const text of ['haswell-1', 'sapphire-1', 'AVX512_FP16', 'Rack &lt;7&gt;', 'guest'])
      expect(page).toContain(text)
    expect(readFileSync(join(cwd, 'pool.svg'), 'utf8')).toMatch(/^<svg|^<\?xml/)
  })

  it('says what it cannot report on, and writes nothing', async () => {
    const kept = await level('--emit', 'json', '-o', 'level.json', 'hosts')
    expect(kept.status).toBe(0)
    const { status, stderr } = await level('--html', 'none.html', 'level.json')
    expect(status).toBe(2)
    expect(stderr).toContain('give the hosts themselves')
    const both = await level('--html', 'none.html', '--emit', 'xl', 'hosts')
    expect(both.status).toBe(2)
    expect(existsSync(join(cwd, 'none.html'))).toBe(false)
  })

  it('reports on what can be read of the guests', async () => {
    const { status, stderr } = await level('--html', 'some.html', '--guests', 'hosts', 'hosts')
    expect([status, stderr === '']).toEqual([0, true])
    const missing = await level('--html', 'some.html', '--guests', 'nowhere.json', 'hosts')
    expect(missing.status).toBe(1)
    expect(missing.stderr).toContain('nowhere.json')
  })
})
