/** The policies of guests that xl started on real Xen 4.17.7, as their save files have them: made anew from the host's policies and the guest's configuration. */
import { describe, expect, it } from 'vitest'
import {
  describeRecorded,
  readRecorded,
  readRecordedJson,
} from '../../../../../fixtures/recorded.js'
import {
  bootPolicy,
  leafOf,
  leafText,
  msrText,
  type RecordedPolicy,
} from '../../policy/recorded.testing.js'
import type { HostPolicies } from '../derive.js'
import { applyConfig } from './apply.js'
import { parseXlCpuidJson } from './json.js'

type Index = 'raw' | 'host' | 'pv_max' | 'pv_default' | 'hvm_max' | 'hvm_default'

const RELEASE = '4.17.7'

/** The configuration in the save file of the levelled guest: xl kept it as libxl's JSON of its `cpuid=` line. */
const LEVELLED = `{ "cpuid": [
  { "leaf": 7, "subleaf": 0, "ebx": "xxxxxxxx0xxx0xxxxxxxxxxxxxxxxxxx" },
  { "leaf": 13, "subleaf": 1, "eax": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxx0xx" }
], "msr": [ ] }`

const GUESTS = [
  { stream: 'EPYC-tpv', host: 'EPYC', kind: 'pv', cpuid: null },
  { stream: 'EPYC-tpvh', host: 'EPYC', kind: 'pvh', cpuid: null },
  { stream: 'Haswell-tpv', host: 'Haswell', kind: 'pv', cpuid: null },
  { stream: 'Skylake-Server-tpv', host: 'Skylake-Server', kind: 'pv', cpuid: null },
  { stream: 'Skylake-levelled-tpv', host: 'Skylake-Server', kind: 'pv', cpuid: LEVELLED },
] as const

const policyOf = (policy: RecordedPolicy) => bootPolicy(policy, RELEASE)

describe.each(GUESTS)('$stream', ({ stream, host, kind, cpuid }) => {
  const hostFile = `xen/hosts/4.17-debian-${host}.json`
  const streamFile = `xen/streams/4.17.7-${stream}.txt`

  describeRecorded([hostFile, streamFile], () => {
    const { policies } = readRecordedJson<{
      hypercalls: { policies: Record<Index, RecordedPolicy> }
    }>(hostFile).hypercalls
    const hosts: HostPolicies = {
      release: RELEASE,
      raw: policyOf(policies.raw),
      host: policyOf(policies.host),
      pvMax: policyOf(policies.pv_max),
      pvDefault: policyOf(policies.pv_default),
      hvmMax: policyOf(policies.hvm_max),
      hvmDefault: policyOf(policies.hvm_default),
    }
    const lines = readRecorded(streamFile).split('\n')
    const leaves = lines.filter((line) => /^ +[0-9a-f]{8}:[0-9a-f]{8} -> .*:/.test(line))

    it('has the policy that its configuration comes to', () => {
      const result = applyConfig({
        host: hosts,
        domain: { kind },
        ...(cpuid === null ? {} : { cpuid: parseXlCpuidJson(cpuid, { release: RELEASE }) }),
      })
      expect(result.ok).toBe(true)
      const { leaves: ours, msrs } = result.policy.toRecords()
      expect(ours.map(leafText)).toEqual(
        leaves.map((line) => leafText(leafOf(line.trim().replace(' -> ', ':')))),
      )
      expect(leaves.length).toBeGreaterThan(20)
      expect(msrs.map(msrText)).toEqual(
        lines
          .filter((line) => /^ +[0-9a-f]{8} 0{8} -> [0-9a-f]{16}$/.test(line))
          .map((line) => line.trim().replace(/ -> | /g, ':')),
      )
      expect(msrs).toHaveLength(2)
      expect(result.findings.filter(({ severity }) => severity === 'error')).toEqual([])
    })
  })
})
