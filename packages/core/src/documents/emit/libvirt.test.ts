/** libvirt's XML, translated as its driver does and run forward. */

import { type FeatureName, Featureset, featureTable } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded } from '../../../../../fixtures/recorded.js'
import { recordedHost } from '../../guest/recorded.testing.js'
import { LABELS } from '../../policy/recorded.testing.js'
import { configured, type EmitOptions } from './forward.js'
import { libvirtCpuXml, toLibvirtXml } from './libvirt.js'
import { libvirtToXl } from './libvirt-to-xl.js'
import { masks, saidNames, someOfMax, systemHosts, systemPolicies } from './wanted.testing.js'

/** The features of a `<cpu>` as written. */
function read(xml: string): { name: string; policy: string }[] {
  return [...xml.matchAll(/<feature policy='(\w+)' name='([^']+)'\/>/g)].map(
    ([, policy = '', name = '']) => ({ name, policy }),
  )
}

describe.each(LABELS)('%s', (label, release) => {
  describeRecorded(systemPolicies(label), () => {
    const hosts = systemHosts(label, release)
    const cases = fc.record({
      at: fc.nat({ max: hosts.length - 1 }),
      domain: fc.record({ kind: fc.constantFrom('hvm', 'pvh'), nestedVirt: fc.boolean() }),
      naming: fc.constantFrom('libvirt', 'libxl'),
      nestedHvm: fc.boolean(),
      masks,
    })

    it('gives what is wanted, or says by name what it does not', { timeout: 60_000 }, () => {
      fc.assert(
        fc.property(cases, ({ at, domain, naming, nestedHvm, masks }) => {
          const host = hosts[at]?.policies
          if (host === undefined) return
          const options: EmitOptions = { host, domain }
          const wanted = someOfMax(options, masks)
          if (wanted === null) return
          const made = toLibvirtXml(wanted, { ...options, naming, nestedHvm })
          expect(read(made.xml)).toEqual(made.cpu.features)
          expect(new Set(made.cpu.features.map(({ name }) => name)).size).toBe(
            made.cpu.features.length,
          )
          const has = (name: FeatureName) => host.host.featureset.has(name, featureTable(release))
          const nested = has('VMX') ? ('vmx' as const) : has('SVM') ? ('svm' as const) : undefined
          const driver = {
            kind: domain.kind,
            release,
            nestedHvm,
            ...(nested === undefined ? {} : { nestedFeature: nested }),
          }
          const forward = (features: typeof made.cpu.features) => {
            const { ok, items, nestedVirt } = libvirtToXl({ ...made.cpu, features }, driver)
            expect(ok).toBe(true)
            return configured({ host, domain: { ...domain, nestedVirt } }, { cpuid: items })
          }
          const { policy } = forward(made.cpu.features)
          expect(policy.equals(made.policy)).toBe(true)
          expect(policy.clearOutOfRange().equals(wanted)).toBe(made.exact)
          const said = saidNames(made.findings)
          for (const { name } of made.differences) expect(said).toContain(name)
          for (const feature of made.cpu.features) {
            if (feature.name === nested) continue
            const fewer = made.cpu.features.filter((each) => each !== feature)
            expect(forward(fewer).policy.equals(policy), feature.name).toBe(false)
          }
        }),
        { numRuns: 150 },
      )
    })
  })
})

describeRecorded(systemPolicies('head'), () => {
  it('cannot say what libxl calls otherwise, unless it may use its names', () => {
    const table = featureTable()
    const options = systemHosts('head', '4.23-dev')
      .map(({ policies: host }): EmitOptions => ({ host, domain: { kind: 'hvm' } }))
      .find((each) => configured(each).policy.featureset.has('AVX512_VNNI'))
    expect(options).toBeDefined()
    if (options === undefined) return
    const { featureset } = configured(options).policy
    const without = (name: FeatureName) =>
      table.clearDependents(featureset.andNot(Featureset.fromNames([name], table)))
    expect(toLibvirtXml(without('AVX'), options).xml).toBe(
      "<cpu mode='host-passthrough'>\n  <feature policy='disable' name='avx'/>\n</cpu>",
    )
    const some = without('AVX512_VNNI')
    const made = toLibvirtXml(some, options)
    expect(made).toMatchObject({ exact: false, xml: "<cpu mode='host-passthrough'/>", items: [] })
    expect(made.findings).toMatchObject([
      { code: 'feature-without-name', features: ['AVX512_VNNI'] },
    ])
    const named = toLibvirtXml(some, { ...options, naming: 'libxl' })
    expect(named).toMatchObject({ exact: true, items: ['avx512-vnni=0'] })
  })
})

describeRecorded('xen/hosts/4.22.0-EPYC.json', () => {
  const host = recordedHost('4.22.0-EPYC')

  it('turns nested virtualisation on and off', () => {
    const on: EmitOptions = { host, domain: { kind: 'hvm', nestedVirt: true } }
    const { featureset } = configured(on).policy
    expect(toLibvirtXml(featureset, on)).toMatchObject({
      exact: true,
      items: [],
      cpu: { features: [{ name: 'svm', policy: 'require' }] },
    })
    const off: EmitOptions = { host, domain: { kind: 'hvm' } }
    expect(toLibvirtXml(configured(off).policy, { ...off, nestedHvm: true })).toMatchObject({
      exact: true,
      cpu: { features: [{ name: 'svm', policy: 'disable' }] },
    })
    expect(toLibvirtXml(configured(off).policy, off).xml).toBe("<cpu mode='host-passthrough'/>")
  })

  it('has nothing for PV guests', () => {
    const options: EmitOptions = { host, domain: { kind: 'pv' } }
    const { featureset } = configured(options).policy
    const wanted = featureset.andNot(Featureset.fromNames(['SSE4A'], featureTable('4.22.0')))
    const made = toLibvirtXml(wanted, options)
    expect(made).toMatchObject({ exact: false, xml: "<cpu mode='host-passthrough'/>" })
    expect(made.findings).toMatchObject([
      { code: 'libvirt-ignores-pv' },
      { code: 'feature-without-name', features: ['SSE4A'] },
    ])
  })
})

describe('libvirtCpuXml', () => {
  it('escapes names', () => {
    const xml = libvirtCpuXml({
      mode: 'host-passthrough',
      features: [{ name: `a'<b>&"c`, policy: 'disable' }],
    })
    expect(xml).toContain("name='a&apos;&lt;b&gt;&amp;&quot;c'")
  })
})
