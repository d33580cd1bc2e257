import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseHostSnapshot } from '@xenlevel/core'
import { expect, it } from 'vitest'
import { Folder, runCommand, withBootId } from '../command.testing.js'

const fixtures = fileURLToPath(new URL('../../../../fixtures/', import.meta.url))
const folder = new Folder()
const env = { XENLEVEL_DEFAULT: join(folder.path, 'default.json') }
const world = (boot: string | null, more: object = {}) => ({
  cwd: fixtures,
  env,
  files: (files: Parameters<typeof withBootId>[0]) => withBootId(files, boot),
  ...more,
})
const skylake = parseHostSnapshot(readFileSync(join(fixtures, 'story/skylake.json'), 'utf8'))
const pool = ['story/haswell.json', 'story/skylake.json']

it('there is none at first', async () => {
  const { status, stderr } = await runCommand(['default', 'show'], world('boot-1'))
  expect(status).toBe(2)
  expect(stderr).toContain(
    `No default is set: there is no ${env.XENLEVEL_DEFAULT}. "xenlevel default set HOST…" sets one.`,
  )
})

it('holds until the host is booted, and after that if nothing changed', async () => {
  const set = await runCommand(
    ['default', 'set', '--host', 'story/skylake.json', ...pool],
    world('boot-1'),
  )
  expect([set.status, set.stderr]).toEqual([0, ''])
  const state = async (boot: string | null, ...argv: string[]) => {
    const { status, stdout } = await runCommand(['default', 'show', '--json', ...argv], world(boot))
    const { state: found, reasons, rebooted } = JSON.parse(stdout)
    return [status, found, rebooted, reasons]
  }
  expect(await state('boot-1')).toEqual([0, 'fresh', false, ['The host was not booted since.']])
  expect(await state('boot-2')).toMatchObject([
    1,
    'unsure',
    true,
    [expect.stringContaining('The host was booted since, and what it offers now is not known')],
  ])
  expect(await state(null)).toMatchObject([1, 'unsure', null, [expect.any(String)]])
  expect(await state('boot-2', '--host', 'story/skylake.json')).toEqual([
    0,
    'fresh',
    true,
    ['The host was booted since, and offers what it did.'],
  ])
})

it('is stale where the host changed, with what is missing and what came', async () => {
  const { pvDefault, pvMax } = skylake.featuresets
  const without = pvDefault?.andNot(pvDefault)
  expect(without?.isEmpty).toBe(true)
  const changed = {
    ...JSON.parse(readFileSync(join(fixtures, 'story/skylake.json'), 'utf8')),
    xen: { ...skylake.xen, release: '4.18.6' },
    featuresets: { pvDefault: '0789cbf5-00000001', pvMax: pvMax?.toString() },
    policies: undefined,
  }
  const file = await folder.write('after.json', JSON.stringify(changed))
  const { status, stdout } = await runCommand(['default', 'show', '--host', file], world('boot-2'))
  expect(status).toBe(1)
  expect(stdout).toContain('it is stale: set it again')
  expect(stdout).toContain('Xen was 4.17.7 and is 4.18.6 now.')
  expect(stdout.replaceAll(/\s+/g, ' ')).toContain('PV guests no longer can have PCLMULQDQ,')
  const config = await folder.write('web-1.cfg', 'name="web-1"\n')
  const applied = await runCommand(['default', 'apply', '--host', file, config], world('boot-2'))
  expect(applied.status).toBe(1)
  expect(applied.stdout).toContain('cpuid = "host,')
  expect(applied.stderr).toContain('the default is stale: Xen was 4.17.7 and is 4.18.6 now.')
})

it('merges into a configuration, which stays as it is', async () => {
  const text = 'name = "web-1"\ncpuid = "host,adx=1"\n'
  const config = await folder.write('own.cfg', text)
  const merged = await runCommand(
    ['default', 'apply', config, '-o', join(folder.path, 'merged.cfg')],
    world('boot-1'),
  )
  expect([merged.status, merged.stdout]).toEqual([1, ''])
  expect(merged.stderr).toContain(
    "The configuration says adx=1, the default adx=0: the configuration's stays",
  )
  expect(await folder.read('merged.cfg')).toMatch(
    /^name = "web-1"\ncpuid = "host,.*clflushopt=0,adx=1"\n$/,
  )
  expect(await folder.read('own.cfg')).toBe(text)
  const same = await runCommand(['default', 'apply', config, '-o', config], world('boot-1'))
  expect([same.status, await folder.read('own.cfg')]).toEqual([2, text])
})

it('that is damaged is told with the field', async () => {
  const file = await folder.write('damaged.json', '{"format":"xenlevel/default","version":1}')
  const { status, stderr } = await runCommand(['default', 'show', '--file', file], world('boot-1'))
  expect(status).toBe(2)
  expect(stderr).toContain('damaged.json is no default of this command: at bootId')
})
