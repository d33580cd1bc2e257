import { Featureset } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../../fixtures/recorded.js'
import { parseXapiCpuFlags } from './compatibility.js'
import {
  formatXapiCpuInfo,
  parseXapiCpuInfo,
  xapiCapabilities,
  xapiCpuVendor,
  xapiOffersHvm,
} from './cpu-info.js'
import { toXapiFeatureset, XapiCpuInfoError } from './featureset.js'

const host = {
  cpu_count: '32',
  socket_count: '2',
  vendor: 'GenuineIntel',
  speed: '2394.086',
  modelname: 'Intel(R) Xeon(R) CPU D-1548 @ 2.00GHz',
  family: '6',
  model: '86',
  stepping: '3',
  flags: 'fpu de tsc',
  features_pv: '1fc9cbf5-f6f83203',
  features_hvm: '1fcbfbff-f7fa3223-2d93fbff',
  features_hvm_host: '1fcbfbff-f7fa3203-2c100800',
  features_pv_host: '1fc9cbf5-f6d83203',
}
const codes = (map: Record<string, string>, of: 'host' | 'pool' = 'host') =>
  parseXapiCpuInfo(map, { of }).findings.map(({ code }) => code)

interface RealMap {
  where: string
  hvm_capable?: boolean
  vm_featureset?: string
  [key: string]: unknown
}

describeRecorded('levelling/real-xcpng-cpuinfo.json', () => {
  const records = readRecordedJson<RealMap[]>('levelling/real-xcpng-cpuinfo.json')
  // Of each record the keys that are cpu_info's; what the recorder noted beside them is left out.
  const maps = records.flatMap((record) => {
    const own = Object.entries(record).flatMap(([key, value]): [string, string][] =>
      /^(?:features|vendor|family|model|stepping)/.test(key) && value !== null
        ? [[key, String(value)]]
        : [],
    )
    return record.features_pv === undefined
      ? []
      : [{ where: record.where, record, map: Object.fromEntries(own) }]
  })

  it.each(maps)('$where', ({ map, record }) => {
    const info = parseXapiCpuInfo(map)
    expect(formatXapiCpuInfo(info)).toEqual(map)
    expect(xapiOffersHvm(info)).toBe(record.hvm_capable ?? true)
    const expected = [
      ...(record.vendor === undefined ? ['vendor-missing'] : []),
      ...(record.hvm_capable === false ? ['host-without-hvm'] : []),
    ]
    expect(info.findings.map(({ code }) => code)).toEqual(expected)
  })

  it.each(maps)('$where: what is carried for compatibility is no capability', ({ map }) => {
    const { featuresets, vendor } = parseXapiCpuInfo(map)
    const sets: Featureset[] = Object.values(featuresets)
    expect(sets.length).toBeGreaterThanOrEqual(4)
    for (const set of sets) {
      const capabilities = xapiCapabilities(set, vendor)
      for (const shim of ['IBS', 'LWP', 'SVM', 'VMX', 'HTT', 'CMP_LEGACY', 'X2APIC']) {
        expect(capabilities).not.toContain(shim)
      }
      // All that is left out by name are such bits; the copies in 0x80000001.edx have no names at all.
      const left = set.names().filter((name) => !capabilities.includes(name))
      expect([...capabilities, ...left].sort()).toEqual(set.names().sort())
      expect(set.unknownBits().every((bit) => bit >= 64 && bit < 96)).toBe(true)
    }
  })

  it('has bits that a naive reader would show', () => {
    const [first] = maps
    const { featuresets, vendor } = parseXapiCpuInfo(first?.map ?? {})
    const max = featuresets.hvmMax ?? Featureset.empty
    const shown = xapiCapabilities(max, vendor)
    expect(max.names().filter((name) => !shown.includes(name))).toEqual([
      'HTT',
      'VMX',
      'X2APIC',
      'CMP_LEGACY',
      'IBS',
      'ERMS',
      'NO_LMSL',
      'MD_CLEAR',
      'RTM_ALWAYS_ABORT',
      'RSBA',
      'FB_CLEAR',
      'RFDS_CLEAR',
    ])
    // All 18 bits of 1.edx that AMD repeats in 0x80000001.edx, on an Intel CPU.
    expect(max.unknownBits()).toHaveLength(18)
  })

  it('reads old masks in their own order', () => {
    const info = parseXapiCpuInfo(maps.find(({ map }) => map.features !== undefined)?.map ?? {})
    const { masked = Featureset.empty, pvMax = Featureset.empty } = info.featuresets
    expect(masked.toString()).toBe('078bfbff-fffa3203-2c100800-00000021')
    expect(masked.names()).toEqual(expect.arrayContaining(['FPU', 'SSE2', 'LM', 'HYPERVISOR']))
    // Taken in the order in which it stands, hardly anything of what PV guests may have would be in it.
    const pv = xapiCapabilities(Featureset.fromWords(pvMax.words.slice(0, 2)), null)
    expect(masked.names()).toEqual(expect.arrayContaining(pv))
  })

  it.each(records.filter((record) => record.vm_featureset !== undefined))(
    'guest: $where',
    ({ vm_featureset: features = '' }) => {
      const { featureset, vendor } = parseXapiCpuFlags({ vendor: 'GenuineIntel', features })
      expect(vendor).toBe('GenuineIntel')
      expect(toXapiFeatureset(featureset ?? Featureset.empty)).toBe(features)
    },
  )
})

