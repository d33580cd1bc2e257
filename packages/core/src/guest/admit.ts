/** May this guest run on that host, and if not, which feature says no: every reason, by name. */
import {
  type CpuVendor,
  describeWordSource,
  type FeatureName,
  type Featureset,
  type FeatureTable,
  featureTable,
} from '@xenlevel/cpuid'
import type { HostSnapshot } from '../documents/snapshot.js'
import { compatibilityMask } from '../xen/compatibility-bits.js'
import { type DefaultFeatureset, offeredFeaturesets } from '../xen/offered-featuresets.js'
import { releaseRules } from '../xen/releases.js'

/** The kinds of guest that Xen tells apart; a PVH guest is judged as HVM. */
export type GuestKind = 'pv' | 'pv32' | 'hvm' | 'pvh'

/** The CPU that a guest was promised. */
export interface GuestCpu {
  /** What messages call it. */
  readonly name?: string
  /** Which of the host's max sets it is held against. */
  readonly kind: GuestKind
  /** The vendor it has seen; not judged if it is not given. */
  readonly vendor?: CpuVendor
  /** The features it has seen, in the words of {@link AdmitOptions.release}: a level for boot, never a max set. */
  readonly featureset: DefaultFeatureset
}

/**
 * How bad a reason is. `refused`: Xen itself says no. `lost`: Xen takes the guest and drops the feature in silence, and the guest may
 * crash. `degraded`, `cosmetic`: it runs.
 */
export type ReasonGrade = 'refused' | 'lost' | 'degraded' | 'cosmetic'

/** One reason. */
export interface Reason {
  /** Stable name of the reason. */
  readonly code:
    | 'vendor-differs'
    | 'host-without-hvm'
    | 'feature-missing'
    | 'bit-missing'
    | 'word-unknown'
    | 'featuresets-unknown'
  /** How bad it is. */
  readonly grade: ReasonGrade
  /** One sentence for people. */
  readonly message: string
  /** The host that says no. */
  readonly host: string
  /** The feature it is about. */
  readonly feature?: FeatureName
  /** Its bit, or a bit that has no name. */
  readonly bit?: number
}

/** The whole answer. */
export interface Admission {
  /** False if any reason is graded `refused` or `lost`. */
  readonly admitted: boolean
  /** All reasons, the missing features by bit. */
  readonly reasons: readonly Reason[]
  /** Whether the host's max set was said by its Xen, estimated from its raw words, or is not known. */
  readonly evidence: 'said' | 'estimated' | 'unknown'
}

/** Options of {@link admitGuest}. */
export interface AdmitOptions {
  /** Whose feature names and rules; the newest by default. */
  readonly release?: string
}

/**
 * Whether a guest may start, resume or arrive on a host.
 *
 * The guest's features are held against the host's max set, which is what Xen accepts; bits that max sets carry for compatibility
 * alone are left out of it. Featuresets of different lengths are extended with zeros, never cut.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function admitGuest(
  guest: GuestCpu,
  host: HostSnapshot,
  options: AdmitOptions = {},
): Admission {
  const table = featureTable(options.release)
  const offered = offeredFeaturesets(host, table)
  const sets = guest.kind === 'pv' || guest.kind === 'pv32' ? offered.pv : offered.hvm
  const reasons = [
    ...vendorReasons(guest, host, table),
    ...(sets === null
      ? [offered.evidence === 'unknown' ? nothingKnown(guest, host) : withoutHvm(guest, host)]
      : featureReasons(guest, host, sets.max, table)),
  ]
  return {
    admitted: !reasons.some(({ grade }) => grade === 'refused' || grade === 'lost'),
    reasons,
    evidence: offered.evidence,
  }
}

function vendorReasons(guest: GuestCpu, host: HostSnapshot, table: FeatureTable): Reason[] {
  if (guest.vendor === undefined || guest.vendor === host.cpu.vendor) return []
  const release = host.xen?.release ?? table.release
  const refused = releaseRules(release)?.auditsVendor ?? false
  return [
    {
      code: 'vendor-differs',
      grade: refused ? 'refused' : 'lost',
      message: `${nameOf(guest)} has run on ${guest.vendor} CPUs and ${host.name} is ${host.cpu.vendor}: ${refused ? `Xen ${release} refuses it` : `Xen ${release} lets it in, and software that chose its code by vendor fails`}.`,
      host: host.name,
    },
  ]
}

function nothingKnown(guest: GuestCpu, host: HostSnapshot): Reason {
  return {
    code: 'featuresets-unknown',
    grade: 'lost',
    message: `Nothing is known of what ${host.name} offers, so nothing says that ${nameOf(guest)} can run there: take its snapshot again.`,
    host: host.name,
  }
}

function withoutHvm(guest: GuestCpu, host: HostSnapshot): Reason {
  return {
    code: 'host-without-hvm',
    grade: 'refused',
    message: `${nameOf(guest)} is a ${guest.kind.toUpperCase()} guest and ${host.name} cannot run HVM guests: its CPU has no VMX or SVM, or firmware has switched it off.`,
    host: host.name,
  }
}

function featureReasons(
  guest: GuestCpu,
  host: HostSnapshot,
  max: Featureset,
  table: FeatureTable,
): Reason[] {
  const missing = guest.featureset.andNot(max).andNot(compatibilityMask(host.cpu.vendor, table))
  return missing.bits().map((bit) => featureReason(guest, host, bit, table))
}

function featureReason(
  guest: GuestCpu,
  host: HostSnapshot,
  bit: number,
  table: FeatureTable,
): Reason {
  const feature = table.feature(bit)
  const word = table.words[bit >>> 5]
  const place =
    word === undefined
      ? `featureset bit ${bit}, beyond the words of Xen ${table.release}`
      : `${describeWordSource(word.source)} bit ${bit & 31}`
  const what = feature === undefined ? `the unnamed ${place}` : `${feature.name} (${place})`
  const unknown = host.unknownWords.includes(bit >>> 5)
  return {
    code: unknown ? 'word-unknown' : feature === undefined ? 'bit-missing' : 'feature-missing',
    grade: 'lost',
    message: unknown
      ? `${nameOf(guest)} has seen ${what}, and the snapshot of ${host.name} does not say whether it has that: take it again on the host.`
      : `${nameOf(guest)} has seen ${what}, which ${host.name} cannot offer.`,
    host: host.name,
    bit,
    ...(feature === undefined ? {} : { feature: feature.name }),
  }
}

function nameOf(guest: GuestCpu): string {
  return guest.name ?? 'The guest'
}
