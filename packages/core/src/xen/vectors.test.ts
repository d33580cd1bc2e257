/** Policies derived, clamped and set, held against what Xen's own code answered. */
import { Featureset } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { LABELS, leafOf, msrOf, policyOf, type RecordedPolicy } from '../policy/recorded.testing.js'
import { clampPolicy, type DomainOptions, initDomainPolicy, setDomainPolicy } from './clamp.js'
import { derivePolicies, type HostPolicies, type VpmuMode } from './derive.js'

interface RecordedHost {
  id: number
  name: string
  cpuid: string[]
  archCaps: string
  config: {
    hostFeatureset: string
    family: number
    model: number
    vpmuMode: VpmuMode
    bp_spec_reduce: boolean
    sc_msr_pv: boolean
    sc_msr_hvm: boolean
    cpuid_faulting: boolean
    hap: boolean
    rtm_disabled: boolean
    amd_virt_spec_ctrl: boolean
    rdrand_forced: boolean
    vmx_rdtscp: boolean
    vmx_invpcid: boolean
    vmx_mpx: boolean
    vmx_xsaves: boolean
  }
  raw: RecordedPolicy
  host: RecordedPolicy
  pvMax: RecordedPolicy
  hvmMax: RecordedPolicy
  pvDefault: RecordedPolicy
  hvmDefault: RecordedPolicy
}

interface RecordedDomain {
  type: 'hvm' | 'pv' | 'pv32'
  hap: boolean
  nestedVirt: boolean
  hardwareDomain: boolean
  maxPaddrBits: number
}

const POLICIES = ['host', 'pvMax', 'pvDefault', 'hvmMax', 'hvmDefault'] as const

const domainOf = ({
  type,
  hap,
  nestedVirt,
  hardwareDomain,
  maxPaddrBits,
}: RecordedDomain): DomainOptions => ({
  kind: type,
  hap,
  nestedVirt,
  hardwareDomain,
  maxPhysAddrBits: maxPaddrBits,
})

function derive({ raw, config }: RecordedHost, release: string): HostPolicies {
  return derivePolicies(policyOf(raw, release), {
    release,
    hostFeatureset: Featureset.parse(config.hostFeatureset),
    bootFamily: config.family,
    bootModel: config.model,
    vpmuMode: config.vpmuMode,
    bpSpecReduce: config.bp_spec_reduce,
    scMsrPv: config.sc_msr_pv,
    scMsrHvm: config.sc_msr_hvm,
    cpuidFaulting: config.cpuid_faulting,
    hap: config.hap,
    rtmDisabled: config.rtm_disabled,
    amdVirtSpecCtrl: config.amd_virt_spec_ctrl,
    rdrandForced: config.rdrand_forced,
    vmx: {
      rdtscp: config.vmx_rdtscp,
      invpcid: config.vmx_invpcid,
      mpx: config.vmx_mpx,
      xsaves: config.vmx_xsaves,
    },
  })
}

/** What differs, in words that a failing test can show. */
function difference(ours: CpuPolicy, theirs: CpuPolicy): string[] {
  const text = (policy: CpuPolicy) => {
    const words = [...policy.words()]
    return words.map((word, at) => `${at >>> 2}.${at & 3}: ${word.toString(16)}`)
  }
  const [a, b] = [text(ours), text(theirs)]
  return a.flatMap((line, at) => (line === b[at] ? [] : [`${line}, recorded ${b[at]}`]))
}

describe.each(LABELS)('%s', (label, release) => {
  const file = (name: string) => `policy/vectors/${name}-${label}.json`
  const hosts = file('system-policies')

  describeRecorded(hosts, () => {
    const recorded = readRecordedJson<{ hosts: RecordedHost[] }>(hosts).hosts

    it.each(recorded)('$id $name', (host) => {
      const policies = derive(host, release)
      for (const which of POLICIES) {
        expect(difference(policies[which], policyOf(host[which], release)), which).toEqual([])
      }
    })

    it.each(recorded)('$id $name, from its dump', ({ cpuid, archCaps, raw }) => {
      const msrs = [{ index: 0x10a, flags: 0, value: BigInt(`0x${archCaps}`) }]
      const policy = CpuPolicy.fromDump(
        { format: 'json', cpus: [{ id: 0, leaves: cpuid.map(leafOf), msrs }], warnings: [] },
        { release },
      )
      expect(difference(policy, policyOf(raw, release))).toEqual([])
    })
  })

  describeRecorded([hosts, file('clamp'), file('set-policy')], () => {
    const recorded = readRecordedJson<{ hosts: RecordedHost[] }>(hosts).hosts
    const policies = new Map(recorded.map((host) => [host.id, derive(host, release)]))
    const hostOf = (id: number): HostPolicies => {
      const found = policies.get(id)
      if (found === undefined) throw new Error(`no host ${id}`)
      return found
    }
    const { recalculate, initDomain } = readRecordedJson<{
      recalculate: {
        host: number
        domain: RecordedDomain
        in: RecordedPolicy
        out: RecordedPolicy
      }[]
      initDomain: { host: number; domain: RecordedDomain; out: RecordedPolicy }[]
    }>(file('clamp'))
    const { cases } = readRecordedJson<{
      cases: {
        host: number
        domain: RecordedDomain
        current: RecordedPolicy
        leaves: string[]
        msrs: string[]
        rc: string
        errLeaf: string | null
        errSubleaf: string | null
        errMsr: string | null
        after?: RecordedPolicy
      }[]
    }>(file('set-policy'))

    it.each(recalculate.map((one, at) => ({ ...one, at })))(
      'clamp $at',
      ({ host, domain, in: wanted, out }) => {
        const before = policyOf(wanted, release)
        const { policy, changes } = clampPolicy(before, hostOf(host), domainOf(domain))
        expect(difference(policy, policyOf(out, release))).toEqual([])
        expect(changes.length > 0).toBe(!policy.equals(before))
      },
    )

    it.each(initDomain.map((one, at) => ({ ...one, at })))(
      'new domain $at',
      ({ host, domain, out }) => {
        const { policy } = initDomainPolicy(hostOf(host), domainOf(domain))
        expect(difference(policy, policyOf(out, release))).toEqual([])
      },
    )

    it.each(cases.map((one, at) => ({ ...one, at })))('set policy $at: $rc', (one) => {
      const number = (text: string | null) => (text === null ? null : Number.parseInt(text, 16))
      const current = policyOf(one.current, release)
      const result = setDomainPolicy(
        current,
        { leaves: one.leaves.map(leafOf), msrs: one.msrs.map(msrOf) },
        hostOf(one.host),
        domainOf(one.domain),
      )
      if (result.ok) {
        expect(one.rc).toBe('OK')
        expect(
          difference(result.policy, policyOf(one.after ?? { leaves: [], msrs: [] }, release)),
        ).toEqual([])
      } else {
        expect(result.error).toEqual({
          errno: one.rc,
          leaf: number(one.errLeaf),
          subleaf: number(one.errSubleaf),
          msr: number(one.errMsr),
        })
      }
    })
  })
})
