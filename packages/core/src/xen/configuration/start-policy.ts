/** The policy that the toolstack starts from: the default, with what the domain's own options ask for (steps 1 to 4 of xc_cpuid_apply_policy). */
import type { FeatureName } from '@xenlevel/cpuid'
import type { ReleaseFeatures } from '../../policy/features.js'
import {
  basic,
  CACHE_LEAVES,
  cache,
  EAX,
  EBX,
  ECX,
  extended,
  feature,
  POLICY_WORDS,
  type PolicyExtent,
} from '../../policy/layout.js'
import { zeroWords } from '../../policy/storage.js'
import { isAmdLike, vendorOf } from '../recalculate.js'
import type { ToolstackRules } from './apply-rules.js'
import { putVisible } from './visible.js'

/** What it is made from. */
interface StartOptions {
  /** The default policy of the domain's kind. */
  readonly defaults: Uint32Array
  /** Featureset of the host. */
  readonly hostFeatures: ArrayLike<number>
  readonly features: ReleaseFeatures
  readonly extent: PolicyExtent
  readonly rules: ToolstackRules
  readonly hvm: boolean
  readonly restore: boolean
  readonly pae: boolean
  readonly itsc: boolean
  readonly nestedVirt: boolean
  /** Words of the featureset that is asked for; null if none is. */
  readonly featureset: ArrayLike<number> | null
}

/** Features that a guest without a policy gets as the host has them: they were on in every guest up to 4.13. */
const RESTORED: readonly FeatureName[] = ['RDRAND']
/** The same where the release thinks of TSX. */
const RESTORED_TSX: readonly FeatureName[] = ['HLE', 'RTM']
/** The same of HVM guests. */
const RESTORED_HVM: readonly FeatureName[] = ['MPX']

/** The policy that is sent first. Its MSRs are not. */
export function startPolicy(options: StartOptions): Uint32Array {
  const { defaults, features, extent, hvm } = options
  const policy = zeroWords(POLICY_WORDS)
  putVisible(policy, defaults, extent)
  const words = features.read(policy)
  if (options.restore && options.rules.restores) restore(policy, words, options)
  if (options.featureset !== null) {
    for (let index = 0; index < words.length; index++) words[index] = options.featureset[index] ?? 0
    features.table.clearDependentsInPlace(words)
  }
  choose(words, options)
  if (hvm) {
    features.put(words, 'HTT', true)
    features.put(words, 'CMP_LEGACY', false)
    topology(policy, options.rules)
  } else {
    for (const name of ['HTT', 'CMP_LEGACY'] as const)
      features.put(words, name, features.has(options.hostFeatures, name))
  }
  features.write(policy, words)
  return policy
}

function restore(
  policy: Uint32Array,
  words: Uint32Array,
  { features, hostFeatures, rules, hvm }: StartOptions,
): void {
  for (const name of restoredFeatures(rules, hvm))
    features.put(words, name, features.has(hostFeatures, name))
  if (rules.restoreLimits === null) return
  const least = (at: number, limit: number) => {
    policy[at] = Math.min(policy[at] ?? 0, limit)
  }
  least(EAX, rules.restoreLimits.basic)
  least(feature(0) + EAX, rules.restoreLimits.subleaf)
  least(extended(0) + EAX, rules.restoreLimits.extended)
}

/** The features of a guest without a policy that are as the host has them. */
export function restoredFeatures(rules: ToolstackRules, hvm: boolean): FeatureName[] {
  return [...RESTORED, ...(rules.restoresTsx ? RESTORED_TSX : []), ...(hvm ? RESTORED_HVM : [])]
}

function choose(words: Uint32Array, options: StartOptions): void {
  const { features, rules, hvm } = options
  const free = options.featureset === null
  if (rules.choices === 'always' ? hvm : free) features.put(words, 'ITSC', options.itsc)
  if (!hvm) return
  if (rules.pae === 'always' || (rules.pae === 'without-featureset' && free))
    features.put(words, 'PAE', options.pae)
  if (rules.choices === 'always' || free) {
    features.put(words, 'VMX', options.nestedVirt)
    features.put(words, 'SVM', options.nestedVirt)
  }
}

/** A vCPU's APIC id is twice its number, so that it has no sibling: counts double, and no two threads share a cache. */
function topology(policy: Uint32Array, rules: ToolstackRules): void {
  const ebx = policy[basic(1) + EBX] ?? 0
  const logical = (ebx >>> 16) & 0xff
  const doubled = logical === 0 && rules.countsFromZero ? 2 : logical < 0x80 ? logical * 2 : logical
  policy[basic(1) + EBX] = (ebx & 0xff00_ffff) | (doubled << 16)
  const vendor = vendorOf(policy)
  if (vendor === 'Intel') {
    for (let subleaf = 0; subleaf < CACHE_LEAVES; subleaf++) {
      const at = cache(subleaf) + EAX
      const eax = policy[at] ?? 0
      if ((eax & 0x1f) === 0) break
      policy[at] = (eax & 0x3fff) | ((((eax >>> 26) * 2 + 1) & 0x3f) << 26)
    }
  } else if (isAmdLike(vendor)) {
    const at = extended(8) + ECX
    const ecx = policy[at] ?? 0
    const [count, size] = [ecx & 0xff, (ecx >>> 12) & 0xf]
    if (count >= 0x7f) return
    const larger = size > 0 && size < 7 ? size + 1 : size
    policy[at] = (ecx & ~0xf0ff) | (larger << 12) | (count * 2 + 1)
  }
}
