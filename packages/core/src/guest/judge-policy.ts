/** A guest's whole policy before a host's: what Xen will refuse of it, and what the guest will find in place of what it has seen. */
import { Featureset } from '@xenlevel/cpuid'
import { CpuPolicy } from '../policy/cpu-policy.js'
import type { PolicyFault } from '../policy/errors.js'
import { releaseFeatures } from '../policy/features.js'
import { PLATFORM_INFO, type PolicyExtent } from '../policy/layout.js'
import { clearOutOfRange } from '../policy/range.js'
import { auditAll } from '../xen/audit.js'
import { clampPolicy, initDomainPolicy, setDomainPolicy } from '../xen/clamp.js'
import type { HostPolicies } from '../xen/derive.js'
import { releaseRules } from '../xen/releases.js'
import { describeBit, fpuGained, type MissingFeatures, missingFeatures } from './feature-reasons.js'
import { vendorReasons } from './host-reasons.js'
import { isHvmKind } from './kind.js'
import { limitReasons, loweredLimits } from './limit-reasons.js'
import type { Reason, UncountedBit } from './reasons.js'
import type { Encounter } from './receiver.js'
import { putRecords, recordReason } from './record-reasons.js'
import { registerReasons } from './register-reasons.js'
import { featuresOf, type SeenPolicy } from './seen-policy.js'

/** What the policies come to. */
export interface PolicyJudgement {
  /** Every reason. */
  readonly reasons: Reason[]
  /** Missing bits that do not count. */
  readonly uncounted: UncountedBit[]
  /** The fault at which Xen stops; null if it takes the policy. */
  readonly fault: PolicyFault | null
  /** A policy that the host takes as it is and that keeps what it can of the guest's; null if there is none. */
  readonly level: () => CpuPolicy | null
}

/** Judges the policy of a guest, as Xen will come to it and beyond. */
export function judgePolicy(
  seen: SeenPolicy,
  policies: HostPolicies,
  encounter: Encounter,
): PolicyJudgement {
  const { release } = policies
  const rules = releaseRules(release)
  const { words: current, refused } = takeRecords(seen, policies, encounter)
  const max = isHvmKind(encounter.domain.kind) ? policies.hvmMax : policies.pvMax
  const audited = auditAll(CpuPolicy.peek(max), current, rules)
  const wanted = CpuPolicy.fromWords(current, release)
  const given = clampPolicy(wanted, policies, encounter.domain).policy
  const found = whatChanges(seen, given, { policies, max, encounter })
  return {
    reasons: [
      ...vendorReasons(encounter.guest.vendor ?? seen.vendor, encounter),
      ...refused.map((found) => recordReason(found, encounter)),
      ...limitReasons(audited, wanted, max, encounter),
      ...loweredLimits(wanted, given, audited, encounter),
      ...found.reasons,
    ],
    uncounted: found.uncounted,
    fault: refused[0] ?? audited[0] ?? null,
    level: () => levelFor(given, max, policies, encounter),
  }
}

interface Where {
  readonly policies: HostPolicies
  readonly max: CpuPolicy
  readonly encounter: Encounter
}

/** Reasons in what the guest has seen and what it will find. */
function whatChanges(seen: SeenPolicy, given: CpuPolicy, where: Where): MissingFeatures {
  const { policies, max, encounter } = where
  const before = CpuPolicy.peek(seen.policy)
  const after = CpuPolicy.peek(given)
  const looksAtAll = knownWords(policies) >= encounter.table.words.length
  // Most guests are at home wherever they are asked for, and then there is nothing to name.
  if (looksAtAll && sameWords(before, after)) return { reasons: [], uncounted: [] }
  const features = {
    seen: featuresOf(seen.policy, encounter),
    coherent: () => coherentFeatures(seen.policy, encounter),
    given: usableFeatures(given, policies, encounter),
    max: () => featuresOf(max, encounter),
  }
  const missing = missingFeatures(features, encounter)
  return {
    reasons: [
      ...missing.reasons,
      ...fpuGained(features, encounter),
      ...unguarded(features.given, before, policies, encounter),
      ...registerReasons(
        { seen: before, given: after },
        encounter,
        releaseFeatures(encounter.table.release),
      ),
    ],
    uncounted: missing.uncounted,
  }
}

/** A loop, since a function called for each word takes longer than all the rest. */
function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  for (let at = 0; at < a.length; at++) if (a[at] !== b[at]) return false
  return true
}