describeRecorded('levelling/xapi-accessors.json', () => {
  const { accessors } = readRecordedJson<{
    accessors: { map: Record<string, string>; features_pv: string[]; features_hvm: string[] }[]
  }>('levelling/xapi-accessors.json')

  it.each(accessors)('$map', ({ map, features_pv, features_hvm }) => {
    const words = (texts: string[]) => texts.map((text) => Number.parseInt(text, 16))
    const info = parseXapiCpuInfo(map)
    expect(info.featuresets.pvMax?.words).toEqual(words(features_pv))
    expect(info.featuresets.hvmMax?.words).toEqual(words(features_hvm))
    expect(info.vendor).toBe(map.vendor)
    expect([info.cpuCount, info.socketCount]).toEqual([
      Number(map.cpu_count),
      Number(map.socket_count),
    ])
    expect(formatXapiCpuInfo(info)).toEqual(map)
  })
})

describe('parseXapiCpuInfo', () => {
  it('reads what xapi keeps of a host', () => {
    const info = parseXapiCpuInfo(host)
    expect(info).toMatchObject({
      vendor: 'GenuineIntel',
      modelName: host.modelname,
      family: 6,
      model: 86,
      stepping: 3,
      cpuCount: 32,
      socketCount: 2,
      others: { speed: '2394.086', flags: 'fpu de tsc' },
      findings: [],
    })
    // The suffix _host means default; no suffix means max.
    expect(info.featuresets.pvDefault?.toString()).toBe(host.features_pv_host)
    expect(info.featuresets.pvMax?.toString()).toBe(host.features_pv)
    expect(formatXapiCpuInfo(info)).toEqual(host)
  })

  it('writes what was changed, and keeps what it does not know', () => {
    const info = parseXapiCpuInfo({ ...host, family: 'unknown', toString: 'kept' })
    expect(info.family).toBeNull()
    expect(formatXapiCpuInfo({ ...info, family: 25 })).toEqual({
      ...host,
      family: '25',
      toString: 'kept',
    })
    const odd: Record<string, string> = JSON.parse('{ "__proto__": "kept" }')
    expect(Object.entries(formatXapiCpuInfo(parseXapiCpuInfo(odd)))).toEqual([
      ['__proto__', 'kept'],
    ])
  })

  it('reads a host of XenServer 5.6 to 6.5, which has masks alone', () => {
    const mask = '77bae3ff-bfebfbff-00000001-28100800'
    const map = {
      vendor: 'GenuineIntel',
      features: mask,
      physical_features: mask,
      features_after_reboot: mask,
      maskable: 'full',
    }
    const info = parseXapiCpuInfo(map)
    expect(info.featuresets.physical?.toString()).toBe('bfebfbff-77bae3ff-28100800-00000001')
    expect(info.findings).toEqual([
      {
        code: 'levelling-keys-missing',
        severity: 'error',
        message:
          'host lacks features_pv_host, features_hvm_host, features_pv, features_hvm: xapi leaves it out of the pool level and lets no running guest in. Releases that do not know these keys never write them; on others, restart the toolstack.',
        hosts: ['host'],
      },
    ])
    expect(formatXapiCpuInfo(info)).toEqual(map)
  })

  it('tells what is missing or odd', () => {
    const { features_pv: _max, ...withoutMax } = host
    expect(codes(withoutMax)).toEqual(['levelling-keys-missing'])
    expect(codes({ ...host, features_hvm: '', features_hvm_host: '' })).toEqual([
      'host-without-hvm',
    ])
    expect(codes({ ...host, features_hvm: '10000000', features_hvm_host: '10000000' })).toEqual([
      'host-without-hvm',
    ])
    expect(codes({ ...host, cpu_count: '-1' })).toEqual(['number-unreadable'])
    const narrow = parseXapiCpuInfo({ ...host, features_pv: '00000001' }, { source: 'host-1' })
    expect(narrow.findings).toEqual([
      expect.objectContaining({ code: 'default-beyond-max', hosts: ['host-1'] }),
    ])
    expect(narrow.findings[0]?.message).toContain('host-1 gives PV guests by default')
    const { features_hvm_host: _default, ...withoutDefault } = host
    expect(parseXapiCpuInfo(withoutDefault).findings[0]?.message).toContain(
      'lacks features_hvm_host: xapi leaves it out of the pool level.',
    )
  })

  it('asks less of a pool', () => {
    const pool = {
      vendor: 'GenuineIntel',
      features_pv_host: host.features_pv_host,
      features_hvm_host: host.features_hvm_host,
    }
    expect(codes(pool, 'pool')).toEqual([])
    expect(codes(pool)).toEqual(['levelling-keys-missing'])
    expect(codes({ vendor: '' }, 'pool')).toEqual(['levelling-keys-missing'])
  })

  it('refuses what xapi cannot have written', () => {
    const attempt = () =>
      parseXapiCpuInfo({ ...host, features_hvm: '1fcbfbff+f7fa3223' }, { source: 'host-1' })
    expect(attempt).toThrow(XapiCpuInfoError)
    expect(attempt).toThrow(
      expect.objectContaining({
        code: 'XAPI_FEATURESET',
        offset: 8,
        path: 'features_hvm, word 0',
      }),
    )
    const typed: Record<string, string> = JSON.parse('{ "vendor": 7 }')
    expect(() => parseXapiCpuInfo(typed)).toThrow(
      expect.objectContaining({ code: 'XAPI_VALUE', path: 'vendor', offset: null }),
    )
  })
})

describe('xapiCpuVendor', () => {
  it.each([
    ['GenuineIntel', 'Intel'],
    ['AuthenticAMD', 'AMD'],
    ['HygonGenuine', 'Hygon'],
    ['CentaurHauls', 'Centaur'],
    ['Abacus', 'Unknown'],
    ['', 'Unknown'],
    [null, null],
  ])('%j is %j', (text, vendor) => {
    expect(xapiCpuVendor(text)).toBe(vendor)
  })
})
