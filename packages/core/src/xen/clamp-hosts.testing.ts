/** For tests: hosts made by hand, whose policies are what a test says of them. */
import { type FeatureName, Featureset, featureTable, nearestRelease } from '@xenlevel/cpuid'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { basic, EAX, EBX, ECX, EDX, extended, feature, POLICY_WORDS } from '../policy/layout.js'
import type { HostPolicies } from './derive.js'

/** Values by their places among a policy's words. */
export type Registers = Readonly<Record<number, number>>

/** What leaf 0 names. */
export const VENDORS = {
  Intel: { [EBX]: 0x756e_6547, [ECX]: 0x6c65_746e, [EDX]: 0x4965_6e69 },
  AMD: { [EBX]: 0x6874_7541, [ECX]: 0x444d_4163, [EDX]: 0x6974_6e65 },
  Centaur: { [EBX]: 0x746e_6543, [ECX]: 0x736c_7561, [EDX]: 0x4872_7561 },
} as const

/** Features that a 64-bit guest runs with. */
export const USUAL: readonly FeatureName[] = [
  ...(['FPU', 'TSC', 'MSR', 'PAE', 'CX8', 'APIC', 'CMOV', 'MMX', 'FXSR'] as const),
  ...(['SSE', 'SSE2', 'XSAVE', 'LM', 'NX', 'SYSCALL'] as const),
]

/** A policy with these features, Intel's unless its registers say otherwise. */
export function policyWith(
  release: string,
  names: readonly FeatureName[],
  registers: Registers = {},
): CpuPolicy {
  const words = new Uint32Array(POLICY_WORDS)
  const usual = {
    ...VENDORS.Intel,
    [basic(0) + EAX]: 0xd,
    [feature(0) + EAX]: 0,
    [extended(0) + EAX]: 0x8000_0008,
    [extended(8) + EAX]: 0x302e,
  }
  for (const [at, value] of Object.entries({ ...usual, ...registers })) words[Number(at)] = value
  const table = featureTable(nearestRelease(release))
  return CpuPolicy.fromWords(words, release).withFeatureset(Featureset.fromNames(names, table))
}

/** A host whose policies are all the same one. */
export function hostOf(policy: CpuPolicy, more: Partial<HostPolicies> = {}): HostPolicies {
  return {
    release: policy.release,
    host: policy,
    pvMax: policy,
    pvDefault: policy,
    hvmMax: policy,
    hvmDefault: policy,
    ...more,
  }
}
