import { Featureset } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { admitGuest } from '../../guest/admit.js'
import { levelPool } from '../../pool/level.js'
import { formatHostSnapshot, parseHostSnapshot } from '../snapshot.js'
import { parseXapiCpuInfo } from './cpu-info.js'
import { XapiCpuInfoError } from './featureset.js'
import { hostSnapshotFromXapi } from './snapshot.js'

const map = {
  vendor: 'GenuineIntel',
  modelname: 'Intel(R) Xeon(R) CPU D-1548 @ 2.00GHz',
  family: '6',
  model: '86',
  stepping: '3',
  features_pv: '1fc9cbf5-f6f83203',
  features_hvm: '1fcbfbff-f7fa3223-2d93fbff',
  features_hvm_host: '1fcbfbff-f7fa3203-2c100800',
  features_pv_host: '1fc9cbf5-f6d83203',
}
const release = '4.17.6'

describe('hostSnapshotFromXapi', () => {
  it('carries over all that xapi says', () => {
    const snapshot = hostSnapshotFromXapi('host-1', parseXapiCpuInfo(map), {
      release,
      physAddrBits: 46,
    })
    expect(snapshot).toEqual({
      format: 'xenlevel/host-snapshot',
      version: 1,
      name: 'host-1',
      cpu: {
        vendor: 'Intel',
        brand: map.modelname,
        signature: 0x50663,
        physAddrBits: 46,
        microcodeRevision: null,
      },
      xen: { release, hvm: true, hap: true },
      featuresets: {
        pvDefault: Featureset.parse(map.features_pv_host),
        pvMax: Featureset.parse(map.features_pv),
        hvmDefault: Featureset.parse(map.features_hvm_host),
        hvmMax: Featureset.parse(map.features_hvm),
      },
      unknownWords: [],
      notes: ["Made of xapi's cpu_info."],
    })
    expect(parseHostSnapshot(formatHostSnapshot(snapshot))).toEqual(snapshot)
  })

  it('is a member of a pool', () => {
    const hosts = ['host-1', 'host-2'].map((name) =>
      hostSnapshotFromXapi(name, parseXapiCpuInfo(map), { release }),
    )
    const level = levelPool(hosts)
    expect(level.physAddrBits).toBe(36)
    expect(hosts[0]?.notes[1]).toMatch(/36 bits, the width of a CPU that does not tell/)
    const [host] = hosts
    expect(host).toBeDefined()
    if (host === undefined) return
    expect(
      admitGuest({ kind: 'hvm', vendor: 'Intel', featureset: level.hvm.default }, host),
    ).toMatchObject({ admitted: true, reasons: [], evidence: 'said' })
  })

  it('leaves HVM out where the host has none', () => {
    const shims = '10000000-00200000-00000000-00000402'
    const info = parseXapiCpuInfo({ ...map, features_hvm: shims, features_hvm_host: shims })
    const snapshot = hostSnapshotFromXapi('nested-1', info, { release })
    expect(snapshot.xen).toEqual({ release, hvm: false, hap: false })
    expect(snapshot.featuresets.hvmMax).toBeUndefined()
    expect(admitGuest({ kind: 'hvm', featureset: Featureset.empty }, snapshot).admitted).toBe(false)
  })

  it('takes from its options what they say', () => {
    const { cpu, xen } = hostSnapshotFromXapi('host-1', parseXapiCpuInfo(map), {
      release,
      signature: 0x50657,
      hvm: true,
      hap: false,
      microcodeRevision: 0x2b,
    })
    expect(cpu.signature).toBe(0x50657)
    expect(cpu.microcodeRevision).toBe(0x2b)
    expect(xen).toEqual({ release, hvm: true, hap: false })
  })

  it.each([
    ['Opteron', '21', '2', '0', 0x600f20],
    ['Genoa', '25', '17', '1', 0xa10f11],
    ['Pentium 4', '15', '4', '1', 0xf41],
  ])('makes the signature of %s', (_, family, model, stepping, signature) => {
    const info = parseXapiCpuInfo({ ...map, family, model, stepping })
    expect(hostSnapshotFromXapi('host-1', info, { release }).cpu.signature).toBe(signature)
  })

  it('takes one set for both where the host is of a time that had one', () => {
    const { features_pv_host: _pv, features_hvm_host: _hvm, ...older } = map
    const snapshot = hostSnapshotFromXapi('host-1', parseXapiCpuInfo(older), { release: '4.7.6' })
    expect(snapshot.featuresets.pvDefault).toBe(snapshot.featuresets.pvMax)
    expect(snapshot.featuresets.hvmDefault?.toString()).toBe(map.features_hvm)
    expect(snapshot.notes).toContain('The map has no default sets; the max sets stand in for them.')
  })

  it('estimates from the words of an old host', () => {
    const info = parseXapiCpuInfo({
      vendor: 'GenuineIntel',
      family: '6',
      model: '58',
      stepping: '9',
      features: '77bae3ff-bfebfbff-00000001-28100800',
    })
    const snapshot = hostSnapshotFromXapi('old-1', info, { release: '4.4' })
    expect(snapshot.featuresets.raw?.has('AVX')).toBe(true)
    expect(snapshot.xen?.hvm).toBe(true)
    expect(snapshot.unknownWords).toEqual(Array.from({ length: 15 }, (_, index) => index + 4))
  })

  it('says that it knows nothing where the map has no featureset', () => {
    const info = parseXapiCpuInfo({
      vendor: 'GenuineIntel',
      family: '6',
      model: '86',
      stepping: '3',
    })
    const snapshot = hostSnapshotFromXapi('host-1', info, { release })
    expect(snapshot.featuresets).toEqual({})
    expect(snapshot.notes[1]).toMatch(/what the host offers is not known/)
    expect(admitGuest({ kind: 'pv', featureset: Featureset.empty }, snapshot)).toMatchObject({
      admitted: false,
      evidence: 'unknown',
    })
  })

  it.each([{ family: 'unknown' }, { stepping: '16' }, { model: '256' }])(
    'refuses %j without a signature',
    (change) => {
      const info = parseXapiCpuInfo({ ...map, ...change })
      const attempt = () => hostSnapshotFromXapi('host-1', info, { release })
      expect(attempt).toThrow(XapiCpuInfoError)
      expect(attempt).toThrow(expect.objectContaining({ code: 'XAPI_INCOMPLETE', path: 'family' }))
      expect(attempt).toThrow(/^The cpu_info of host-1 does not tell family, model and stepping/)
      const { cpu } = hostSnapshotFromXapi('host-1', info, { release, signature: 0x50663 })
      expect(cpu.signature).toBe(0x50663)
    },
  )
})
