/** Configurations under older toolstacks, which go about them in other ways: on hosts made for the purpose. */
import { type FeatureName, Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import type { CpuPolicy } from '../../policy/cpu-policy.js'
import { type ApplyConfigOptions, applyConfig } from './apply.js'
import { testHost } from './hosts.testing.js'

const hvm = { kind: 'hvm' } as const

const has = (policy: CpuPolicy, name: FeatureName) =>
  policy.featureset.has(name, featureTable(policy.release))

describe('other releases', () => {
  it('took x from the max policy up to 4.15', () => {
    const mpx = (release: string) => {
      const { policy } = applyConfig({ host: testHost(release), domain: hvm, cpuid: ['avx2=0'] })
      return has(policy, 'HLE')
    }
    expect([mpx('4.15.7'), mpx('4.16.0')]).toEqual([true, false])
  })

  it('set one leaf after the other up to 4.13, and went on after an error', () => {
    const result = applyConfig({
      host: testHost('4.13.5'),
      domain: hvm,
      language: 'xend',
      cpuid: [
        `0x123:eax=${'x'.repeat(32)}`,
        `1:ecx=${'x'.repeat(31)}?`,
        `7,0:ebx=${'x'.repeat(26)}0xxxxx`,
      ],
    })
    expect(result).toMatchObject({
      ok: false,
      calls: 3,
      error: { errno: 'ERANGE', leaf: 0x123 },
      evidence: 'facts',
    })
    expect(has(result.policy, 'AVX2')).toBe(false)
    expect(result.findings.map(({ code }) => code)).toContain('error-ignored')
  })

  it('knew no MSRs', () => {
    const cpuid = { cpuid: [], msr: [{ index: 0x10a, policy: 'x'.repeat(64) }] }
    const result = applyConfig({ host: testHost('4.17.1'), domain: hvm, cpuid })
    expect(result).toMatchObject({ ok: true, calls: 1 })
    expect(result.findings).toMatchObject([{ code: 'msr-ignored', severity: 'error', msr: 0x10a }])
  })

  it('gave ITSC up to 4.14 to domains that stay, and by the clamp alone', () => {
    const host = testHost('4.14.6')
    const withItsc = {
      ...host,
      host: host.host.withFeatureset(
        host.host.featureset.or(Featureset.fromNames(['ITSC'], featureTable('4.14.6'))),
      ),
    }
    const itsc = (options: Partial<ApplyConfigOptions>) =>
      has(applyConfig({ host: withItsc, domain: hvm, ...options }).policy, 'ITSC')
    expect(itsc({ itsc: true })).toBe(true)
    expect(itsc({ itsc: false, cpuid: ['invtsc=1'] })).toBe(false)
    expect(itsc({ itsc: true, featureset: Featureset.fromNames(['TSC']) })).toBe(true)
    expect(itsc({ itsc: true, host })).toBe(false)
  })

  it('cannot be foretold before 4.13', () => {
    expect(() => applyConfig({ host: testHost('4.12.4'), domain: hvm })).toThrow('CPU it runs on')
  })
})
