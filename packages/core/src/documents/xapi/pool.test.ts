import { Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../../fixtures/recorded.js'
import { formatXapiCpuInfo, parseXapiCpuInfo } from './cpu-info.js'
import { type XapiPoolMember, xapiPoolCpuInfo } from './pool.js'

type RecordedHost = Record<string, string | number | boolean> & { hvm_capable: boolean }

const memberOf = (name: string, map: Record<string, string>, hvm?: boolean): XapiPoolMember => ({
  name,
  cpuInfo: parseXapiCpuInfo(map, { source: name }),
  ...(hvm === undefined ? {} : { hvm }),
})

describeRecorded('levelling/xapi-pool-cpuinfo.json', () => {
  const { cases } = readRecordedJson<{
    cases: { hosts: RecordedHost[]; pool: Record<string, string | number> }[]
  }>('levelling/xapi-pool-cpuinfo.json')

  it.each(cases.map((recorded, at) => ({ ...recorded, at })))('pool $at', ({ hosts, pool }) => {
    const texts = (record: Record<string, unknown>) =>
      Object.fromEntries(Object.entries(record).map(([key, value]) => [key, String(value)]))
    const members = hosts.map(({ hvm_capable, ...map }, at) =>
      memberOf(`host-${at}`, { vendor: 'GenuineIntel', ...texts(map) }, hvm_capable),
    )
    const stored = formatXapiCpuInfo(xapiPoolCpuInfo(members))
    expect(stored).toEqual({ vendor: 'GenuineIntel', ...texts(pool) })
    // The featuresets alone tell as much as host.capabilities in these cases.
    const guessed = xapiPoolCpuInfo(members.map(({ name, cpuInfo }) => ({ name, cpuInfo })))
    expect(formatXapiCpuInfo(guessed)).toEqual(stored)
  })
})

describe('xapiPoolCpuInfo', () => {
  const text = (names: readonly string[]) => Featureset.fromNames(names).toString()
  const host = (name: string, features: readonly string[], more: Record<string, string> = {}) =>
    memberOf(name, {
      vendor: 'AuthenticAMD',
      cpu_count: '4',
      socket_count: '1',
      features_pv_host: text(features),
      features_hvm_host: text(features),
      features_pv: text(features),
      features_hvm: text(features),
      ...more,
    })

  it('depends on who does the arithmetic', () => {
    const hosts = [
      host('a', ['FPU', 'XSAVE', 'AVX', 'MD_CLEAR']),
      host('b', ['FPU', 'AVX']),
      host('c', ['FPU', 'XSAVE', 'AVX']),
    ]
    const level = (arithmetic: 'own' | 'libxenguest') =>
      xapiPoolCpuInfo(hosts, { arithmetic }).featuresets.hvmDefault?.names()
    expect(level('own')).toEqual(['FPU', 'AVX'])
    expect(level('libxenguest')).toEqual(['FPU', 'MD_CLEAR'])
    // Of a release that did not accumulate, what a pool promises is told by its own table.
    const old = xapiPoolCpuInfo(hosts, { arithmetic: 'libxenguest', release: '4.7' })
    expect(old.featuresets.hvmDefault?.names()).toContain('FPU')
    expect(() => xapiPoolCpuInfo(hosts, { arithmetic: 'libxenguest', release: '3.4' })).toThrow(
      'no feature table',
    )
  })

  it('stores a single host as it is', () => {
    const [single] = [host('a', ['FPU', 'AVX'])]
    for (const arithmetic of ['own', 'libxenguest'] as const) {
      expect(xapiPoolCpuInfo([single], { arithmetic }).featuresets.hvmDefault?.names()).toEqual([
        'FPU',
        'AVX',
      ])
    }
  })

  it('passes over a host without levelling keys', () => {
    const old = memberOf('old', { vendor: 'AuthenticAMD', cpu_count: '64', socket_count: '8' })
    const stored = xapiPoolCpuInfo([host('a', ['FPU']), old])
    expect(stored).toMatchObject({ cpuCount: 4, socketCount: 1 })
    expect(stored.featuresets.pvDefault?.names()).toEqual(['FPU'])
    expect(stored.findings).toEqual([
      expect.objectContaining({ code: 'levelling-keys-missing', hosts: ['old'] }),
    ])
  })

  it('counts a host without HVM for PV alone', () => {
    const shims = { features_hvm: '10000000', features_hvm_host: '10000000' }
    const stored = xapiPoolCpuInfo([host('a', ['FPU', 'SSE']), host('b', ['FPU'], shims)])
    expect(stored.featuresets.pvDefault?.names()).toEqual(['FPU'])
    expect(stored.featuresets.hvmDefault?.names()).toEqual(['FPU', 'SSE'])
    expect(stored.findings).toEqual([
      expect.objectContaining({ code: 'host-without-hvm', hosts: ['b'] }),
    ])
  })

  it('takes the last vendor, as xapi does, and says that they differ', () => {
    const stored = xapiPoolCpuInfo([
      host('a', ['FPU'], { vendor: 'GenuineIntel' }),
      host('b', ['FPU']),
    ])
    expect(stored.vendor).toBe('AuthenticAMD')
    expect(stored.findings).toEqual([
      expect.objectContaining({ code: 'vendors-differ', hosts: ['a', 'b'] }),
    ])
  })

  it('stores empty sets for a pool of which nothing is known', () => {
    expect(formatXapiCpuInfo(xapiPoolCpuInfo([]))).toEqual({
      vendor: '',
      cpu_count: '0',
      socket_count: '0',
      features_pv_host: '',
      features_hvm_host: '',
    })
  })

  it('is as long as the longest set', () => {
    const long = { features_pv_host: `${text(['FPU'])}-00000000` }
    const stored = xapiPoolCpuInfo([host('a', ['FPU']), host('b', ['FPU'], long)])
    expect(stored.featuresets.pvDefault?.words).toHaveLength(featureTable().words.length + 1)
  })
})
