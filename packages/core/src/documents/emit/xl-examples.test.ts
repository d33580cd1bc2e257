/** Lines for xl.cfg one by one: what each of them is about. */
import { type FeatureName, Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { bootFile } from '../../../../../fixtures/boots.js'
import { describeRecorded } from '../../../../../fixtures/recorded.js'
import type { GuestKind } from '../../guest/kind.js'
import { recordedHost } from '../../guest/recorded.testing.js'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { configured, type EmitOptions } from './forward.js'
import { changed, systemHosts, systemPolicies } from './wanted.testing.js'
import { toXlConfig } from './xl.js'

const EPYC = '4.22.0-EPYC'
const SKYLAKE = '4.22.0-Skylake-Server'

function on(boot: string, kind: GuestKind, more: Partial<EmitOptions> = {}): EmitOptions {
  return { host: recordedHost(boot), domain: { kind }, ...more }
}

function without(options: EmitOptions, ...names: FeatureName[]): Featureset {
  const table = featureTable(options.host.release)
  return configured(options).policy.featureset.andNot(Featureset.fromNames(names, table))
}

function withAlso(options: EmitOptions, ...names: FeatureName[]): Featureset {
  return without(options).or(Featureset.fromNames(names, featureTable(options.host.release)))
}

const codes = ({ findings }: { findings: readonly { code: string }[] }) =>
  findings.map(({ code }) => code)

describeRecorded([EPYC, SKYLAKE].map(bootFile), () => {
  it('writes nothing for what the domain gets anyway', () => {
    const options = on(EPYC, 'hvm')
    const config = toXlConfig(configured(options).policy, options)
    expect(config).toMatchObject({ exact: true, language: 'libxl', items: [], line: '' })
    expect(config.differences).toEqual([])
    expect(config.findings).toEqual([])
  })

  it('names what others depend on, and not the others', () => {
    const options = on(EPYC, 'pv')
    const wanted = without(options, 'AVX', 'AVX2', 'FMA', 'F16C')
    expect(toXlConfig(wanted, options)).toMatchObject({ exact: true, line: 'cpuid="host,avx=0"' })
  })

  it('takes the name of the feature where the short one is a field', () => {
    const options = on(EPYC, 'pv')
    expect(toXlConfig(without(options, 'CLFLUSH'), options).items).toEqual(['clfsh=0'])
  })

  it('puts back what naming a register resets', () => {
    // libxc sets HTT for HVM guests, and the default policy of this host does not have it.
    const options = on(EPYC, 'hvm')
    expect(toXlConfig(without(options, 'FPU', 'MMX', 'MMXEXT'), options)).toMatchObject({
      exact: true,
      items: ['fpu=0', 'htt=1'],
    })
  })

  it('names a register for the sake of what that resets', () => {
    const options = on(EPYC, 'hvm')
    const { policy } = configured(options)
    const wanted = changed(options, policy.withFeatureset(without(options, 'HTT')))
    expect(wanted).not.toBeNull()
    if (wanted === null) return
    expect(toXlConfig(wanted, options)).toMatchObject({ exact: true, items: ['de=1'] })
  })

  it('knows what other keys of xl.cfg do', () => {
    const options = on(EPYC, 'hvm')
    const noPae = toXlConfig(without(options), { ...options, pae: false })
    // PAE off takes much with it, in five registers; any name of each brings back the default's bits.
    expect(noPae).toMatchObject({
      exact: true,
      items: ['htt=1', 'fma=1', 'nx=1', 'abm=1', 'adx=1', 'ibpb=0'],
    })
    const itsc = { ...options, itsc: true }
    expect(toXlConfig(without(itsc), itsc).items).toEqual([])
    expect(toXlConfig(without(options), itsc).items).toEqual(
      configured(itsc).policy.equals(configured(options).policy) ? [] : ['itsc=0'],
    )
  })

  it('has features from the max policy', () => {
    const options = on(SKYLAKE, 'pv')
    expect(toXlConfig(withAlso(options, 'X2APIC', 'CLWB'), options)).toMatchObject({
      exact: true,
      line: 'cpuid="host,x2apic=1,clwb=1"',
    })
  })

  it('says why features cannot be had', () => {
    const options = on(EPYC, 'pv32')
    const wanted = withAlso(options, 'LM', 'LAHF_LM', 'AVX512F')
    const config = toXlConfig(wanted, options)
    expect(config).toMatchObject({ exact: false, language: 'libxl', line: '' })
    expect(config.differences.map(({ name, a, b }) => [name, a, b])).toEqual([
      ['AVX512F', 1, 0],
      ['LAHF_LM', 1, 0],
      ['LM', 1, 0],
    ])
    expect(config.findings).toMatchObject([
      { code: 'feature-not-offered', features: ['AVX512F', 'LM'] },
      { code: 'feature-without-requirement', features: ['LAHF_LM'] },
    ])
  })

  it('leaves out of features alone what no toolstack chooses, and says so', () => {
    const options = on(EPYC, 'hvm')
    const config = toXlConfig(without(options, 'HTT'), options)
    expect(config).toMatchObject({ exact: true, line: '' })
    expect(config.findings).toMatchObject([
      { code: 'feature-not-chosen', severity: 'info', features: ['HTT'] },
    ])
  })

  it('refuses bits in words that the release does not have', () => {
    const options = on(EPYC, 'pv')
    const words = [...without(options).words, 0, 5]
    const config = toXlConfig(Featureset.fromWords(words), options)
    expect(config.exact).toBe(false)
    expect(config.findings).toMatchObject([{ code: 'featureset-beyond-release' }])
    expect(config.findings[0]?.message).toContain('bits 640, 642')
  })

  it('names bits that have no name', () => {
    const options = on(EPYC, 'pv')
    const words = [...without(options).words]
    words[18] = 0x80
    const config = toXlConfig(Featureset.fromWords(words), options)
    expect(config.differences.map(({ name }) => name)).toEqual(['<583>'])
    expect(config.findings[0]).toMatchObject({ code: 'feature-out-of-reach' })
    expect(config.findings[0]?.message).toContain('<583>')
  })

  it('has numbers for signature and topology', () => {
    const options = on(EPYC, 'hvm')
    const { policy } = configured(options)
    const records = policy.toRecords()
    const leaves = records.leaves.map((leaf) => {
      if (leaf.leaf === 1)
        return { ...leaf, a: 0x00a20f12, b: (leaf.b & 0xff00_ffff) | (200 << 16) }
      if (leaf.leaf === 0x8000_0008) return { ...leaf, c: 0x5_0063 & 0xf0ff }
      return leaf
    })
    const wanted = changed(options, policy.withRecords(leaves, records.msrs))
    expect(wanted).not.toBeNull()
    if (wanted === null) return
    const config = toXlConfig(wanted, options)
    expect(config).toMatchObject({ exact: true, language: 'libxl' })
    expect(config.items).toEqual(['model=33', 'family=25', 'proccount=200', 'nc=99'])
  })

  it('takes the other language where libxl has no key', () => {
    const options = on(EPYC, 'pv')
    const { policy } = configured(options)
    const records = policy.toRecords()
    const leaves = records.leaves.map((leaf) =>
      leaf.leaf === 0x8000_0002 ? { ...leaf, a: 0x2e2e2e2e } : leaf,
    )
    const wanted = changed(options, policy.withRecords(leaves, records.msrs))
    expect(wanted).not.toBeNull()
    if (wanted === null) return
    const config = toXlConfig(wanted, options)
    expect(config).toMatchObject({ exact: true, language: 'xend' })
    expect(config.line).toMatch(/^cpuid=\["0x80000002:eax=[01x]{32}"\]$/)
    const forced = toXlConfig(wanted, { ...options, language: 'libxl' })
    expect(forced).toMatchObject({ exact: false, line: '' })
    expect(forced.findings).toMatchObject([{ code: 'register-without-key' }])
    expect(forced.differences.map(({ name }) => name)).toEqual(['extd.brand'])
  })

  it('says what neither language can', () => {
    const options = on(EPYC, 'pv')
    const { policy } = configured(options)
    const wanted = policy.withRecords([], [{ index: 0xce, flags: 0, value: 1n << 31n }])
    const config = toXlConfig(wanted, options)
    const name = 'platform_info.cpuid_faulting'
    expect(config.differences.map((difference) => difference.name)).toEqual(
      policy.equals(wanted) ? [] : [name],
    )
    expect(config.exact).toBe(policy.equals(wanted))
  })

  it('says that a host cannot run such guests', () => {
    const options = on(SKYLAKE, 'hvm')
    const config = toXlConfig(configured(options).policy, options)
    expect(config.exact).toBe(false)
    expect(codes(config)).toContain('host-without-hvm')
  })

  it('takes copies of the bits of leaf 1 to be as Xen makes them', () => {
    const options = on(EPYC, 'pv')
    expect(toXlConfig(options.host.pvDefault, options)).toMatchObject({ exact: true, line: '' })
  })

  it('changes nothing that it is given', () => {
    const options = on(EPYC, 'hvm')
    const wanted = options.host.hvmMax
    const before = wanted.words()
    toXlConfig(wanted, options)
    expect(CpuPolicy.peek(wanted)).toEqual(before)
  })
})

describeRecorded('xen/hosts/4.17.0-EPYC.json', () => {
  it('knows a release that has names for few', () => {
    const options = on('4.17.0-EPYC', 'pv')
    // As libxl spelt it before it took the names of Xen's header.
    expect(toXlConfig(without(options, 'SSE4_2'), options).items).toEqual(['sse4_2=0'])
    expect(toXlConfig(without(options, 'SSE4_2'), { ...options, release: '4.22.0' }).items).toEqual(
      ['sse4-2=0'],
    )
  })
})

describe('MSR 0x10a', () => {
  describeRecorded(systemPolicies('head'), () => {
    it('has its bits named', () => {
      const options = systemHosts('head', '4.23-dev')
        .map(({ policies: host }): EmitOptions => ({ host, domain: { kind: 'hvm' } }))
        .find((each) => without(each).has('RDCL_NO'))
      expect(options).toBeDefined()
      if (options === undefined) return
      const config = toXlConfig(without(options, 'RDCL_NO'), options)
      expect(config).toMatchObject({ exact: true, items: ['rdcl-no=0'] })
      const msr = without(options, 'ARCH_CAPS').words.map((word, at) =>
        at === 16 || at === 17 ? 0 : word,
      )
      expect(toXlConfig(Featureset.fromWords(msr), options)).toMatchObject({
        exact: true,
        items: ['arch-caps=0'],
      })
      const { items, ...xend } = toXlConfig(without(options, 'RDCL_NO'), {
        ...options,
        language: 'xend',
      })
      expect(items).toEqual([])
      expect(xend.exact).toBe(false)
      expect(xend.findings).toMatchObject([{ code: 'feature-without-name', features: ['RDCL_NO'] }])
    })
  })
})
