/** Guest policies that real hypervisors answered, derived from the raw policy and the host featureset that they answered too. */
import { Featureset } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../../fixtures/boots.js'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { bootPolicy, leafText, msrText, type RecordedPolicy } from '../policy/recorded.testing.js'
import { derivePolicies } from './derive.js'
import { evidenceFor } from './releases.js'

interface RecordedHost {
  xen: string
  qemuCpu: string
  hypercalls: {
    featuresets: Record<
      'raw' | 'host' | 'pv' | 'hvm' | 'pv_max' | 'hvm_max',
      string | { err: string }
    >
    policies: Record<
      'raw' | 'host' | 'pv_max' | 'pv_default' | 'hvm_max' | 'hvm_default',
      RecordedPolicy
    >
  }
}

const POLICIES = [
  ['host', 'host', 'host'],
  ['pvMax', 'pv_max', 'pv_max'],
  ['pvDefault', 'pv_default', 'pv'],
  ['hvmMax', 'hvm_max', 'hvm_max'],
  ['hvmDefault', 'hvm_default', 'hvm'],
] as const

const hasBits = (text: string | { err: string }) =>
  typeof text === 'string' && /[1-9a-f]/.test(text)

describe.each(BOOTS)('%s', (boot) => {
  const file = bootFile(boot)
  describeRecorded(file, () => {
    const { xen: release, hypercalls } = readRecordedJson<RecordedHost>(file)
    const { featuresets, policies } = hypercalls
    const hostFeatureset =
      typeof featuresets.host === 'string' ? Featureset.parse(featuresets.host) : Featureset.empty
    const derived = derivePolicies(bootPolicy(policies.raw, release), {
      release,
      hostFeatureset,
      // These emulated Intel CPUs have no VMX.
      hvm: hasBits(featuresets.hvm),
      // The emulated EPYC gives Xen VIRT_SPEC_CTRL; releases from 4.17 on offer it to guests.
      amdVirtSpecCtrl: boot.includes('EPYC'),
      bpSpecReduce: false,
    })

    it.each(POLICIES)('%s is what it answered', (ours, theirs, featureset) => {
      const recorded = bootPolicy(policies[theirs], release).toRecords()
      const made = derived[ours].toRecords()
      expect(made.leaves.map(leafText)).toEqual(recorded.leaves.map(leafText))
      expect(made.msrs.map(msrText)).toEqual(recorded.msrs.map(msrText))
      const answer = featuresets[featureset]
      // 4.13.5 and 4.17.0 answer no max featureset; their max policies are compared above all the same.
      if (typeof answer === 'string') {
        expect(derived[ours].featureset.equals(Featureset.parse(answer))).toBe(true)
      } else expect(answer.err).toBe('EINVAL')
      expect(evidenceFor(release)).toBe('recorded')
    })
  })
})
