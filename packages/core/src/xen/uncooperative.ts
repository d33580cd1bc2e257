/**
 * What a PV guest sees that executes CPUID and does not ask Xen for the answer (xen/arch/x86/domain.c, domain_cpu_policy_changed; up to 4.14
 * domctl.c).
 */
import { COMMON_1D_FEATURES, type FeatureName } from '@xenlevel/cpuid'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { type ReleaseFeatures, releaseFeatures } from '../policy/features.js'
import { ARCH_CAPABILITIES, basic, EAX, ECX, feature, PLATFORM_INFO } from '../policy/layout.js'
import type { LevellingCaps } from './levelling-caps.js'
import { type LevellingCap, type LevellingRules, levellingRules } from './levelling-caps-table.js'
import { isAmdLike, vendorOf } from './recalculate.js'

/** The featureset words that each mask covers; the numbers of words never change. */
export const MASKED_WORDS: Readonly<Record<LevellingCap, readonly number[]>> = {
  faulting: [],
  '1cd': [1, 0],
  e1cd: [3, 2],
  Da1: [4],
  '6c': [],
  '7ab0': [5],
}

/** Bits that Xen's masks never hide: leaves that no mask covers mean nothing without them. */
export const SHOWN_ON_PURPOSE: readonly FeatureName[] = ['X2APIC', 'HTT', 'CMP_LEGACY']

/** The word of 0x8000_0001.edx, and APIC in it, of which the bit is a copy. */
const E1D = 2
const E1D_APIC = 1 << 9

/**
 * What a PV guest with a policy sees where it executes CPUID as it is, without the prefix that makes Xen answer: a kernel that does not know
 * of Xen there, and every program under any kernel.
 *
 * With faulting that is the policy. With masks it is what the CPU says, but for the registers that a mask covers. With neither it is
 * what the CPU says. MSRs are always the policy's, for Xen traps them. HVM guests see their policy whatever the capabilities, for their
 * CPUID instructions always trap.
 *
 * OSXSAVE, OSPKE and the sizes in leaf 0xd that follow CR4 and XCR0 are as in the raw policy. X2APIC, HTT and CMP_LEGACY are shown where the
 * raw policy has them. Xen's own leaves are not there without faulting. Where there is faulting, a control domain before 4.13, and later
 * with `dom0=no-cpuid-faulting`, is the exception: it sees the raw policy.
 *
 * @param policy - what the guest has, as {@link clampPolicy} leaves it.
 * @param caps - of the CPU that it runs on: {@link levellingCaps}, or {@link levellingCapsOfSysctl} where Xen itself was asked.
 */
export function uncooperativeView(policy: CpuPolicy, caps: LevellingCaps): CpuPolicy {
  if (caps.caps.includes('faulting')) return policy
  const features = releaseFeatures(caps.release)
  const rules = levellingRules(caps.release)
  const [native, own] = [CpuPolicy.peek(caps.raw), CpuPolicy.peek(policy)]
  const view = caps.raw.words()
  const words = features.read(native)
  const allowed = letThrough(own, isAmdLike(vendorOf(native)), features, rules)
  for (const word of caps.caps.flatMap((cap) => MASKED_WORDS[cap])) {
    words[word] = (words[word] ?? 0) & (allowed[word] ?? 0)
  }
  // AMD's MSRs stand for what the CPU says, so that a bit can be shown which the CPU does not have.
  if (isAmdLike(vendorOf(native)) && rules.showsHypervisor && caps.caps.includes('1cd')) {
    features.put(words, 'HYPERVISOR', features.has(allowed, 'HYPERVISOR'))
  }
  features.write(view, words)
  for (const { cap, at, replaced } of OTHER_REGISTERS) {
    if (!caps.caps.includes(cap)) continue
    view[at] = (own[at] ?? 0) & (replaced(rules) ? 0xffff_ffff : (native[at] ?? 0))
  }
  for (let at = PLATFORM_INFO; at < ARCH_CAPABILITIES + 2; at++) view[at] = own[at] ?? 0
  return CpuPolicy.fromWords(view, caps.release)
}

/** Masked registers that hold no features. */
const OTHER_REGISTERS: readonly {
  readonly cap: LevellingCap
  readonly at: number
  /** The policy's value counts alone. */
  readonly replaced: (rules: LevellingRules) => boolean
}[] = [
  { cap: '6c', at: /* @__PURE__ */ basic(6) + ECX, replaced: () => false },
  {
    cap: '7ab0',
    at: /* @__PURE__ */ feature(0) + EAX,
    replaced: ({ ownMaxSubleaf }) => ownMaxSubleaf,
  },
]

/** What masks made of a policy leave of a featureset. */
function letThrough(
  policy: Uint32Array,
  amd: boolean,
  features: ReleaseFeatures,
  rules: LevellingRules,
): Uint32Array {
  const allowed = features.read(policy)
  for (const name of SHOWN_ON_PURPOSE) features.put(allowed, name, true)
  if (amd || rules.intelForwards) {
    features.put(allowed, 'APIC', true)
    features.put(allowed, 'OSXSAVE', features.has(allowed, 'XSAVE'))
  }
  if (!isAmdLike(vendorOf(policy))) allowed[E1D] = (allowed[E1D] ?? 0) & ~COMMON_1D_FEATURES
  if (amd) allowed[E1D] = (allowed[E1D] ?? 0) | E1D_APIC
  return allowed
}
