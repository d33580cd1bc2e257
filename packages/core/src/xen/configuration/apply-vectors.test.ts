/** Whole configurations applied, held against what Xen's own toolstack code driving Xen's own set_cpu_policy answered. */
import { Featureset } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../../fixtures/recorded.js'
import type { CpuPolicy } from '../../policy/cpu-policy.js'
import { LABELS, policyOf, type RecordedPolicy } from '../../policy/recorded.testing.js'
import type { HostPolicies, VpmuMode } from '../derive.js'
import { applyConfig } from './apply.js'

interface RecordedHost {
  id: number
  config: { vpmuMode: VpmuMode }
  raw: RecordedPolicy
  host: RecordedPolicy
  pvMax: RecordedPolicy
  hvmMax: RecordedPolicy
  pvDefault: RecordedPolicy
  hvmDefault: RecordedPolicy
}

interface RecordedCase {
  host: number
  domain: {
    type: 'hvm' | 'pv' | 'pv32'
    hap: boolean
    nestedVirt: boolean
    hardwareDomain: boolean
    maxPaddrBits: number
  }
  restore: boolean
  pae: boolean
  itsc: boolean
  nestedVirt: boolean
  featureset: string | null
  cpuidConfig: ({ libxl: string } | { xend: string })[]
  rc: string
  setPolicyCalls: number
  errLeaf: string | null
  errSubleaf: string | null
  errMsr: string | null
  after: RecordedPolicy
}

describe.each(LABELS)('%s', (label, release) => {
  const hostsFile = `policy/vectors/system-policies-${label}.json`
  const file = `policy/vectors/apply-policy-${label}.json`

  describeRecorded([hostsFile, file], () => {
    const hosts = new Map(
      readRecordedJson<{ hosts: RecordedHost[] }>(hostsFile).hosts.map((host) => [host.id, host]),
    )
    const { cases } = readRecordedJson<{ cases: RecordedCase[] }>(file)
    const hostOf = (id: number): HostPolicies => {
      const host = hosts.get(id)
      if (host === undefined) throw new Error(`no host ${id}`)
      const policy = (recorded: RecordedPolicy) => policyOf(recorded, release)
      return {
        release,
        raw: policy(host.raw),
        host: policy(host.host),
        pvMax: policy(host.pvMax),
        pvDefault: policy(host.pvDefault),
        hvmMax: policy(host.hvmMax),
        hvmDefault: policy(host.hvmDefault),
        vpmuMode: host.config.vpmuMode,
      }
    }

    it('has as many cases as the README says', () => expect(cases.length).toBe(220))

    it.each(cases.map((one, at) => ({ ...one, at })))('$at: $rc', (one) => {
      const number = (text: string | null) => (text === null ? null : Number.parseInt(text, 16))
      const xend = one.cpuidConfig.some((item) => 'xend' in item)
      const result = applyConfig({
        host: hostOf(one.host),
        domain: {
          kind: one.domain.type,
          hap: one.domain.hap,
          nestedVirt: one.domain.nestedVirt,
          hardwareDomain: one.domain.hardwareDomain,
          maxPhysAddrBits: one.domain.maxPaddrBits,
        },
        restore: one.restore,
        pae: one.pae,
        itsc: one.itsc,
        nestedVirt: one.nestedVirt,
        ...(one.featureset === null
          ? {}
          : {
              featureset: Featureset.fromWords(
                one.featureset.split(':').map((word) => Number.parseInt(word, 16)),
              ),
            }),
        cpuid: one.cpuidConfig.map((item) => ('xend' in item ? item.xend : item.libxl)),
        language: xend ? 'xend' : 'libxl',
      })
      expect(result.ok ? 'OK' : result.error.errno).toBe(one.rc)
      if (!result.ok)
        expect(result.error).toEqual({
          errno: one.rc,
          leaf: number(one.errLeaf),
          subleaf: number(one.errSubleaf),
          msr: number(one.errMsr),
        })
      expect(result.calls).toBe(one.setPolicyCalls)
      expect(difference(result.policy, policyOf(one.after, release))).toEqual([])
    })
  })
})

/** What differs, in words that a failing test can show. */
function difference(ours: CpuPolicy, theirs: CpuPolicy): string[] {
  const recorded = theirs.words()
  return [...ours.words()].flatMap((word, at) =>
    word === recorded[at]
      ? []
      : [`${at >>> 2}.${at & 3}: ${word.toString(16)}, recorded ${recorded[at]?.toString(16)}`],
  )
}
