/**
 * The steps in which Xen brings a policy down to what it can give (xen/arch/x86/cpu-policy.c, recalculate_cpuid_policy), in Xen's order,
 * each on policy words and on the featureset apart.
 */
import type { FeatureName } from '@xenlevel/cpuid'
import type { ReleaseFeatures } from '../policy/features.js'
import { basic, CACHE_LEAVES, cache, EAX, EBX, EDX, extended, feature } from '../policy/layout.js'
import { copyWords } from '../policy/storage.js'
import { isAmdLike, recalculateMisc, recalculateXstate, vendorOf } from './recalculate.js'
import type { ReleaseRules } from './releases.js'

/** What a clamp works on. */
export interface ClampState {
  /** The policy, in place. */
  readonly policy: Uint32Array
  /** Its featureset, from the second step to the store. */
  readonly words: Uint32Array
  readonly max: Uint32Array
  readonly maxWords: ArrayLike<number>
  readonly host: Uint32Array
  readonly raw: Uint32Array
  readonly features: ReleaseFeatures
  readonly rules: ReleaseRules
  readonly domain: ClampDomain
  readonly vpmuMode: number
}

/** The domain as far as its policy depends on it. */
export interface ClampDomain {
  readonly hvm: boolean
  readonly pv32: boolean
  readonly hap: boolean
  readonly nestedVirt: boolean
  readonly hardwareDomain: boolean
  readonly maxPhysAddrBits: number
}

/** The steps by name. */
export type ClampStep =
  | 'limits'
  | 'not-in-max'
  | 'shadow-paging'
  | 'no-nested-virtualisation'
  | '32-bit-pv'
  | 'no-xstate-leaf'
  | 'dependency'
  | 'host-value'
  | 'cache-line-size'
  | 'address-width'
  | 'xstate'
  | 'scrubbed'
  | 'cache-leaves'
  | 'performance-counters'
  | 'svm-leaf'
  | 'page-1gb-leaf'

/** One step: its name, and what it does. */
interface Step {
  readonly step: ClampStep
  readonly run: (state: ClampState) => void
}

const and = (words: Uint32Array, mask: ArrayLike<number>) => {
  for (let index = 0; index < words.length; index++)
    words[index] = (words[index] ?? 0) & (mask[index] ?? 0)
}

const clear = ({ features, words }: ClampState, ...names: readonly FeatureName[]) => {
  for (const name of names) features.put(words, name, false)
}

/** Bits that a guest sees as the hardware has them, because they describe the FPU state that it gets. */
const HOST_VALUES: readonly FeatureName[] = ['FDP_EXCP_ONLY', 'NO_FPU_SEL']

/** Bits that releases whose max policies lack them let through all the same. */
const ALWAYS_LET_IN: readonly FeatureName[] = ['HTT', 'X2APIC', 'CMP_LEGACY']

/** The steps up to the store of the features. */
export const FEATURE_STEPS: readonly Step[] = [
  {
    step: 'limits',
    run: ({ policy, max }) => {
      policy[0] = Math.min(policy[0] ?? 0, max[0] ?? 0)
      const at = feature(0) + EAX
      policy[at] = Math.min(policy[at] ?? 0, max[at] ?? 0)
      const known = isAmdLike(vendorOf(policy)) ? 0x21 : 8
      policy[extended(0)] = 0x8000_0000 + Math.min((policy[extended(0)] ?? 0) & 0xffff, known)
    },
  },
  {
    step: 'not-in-max',
    run: ({ words, maxWords, features, rules }) => {
      if (rules.maxHasTopologyBits) return and(words, maxWords)
      const limit = copyWords(maxWords)
      for (const name of ALWAYS_LET_IN) features.put(limit, name, true)
      return and(words, limit)
    },
  },
  {
    step: 'shadow-paging',
    run: ({ words, features, domain }) => {
      if (domain.hvm && !domain.hap) and(words, features.table.mask('hvmShadowMax').words)
    },
  },
  {
    step: 'no-nested-virtualisation',
    run: (state) => {
      if (state.domain.hvm && !state.domain.nestedVirt) clear(state, 'VMX', 'SVM')
    },
  },
  {
    step: '32-bit-pv',
    run: (state) => {
      if (!state.domain.pv32) return
      clear(state, 'LM')
      if (!isAmdLike(vendorOf(state.host))) clear(state, 'SYSCALL')
    },
  },
  {
    step: 'no-xstate-leaf',
    run: (state) => {
      if ((state.policy[0] ?? 0) < 0xd) clear(state, 'XSAVE')
    },
  },
  { step: 'dependency', run: ({ features, words }) => features.sanitise(words) },
  {
    step: 'host-value',
    run: ({ features, words, host }) => {
      for (const name of HOST_VALUES) features.put(words, name, features.policyHas(host, name))
    },
  },
]

/** The steps after it. */
export const LEAF_STEPS: readonly Step[] = [
  {
    step: 'cache-line-size',
    run: ({ policy, max }) => {
      const at = basic(1) + EBX
      policy[at] = ((policy[at] ?? 0) & ~0xff00) | ((max[at] ?? 0) & 0xff00)
    },
  },
  {
    step: 'address-width',
    run: ({ policy, max, domain, features, words }) => {
      const at = extended(8) + EAX
      const floor = features.has(words, 'PAE') || features.has(words, 'PSE36') ? 36 : 32
      const bits = Math.min((policy[at] ?? 0) & 0xff, (max[at] ?? 0) & 0xff, domain.maxPhysAddrBits)
      const linear = features.has(words, 'LM') ? 48 : 32
      policy[at] = ((policy[at] ?? 0) & ~0xffff) | (linear << 8) | Math.max(bits, floor)
    },
  },
  {
    step: 'xstate',
    run: ({ policy, raw, features, rules }) => recalculateXstate(policy, raw, features, rules),
  },
  { step: 'scrubbed', run: ({ policy }) => recalculateMisc(policy) },
  {
    step: 'cache-leaves',
    run: ({ policy }) => {
      let subleaf = 0
      for (; subleaf < CACHE_LEAVES; subleaf++) {
        const type = (policy[cache(subleaf)] ?? 0) & 0x1f
        if (type < 1 || type > 3) break
        policy[cache(subleaf) + EAX] = (policy[cache(subleaf) + EAX] ?? 0) & 0xffff_c3ff
        policy[cache(subleaf) + EDX] = (policy[cache(subleaf) + EDX] ?? 0) & 7
      }
      policy.fill(0, cache(subleaf), cache(CACHE_LEAVES))
    },
  },
  {
    step: 'performance-counters',
    run: ({ policy, vpmuMode, domain }) => {
      if (vpmuMode === 0 || (vpmuMode === 4 && !domain.hardwareDomain))
        policy.fill(0, basic(0xa), basic(0xb))
    },
  },
  {
    step: 'svm-leaf',
    run: ({ policy, features, words }) => {
      if (!features.has(words, 'SVM')) policy.fill(0, extended(0xa), extended(0xb))
    },
  },
  {
    step: 'page-1gb-leaf',
    run: ({ policy, features, words }) => {
      if (!features.has(words, 'PAGE1GB')) policy.fill(0, extended(0x19), extended(0x1a))
    },
  },
]
