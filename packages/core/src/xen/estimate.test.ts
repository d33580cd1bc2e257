/** The rules that no recorded host shows: CPUs without a hypervisor below, TSX, and the command line. */
import {
  encodeSignature,
  type FeatureName,
  Featureset,
  featureTable,
  UnknownReleaseError,
} from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { derivePolicies } from './derive.js'
import { estimateHostFeatureset } from './estimate.js'

const VENDORS = {
  Intel: [0x756e_6547, 0x6c65_746e, 0x4965_6e69],
  AMD: [0x6874_7541, 0x444d_4163, 0x6974_6e65],
} as const

interface Cpu {
  readonly vendor: keyof typeof VENDORS
  readonly family: number
  readonly model: number
  readonly stepping?: number
  readonly has: readonly FeatureName[]
  readonly threads?: number
  readonly maxLeaf?: number
}

/** A raw policy of the newest extent, whatever release reads it. */
function rawOf({ vendor, family, model, stepping = 0, has, threads = 2, maxLeaf = 0x16 }: Cpu) {
  const [b, c, d] = VENDORS[vendor]
  const none = { subleaf: null, b: 0, c: 0, d: 0 }
  return CpuPolicy.fromRecords([
    { leaf: 0, subleaf: null, a: maxLeaf, b, c, d },
    { ...none, leaf: 1, a: encodeSignature({ family, model, stepping }) },
    { ...none, leaf: 0x8000_0000, a: 0x8000_0021 },
    { ...none, leaf: 0x8000_001e, a: 0, b: (threads - 1) << 8 },
  ]).withFeatureset(Featureset.fromNames(has))
}

const HASWELL: Cpu = { vendor: 'Intel', family: 6, model: 0x3c, has: ['XSAVE', 'AVX', 'AVX2'] }
const SKYLAKE_X: Cpu = {
  vendor: 'Intel',
  family: 6,
  model: 0x55,
  has: ['XSAVE', 'AVX', 'AVX2', 'CLWB', 'IBRSB', 'RTM', 'HLE', 'TSX_FORCE_ABORT'],
}
const ICE_LAKE: Cpu = {
  vendor: 'Intel',
  family: 6,
  model: 0x6a,
  has: ['XSAVE', 'AVX', 'ARCH_CAPS', 'IBRSB', 'EIBRS', 'MDS_NO', 'TSX_CTRL', 'GDS_CTRL'],
}
const ZEN_1: Cpu = { vendor: 'AMD', family: 0x17, model: 1, has: ['SEP', 'IBPB'] }
const ZEN_3: Cpu = { vendor: 'AMD', family: 0x19, model: 1, stepping: 1, has: ['AMD_STIBP'] }
const ZEN_5: Cpu = { vendor: 'AMD', family: 0x1a, model: 2, has: ['LFENCE_DISPATCH', 'NSCB'] }
const PILEDRIVER: Cpu = { vendor: 'AMD', family: 0x15, model: 0x10, has: ['RDRAND'] }

function estimate(cpu: Cpu, release: string, commandLine = '') {
  return estimateHostFeatureset(rawOf(cpu), { release, commandLine })
}

/** Features added, and removed with a `-` in front, by bit. */
function changes(cpu: Cpu, release: string, commandLine = '') {
  return estimate(cpu, release, commandLine).changes.map(({ feature, added }) =>
    added ? feature : `-${feature}`,
  )
}

const withMore = (cpu: Cpu, ...has: FeatureName[]): Cpu => ({ ...cpu, has: [...cpu.has, ...has] })
const NEW = '4.22.0'

