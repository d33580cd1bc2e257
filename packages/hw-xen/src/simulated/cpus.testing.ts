/** For tests: two CPUs, an Intel with VT-x and an AMD with nested paging, made of a few numbers. */
import { CpuPolicy } from '@xenlevel/core'
import { encodeSignature, Featureset } from '@xenlevel/cpuid'
import { makeIntelUpdate } from '../../../microcode/src/intel/updates.testing.js'

const NAMES = {
  Intel: { b: 0x756e_6547, c: 0x6c65_746e, d: 0x4965_6e69 },
  AMD: { b: 0x6874_7541, c: 0x444d_4163, d: 0x6974_6e65 },
  Hygon: { b: 0x6f67_7948, c: 0x656e_6975, d: 0x6e65_476e },
} as const

const FEATURES = [
  ...['FPU', 'PAE', 'CX8', 'APIC', 'PSE36', 'MMX', 'FXSR', 'SSE', 'SSE2', 'SSE3', 'LM', 'NX'],
  ...['SYSCALL', 'POPCNT', 'RDRAND', 'BMI1', 'BMI2', 'CLFLUSH'],
]

/** Skylake-SP's signature. */
export const SKYLAKE = 0x50654

/** A raw policy. */
export function rawCpu(vendor: keyof typeof NAMES, more: readonly string[] = []): CpuPolicy {
  const zero = { subleaf: null, a: 0, b: 0, c: 0, d: 0 }
  const family = vendor === 'Intel' ? 6 : vendor === 'AMD' ? 0x17 : 0x18
  const signature = encodeSignature({ family, model: vendor === 'Intel' ? 0x55 : 1, stepping: 4 })
  const virtualisation = vendor === 'Intel' ? 'VMX' : 'SVM'
  return CpuPolicy.fromRecords(
    [
      { ...zero, leaf: 0, a: 0xd, ...NAMES[vendor] },
      { ...zero, leaf: 1, a: signature },
      { ...zero, leaf: 0x8000_0000, a: 0x8000_001f },
      { ...zero, leaf: 0x8000_0008, a: 0x302e },
      ...(vendor === 'Intel' ? [] : [{ ...zero, leaf: 0x8000_000a, a: 1, b: 0x8000, d: 0xcf }]),
    ],
    [],
    { release: '4.22.0' },
  ).withFeatureset(Featureset.fromNames([...FEATURES, virtualisation, ...more]))
}

/** An update for Skylake-SP with platform id 0. */
export const updateTo = (revision: number) =>
  makeIntelUpdate({ signature: SKYLAKE, platformMask: 1, revision })
