import { type HostSnapshot, levelPool } from '@xenlevel/core'
import { describe, expect, it } from 'vitest'
import { alikeHosts } from './columns.js'
import { hostsWithPolicies, recordedHosts } from './samples.testing.js'

/** Hosts of a pool need names of their own. */
function alike(hosts: readonly HostSnapshot[]): number[][] {
  const named = hosts.map((host, at) => ({ ...host, name: `h${at}` }))
  const kinds = alikeHosts(named, levelPool(named))
  // In a fleet of which the level does not say who is in which group, the same hosts are alike.
  expect(alikeHosts(named, { groups: [] })).toEqual(kinds)
  return kinds
}

describe('alikeHosts', () => {
  it('puts hosts together that differ in names, brands and microcode alone', () => {
    const hosts = recordedHosts()
    expect(alike(hosts).map((places) => places.map((at) => hosts[at]?.name))).toEqual([
      ['haswell-1'],
      ['broadwell-1'],
      ['skylake-1'],
      ['skylake-2'],
      ['cascade-1', 'cascade-2'],
      ['sapphire-1'],
    ])
    expect(alikeHosts([], { groups: [] })).toEqual([])
  })

  it.each([
    ['vendor', { cpu: { vendor: 'AMD' as const } }],
    ['address width', { cpu: { physAddrBits: 48 } }],
    ['release', { xen: { release: '4.20.3', hvm: true, hap: true } }],
    ['paging', { xen: { release: '4.17.7', hvm: true, hap: false } }],
    ['unknown words', { unknownWords: [16] }],
    ['featuresets', { featuresets: {} }],
  ])('keeps hosts apart that differ in %s', (_, { cpu, ...other }: Record<string, object>) => {
    const [host] = recordedHosts()
    if (host === undefined) throw new Error('no host')
    const one = { ...host, xen: { release: '4.17.7', hvm: true, hap: true } }
    const changed = { ...one, ...other, cpu: { ...one.cpu, ...cpu } }
    expect(alike([one, { ...one, name: 'b' }])).toEqual([[0, 1]])
    expect(alike([one, changed])).toEqual([[0], [1]])
  })

  it('looks at whole policies', () => {
    const [skylake, haswell] = hostsWithPolicies()
    if (skylake === undefined || haswell === undefined) throw new Error('no hosts')
    const again = { ...skylake, name: 'again' }
    const poorer = { ...haswell, cpu: skylake.cpu, xen: skylake.xen }
    const { raw: _, ...rest } = skylake.policies ?? {}
    expect(alike([skylake, poorer, again, { ...skylake, policies: rest }])).toEqual([
      [0, 2],
      [1],
      [3],
    ])
  })
})
