/** Releases and CPUs, each with each: the simulated Xen answers what core derives, and never another way than the contract has. */
import {
  CpuPolicy,
  derivePolicies,
  estimateHostFeatureset,
  formatHostSnapshot,
  HypercallError,
  initDomainPolicy,
  parseHostSnapshot,
  setDomainPolicy,
} from '@xenlevel/core'
import { Featureset, knownReleases, releaseHas } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../../fixtures/boots.js'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { LABELS, policyOf, type RecordedPolicy } from '../../../core/src/policy/recorded.testing.js'
import { policyOfText } from '../replay/recording.js'
import { recordingOf } from './recordings.testing.js'
import { SimulatedXen } from './xen.js'

interface RecordedHost {
  readonly id: number
  readonly name: string
  readonly config: {
    readonly hostFeatureset: string
    readonly family: number
    readonly model: number
    readonly vpmuMode: 0 | 1 | 2 | 4
    readonly bp_spec_reduce: boolean
    readonly sc_msr_pv: boolean
    readonly sc_msr_hvm: boolean
    readonly cpuid_faulting: boolean
    readonly hap: boolean
    readonly rtm_disabled: boolean
    readonly amd_virt_spec_ctrl: boolean
    readonly rdrand_forced: boolean
    readonly vmx_rdtscp: boolean
    readonly vmx_invpcid: boolean
    readonly vmx_mpx: boolean
    readonly vmx_xsaves: boolean
  }
  readonly raw: RecordedPolicy
  readonly host: RecordedPolicy
  readonly pvMax: RecordedPolicy
  readonly hvmMax: RecordedPolicy
  readonly pvDefault: RecordedPolicy
  readonly hvmDefault: RecordedPolicy
}

const KINDS = ['host', 'pvMax', 'pvDefault', 'hvmMax', 'hvmDefault'] as const

const filesOf = (label: string) => `policy/vectors/system-policies-${label}.json`

/** What whoever asks gets of a policy: its records. */
const given = (policy: CpuPolicy) => policy.toRecords()

function simulate({ raw, config }: RecordedHost, release: string): SimulatedXen {
  return new SimulatedXen({
    release,
    raw: policyOf(raw, release),
    hostFeatureset: Featureset.parse(config.hostFeatureset),
    hvm: true,
    hap: config.hap,
    facts: {
      bootFamily: config.family,
      bootModel: config.model,
      vpmuMode: config.vpmuMode,
      bpSpecReduce: config.bp_spec_reduce,
      scMsrPv: config.sc_msr_pv,
      scMsrHvm: config.sc_msr_hvm,
      cpuidFaulting: config.cpuid_faulting,
      rtmDisabled: config.rtm_disabled,
      amdVirtSpecCtrl: config.amd_virt_spec_ctrl,
      rdrandForced: config.rdrand_forced,
      vmx: {
        rdtscp: config.vmx_rdtscp,
        invpcid: config.vmx_invpcid,
        mpx: config.vmx_mpx,
        xsaves: config.vmx_xsaves,
      },
    },
  })
}

describe.each(LABELS)('%s', (label, release) => {
  describeRecorded(filesOf(label), () => {
    const { hosts } = readRecordedJson<{ hosts: RecordedHost[] }>(filesOf(label))

    it('has its hosts', () => expect(hosts).toHaveLength(COUNTS[label] ?? 0))

    it.each(hosts)('$id $name: the policies are those of Xen’s own code', (host) => {
      const xen = simulate(host, release)
      for (const which of KINDS) {
        expect(given(xen.policy(which)), which).toEqual(given(policyOf(host[which], release)))
      }
      expect(xen.featureset('pvMax').equals(policyOf(host.pvMax, release).featureset)).toBe(true)
    })
  })
})

const COUNTS: Readonly<Record<string, number>> = { head: 42, '4.17': 42 }

/** Every point release that can be simulated. */
const RELEASES = knownReleases().filter((release) => releaseHas(release, ['4.13.0']))

describeRecorded(filesOf('head'), () => {
  const { hosts } = readRecordedJson<{ hosts: RecordedHost[] }>(filesOf('head'))
  tryOn(hosts.map(({ raw }) => policyOf(raw, '4.23-dev')))
})

describeRecorded(BOOTS.map(bootFile), () => {
  const boots = BOOTS.map(recordingOf)
  tryOn(boots.map(({ xen, hypercalls }) => policyOfText(hypercalls.policies.raw, xen)))
})