/** The domain's policy with the guest's over it, as far as Xen takes that, before the clamp; and what it refuses. */
function takeRecords(
  seen: SeenPolicy,
  policies: HostPolicies,
  { domain }: Encounter,
): { words: Uint32Array; refused: PolicyFault[] } {
  const rules = releaseRules(policies.release)
  if (seen.complete && fits(releaseRules(seen.policy.release), rules)) {
    const words = seen.policy.words()
    clearOutOfRange(words, rules)
    return { words, refused: [] }
  }
  const words = initDomainPolicy(policies, domain).policy.words()
  const refused = putRecords(words, seen.records(), rules)
  clearOutOfRange(words, rules)
  return { words, refused }
}

/** Whether a release keeps all that another writes: then the records of a whole policy replace everything. */
function fits(from: PolicyExtent, to: PolicyExtent): boolean {
  return (
    from.featureLeaves <= to.featureLeaves &&
    from.extendedLeaves <= to.extendedLeaves &&
    from.msrs === to.msrs
  )
}

/** What every Xen leaves of a policy's features, whatever the host: no XSAVE without its leaf, nothing without what it needs. */
function coherentFeatures(policy: CpuPolicy, encounter: Encounter): Featureset {
  const { table } = encounter
  const seen = featuresOf(policy, encounter)
  const readable = policy.maxLeaf < 0xd ? seen.andNot(Featureset.fromNames(['XSAVE'], table)) : seen
  return table.clearDependents(readable)
}

/** How many featureset words the receiving release knows: it does not look at others, and lets them through. */
function knownWords({ release }: HostPolicies): number {
  return releaseFeatures(release).table.words.length
}

/** What the guest finds, without what is let through unseen and cannot be used because something that it needs was dropped. */
function usableFeatures(
  given: CpuPolicy,
  policies: HostPolicies,
  encounter: Encounter,
): Featureset {
  const found = featuresOf(given, encounter)
  const known = knownWords(policies)
  if (known >= encounter.table.words.length) return found
  const cleared = encounter.table.clearDependents(found).words
  return Featureset.fromWords(
    found.words.map((word, index) => (index < known ? word : (cleared[index] ?? 0))),
  )
}

/** Features in words that the receiving release does not know, and that the CPU there is without. */
function unguarded(
  given: Featureset,
  before: Uint32Array,
  policies: HostPolicies,
  encounter: Encounter,
): Reason[] {
  const { table, guestName, host } = encounter
  const known = knownWords(policies)
  if (known >= table.words.length) return []
  const features = releaseFeatures(table.release)
  const seen = features.read(before)
  const raw = features.read(CpuPolicy.peek(policies.raw ?? policies.host))
  for (let word = 0; word < seen.length; word++)
    seen[word] = word < known ? 0 : (seen[word] ?? 0) & (given.words[word] ?? 0) & ~(raw[word] ?? 0)
  return Featureset.fromWords(seen)
    .bits()
    .map((bit): Reason => {
      const feature = table.feature(bit)?.name
      return {
        code: 'feature-unguarded',
        grade: 'lost',
        message: `${guestName} has seen ${describeBit(bit, table)}, a word that Xen ${policies.release} on ${host} does not look at, and the CPU there is without it.`,
        host,
        bit,
        ...(feature === undefined ? {} : { feature }),
      }
    })
}

/** What the guest would have if it were started anew: the clamp's answer, without the bits of PLATFORM_INFO that the host lacks. */
function levelFor(
  given: CpuPolicy,
  max: CpuPolicy,
  policies: HostPolicies,
  encounter: Encounter,
): CpuPolicy | null {
  const { domain } = encounter
  const words = given.words()
  words[PLATFORM_INFO] = (words[PLATFORM_INFO] ?? 0) & (CpuPolicy.peek(max)[PLATFORM_INFO] ?? 0)
  dropUnguarded(words, policies, encounter)
  const level = CpuPolicy.fromWords(words, policies.release).clearOutOfRange()
  const answer = setDomainPolicy(
    initDomainPolicy(policies, domain).policy,
    level.toRecords(),
    policies,
    domain,
  )
  return answer.ok ? answer.policy : null
}

/** Takes from words that the release does not know what the CPU is without. */
function dropUnguarded(words: Uint32Array, policies: HostPolicies, { table }: Encounter): void {
  const known = knownWords(policies)
  const features = releaseFeatures(table.release)
  const raw = features.read(CpuPolicy.peek(policies.raw ?? policies.host))
  const own = features.read(words)
  for (let word = known; word < own.length; word++) own[word] = (own[word] ?? 0) & (raw[word] ?? 0)
  features.write(words, own)
}
