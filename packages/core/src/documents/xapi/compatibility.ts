/**
 * Which features xapi gives a guest, and whether it lets a running guest onto a host (xen-api, ocaml/xapi/cpuid_helpers.ml), with our own
 * answer beside it: xapi names no feature.
 */
import { type FeatureName, Featureset, type FeatureTable, featureTable } from '@xenlevel/cpuid'
import { admitGuest } from '../../guest/admit.js'
import type { Admission, Reason } from '../../guest/reasons.js'
import type { DefaultFeatureset, MaxFeatureset } from '../../xen/offered-featuresets.js'
import type { HostSnapshot } from '../snapshot.js'
import { type XapiCpuInfo, xapiCpuVendor, xapiOffersHvm } from './cpu-info.js'
import { readXapiFeatureset } from './featureset.js'
import type { XapiArithmetic } from './pool.js'
import { xapiIsSubset, xapiUpgradeFeatures } from './set-operations.js'

/** xapi's kinds of guest. */
export type XapiDomainType = 'hvm' | 'pv' | 'pv_in_pvh' | 'pvh'

/** The CPU that a guest last booted on, as `VM.last_boot_CPU_flags` has it. */
export interface XapiCpuFlags {
  /** Vendor string; null if xapi does not know it, and then does not compare it. */
  readonly vendor: string | null
  /** What it was given; null if xapi does not know it, and then does not compare it. */
  readonly featureset: DefaultFeatureset | null
}

/**
 * Reads `VM.last_boot_CPU_flags`; other keys are passed over.
 *
 * @throws {@link XapiCpuInfoError} for features that are no featureset, or have bits in words that no release has.
 */
export function parseXapiCpuFlags(
  map: Readonly<Record<string, string>>,
  source = 'VM.last_boot_CPU_flags',
): XapiCpuFlags {
  const { vendor = null, features } = map
  return {
    vendor,
    featureset:
      features === undefined ? null : readXapiFeatureset(features, { key: 'features', source }),
  }
}

/** A guest as xapi knows it. */
export interface XapiVm {
  /** Its reference, as the error names it. */
  readonly ref: string
  /** What messages call it; the reference by default. */
  readonly name?: string
  /** Its power state; a halted guest may go anywhere. */
  readonly powerState: 'Halted' | 'Paused' | 'Running' | 'Suspended'
  /** Its kind. */
  readonly domainType: XapiDomainType
  /** What it last booted with. */
  readonly lastBootCpuFlags: XapiCpuFlags
}

/** A host as xapi knows it. */
export interface XapiHost {
  /** Its reference, as the error names it. */
  readonly ref: string
  /** What messages call it; the reference by default. */
  readonly name?: string
  /** What it offers. */
  readonly cpuInfo: XapiCpuInfo
}

/** Options of {@link assertVmIsCompatible}. */
export interface XapiCompatibilityOptions {
  /** `'own'` by default: xapi cuts the guest's set off to the host's length. */
  readonly arithmetic?: XapiArithmetic
  /** Whose names the features get: the release of the host's Xen, in whose words both sets are. The newest by default. */
  readonly release?: string
}

/** The code of xapi's error. */
export const VM_INCOMPATIBLE_WITH_THIS_HOST = 'VM_INCOMPATIBLE_WITH_THIS_HOST'

/** xapi's reasons, word for word; programs that talk to xapi compare them. */
export const XAPI_INCOMPATIBLE_REASONS = {
  /** The vendor strings differ. */
  vendor: 'VM last booted on a host which had a CPU from a different vendor.',
  /** The guest's features are no subset of the host's max set for its kind. */
  features: "VM last booted on a CPU with features this host's CPU does not have.",
  /** The host lacks the key that would have to be compared. */
  keys: "Host does not have new leveling feature keys - not comparing VM's flags",
} as const

/** What we know and xapi does not say. */
interface OurAnswer {
  /** Every named feature that the guest has seen and the host's max set lacks, by bit; the whole length counts. */
  readonly missing: readonly FeatureName[]
  /** The same as bits, with those that have no name. */
  readonly missingBits: readonly number[]
  /** Our own judgement, with every reason; null for a halted guest, and where the host's sets are not known. */
  readonly admission: Admission | null
}

/** xapi's answer, and ours. */
export type XapiCompatibility =
  | (OurAnswer & {
      /** xapi lets the guest onto the host. `missing` is not empty even so where xapi cut off what it did not compare. */
      readonly ok: true
    })
  | (OurAnswer & {
      /** xapi refuses. */
      readonly ok: false
      /** xapi's error code. */
      readonly code: typeof VM_INCOMPATIBLE_WITH_THIS_HOST
      /** xapi's reason: one of {@link XAPI_INCOMPATIBLE_REASONS}. */
      readonly reason: string
      /** The parameters of xapi's error: guest, host, reason. */
      readonly params: readonly [vm: string, host: string, reason: string]
    })

/** The key of `pool.cpu_info` that a guest of this kind boots with. */
export function nextBootFeaturesKey(
  domainType: XapiDomainType,
): 'features_pv_host' | 'features_hvm_host' {
  return domainType === 'pv' ? 'features_pv_host' : 'features_hvm_host'
}

