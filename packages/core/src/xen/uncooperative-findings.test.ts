/** Which features a level cannot keep from PV guests. */
import { Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../../fixtures/boots.js'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { bootPolicy } from '../policy/recorded.testing.js'
import { levellingCaps } from './levelling-caps.js'
import { type RecordedBoot, rawOf } from './levelling-caps.testing.js'
import { uncooperativeView } from './uncooperative.js'
import { type EnforcementFinding, levelEnforcement } from './uncooperative-findings.js'

const lines = (findings: readonly EnforcementFinding[]) =>
  findings.map(({ code, feature, register, missing }) =>
    [code, feature, register, missing.join(' ')].join(', '),
  )

describe('levelEnforcement', () => {
  const nehalem = rawOf(
    {
      vendor: 'Intel',
      family: 6,
      model: 0x1a,
      features: [
        'FPU',
        'APIC',
        'HTT',
        'SSE4_2',
        'VMX',
        'LM',
        'BMI1',
        'ERMS',
        'OSXSAVE',
        'XSAVEOPT',
      ],
    },
    '4.20.3',
  )
  const level = Featureset.fromNames(['FPU', 'APIC'])

  it('names what no mask covers, and what would hide it', () => {
    const masked = levellingCaps(nehalem, '4.20.3')
    expect(lines(levelEnforcement(level, masked))).toEqual([
      'LEVEL_SHOWS_TOPOLOGY, HTT, 1.edx, faulting',
      'LEVEL_LEAKS, XSAVEOPT, 0xd:1.eax, faulting Da1',
      'LEVEL_LEAKS, BMI1, 7:0.ebx, faulting',
      'LEVEL_LEAKS_HARMLESS, ERMS, 7:0.ebx, faulting',
    ])
    expect(levelEnforcement(level, masked)[1]).toMatchObject({
      severity: 'warning',
      message:
        'PV guests see XSAVEOPT in 0xd:1.eax although the level hides it: this host lacks faulting and Da1, so run HVM or PVH guests there, or none that probe features by themselves.',
    })
  })

  it('names everything where there is nothing', () => {
    const bare = levellingCaps(nehalem, '4.20.3', { maskMsrs: false })
    expect(lines(levelEnforcement(level, bare))).toEqual([
      'LEVEL_LEAKS_HARMLESS, HTT, 1.edx, faulting 1cd',
      'LEVEL_LEAKS_UNOFFERED, VMX, 1.ecx, faulting 1cd',
      'LEVEL_LEAKS, SSE4_2, 1.ecx, faulting 1cd',
      'LEVEL_LEAKS, LM, 0x80000001.edx, faulting e1cd',
      'LEVEL_LEAKS, XSAVEOPT, 0xd:1.eax, faulting Da1',
      'LEVEL_LEAKS, BMI1, 7:0.ebx, faulting',
      'LEVEL_LEAKS_HARMLESS, ERMS, 7:0.ebx, faulting',
    ])
  })

  it('tells apart what Xen offers no PV guest', () => {
    const raw = rawOf(
      { vendor: 'AMD', family: 0x17, model: 1, features: ['SMEP', 'PCID', 'BMI1'] },
      '4.20.3',
    )
    const bare = levellingCaps(raw, '4.20.3', { maskMsrs: false })
    expect(lines(levelEnforcement(Featureset.empty, bare))).toEqual([
      'LEVEL_LEAKS_UNOFFERED, PCID, 1.ecx, faulting 1cd',
      'LEVEL_LEAKS, BMI1, 7:0.ebx, faulting 7ab0',
      'LEVEL_LEAKS_UNOFFERED, SMEP, 7:0.ebx, faulting 7ab0',
    ])
  })

  it('has nothing to say of HVM guests, or of a host with faulting', () => {
    const bare = levellingCaps(nehalem, '4.20.3', { maskMsrs: false })
    expect(levelEnforcement(level, bare, 'hvm')).toEqual([])
    expect(levelEnforcement(level, bare, 'pvh')).toEqual([])
    expect(levelEnforcement(level, bare, 'pv32')).toEqual(levelEnforcement(level, bare))
    const faulting = levellingCaps(nehalem, '4.20.3', { cpuidFaulting: true })
    expect(levelEnforcement(level, faulting)).toEqual([])
  })

  it('takes a policy as well as its featureset', () => {
    const caps = levellingCaps(nehalem, '4.20.3')
    const policy = nehalem.withFeatureset(level)
    expect(levelEnforcement(policy, caps)).toEqual(levelEnforcement(level, caps))
  })
})

describe.each(BOOTS)('%s', (boot) => {
  const file = bootFile(boot)
  describeRecorded(file, () => {
    const { xen, hypercalls } = readRecordedJson<RecordedBoot>(file)
    const raw = bootPolicy(hypercalls.policies.raw, xen)
    const pv = bootPolicy(hypercalls.policies.pv_default, xen)

    it('names each feature of the view that the default policy has not, once', () => {
      const caps = levellingCaps(raw, xen)
      const findings = levelEnforcement(pv, caps)
      const known = featureTable(xen).mask('known')
      const dynamic = Featureset.fromNames(['OSXSAVE', 'OSPKE'])
      const leaked = uncooperativeView(pv, caps).featureset.andNot(pv.featureset).and(known)
      expect(findings.map(({ feature }) => feature)).toEqual(leaked.andNot(dynamic).names())
      // The masks of an EPYC cover all that its default policy hides.
      expect(findings.length > 0).toBe(!boot.includes('EPYC'))
      expect(levelEnforcement(CpuPolicy.empty, caps).length).toBeGreaterThan(findings.length)
    })
  })
})
