/** What Xen reads of a CPU at boot (xen/arch/x86/lib/cpu-policy/cpuid.c, x86_cpu_policy_fill_native). */
import type { CpuidLeaf, CpuRegisters } from '@xenlevel/cpuid'
import type { ReleaseRules } from '../xen/releases.js'
import type { ReleaseFeatures } from './features.js'
import {
  ARCH_CAPABILITIES,
  BASIC_LEAVES,
  basic,
  CACHE_LEAVES,
  cache,
  EAX,
  EBX,
  ECX,
  EDX,
  extended,
  feature,
  PLATFORM_INFO,
  POLICY_WORDS,
  TOPOLOGY_LEAVES,
  topology,
  XSTATE_LEAVES,
  xstate,
} from './layout.js'
import { zeroWords } from './storage.js'

/** The raw policy of one logical CPU. */
export function fillNative(
  cpu: CpuRegisters,
  rules: ReleaseRules,
  features: ReleaseFeatures,
): Uint32Array {
  const policy = zeroWords(POLICY_WORDS)
  const byKey = new Map<string, CpuidLeaf>()
  for (const leaf of cpu.leaves) {
    const key = `${leaf.leaf}:${leaf.subleaf ?? 0}`
    if (!byKey.has(key)) byKey.set(key, leaf)
  }
  const read = (leaf: number, subleaf = 0) => byKey.get(`${leaf}:${subleaf}`)
  const put = (at: number, leaf: CpuidLeaf | undefined) => {
    if (leaf !== undefined) policy.set([leaf.a, leaf.b, leaf.c, leaf.d], at)
  }
  put(basic(0), read(0))
  const max = policy[0] ?? 0
  for (let leaf = 1; leaf <= Math.min(max, BASIC_LEAVES - 1); leaf++) {
    if (![4, 7, 0xb, 0xd].includes(leaf)) put(basic(leaf), read(leaf))
  }
  if (max >= 4) {
    for (let subleaf = 0; subleaf < CACHE_LEAVES; subleaf++) {
      const found = read(4, subleaf)
      if (found === undefined || (found.a & 0x1f) === 0) break
      put(cache(subleaf), found)
    }
  }
  if (max >= 7) {
    put(feature(0), read(7))
    const last = Math.min(policy[feature(0)] ?? 0, rules.featureLeaves - 1)
    for (let subleaf = 1; subleaf <= last; subleaf++) put(feature(subleaf), read(7, subleaf))
  }
  if (max >= 0xb) {
    for (let subleaf = 0; subleaf < TOPOLOGY_LEAVES; subleaf++) {
      const found = read(0xb, subleaf)
      if (found === undefined || (found.c & 0xff00) === 0) break
      put(topology(subleaf), found)
    }
  }
  if (max >= 0xd) {
    put(xstate(0), read(0xd))
    put(xstate(1), read(0xd, 1))
    const low = (policy[xstate(0) + EAX] ?? 0) | (policy[xstate(1) + ECX] ?? 0)
    const high = (policy[xstate(0) + EDX] ?? 0) | (policy[xstate(1) + EDX] ?? 0)
    for (let subleaf = 2; subleaf < XSTATE_LEAVES; subleaf++) {
      const present = subleaf < 32 ? low >>> subleaf : high >>> (subleaf - 32)
      if ((present & 1) === 1) put(xstate(subleaf), read(0xd, subleaf))
    }
  }
  put(extended(0), read(0x8000_0000))
  const extendedMax = Math.min((policy[extended(0)] ?? 0) & 0xffff, rules.extendedLeaves - 1)
  for (let leaf = 1; leaf <= extendedMax; leaf++) put(extended(leaf), read(0x8000_0000 + leaf))

  const msrs = new Map(cpu.msrs.map(({ index, value }) => [index, value]))
  const archCaps = msrs.get(0x10a) ?? 0n
  if ((((policy[feature(0) + EDX] ?? 0) >>> 29) & 1) === 1) {
    policy[ARCH_CAPABILITIES] = Number(archCaps & 0xffff_ffffn)
    policy[ARCH_CAPABILITIES + 1] = Number((archCaps >> 32n) & 0xffff_ffffn)
  }
  if (msrs.has(0xce)) policy[PLATFORM_INFO] = Number((msrs.get(0xce) ?? 0n) & 0x8000_0000n)

  if (rules.rawWithoutDynamicBits) {
    const words = features.read(policy)
    features.put(words, 'OSXSAVE', false)
    features.put(words, 'OSPKE', false)
    features.write(policy, words)
  }
  if (rules.rawWithoutDynamicSizes) {
    policy[xstate(0) + EBX] = 0
    policy[xstate(1) + EBX] = 0
  }
  return policy
}