/**
 * What a guest will be given at its next boot: the pool's default set for its kind, unless its `platform` map has a `featureset`.
 * Undefined if the pool's map has no such set.
 *
 * @throws {@link XapiCpuInfoError} for a `featureset` in `platform` that cannot be read.
 */
export function nextBootFeatureset(
  pool: XapiCpuInfo,
  domainType: XapiDomainType,
  platform: Readonly<Record<string, string>> = {},
): DefaultFeatureset | undefined {
  if (platform.featureset !== undefined) {
    return readXapiFeatureset(platform.featureset, { key: 'featureset', source: 'VM.platform' })
  }
  const { pvDefault, hvmDefault } = pool.featuresets
  return domainType === 'pv' ? pvDefault : hvmDefault
}

/**
 * Whether xapi lets a guest that is not halted onto a host, in its own words, and every feature that it would miss there.
 *
 * xapi compares vendor strings, then the guest's features with the host's max set for its kind. With its own arithmetic it cuts the
 * guest's set off to the host's length and takes an empty set for a superset of everything; `missing` and `admission` do neither.
 * `admission` leaves out bits that are carried for compatibility alone, which xapi counts.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function assertVmIsCompatible(
  vm: XapiVm,
  host: XapiHost,
  options: XapiCompatibilityOptions = {},
): XapiCompatibility {
  const table = featureTable(options.release)
  if (vm.powerState === 'Halted') {
    return { ok: true, missing: [], missingBits: [], admission: null }
  }
  const { vendor, featureset } = vm.lastBootCpuFlags
  const { pvMax, hvmMax } = host.cpuInfo.featuresets
  const max = vm.domainType === 'pv' ? pvMax : hvmMax
  const hostVendor = host.cpuInfo.vendor
  const refuse = (reason: string, ours: OurAnswer): XapiCompatibility => ({
    ok: false,
    code: VM_INCOMPATIBLE_WITH_THIS_HOST,
    reason,
    params: [vm.ref, host.ref, reason],
    ...ours,
  })
  if (max === undefined || hostVendor === null) {
    return refuse(XAPI_INCOMPATIBLE_REASONS.keys, { missing: [], missingBits: [], admission: null })
  }
  const missing = (featureset ?? Featureset.empty).andNot(max)
  const ours = {
    missing: missing.names(table),
    missingBits: missing.bits(),
    admission: admit(vm, host, max, table),
  }
  if (vendor !== null && vendor !== hostVendor) {
    return refuse(XAPI_INCOMPATIBLE_REASONS.vendor, ours)
  }
  const fits =
    featureset === null ||
    (options.arithmetic === 'libxenguest'
      ? featureset.isSubsetOf(max)
      : xapiIsSubset(xapiUpgradeFeatures(featureset, max), max))
  return fits ? { ok: true, ...ours } : refuse(XAPI_INCOMPATIBLE_REASONS.features, ours)
}

function admit(vm: XapiVm, host: XapiHost, max: MaxFeatureset, table: FeatureTable): Admission {
  const { vendor, featureset } = vm.lastBootCpuFlags
  const guestVendor = xapiCpuVendor(vendor)
  const snapshot = snapshotForAdmission(host, vm.domainType, max)
  const name = vm.name ?? vm.ref
  const admission = admitGuest(
    {
      name,
      kind: vm.domainType === 'pv' || vm.domainType === 'hvm' ? vm.domainType : 'pvh',
      ...(guestVendor === null ? {} : { vendor: guestVendor }),
      featureset: featureset ?? Featureset.empty,
    },
    snapshot,
    { release: table.release },
  )
  // Two strings that Xen knows neither of are one vendor to it and two to xapi.
  if (vendor === null || vendor === host.cpuInfo.vendor || guestVendor !== snapshot.cpu.vendor) {
    return admission
  }
  const reason: Reason = {
    code: 'vendor-differs',
    grade: 'lost',
    message: `${name} has run on ${vendor} CPUs and ${snapshot.name} has ${host.cpuInfo.vendor}: software that chose its code by vendor fails.`,
    host: snapshot.name,
  }
  return { ...admission, admitted: false, reasons: [reason, ...admission.reasons] }
}

/** A snapshot with what admission looks at: name, vendor and the one max set. */
function snapshotForAdmission(
  host: XapiHost,
  domainType: XapiDomainType,
  max: MaxFeatureset,
): HostSnapshot {
  const withHvm = domainType !== 'pv' && xapiOffersHvm(host.cpuInfo)
  return {
    format: 'xenlevel/host-snapshot',
    version: 1,
    name: host.name ?? host.ref,
    cpu: {
      vendor: xapiCpuVendor(host.cpuInfo.vendor) ?? 'Unknown',
      brand: host.cpuInfo.modelName ?? '',
      signature: 0,
      physAddrBits: 64,
      microcodeRevision: null,
    },
    xen: null,
    featuresets: {
      pvDefault: max,
      pvMax: max,
      ...(withHvm ? { hvmDefault: max, hvmMax: max } : {}),
    },
    unknownWords: [],
    notes: [],
  }
}
