/** QEMU's `-cpu`. */
import { type FeatureName, Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { describeRecorded } from '../../../../../fixtures/recorded.js'
import { recordedHost } from '../../guest/recorded.testing.js'
import { libvirtFeatures } from '../libvirt-names.js'
import { configured } from './forward.js'
import { toQemuCpu } from './qemu.js'
import { qemuNames } from './qemu-names.js'
import { systemHosts, systemPolicies } from './wanted.testing.js'

const features = (...names: FeatureName[]) => Featureset.fromNames(names)

describe('without a host', () => {
  it('adds what is wanted to nothing', () => {
    const made = toQemuCpu(features('FPU', 'SSE3', 'AVX', 'LAHF_LM', 'SSE4_1', 'PCLMULQDQ'))
    expect(made).toMatchObject({
      model: 'base',
      argument: 'base,+fpu,+pni,+pclmulqdq,+sse4.1,+avx,+lahf-lm',
      expanded: ['fpu', 'pni', 'pclmulqdq', 'sse4.1', 'avx', 'lahf-lm'],
      findings: [],
    })
    expect(made.flags[1]).toEqual({ name: 'pni', bit: 32, on: true })
  })

  it('has nothing for nothing', () => {
    expect(toQemuCpu(Featureset.empty)).toMatchObject({ argument: 'base', flags: [], findings: [] })
  })

  it('leaves topology to QEMU, and the copies of the bits of leaf 1', () => {
    const wanted = features('HTT', 'CMP_LEGACY', 'FPU').or(Featureset.fromWords([0, 0, 1]))
    expect(toQemuCpu(wanted).argument).toBe('base,+fpu')
  })

  it('says what QEMU has no name for', () => {
    const wanted = features('FPU', 'RTM_ALWAYS_ABORT').or(Featureset.fromWords([1 << 10]))
    const made = toQemuCpu(wanted)
    expect(made.argument).toBe('base,+fpu')
    expect(made.findings).toMatchObject([
      { code: 'feature-without-name', severity: 'error', features: ['RTM_ALWAYS_ABORT'] },
    ])
    expect(made.findings[0]?.message).toContain('<10>')
  })
})

describeRecorded(['xen/hosts/4.22.0-EPYC.json', 'xen/hosts/4.22.0-Skylake-Server.json'], () => {
  const epyc = recordedHost('4.22.0-EPYC')
  const { policy } = configured({ host: epyc, domain: { kind: 'hvm' } })

  it('tells vendor, signature and address width of a whole policy', () => {
    expect(toQemuCpu(policy).argument).toMatch(
      /^base,\+fpu,.*,vendor=AuthenticAMD,family=23,model=1,stepping=2,phys-bits=\d+$/,
    )
  })

  it('takes from a host what is not wanted', () => {
    const made = toQemuCpu(policy.featureset.andNot(features('AVX2', 'SSE4A')), { host: epyc })
    expect(made.model).toBe('host')
    expect(made.argument).toMatch(/^host,-/)
    expect(made.argument).not.toContain('+')
    const taken = new Set(made.flags.map(({ name }) => name))
    expect(taken).toContain('avx2')
    expect(taken).toContain('sse4a')
    expect(taken).toContain('svm')
    // KVM emulates it, wanted or not.
    expect(taken).toContain('tsc-deadline')
    expect(taken.has('sse2')).toBe(false)
    // Without its CPUID bit nobody reads the MSR.
    expect(taken).toContain('arch-capabilities')
    expect(taken.has('rdctl-no')).toBe(false)
    expect(made.expanded.some((name) => taken.has(name))).toBe(false)
  })

  it('says what the host does not have', () => {
    const wanted = policy.featureset.or(features('AVX512F'))
    const { findings } = toQemuCpu(wanted, { host: epyc })
    expect(findings.find(({ code }) => code === 'feature-not-on-host')?.features).toContain(
      'AVX512F',
    )
  })

  it('asks for what -cpu host leaves out', () => {
    const wanted = policy.featureset.or(features('ITSC'))
    expect(toQemuCpu(wanted, { host: epyc }).argument).toContain('+invtsc')
  })
})

describeRecorded(systemPolicies('head'), () => {
  it('adds up: the host, less what is taken away, has nothing that is not wanted', () => {
    const table = featureTable()
    const names = qemuNames()
    const hosts = systemHosts('head', '4.23-dev')
    expect(hosts.length).toBe(42)
    for (const { policies: host } of hosts) {
      const wanted = configured({ host, domain: { kind: 'hvm' } }).policy.featureset
      const { flags } = toQemuCpu(wanted, { host })
      const taken = new Set(flags.filter(({ on }) => !on).map(({ bit }) => bit))
      const left = (host.raw ?? host.host).featureset
        .bits()
        .filter((bit) => names.has(bit) && !taken.has(bit) && !wanted.has(bit))
      // What is said of topology and of the hardware stays; so does an MSR that the guest cannot read.
      const stay = left.map((bit) => table.feature(bit)?.name ?? String(bit))
      const msr = (name: string) =>
        (table.feature(name)?.word ?? 0) >= 16 && !wanted.has('ARCH_CAPS')
      expect(
        stay.filter(
          (name) =>
            !['HTT', 'CMP_LEGACY', 'FDP_EXCP_ONLY', 'NO_FPU_SEL', 'OSXSAVE', 'OSPKE'].includes(
              name,
            ) && !msr(name),
        ),
      ).toEqual([])
    }
  })
})

describe('names', () => {
  it("are one for each bit, and QEMU's in form", () => {
    const names = [...qemuNames().values()]
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => !/^[a-z0-9][a-z0-9.-]*$/.test(name))).toEqual([])
  })

  it("are libvirt's for most", () => {
    const names = qemuNames()
    const other = libvirtFeatures().filter(
      ({ name, bit }) => bit !== null && names.get(bit) !== name.replaceAll('_', '-'),
    )
    expect(other.map(({ name }) => name).sort()).toEqual([
      'cmt',
      'cvt16',
      'ospke',
      'osxsave',
      'pclmuldq',
      'pconfig',
    ])
  })
})
