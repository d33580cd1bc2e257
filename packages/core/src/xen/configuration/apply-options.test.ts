/** What options and featuresets come to, and what asking for single bits undoes of them. */
import { type FeatureName, Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import type { CpuPolicy } from '../../policy/cpu-policy.js'
import { initDomainPolicy } from '../clamp.js'
import { type ApplyConfigOptions, applyConfig } from './apply.js'
import { testHost } from './hosts.testing.js'

const NEWEST = '4.23-dev'
const intel = testHost(NEWEST)
const hvm = { kind: 'hvm' } as const
const pv = { kind: 'pv' } as const
const table = featureTable()

const has = (policy: CpuPolicy, name: FeatureName) =>
  policy.featureset.has(name, featureTable(policy.release))
const apply = (options: Partial<ApplyConfigOptions>) =>
  applyConfig({ host: intel, domain: hvm, ...options })
const codes = (options: Partial<ApplyConfigOptions>) =>
  apply(options).findings.map(({ code }) => code)

/** The features of a new guest, as a featureset to change. */
const usual = initDomainPolicy(intel, hvm).policy.featureset.or(
  Featureset.fromNames(['HTT'], table),
)

describe('what naming one bit undoes', () => {
  it('is said only where something changes', () => {
    expect(codes({ cpuid: ['avx2=0'] })).toEqual([])
    const reset = apply({ pae: false, cpuid: ['vme=1'] })
    expect(has(reset.policy, 'PAE')).toBe(true)
    expect(reset.findings).toMatchObject([
      {
        code: 'register-reset',
        item: 0,
        leaf: 1,
        register: 'edx',
        features: ['PAE'],
        suggestion: 'pae=0',
      },
    ])
    const kept = apply({ pae: false, cpuid: ['vme=1', 'pae=0'] })
    expect(has(kept.policy, 'PAE')).toBe(false)
    expect(kept.findings).toEqual([])
  })

  it('is not what was asked for with x', () => {
    expect(codes({ pae: false, cpuid: ['pae=x'] })).toEqual([])
  })

  it('is a levelled featureset', () => {
    const featureset = usual.andNot(Featureset.fromNames(['SMEP', 'SMAP'], table))
    const { findings, policy } = apply({ featureset, cpuid: ['rdseed=0'] })
    expect(has(policy, 'SMEP')).toBe(true)
    expect(findings).toMatchObject([
      { code: 'register-reset', features: ['SMEP', 'SMAP'], suggestion: 'smep=0,smap=0' },
    ])
    const xend = apply({
      featureset,
      language: 'xend',
      cpuid: [`7,0:ebx=${'x'.repeat(31)}0`],
    })
    expect(xend.findings).toMatchObject([{ code: 'register-reset', features: ['SMEP', 'SMAP'] }])
    expect(xend.findings[0]?.suggestion).toBeUndefined()
  })
})

describe('a featureset', () => {
  it('that is too long is refused before anything is set', () => {
    const featureset = Featureset.fromBigInt(1n << 700n)
    const result = apply({ featureset, cpuid: ['avx2=0'] })
    expect(result).toMatchObject({
      ok: false,
      calls: 0,
      error: { errno: 'EOPNOTSUPP', leaf: null },
    })
    expect(result.policy.equals(initDomainPolicy(intel, hvm).policy)).toBe(true)
    expect(result.findings).toMatchObject([{ code: 'featureset-too-long' }])
    const older = applyConfig({
      host: testHost('4.13.5'),
      domain: hvm,
      featureset: Featureset.fromNames(['AVX512_BF16', 'NSCB'], table),
    })
    expect(older.findings[0]).toMatchObject({ code: 'featureset-too-long', features: ['NSCB'] })
  })

  it('makes other options void', () => {
    expect(codes({ featureset: usual, pae: false, itsc: true, nestedVirt: true })).toEqual([
      'option-ignored',
      'option-ignored',
      'option-ignored',
    ])
    expect(codes({ featureset: usual, pae: true, itsc: false, nestedVirt: false })).toEqual([])
  })

  it('loses what it does not support, and its MSR', () => {
    const { findings, policy } = apply({
      featureset: usual
        .andNot(Featureset.fromNames(['AVX'], table))
        .xor(Featureset.fromNames(['RDCL_NO', 'HTT'], table)),
    })
    expect(has(policy, 'AVX2')).toBe(false)
    expect(findings.map(({ code }) => code)).toEqual([
      'feature-dropped',
      'featureset-msr-ignored',
      'feature-forced',
    ])
    expect(findings[0]?.features).toContain('AVX2')
    expect(findings[1]?.features).toEqual(['RDCL_NO'])
    expect(findings[2]?.features).toEqual(['HTT'])
  })

  it('has what Xen does not give', () => {
    const { findings } = apply({
      featureset: usual.or(Featureset.fromNames(['SVM', 'VMX'], table)),
    })
    expect(findings.map(({ code, features }) => [code, features])).toEqual([
      ['feature-dropped', ['VMX']],
      ['feature-dropped', ['SVM']],
    ])
  })
})

describe('options', () => {
  it('that a PV guest does not have', () => {
    expect(codes({ domain: pv, pae: false, nestedVirt: true })).toEqual([
      'option-ignored',
      'option-ignored',
    ])
  })

  it('that cannot be had', () => {
    const host = testHost(NEWEST, 'Intel', ['ITSC'])
    expect(
      apply({ host, itsc: true, nestedVirt: true }).findings.map(({ features }) => features),
    ).toEqual([['ITSC'], ['VMX']])
  })

  it('that can', () => {
    const { findings, policy } = apply({
      itsc: true,
      pae: false,
      domain: { ...hvm, nestedVirt: true },
    })
    expect(findings).toEqual([])
    expect([has(policy, 'ITSC'), has(policy, 'PAE'), has(policy, 'VMX')]).toEqual([
      true,
      false,
      true,
    ])
  })

  it('for a guest that comes from an older Xen', () => {
    const { findings, policy } = apply({ restore: true })
    expect(findings.map(({ code }) => code)).toEqual(['restored-as-host'])
    expect(findings[0]?.features).toEqual(['HLE', 'MPX'])
    expect(has(policy, 'MPX')).toBe(true)
    const older = applyConfig({ host: testHost('4.17.7', 'AMD'), domain: hvm, restore: true })
    expect(older.findings.find(({ code }) => code === 'restored-limits')?.message).toContain(
      'extended leaves end at 0x8000001c',
    )
    expect(older.policy.maxExtendedLeaf).toBe(0x8000_001c)
  })
})
