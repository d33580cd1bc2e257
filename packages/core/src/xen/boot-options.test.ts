/** Xen's command line, as far as it decides about features. */
import { UnknownReleaseError } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { parseBootOptions } from './boot-options.js'

const codes = (line: string, release = '4.22.0') =>
  parseBootOptions(line, release).findings.map(({ code }) => code)

describe('parseBootOptions', () => {
  it('has the usual where nothing is said', () => {
    expect(parseBootOptions('', '4.22.0')).toEqual({
      cpuid: { enabled: [], disabled: [] },
      dom0Cpuid: { enabled: [], disabled: [] },
      tsx: null,
      tsxLeftOn: false,
      scMsrPv: true,
      scMsrHvm: true,
      gdsMitigation: null,
      bpSpecReduce: true,
      vpmuMode: 0,
      hap: true,
      dom0CpuidFaulting: true,
      smep: true,
      smap: true,
      xsave: true,
      pku: true,
      lapic: true,
      findings: [],
    })
  })

  it('takes features by libxl names, and once disabled stays disabled', () => {
    const { cpuid, findings } = parseBootOptions(
      'cpuid=no-avx,sse4-1=off,rdrand cpuid=avx,no-rdrand',
      '4.22.0',
    )
    expect(cpuid).toEqual({ enabled: [], disabled: ['SSE4_1', 'AVX', 'RDRAND'] })
    expect(findings.map(({ code }) => code)).toEqual(['boot-option-without-effect'])
  })

  it('lets the last word count for dom0', () => {
    const { dom0Cpuid } = parseBootOptions('dom0-cpuid=no-avx2,itsc dom0-cpuid=avx2', '4.17.0')
    expect(dom0Cpuid).toEqual({ enabled: ['AVX2', 'ITSC'], disabled: [] })
  })

  it.each([
    ['cpuid=no-avx1024', '4.22.0', 'boot-option-feature-unknown'],
    ['cpuid=no-SSE4_1', '4.22.0', 'boot-option-feature-unknown'],
    ['cpuid=no-avx', '4.12.4', 'boot-option-feature-unknown'],
    ['cpuid=no-avx=0', '4.22.0', 'boot-option-invalid'],
    ['cpuid=no-its-no', '4.17.0', 'boot-option-feature-unknown'],
    ['no-cpuid=avx', '4.22.0', 'boot-option-invalid'],
    ['dom0-cpuid=no-avx', '4.16.4', 'boot-option-unknown'],
    ['tsx=maybe', '4.22.0', 'boot-option-invalid'],
    ['tsx=1', '4.12.1', 'boot-option-unknown'],
    ['spec-ctrl=gds-mit', '4.17.1', 'boot-option-invalid'],
    ['spec-ctrl=no-verw', '4.22.0', 'boot-option-without-effect'],
    ['spec-ctrl=yes', '4.22.0', 'boot-option-invalid'],
    ['hap=x', '4.22.0', 'boot-option-invalid'],
    ['smep=guest', '4.22.0', 'boot-option-invalid'],
    ['smap=hvm', '4.22.0', 'boot-option-without-effect'],
    ['vpmu', '4.22.0', 'boot-option-invalid'],
    ['vpmu=rtm-abort', '4.22.0', 'boot-option-invalid'],
    ['dom0=pvh', '4.22.0', 'boot-option-without-effect'],
    ['dom0=cpuid-faulting=x', '4.22.0', 'boot-option-invalid'],
    ['no-pku', '4.18.0', 'boot-option-unknown'],
    ['cpuid_mask_ecx=0x1', '4.17.7', 'boot-option-not-followed'],
    ['cpuid_mask_ecx=0x1', '4.22.0', 'boot-option-without-effect'],
    ['console=com1', '4.22.0', 'boot-option-without-effect'],
  ])('says about %s on %s: %s', (line, release, code) => {
    expect(codes(line, release)).toEqual([code])
    const { findings, ...rest } = parseBootOptions(line, release)
    const { findings: _, ...usual } = parseBootOptions('', release)
    expect(rest).toEqual(usual)
    expect(findings[0]?.message).toMatch(/\.$/)
  })

  it.each([
    ['tsx=0', { tsx: 0 }],
    ['no-tsx', { tsx: 0 }],
    ['tsx=0 tsx=on', { tsx: 1 }],
    ['spec-ctrl=no', { scMsrPv: false, scMsrHvm: false, gdsMitigation: false, tsxLeftOn: true }],
    ['tsx=0 no-spec-ctrl', { tsx: 0, tsxLeftOn: false, bpSpecReduce: false }],
    ['spec-ctrl=no-xen', { scMsrPv: true, gdsMitigation: false, bpSpecReduce: false }],
    ['spec-ctrl=no,gds-mit', { gdsMitigation: true, scMsrPv: false }],
    ['spec-ctrl=pv=0', { scMsrPv: false, scMsrHvm: true }],
    ['spec-ctrl=no-hvm', { scMsrPv: true, scMsrHvm: false }],
    ['spec-ctrl=no-msr-sc', { scMsrPv: false, scMsrHvm: false }],
    ['spec-ctrl=msr-sc=no-hvm', { scMsrPv: true, scMsrHvm: false }],
    ['spec-ctrl=msr-sc=pv=off', { scMsrPv: false, scMsrHvm: true }],
    ['spec-ctrl=no-bp-spec-reduce', { bpSpecReduce: false }],
    ['vpmu=on', { vpmuMode: 1 }],
    ['vpmu=arch,bts', { vpmuMode: 1 }],
    ['vpmu=0', { vpmuMode: 0 }],
    ['no-hap', { hap: false }],
    ['no-hap=off', { hap: true }],
    ['dom0=pvh,no-cpuid-faulting', { dom0CpuidFaulting: false }],
    ['smep=0 no-smap', { smep: false, smap: false }],
    ['xsave=0', { xsave: false }],
    ['nolapic', { lapic: false }],
    ['lapic=no', { lapic: false }],
  ])('reads %s', (line, expected) => {
    expect(parseBootOptions(line, '4.22.0')).toMatchObject(expected)
  })

  it('reads what older releases had', () => {
    expect(parseBootOptions('no-pku', '4.17.7').pku).toBe(false)
    expect(parseBootOptions('vpmu', '4.9.0').vpmuMode).toBe(1)
    expect(parseBootOptions('cpuid=no-rdrand', '4.12.4').cpuid.disabled).toEqual(['RDRAND'])
  })

  it('cuts an option where Xen does', () => {
    const names = Array.from({ length: 30 }, () => 'no-avx').join(',')
    const line = `cpuid=${names},no-sse3`
    const { cpuid, findings } = parseBootOptions(line, '4.22.0')
    expect(cpuid.disabled).toEqual(['AVX'])
    expect(findings[0]).toMatchObject({
      code: 'boot-option-cut',
      message: expect.stringContaining(` last ${line.length - 127} characters`),
    })
    expect(parseBootOptions(line, '4.9.4').findings[0]?.message).toContain(
      ` last ${line.length - 99} characters`,
    )
  })

  it('does not know releases without a table', () => {
    expect(() => parseBootOptions('', '3.4.0')).toThrow(UnknownReleaseError)
  })

  it('parts options at blanks alone', () => {
    expect(parseBootOptions('  hap=0   xsave=0 ', '4.22.0')).toMatchObject({
      hap: false,
      xsave: false,
    })
    expect(codes('hap=0\txsave=0')).toEqual(['boot-option-invalid'])
  })
})
