import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseHostSnapshot } from '@xenlevel/core'
import { SimulatedXen } from '@xenlevel/hw-xen/simulated'
import { expect, it } from 'vitest'
import { Folder, runCommand } from '../command.testing.js'

const fixtures = fileURLToPath(new URL('../../../../fixtures/', import.meta.url))
const folder = new Folder()
const raw = parseHostSnapshot(readFileSync(`${fixtures}/story/skylake.json`, 'utf8')).policies?.raw
const makeXen = () => {
  if (raw === undefined) throw new Error('the recorded host has a raw policy')
  return new SimulatedXen({ raw, release: '4.17.7' })
}

it('is the snapshot that the hypervisor gives, in every form', async () => {
  const wanted = makeXen().snapshot({ name: 'here' })
  const world = { xen: makeXen, cwd: folder.path }
  const plain = await runCommand(['host', 'capture', '--name', 'here'], world)
  expect([plain.status, plain.stderr]).toEqual([0, ''])
  expect(JSON.stringify(parseHostSnapshot(plain.stdout))).toBe(JSON.stringify(wanted))
  const line = await runCommand(['host', 'capture', '--name', 'here', '--ndjson'], world)
  expect(line.stdout.split('\n')).toHaveLength(2)
  expect(JSON.parse(line.stdout)).toEqual(JSON.parse(plain.stdout))
  expect(
    (await runCommand(['host', 'capture', '--name', 'here', '-o', 'host.json'], world)).stdout,
  ).toBe('')
  expect(await folder.read('host.json')).toBe(plain.stdout)
})

it('closes what it opened, also when it fails', async () => {
  const xen = makeXen()
  xen.fail('physinfo', 'EFAULT', { times: 1 })
  const failed = await runCommand(['host', 'capture'], { xen: () => xen })
  expect(failed.status).toBe(2)
  expect(failed.stderr).toContain('physinfo')
  expect(failed.stderr).not.toContain('defect')
  expect(() => xen.version()).toThrow('after close()')
})

it('says what is missing where there is no Xen', async () => {
  const { status, stdout, stderr } = await runCommand(['host', 'capture'])
  expect([status, stdout]).toEqual([2, ''])
  expect(stderr).toContain('There is no hypercall device: this is no domain of Xen')
  expect((await runCommand(['host', 'capture', 'x'])).stderr).toContain('takes no files')
})
