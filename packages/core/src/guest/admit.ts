/** May this guest run on that host, and if not, what says no: every reason, by name. */
import { Featureset } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../documents/snapshot.js'
import type { CpuPolicy } from '../policy/cpu-policy.js'
import type { XenVerdict } from '../xen/audit.js'
import type { HostPolicies } from '../xen/derive.js'
import { releaseRules } from '../xen/releases.js'
import { adviceFor, featuresetLevel } from './advice.js'
import { missingFeatures } from './feature-reasons.js'
import { kindReasons, vendorReasons } from './host-reasons.js'
import { judgePolicy } from './judge-policy.js'
import type { Admission, AdmitOptions, GuestCpu, Reason, UncountedBit } from './reasons.js'
import { type Encounter, encounter } from './receiver.js'
import { putRecords, recordReason } from './record-reasons.js'
import { featuresOf, type SeenPolicy, seenPolicy } from './seen-policy.js'

/** What one way of judging found. */
interface Judgement {
  readonly reasons: readonly Reason[]
  readonly uncounted: readonly UncountedBit[]
  readonly xen: XenVerdict | null
  /** The features that were judged. */
  readonly seen: () => Featureset
  /** What the guest could be started with. */
  readonly level: () => {
    readonly policy: CpuPolicy | null
    readonly featureset: Featureset | null
  }
}

/**
 * Whether a guest may start, resume or arrive on a host.
 *
 * With the policy of the guest and those of the host everything is judged: Xen's own audit (all of it), what the receiving release cannot
 * take, what its clamp drops in silence, address width, xstate components and the other registers. Otherwise the guest's features are
 * held against the host's max set, which is what Xen accepts, and {@link Admission.judged} says so. Bits that max sets carry for
 * compatibility alone do not count. Featuresets of different lengths are extended with zeros, never cut.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function admitGuest(
  guest: GuestCpu,
  host: HostSnapshot | HostPolicies,
  options: AdmitOptions = {},
): Admission {
  const met = encounter(guest, host, options)
  const kind = kindReasons(met)
  const judgement = kind.length > 0 ? vendorOnly(met) : judge(met)
  const reasons = [...judgement.reasons, ...kind].map(asSentence)
  const admitted = !reasons.some(({ grade }) => grade === 'refused' || grade === 'lost')
  const advice = admitted
    ? { advice: null, levelTo: null }
    : adviceFor(reasons, judgement.seen(), judgement.level(), met)
  return {
    admitted,
    reasons,
    uncounted: judgement.uncounted,
    evidence: met.evidence,
    judged: judgement.xen === null ? 'featureset' : 'policy',
    xen: judgement.xen,
    ...advice,
  }
}

/** A guest or host without a name begins a sentence with a capital. */
function asSentence(reason: Reason): Reason {
  const { message } = reason
  return message.startsWith('the ') ? { ...reason, message: `T${message.slice(1)}` } : reason
}

const NO_LEVEL = () => ({ policy: null, featureset: null })

function vendorOnly(met: Encounter): Judgement {
  return {
    reasons: vendorReasons(
      met.guest.vendor ?? seenPolicy(met.guest, met.table.release)?.vendor,
      met,
    ),
    uncounted: [],
    xen: null,
    seen: () => Featureset.empty,
    level: NO_LEVEL,
  }
}

function judge(met: Encounter): Judgement {
  const { guest, policies, table } = met
  const known = seenPolicy(guest, table.release)
  if (known === null)
    return guest.featureset === undefined ? nothingSeen(met) : features(guest.featureset, null, met)
  return policies === null
    ? features(featuresOf(known.policy, met), known, met)
    : wholePolicy(known, policies, met)
}

function wholePolicy(known: SeenPolicy, policies: HostPolicies, met: Encounter): Judgement {
  const found = judgePolicy(known, policies, met)
  return {
    reasons: found.reasons,
    uncounted: found.uncounted,
    xen: { compatible: found.fault === null, error: found.fault },
    seen: () => featuresOf(known.policy, met),
    level: () => {
      const policy = found.level()
      return { policy, featureset: policy === null ? null : featuresOf(policy, met) }
    },
  }
}

function features(seen: Featureset, known: SeenPolicy | null, met: Encounter): Judgement {
  const max = met.max() ?? Featureset.empty
  const missing = missingFeatures({ seen, coherent: () => seen, given: max, max: () => max }, met)
  return {
    reasons: [
      ...vendorReasons(met.guest.vendor ?? known?.vendor, met),
      ...refusedRecords(known, met),
      ...missing.reasons,
    ],
    uncounted: missing.uncounted,
    xen: null,
    seen: () => seen,
    level: () => ({ policy: null, featureset: featuresetLevel(seen, max, met) }),
  }
}

/** Records that the receiving release cannot take: that much is known without the host's policies. */
function refusedRecords(known: SeenPolicy | null, met: Encounter): Reason[] {
  if (known === null || met.release === undefined) return []
  const scratch = known.policy.words()
  return putRecords(scratch, known.records(), releaseRules(met.release)).map((found) =>
    recordReason(found, met),
  )
}

/** A fresh start asks for nothing and gets the default policy; a guest that has run has seen something. */
function nothingSeen(met: Encounter): Judgement {
  const { guest, guestName, host } = met
  const running = guest.running ?? true
  return {
    ...vendorOnly(met),
    reasons: [
      ...vendorReasons(guest.vendor, met),
      ...(running
        ? [
            {
              code: 'guest-unknown' as const,
              grade: 'lost' as const,
              message: `Nothing is known of the CPU that ${guestName} has seen, so nothing says that it can go on running on ${host}: say what its policy or its features are.`,
              host,
            },
          ]
        : []),
    ],
  }
}