describe('estimateHostFeatureset', () => {
  it.each<[string, Cpu, string, string, string[]]>([
    ['Haswell', HASWELL, NEW, '', ['RFDS_NO', 'GDS_NO', 'ITS_NO']],
    ['Haswell before August 2023', HASWELL, '4.17.1', '', []],
    ['Haswell in 4.17.2', HASWELL, '4.17.2', '', ['GDS_NO']],
    ['Haswell under a hypervisor', withMore(HASWELL, 'HYPERVISOR'), NEW, '', ['-AVX', '-AVX2']],
    ['the same told not to', withMore(HASWELL, 'HYPERVISOR'), NEW, 'spec-ctrl=no-gds-mit', []],
    [
      'the same without AVX',
      withMore(HASWELL, 'HYPERVISOR'),
      NEW,
      'cpuid=no-avx',
      ['-AVX', '-AVX2', 'GDS_NO'],
    ],
    [
      'Skylake-X without new microcode',
      SKYLAKE_X,
      NEW,
      '',
      ['-CLWB', 'RSBA', 'RFDS_NO', '-AVX', '-AVX2', 'ITS_NO'],
    ],
    ['Ice Lake', ICE_LAKE, NEW, '', ['HLE', 'RTM', 'RRSBA', 'RFDS_NO', 'GDS_NO']],
    ['Ice Lake in 4.12', ICE_LAKE, '4.12.4', '', []],
    [
      'Ice Lake told not to mitigate',
      ICE_LAKE,
      NEW,
      'spec-ctrl=0',
      ['HLE', 'RTM', 'RRSBA', 'RFDS_NO'],
    ],
    [
      'TSX_CTRL before Xen forced TSX',
      withMore(ICE_LAKE, 'RTM', 'HLE'),
      '4.13.3',
      'tsx=0',
      ['-HLE', '-RTM'],
    ],
    ['no leaf 0xd', { ...HASWELL, maxLeaf: 7 }, '4.17.1', '', ['-XSAVE', '-AVX', '-AVX2']],
    ['no leaf 0x10', withMore({ ...HASWELL, maxLeaf: 0xf }, 'PQE'), '4.17.1', '', ['-PQE']],
    [
      'switches',
      withMore(HASWELL, 'SMEP', 'SMAP', 'APIC', 'PKU'),
      '4.17.1',
      'smep=0 smap=0 nolapic no-pku xsave=0',
      ['-PKU', '-XSAVE', '-AVX', '-AVX2', '-SMEP', '-SMAP', '-APIC'],
    ],
    [
      'Alder Lake, client',
      { ...HASWELL, model: 0x97, has: ['HYBRID'] },
      NEW,
      '',
      ['RSBA', 'GDS_NO', 'ITS_NO'],
    ],
    [
      'Alder Lake, server',
      { ...HASWELL, model: 0x97, has: [] },
      NEW,
      '',
      ['RSBA', 'RFDS_NO', 'GDS_NO', 'ITS_NO'],
    ],
    ['Zen 1', ZEN_1, NEW, '', ['LFENCE_DISPATCH', '-SEP', 'IBPB_BRTYPE', 'TSA_SQ_NO', 'TSA_L1_NO']],
    [
      'Zen 1 without SMT',
      { ...ZEN_1, threads: 1 },
      '4.17.2',
      '',
      ['LFENCE_DISPATCH', '-SEP', 'IBPB_BRTYPE', 'SRSO_NO'],
    ],
    ['Zen 1 under a hypervisor', withMore(ZEN_1, 'HYPERVISOR'), NEW, '', ['-SEP']],
    [
      'Zen 2',
      { ...ZEN_1, model: 0x31, has: ['AMD_STIBP'] },
      '4.17.1',
      '',
      ['LFENCE_DISPATCH', 'NSCB'],
    ],
    ['Zen 3', ZEN_3, NEW, '', ['LFENCE_DISPATCH', 'BTC_NO', 'SBPB', 'IBPB_BRTYPE', 'VERW_CLEAR']],
    ['Zen 3 in 4.16.1', ZEN_3, '4.16.1', '', ['LFENCE_DISPATCH']],
    ['Zen 5', ZEN_5, NEW, '', ['TSA_SQ_NO', 'TSA_L1_NO']],
    [
      'K8 since 4.19.4',
      { ...ZEN_1, family: 0xf, has: ['LAHF_LM'] },
      '4.19.4',
      '',
      ['-LAHF_LM', 'LFENCE_DISPATCH', 'TSA_SQ_NO', 'TSA_L1_NO'],
    ],
    ['K8 before', { ...ZEN_1, family: 0xf, has: [] }, '4.19.2', '', []],
    [
      'family 0x10',
      { ...ZEN_1, family: 0x10, has: ['MONITOR'] },
      '4.17.1',
      '',
      ['LFENCE_DISPATCH', '-MONITOR'],
    ],
    ['Piledriver', PILEDRIVER, '4.17.1', '', ['LFENCE_DISPATCH', '-RDRAND', 'TOPOEXT']],
    [
      'Piledriver told to keep RDRAND',
      PILEDRIVER,
      '4.17.1',
      'cpuid=rdrand',
      ['LFENCE_DISPATCH', 'TOPOEXT'],
    ],
  ])('foresees %s', (_, cpu, release, line, expected) => {
    expect(changes(cpu, release, line)).toEqual(expected)
  })

  it('leaves nothing of what a disabled feature carries', () => {
    const { featureset } = estimate(HASWELL, NEW, 'cpuid=no-xsave')
    expect(featureset.names(featureTable(NEW))).not.toContain('AVX2')
  })

  it.each<[string, Cpu, string, string, boolean]>([
    ['left to Xen on a CPU open to TAA', ICE_LAKE, NEW, '', true],
    ['left to Xen on one that is not', withMore(ICE_LAKE, 'TAA_NO'), NEW, '', false],
    ['asked for', ICE_LAKE, NEW, 'tsx=1', false],
    ['refused', withMore(ICE_LAKE, 'TAA_NO'), NEW, 'tsx=0', true],
    ['kept by spec-ctrl=no', ICE_LAKE, NEW, 'spec-ctrl=no', false],
    [
      'taken out by microcode',
      withMore(ICE_LAKE, 'SRBDS_CTRL', 'RTM_ALWAYS_ABORT', 'TAA_NO'),
      NEW,
      '',
      true,
    ],
    ['of Skylake-X', SKYLAKE_X, NEW, '', false],
    ['of Skylake clients', withMore(SKYLAKE_X, 'RTM_ALWAYS_ABORT'), NEW, 'spec-ctrl=no', true],
    ['not controllable', HASWELL, NEW, 'tsx=0', false],
    ['before Xen told guests', ICE_LAKE, '4.14.2', 'tsx=0', false],
  ])('knows whether RTM is off: %s', (_, cpu, release, line, expected) => {
    expect(estimate(cpu, release, line).facts.rtmDisabled).toBe(expected)
  })

  it('finds what it can beside the features', () => {
    expect(
      estimate(withMore(ICE_LAKE, 'VMX'), NEW, 'vpmu=1 hap=0 spec-ctrl=msr-sc=no-hvm').facts,
    ).toEqual({
      release: NEW,
      bootFamily: 6,
      bootModel: 0x6a,
      vpmuMode: 1,
      cpuidFaulting: false,
      scMsrPv: true,
      scMsrHvm: false,
      bpSpecReduce: true,
      hap: false,
      hvm: true,
      amdVirtSpecCtrl: false,
      rtmDisabled: true,
      rdrandForced: false,
      vmx: { rdtscp: true, invpcid: true, mpx: true, xsaves: true },
    })
  })

  it('finds AMD facts in leaf 0x8000000a', () => {
    const svm = { leaf: 0x8000_000a, subleaf: null, a: 1, b: 0, c: 0, d: (1 << 20) | 1 }
    const raw = rawOf(withMore(ZEN_3, 'SVM', 'IBRS', 'AMD_SSBD')).withRecords([svm])
    expect(estimateHostFeatureset(raw, { release: NEW }).facts).toMatchObject({
      hap: true,
      hvm: true,
      scMsrPv: false,
      scMsrHvm: true,
      amdVirtSpecCtrl: false,
    })
    expect(estimate(ZEN_1, NEW).facts.amdVirtSpecCtrl).toBe(true)
    expect(estimate(withMore(ZEN_1, 'SSB_NO'), NEW).facts.amdVirtSpecCtrl).toBe(false)
  })

  it('believes MSR 0xce about faulting', () => {
    const raw = rawOf(HASWELL).withRecords([], [{ index: 0xce, flags: 0, value: 0x8000_0000n }])
    expect(estimateHostFeatureset(raw, { release: NEW }).facts.cpuidFaulting).toBe(true)
  })

  it('says what it assumes', () => {
    const about = (cpu: Cpu) =>
      estimate(cpu, NEW).assumptions.map((one) => [
        'feature' in one ? one.feature : one.fact,
        one.assumed,
      ])
    expect(about(withMore(ZEN_1, 'HYPERVISOR', 'SVM'))).toEqual([
      ['LFENCE_DISPATCH', false],
      ['SVM', true],
      ['amdVirtSpecCtrl', true],
    ])
    expect(about({ ...HASWELL, model: 0x3d, has: ['ARCH_CAPS', 'TSC_DEADLINE'] })).toEqual([
      ['TSC_DEADLINE', true],
      ['ARCH_CAPS', true],
      ['cpuidFaulting', false],
    ])
    expect(about({ ...HASWELL, model: 0x3d, has: [] })).toEqual([
      ['RSBA', false],
      ['cpuidFaulting', false],
    ])
  })

  it('fits derivePolicies', () => {
    const raw = rawOf(withMore(ICE_LAKE, 'TAA_NO', 'RTM'))
    const { featureset, facts } = estimateHostFeatureset(raw, {
      release: NEW,
      commandLine: 'tsx=0',
    })
    const { pvDefault } = derivePolicies(raw, { ...facts, hostFeatureset: featureset })
    expect(pvDefault.featureset.has('RTM')).toBe(false)
    expect(pvDefault.featureset.has('RTM_ALWAYS_ABORT')).toBe(true)
  })

  it('takes the nearest point release, and none of unknown branches', () => {
    expect(estimate(HASWELL, '4.17.7-xcp').facts.release).toBe('4.17.7')
    expect(() => estimate(HASWELL, '3.4.0')).toThrow(UnknownReleaseError)
  })
})
