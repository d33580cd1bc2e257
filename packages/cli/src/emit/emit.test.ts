import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  applyConfig,
  type HostSnapshot,
  levelPool,
  parseHostSnapshot,
  policiesOfSnapshot,
  splitXlCpuid,
} from '@xenlevel/core'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { Folder, runCommand } from '../command.testing.js'
import { emit } from './emit.js'

const fixtures = fileURLToPath(new URL('../../../../fixtures/', import.meta.url))
const host = (path: string) => parseHostSnapshot(readFileSync(join(fixtures, path), 'utf8'))
const recorded = [host('story/haswell.json'), host('story/skylake.json')]
const folder = new Folder()

/** What a guest gets of a line on a host. */
function given(line: string, on: HostSnapshot, kind: 'pv' | 'hvm') {
  const policies = policiesOfSnapshot(on)?.policies
  if (policies === undefined) throw new Error(`${on.name} has policies`)
  const setting = /^cpuid="([^"]*)"\n$/.exec(line)?.[1]
  if (setting === undefined) throw new Error(`${line} is a line of xl.cfg`)
  const { items, message } = splitXlCpuid(setting, { release: policies.release })
  expect([message, items.filter(({ rc }) => rc !== 0)]).toEqual([null, []])
  return applyConfig({
    host: policies,
    domain: { kind },
    cpuid: items.map(({ text }) => text),
    language: 'libxl',
  })
}

describe('a level for xl', () => {
  it('is one line, which gives it on every host', () => {
    const level = levelPool(recorded)
    const written = emit('xl', { level, hosts: recorded, kind: 'pv', whole: false })
    expect(written).toMatchObject({ byHost: {}, proved: true, findings: [] })
    for (const each of recorded) {
      const { ok, policy } = given(written.text, each, 'pv')
      expect(ok).toBe(true)
      expect(policy.featureset.toString('-', 19)).toBe(level.pv.default.toString('-', 19))
    }
  })

  it('whole is one for each host, where hosts need different ones', () => {
    const level = levelPool(recorded)
    const written = emit('xl', { level, hosts: recorded, kind: 'pv', whole: true })
    expect(Object.keys(written.byHost)).toEqual(['haswell', 'skylake'])
    expect(written.text).toMatch(/^# on haswell\ncpuid=.*\n# on skylake\ncpuid=.*\n$/)
  })

  it('without policies takes away by name, and says that nobody has followed it', () => {
    const hosts = [host('hosts/haswell-1.json'), host('hosts/skylake-1.json')]
    const level = levelPool(hosts)
    const written = emit('xl', { level, hosts, kind: 'hvm', whole: false })
    expect(written.proved).toBe(false)
    expect(written.findings).toMatchObject([
      { code: 'not-proved', hosts: ['haswell-1', 'skylake-1'] },
    ])
    const names = level.losses.map(({ feature }) => feature.toLowerCase().replaceAll('_', '-'))
    expect(written.text).toBe(`cpuid="host,${names.map((name) => `${name}=0`).join(',')}"\n`)
  })
})

describeRecorded(
  ['4.17-debian', '4.17.0', '4.18.6', '4.20.3'].map((build) => `xen/hosts/${build}-EPYC.json`),
  () => {
    interface Recording {
      readonly xen: string
      readonly 'xen-cpuid-p': string
    }
    const builds = ['4.17-debian', '4.17.0', '4.18.6', '4.20.3']

    it.each(builds)(
      'HVM guests of %s get the level of it and another by the line',
      async (build) => {
        const hosts: HostSnapshot[] = []
        for (const name of [build, '4.17.0']) {
          const recording = readRecordedJson<Recording>(`xen/hosts/${name}-EPYC.json`)
          const { stdout, status } = await runCommand(
            [
              'host',
              'import',
              '--xen-release',
              recording.xen,
              '--name',
              `${name}-${hosts.length}`,
              '-',
            ],
            { stdin: recording['xen-cpuid-p'] },
          )
          expect(status).toBe(0)
          await folder.write(`${build}/${hosts.length}.json`, stdout)
          hosts.push(parseHostSnapshot(stdout))
        }
        const level = levelPool(hosts)
        const { stdout, status } = await runCommand(['level', '-e', 'xl', build], {
          cwd: folder.path,
        })
        expect(status).toBe(0)
        for (const each of hosts) {
          const { ok, policy } = given(stdout, each, 'hvm')
          expect(ok).toBe(true)
          const kept = policy.featureset.and(level.hvm.default)
          expect(kept.equals(level.hvm.default)).toBe(true)
        }
      },
    )
  },
)

describe('other languages', () => {
  it('are written as the library writes them', async () => {
    const level = levelPool(recorded)
    const request = { level, hosts: recorded, kind: 'pv', whole: false } as const
    expect(emit('xapi', request).text).toBe(`${level.pv.default}\n`)
    expect(emit('qemu', request).text).toMatch(/^base,\+fpu,.*\n$/)
    expect(JSON.parse(emit('json', request).text)).toEqual(JSON.parse(JSON.stringify(level)))
    const libvirt = emit('libvirt', request)
    expect(libvirt.text).toBe("<cpu mode='host-passthrough'/>\n")
    expect(libvirt.findings.map(({ severity }) => severity)).toContain('warning')
  })

  it('are not written for guests that no host runs', async () => {
    const { status, stdout, stderr } = await runCommand(
      ['level', '-g', 'hvm', '-e', 'xapi', 'story/haswell.json'],
      { cwd: fixtures },
    )
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain(
      'No host of this pool is known to run HVM guests; --guest pv asks about the others.',
    )
  })

  it('are not written whole where no policy is known', async () => {
    const { status, stderr } = await runCommand(['level', '--whole', '-e', 'xapi', 'hosts'], {
      cwd: fixtures,
    })
    expect(status).toBe(2)
    expect(stderr).toContain('There is no policy for HVM guests that every host leaves as it is')
  })
})