/** Each property with any release on any of these CPUs. */
function tryOn(raws: readonly CpuPolicy[]): void {
  const anyRelease = fc.constantFrom(...RELEASES)
  const anyRaw = fc.constantFrom(...raws)

  it('knows the releases', () => {
    expect(RELEASES.length).toBeGreaterThan(50)
  })

  it('boots any release on any CPU, and its snapshot can be written and read', () => {
    fc.assert(
      fc.property(anyRelease, anyRaw, (release, raw) => {
        const xen = new SimulatedXen({ release, raw })
        const again = new SimulatedXen({ release, raw })
        expect(xen.release).toBe(release)
        const snapshot = xen.snapshot({ name: 'one' })
        const text = formatHostSnapshot(snapshot)
        expect(formatHostSnapshot(parseHostSnapshot(text))).toBe(text)
        expect(formatHostSnapshot(again.snapshot({ name: 'one' }))).toBe(text)
        const { hvm, hap } = xen.physinfo()
        expect(snapshot.xen).toMatchObject({ hvm, hap })
        expect(hap && !hvm).toBe(false)
        if (!hvm) {
          expect(xen.featureset('hvmDefault').isEmpty).toBe(true)
          expect(() => xen.createDomain({ kind: 'hvm' })).toThrow(HypercallError)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('gives a new domain what core initialises, and takes and clamps what core foresees', () => {
    const kinds = fc.constantFrom('pv', 'hvm', 'pvh')
    fc.assert(
      fc.property(
        anyRelease,
        anyRaw,
        kinds,
        fc.array(fc.nat(0xffff_ffff), { maxLength: 16 }),
        fc.boolean(),
        (release, raw, kind, words, limit) => {
          const xen = new SimulatedXen({ release, raw })
          const { hvm, hap } = xen.physinfo()
          if (kind !== 'pv' && !hvm) return
          const host = derivePolicies(raw, optionsOf(xen, raw))
          const domain = { kind, hap: kind !== 'pv' && hap } as const
          const clamped = kind === 'pvh' && !hap ? ({ kind: 'hvm', hap } as const) : domain
          const domid = xen.createDomain({ kind })
          const first = initDomainPolicy(host, clamped).policy
          expect(xen.domainPolicy(domid)).toEqual(given(first))
          const wish = first.withFeatureset(Featureset.fromWords(words)).toRecords()
          // Often a limit that is too high.
          const leaves = wish.leaves.map((leaf) =>
            limit && leaf.leaf === 0 ? { ...leaf, a: words[0] ?? 0 } : leaf,
          )
          const foreseen = setDomainPolicy(first, { ...wish, leaves }, host, clamped)
          const answer = xen.setDomainPolicy(domid, { ...wish, leaves })
          expect(answer).toEqual(foreseen.ok ? { ok: true } : { ok: false, error: foreseen.error })
          const after = foreseen.ok ? foreseen.policy : first
          expect(xen.domainPolicy(domid)).toEqual(given(after))
          xen.destroyDomain(domid)
          expect(() => xen.domainPolicy(domid)).toThrow('ESRCH')
        },
      ),
      { numRuns: 150 },
    )
  })

  it('lacks what it says, and throws HypervisorLacksError for nothing else', () => {
    for (const release of RELEASES) {
      const xen = new SimulatedXen({ release, raw: raws[0] ?? CpuPolicy.empty })
      const optional = {
        'featureset pvMax': () => xen.featureset('pvMax'),
        'featureset hvmMax': () => xen.featureset('hvmMax'),
        levellingCaps: () => xen.levellingCaps(),
        microcodeRevision: () => xen.microcodeRevision(0),
      }
      for (const [call, ask] of Object.entries(optional)) {
        const lacks = xen.lacks.some((name) => name === call)
        if (lacks) expect(ask, `${release} ${call}`).toThrow(`Xen ${release} does not have`)
        else expect(ask, `${release} ${call}`).not.toThrow()
      }
    }
  })

  function optionsOf(xen: SimulatedXen, raw: CpuPolicy) {
    const { release } = xen
    const estimate = estimateHostFeatureset(raw, { release })
    return {
      ...estimate.facts,
      hostFeatureset: estimate.featureset,
      hvm: xen.physinfo().hvm,
      hap: xen.physinfo().hap,
      release,
    }
  }
}
