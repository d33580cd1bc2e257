import { Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../../fixtures/recorded.js'
import {
  assertVmIsCompatible,
  nextBootFeatureset,
  nextBootFeaturesKey,
  parseXapiCpuFlags,
  VM_INCOMPATIBLE_WITH_THIS_HOST,
  XAPI_INCOMPATIBLE_REASONS,
  type XapiDomainType,
  type XapiHost,
  type XapiVm,
} from './compatibility.js'
import { parseXapiCpuInfo } from './cpu-info.js'

describeRecorded('levelling/xapi-assert-vm-is-compatible.json', () => {
  const recorded = readRecordedJson<{
    hostCpuInfo: Record<string, string>
    assert_vm_is_compatible: {
      domain_type: XapiDomainType
      power_state: XapiVm['powerState']
      last_boot_CPU_flags: Record<string, string>
      expect: 'ok' | { code: string; reason: string }
    }[]
    next_boot_cpu_features: { domain_type: XapiDomainType; poolKey: string }[]
  }>('levelling/xapi-assert-vm-is-compatible.json')
  const host = { ref: 'OpaqueRef:host', cpuInfo: parseXapiCpuInfo(recorded.hostCpuInfo) }

  it.each(recorded.assert_vm_is_compatible.map((given, at) => ({ ...given, at })))(
    'guest $at, $domain_type',
    ({ domain_type, power_state, last_boot_CPU_flags, expect: expected }) => {
      const vm = {
        ref: 'OpaqueRef:vm',
        powerState: power_state,
        domainType: domain_type,
        lastBootCpuFlags: parseXapiCpuFlags(last_boot_CPU_flags),
      }
      const max = domain_type === 'pv' ? 'features_pv' : 'features_hvm'
      const missing = Featureset.parse(last_boot_CPU_flags.features ?? '').andNot(
        Featureset.parse(recorded.hostCpuInfo[max] ?? ''),
      )
      for (const arithmetic of ['own', 'libxenguest'] as const) {
        const answer = assertVmIsCompatible(vm, host, { arithmetic })
        expect(answer.missingBits).toEqual(missing.bits())
        expect(answer.missing).toEqual(missing.names())
        expect(answer.admission?.admitted).toBe(expected === 'ok')
        if (expected === 'ok') expect(answer.ok).toBe(true)
        else {
          expect(answer).toMatchObject({
            ok: false,
            ...expected,
            params: ['OpaqueRef:vm', 'OpaqueRef:host', expected.reason],
          })
        }
      }
    },
  )

  it.each(recorded.next_boot_cpu_features)(
    '$domain_type boots with $poolKey',
    ({ domain_type, poolKey }) => {
      expect(nextBootFeaturesKey(domain_type)).toBe(poolKey)
      const pool = parseXapiCpuInfo(recorded.hostCpuInfo, { of: 'pool' })
      expect(nextBootFeatureset(pool, domain_type)?.toString()).toBe(recorded.hostCpuInfo[poolKey])
    },
  )
})

const hostOf = (max: Featureset, more: Record<string, string> = {}): XapiHost => ({
  ref: 'OpaqueRef:host',
  name: 'haswell-1',
  cpuInfo: parseXapiCpuInfo({
    vendor: 'GenuineIntel',
    features_pv: max.toString(),
    features_pv_host: max.toString(),
    features_hvm: max.toString(),
    features_hvm_host: max.toString(),
    ...more,
  }),
})
const guestOf = (featureset: Featureset | null, more: Partial<XapiVm> = {}): XapiVm => ({
  ref: 'OpaqueRef:vm',
  name: 'web-1',
  powerState: 'Running',
  domainType: 'hvm',
  lastBootCpuFlags: { vendor: 'GenuineIntel', featureset },
  ...more,
})
const names = Featureset.fromNames

describe('assertVmIsCompatible', () => {
  const host = hostOf(names(['FPU', 'SSE', 'SSE2', 'XSAVE', 'AVX']))

  it('names every missing feature, of every word', () => {
    const answer = assertVmIsCompatible(guestOf(names(['FPU', 'AVX512F', 'SHA', 'FSRM'])), host)
    expect(answer).toMatchObject({
      ok: false,
      code: VM_INCOMPATIBLE_WITH_THIS_HOST,
      reason: XAPI_INCOMPATIBLE_REASONS.features,
      missing: ['AVX512F', 'SHA', 'FSRM'],
      missingBits: [176, 189, 292],
    })
    expect(answer.admission?.reasons.map(({ message }) => message)).toEqual([
      'web-1 has seen AVX512F (7:0.ebx bit 16), which haswell-1 cannot offer.',
      'web-1 has seen SHA (7:0.ebx bit 29), which haswell-1 cannot offer.',
      'web-1 has seen FSRM (7:0.edx bit 4), which haswell-1 cannot offer.',
    ])
  })

  it('names features as the release does', () => {
    const guest = guestOf(names(['AVX512_IFMA']))
    const answer = (release: string) => assertVmIsCompatible(guest, host, { release })
    expect(answer('4.10').missing).toEqual(['AVX512IFMA'])
    expect(answer('4.22').missing).toEqual(['AVX512_IFMA'])
    expect(answer('4.10').admission?.reasons[0]?.feature).toBe('AVX512IFMA')
    expect(() => answer('3.4')).toThrow('no feature table')
  })

  it('lets a halted guest go anywhere', () => {
    const halted = guestOf(names(['AVX512F']), { powerState: 'Halted' })
    expect(assertVmIsCompatible(halted, host)).toEqual({
      ok: true,
      missing: [],
      missingBits: [],
      admission: null,
    })
  })

  it('shows what xapi overlooks when it cuts a set off', () => {
    const short = hostOf(Featureset.fromWords(names(['FPU', 'SSE']).words.slice(0, 9)))
    const long = guestOf(names(['FPU', 'SSE', 'FSRM']))
    const own = assertVmIsCompatible(long, short)
    expect(own).toMatchObject({ ok: true, missing: ['FSRM'], missingBits: [292] })
    expect(own.admission?.admitted).toBe(false)
    expect(assertVmIsCompatible(long, short, { arithmetic: 'libxenguest' }).ok).toBe(false)
  })

  it('shows what xapi overlooks where the host’s set is empty', () => {
    const answer = assertVmIsCompatible(guestOf(names(['FPU'])), hostOf(Featureset.empty))
    expect(answer).toMatchObject({ ok: true, missing: ['FPU'] })
    expect(answer.admission?.reasons.map(({ code }) => code)).toEqual(['host-without-hvm'])
  })

  it('counts a bit that is carried for compatibility as xapi does, and forgives it in our own answer', () => {
    const answer = assertVmIsCompatible(guestOf(names(['FPU', 'ERMS'])), host)
    expect(answer).toMatchObject({ ok: false, missing: ['ERMS'] })
    expect(answer.admission).toMatchObject({ admitted: true, reasons: [] })
  })

  it('compares vendors first, as strings', () => {
    const amd = guestOf(names(['AVX512F']), {
      lastBootCpuFlags: { vendor: 'AuthenticAMD', featureset: names(['AVX512F']) },
    })
    const answer = assertVmIsCompatible(amd, host)
    expect(answer).toMatchObject({
      ok: false,
      reason: XAPI_INCOMPATIBLE_REASONS.vendor,
      missing: ['AVX512F'],
    })
    expect(answer.admission?.reasons.map(({ code }) => code)).toEqual([
      'vendor-differs',
      'feature-missing',
    ])
  })

  it('compares nothing that xapi did not note', () => {
    const blank = guestOf(null, { lastBootCpuFlags: parseXapiCpuFlags({}) })
    expect(assertVmIsCompatible(blank, host)).toMatchObject({
      ok: true,
      missing: [],
      admission: { admitted: true },
    })
  })

  it.each(['features_hvm', 'vendor'])('fails where the host lacks %s', (key) => {
    const all = { vendor: 'GenuineIntel', features_pv: '00000001', features_hvm: '00000001' }
    const map = Object.fromEntries(Object.entries(all).filter(([name]) => name !== key))
    const old = { ref: 'OpaqueRef:old', cpuInfo: parseXapiCpuInfo(map) }
    expect(assertVmIsCompatible(guestOf(names(['FPU'])), old)).toEqual({
      ok: false,
      code: VM_INCOMPATIBLE_WITH_THIS_HOST,
      reason: "Host does not have new leveling feature keys - not comparing VM's flags",
      params: ['OpaqueRef:vm', 'OpaqueRef:old', XAPI_INCOMPATIBLE_REASONS.keys],
      missing: [],
      missingBits: [],
      admission: null,
    })
  })

  it('holds a PV guest against the PV set', () => {
    const mixed = hostOf(names(['FPU', 'VME']), { features_pv: names(['FPU']).toString() })
    const guest = guestOf(names(['FPU', 'VME']), { domainType: 'pv' })
    expect(assertVmIsCompatible(guest, mixed)).toMatchObject({ ok: false, missing: ['VME'] })
    for (const domainType of ['hvm', 'pvh', 'pv_in_pvh'] as const) {
      expect(assertVmIsCompatible({ ...guest, domainType }, mixed).ok).toBe(true)
    }
  })
})

describe('nextBootFeatureset', () => {
  const pool = parseXapiCpuInfo(
    { vendor: 'GenuineIntel', features_pv_host: '00000001', features_hvm_host: '00000003' },
    { of: 'pool' },
  )

  it('prefers what the user put into VM.platform', () => {
    const platform = { featureset: '0000000f', nx: 'true' }
    expect(nextBootFeatureset(pool, 'hvm', platform)?.words).toEqual([0xf])
    expect(nextBootFeatureset(pool, 'hvm', { nx: 'true' })?.words).toEqual([3])
    expect(() => nextBootFeatureset(pool, 'hvm', { featureset: 'all' })).toThrow(
      expect.objectContaining({ code: 'XAPI_FEATURESET', path: 'featureset, word 0' }),
    )
  })

  it('knows nothing of a pool without levelling keys', () => {
    const none = parseXapiCpuInfo({ vendor: '' }, { of: 'pool' })
    expect(nextBootFeatureset(none, 'pv')).toBeUndefined()
    expect(featureTable().words.length).toBeGreaterThan(4)
  })
})
