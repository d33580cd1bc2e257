/** Hosts made of a few features and words, for tests that need to know each of them. */
import { type FeatureName, featureTable } from '@xenlevel/cpuid'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { releaseFeatures } from '../../policy/features.js'
import {
  basic,
  EAX,
  EBX,
  ECX,
  EDX,
  extended,
  feature,
  POLICY_WORDS,
  xstate,
} from '../../policy/layout.js'
import { type DeriveOptions, derivePolicies } from '../../xen/derive.js'
import type { PolicyHost } from './pool.js'

/** Registers by their place in a policy. */
type Words = Readonly<Record<number, number>>

/** The release of those that name no other. */
export const NEWEST = '4.23-dev'
const INTEL = [0x756e_6547, 0x6c65_746e, 0x4965_6e69]
const AMD = [0x6874_7541, 0x444d_4163, 0x6974_6e65]
/** What every CPU of these tests has; AVX needs XSAVE. */
const USUAL = 'FPU TSC PAE CX8 CMOV MMX FXSR SSE SSE2 SSE3 XSAVE AVX SYSCALL NX LM CLFLUSH'
  .split(' ')
  .flatMap((name) => featureTable(NEWEST).feature(name)?.name ?? [])

/** A host of a raw policy made of features and words. */
export function host(
  name: string,
  features: readonly FeatureName[],
  words: Words = {},
  options: Partial<DeriveOptions> = {},
): PolicyHost {
  const release = options.release ?? NEWEST
  const known = releaseFeatures(release)
  const raw = new Uint32Array(POLICY_WORDS)
  const [ebx = 0, ecx = 0, edx = 0] = INTEL
  raw.set([0xd, ebx, ecx, edx], basic(0))
  raw[basic(1) + EAX] = 0x0005_0654
  raw[basic(1) + EBX] = 0x0010_0800
  raw[feature(0) + EAX] = 2
  raw.set([256, 576], xstate(2))
  raw.set([8, 2688], xstate(9))
  raw[extended(0)] = 0x8000_0008
  raw[extended(8) + EAX] = 0x302e
  for (const [at, value] of Object.entries(words)) raw[Number(at)] = value
  const bits = known.read(raw)
  for (const feature of [...USUAL, ...features]) known.put(bits, feature, true)
  known.write(raw, bits)
  return {
    name,
    policies: derivePolicies(CpuPolicy.fromWords(raw, release), { ...options, release }),
  }
}

/** The same for AMD. */
export function amd(name: string, features: readonly FeatureName[], words: Words = {}): PolicyHost {
  const [ebx = 0, ecx = 0, edx = 0] = AMD
  return host(name, features, {
    [basic(0) + EBX]: ebx,
    [basic(0) + ECX]: ecx,
    [basic(0) + EDX]: edx,
    [basic(1) + EAX]: 0x0080_0f12,
    [extended(0)]: 0x8000_0021,
    ...words,
  })
}

/** A host with other words in some of its policies. */
export function withWords(
  { name, policies }: PolicyHost,
  which: readonly ('pvDefault' | 'hvmDefault' | 'pvMax' | 'hvmMax' | 'host')[],
  words: Words,
): PolicyHost {
  let changed = policies
  for (const one of which) {
    const copy = policies[one].words()
    for (const [at, value] of Object.entries(words)) copy[Number(at)] = value
    changed = { ...changed, [one]: CpuPolicy.fromWords(copy, policies[one].release) }
  }
  return { name, policies: changed }
}

/** A register of a policy. */
export const word = (policy: CpuPolicy | null, at: number) => policy?.words()[at]
/** The features of a policy. */
export const names = (policy: CpuPolicy | null): FeatureName[] => policy?.featureset.names() ?? []
