/** xapi's featuresets, run forward through libxc's steps. */
import { type FeatureName, Featureset, featureTable } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded } from '../../../../../fixtures/recorded.js'
import { recordedHost } from '../../guest/recorded.testing.js'
import { LABELS } from '../../policy/recorded.testing.js'
import { readXapiFeatureset } from '../xapi/featureset.js'
import { configured, type EmitOptions } from './forward.js'
import { masks, saidNames, someOfMax, systemHosts, systemPolicies } from './wanted.testing.js'
import { toXapiPlatform } from './xapi.js'

const place = { key: 'featureset', source: 'test' }

describe.each(LABELS)('%s', (label, release) => {
  describeRecorded(systemPolicies(label), () => {
    const hosts = systemHosts(label, release)
    const cases = fc.record({
      at: fc.nat({ max: hosts.length - 1 }),
      kind: fc.constantFrom('pv', 'pv32', 'hvm', 'pvh'),
      spareWords: fc.constantFrom(0, 4),
      masks,
    })

    it('gives every feature but what libxc keeps for itself', { timeout: 60_000 }, () => {
      fc.assert(
        fc.property(cases, ({ at, kind, spareWords, masks }) => {
          const host = hosts[at]?.policies
          if (host === undefined) return
          const options: EmitOptions = { host, domain: { kind } }
          const wanted = someOfMax(options, masks)
          if (wanted === null) return
          const made = toXapiPlatform(wanted, { ...options, spareWords })
          const featureset = readXapiFeatureset(made.platform.featureset, place)
          const words = featureTable(release).words.length
          expect(featureset.words.length).toBe(words + spareWords)
          const result = configured(options, { featureset })
          expect(result.ok).toBe(true)
          expect(result.policy.equals(made.policy)).toBe(true)
          expect(made.exact).toBe(result.policy.clearOutOfRange().equals(wanted))
          const said = saidNames(made.findings)
          for (const { name } of made.differences) expect(said).toContain(name)
          // Beside those two only bits of the MSR.
          const features = made.differences.filter(({ kind }) => kind === 'feature')
          const others = features.filter(
            ({ name, msr }) => msr === null && name !== 'HTT' && name !== 'CMP_LEGACY',
          )
          expect(others.map(({ message }) => message)).toEqual([])
        }),
        { numRuns: 150 },
      )
    })
  })
})

describeRecorded(['xen/hosts/4.22.0-EPYC.json', 'xen/hosts/4.22.0-Skylake-Server.json'], () => {
  const on = (cpu: string): EmitOptions => ({
    host: recordedHost(`4.22.0-${cpu}`),
    domain: { kind: 'pv' },
  })
  const table = featureTable('4.22.0')
  const names = (...features: FeatureName[]) => Featureset.fromNames(features, table)

  it('writes as many words as the release has, and spare ones', () => {
    const options = on('EPYC')
    const { featureset } = configured(options).policy
    const { platform, exact, findings } = toXapiPlatform(featureset, options)
    expect(platform.featureset).toBe(
      '0789c3f5-f6d83203-28500800-00000061-00000005-00880129-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000',
    )
    expect({ exact, findings }).toEqual({ exact: true, findings: [] })
    const spare = toXapiPlatform(featureset, { ...options, spareWords: 4 })
    expect(spare.platform.featureset).toBe(`${platform.featureset}${'-00000000'.repeat(4)}`)
    expect(spare.exact).toBe(true)
  })

  it('leaves out words that libxc would refuse', () => {
    const options = on('EPYC')
    const { featureset } = configured(options).policy
    const beyond = Featureset.fromWords([...featureset.words, 0, 0, 1])
    const made = toXapiPlatform(beyond, options)
    expect(made.exact).toBe(false)
    expect(made.platform).toEqual(toXapiPlatform(featureset, options).platform)
    expect(made.findings).toMatchObject([{ code: 'featureset-beyond-release', severity: 'error' }])
  })

  it('says which bits of the MSR stay as they are', () => {
    const options = on('Skylake-Server')
    const { featureset } = configured(options).policy
    expect(featureset.has('RSBA')).toBe(true)
    const made = toXapiPlatform(featureset.andNot(names('RSBA')), options)
    expect(made.exact).toBe(false)
    expect(made.findings).toMatchObject([{ code: 'feature-without-name', features: ['RSBA'] }])
    // Without its CPUID bit the MSR is empty.
    const none = toXapiPlatform(featureset.andNot(names('RSBA', 'ARCH_CAPS')), options)
    expect(none.exact).toBe(true)
  })

  it('writes no copies of the bits of leaf 1', () => {
    const options = on('EPYC')
    const { policy } = configured(options)
    expect((policy.featureset.words[2] ?? 0) & 0x0183_f3ff).not.toBe(0)
    const word = toXapiPlatform(policy, options).platform.featureset.split('-')[2] ?? ''
    expect(Number.parseInt(word, 16) & 0x0183_f3ff).toBe(0)
  })
})
