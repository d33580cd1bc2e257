/** What is wanted of a domain, as a whole policy. */
import { COMMON_1D_FEATURES, type FeatureName, type Featureset } from '@xenlevel/cpuid'
import { isHvmKind } from '../../guest/kind.js'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { type ReleaseFeatures, releaseFeatures } from '../../policy/features.js'
import { basic, EDX, extended } from '../../policy/layout.js'
import { clearOutOfRange } from '../../policy/range.js'
import { copyWords } from '../../policy/storage.js'
import { type ClampResult, clampPolicy, type DomainOptions } from '../../xen/clamp.js'
import type { HostPolicies } from '../../xen/derive.js'
import { isAmdLike, vendorOf } from '../../xen/recalculate.js'
import { releaseRules } from '../../xen/releases.js'
import { placeOfWord } from './places.js'

/**
 * What a domain is to have: a whole policy, or the features alone, such as the level of a pool.
 *
 * With features alone everything else stays as it is when nothing is configured, and so do the features that are not a toolstack's to
 * choose: HTT and CMP_LEGACY, which belong to the topology that libxc makes up, and FDP_EXCP_ONLY and NO_FPU_SEL, which say what the
 * hardware's FPU does. Of a whole policy leaves beyond its limits do not count, and the copies of leaf 1's bits in 0x8000_0001.edx are
 * taken to be as Xen makes them.
 */
export type WantedCpu = CpuPolicy | Featureset

/** What is wanted, and what Xen makes of it. */
export interface Target {
  /** What the domain is to have, without leaves beyond its limits. */
  readonly policy: CpuPolicy
  /** That policy as a toolstack could set it at all; its changes say what Xen refuses. */
  readonly clamped: ClampResult
  /** Wanted bits in words that the release does not have. */
  readonly beyond: readonly number[]
  /** Features that are not a toolstack's to choose, and not as they were asked for. */
  readonly kept: readonly FeatureName[]
  /** Whether the host can run this kind of guest at all. */
  readonly runnable: boolean
}

/** Features that stay as they are: the topology's, and those that Xen copies from the host (recalculate_cpuid_policy). */
const NOT_CHOSEN: readonly FeatureName[] = ['HTT', 'CMP_LEGACY', 'FDP_EXCP_ONLY', 'NO_FPU_SEL']
/** The featureset word that is 0x8000_0001.edx. */
const WORD_E1D = 2

/** @param base - what the domain has when nothing is configured. */
export function targetOf(
  wanted: WantedCpu,
  base: CpuPolicy,
  host: HostPolicies,
  domain: DomainOptions,
): Target {
  const runnable = !isHvmKind(domain.kind) || !host.hvmMax.featureset.isEmpty
  const target = CpuPolicy.isPolicy(wanted)
    ? targetPolicy(wanted, host, domain)
    : targetFeatures(wanted, base, host, domain)
  return { ...target, runnable }
}

function targetPolicy(
  wanted: CpuPolicy,
  host: HostPolicies,
  domain: DomainOptions,
): Omit<Target, 'runnable'> {
  const words = wanted.words()
  const [e1d, leaf1] = [extended(1) + EDX, words[basic(1) + EDX] ?? 0]
  const copies = isAmdLike(vendorOf(words)) ? leaf1 & COMMON_1D_FEATURES : 0
  words[e1d] = ((words[e1d] ?? 0) & ~COMMON_1D_FEATURES) | copies
  clearOutOfRange(words, releaseRules(host.release))
  const policy = CpuPolicy.fromWords(words, host.release)
  return { policy, clamped: clampPolicy(policy, host, domain), beyond: [], kept: [] }
}

function targetFeatures(
  wanted: Featureset,
  base: CpuPolicy,
  host: HostPolicies,
  domain: DomainOptions,
): Omit<Target, 'runnable'> {
  const features = releaseFeatures(host.release)
  const asked = askedWords(wanted, base, features)
  const policy = base.words()
  features.write(policy, asked)
  clearOutOfRange(policy, releaseRules(host.release))
  const clamped = clampPolicy(CpuPolicy.fromWords(policy, host.release), host, domain)
  return {
    policy: CpuPolicy.fromWords(withFeatures(clamped.policy, asked, features), host.release),
    clamped,
    beyond: wanted.bits().filter((bit) => bit >= asked.length * 32),
    kept: NOT_CHOSEN.filter(
      (name) => features.has(wanted.words, name) !== features.has(asked, name),
    ),
  }
}

function askedWords(wanted: Featureset, base: CpuPolicy, features: ReleaseFeatures): Uint32Array {
  const has = features.read(CpuPolicy.peek(base))
  const asked = features.read(CpuPolicy.peek(base)).map((_, word) => wanted.words[word] ?? 0)
  asked[WORD_E1D] = (asked[WORD_E1D] ?? 0) & ~COMMON_1D_FEATURES
  for (const name of NOT_CHOSEN) features.put(asked, name, features.has(has, name))
  return asked
}

/** A policy that Xen can give with the features that were asked for all the same: the copies of leaf 1's bits stay Xen's. */
function withFeatures(
  policy: CpuPolicy,
  asked: Uint32Array,
  { table }: ReleaseFeatures,
): Uint32Array {
  const words = copyWords(CpuPolicy.peek(policy))
  for (const { index, source } of table.words) {
    const place = placeOfWord(source)
    if (place < 0) continue
    const kept = index === WORD_E1D ? (words[place] ?? 0) & COMMON_1D_FEATURES : 0
    words[place] = ((asked[index] ?? 0) | kept) >>> 0
  }
  return words
}
