/** What a Xen can do about the CPUID instructions of PV guests on a CPU, foreseen from the raw policy. */
import { type CpuVendor, nearestRelease, releaseHas, UnknownReleaseError } from '@xenlevel/cpuid'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { releaseFeatures } from '../policy/features.js'
import {
  type CpuCondition,
  FAULTING_ROWS,
  type FaultingRow,
  type LevellingCap,
  levellingRules,
  MASK_ROWS,
  type MaskMsr,
  SYSCTL_BITS,
  UNMASKED_ROWS,
} from './levelling-caps-table.js'

/** Something about the capabilities that the raw policy does not tell. */
export interface CapsAssumption {
  /** The capability that it decides about. */
  readonly cap: LevellingCap
  /** The capability is taken to be there, or not. */
  readonly assumed: boolean
  /** What is taken to be so. */
  readonly reason: string
}

/** What a Xen can do on a CPU about CPUID instructions of PV guests that do not ask Xen. */
export interface LevellingCaps {
  /** The release, exact. */
  readonly release: string
  /** What the CPU says where nothing is changed. */
  readonly raw: CpuPolicy
  /** What there is, `faulting` alone or masks alone; empty if there is nothing. */
  readonly caps: readonly LevellingCap[]
  /** The MSRs of the masks; none with faulting. */
  readonly masks: readonly MaskMsr[]
  /** What was taken to be so because the raw policy does not tell; empty where Xen itself was asked. */
  readonly assumes: readonly CapsAssumption[]
}

/** What Xen finds out by reading and writing MSRs, where it is known. */
export interface LevellingCapsOptions {
  /** CPUID faulting works by Intel's MSRs; by default if PLATFORM_INFO of the raw policy says so. */
  readonly cpuidFaulting?: boolean
  /** The mask MSRs that the CPU should have can be read and written; true by default. Under a hypervisor they often can not. */
  readonly maskMsrs?: boolean
}

/** Bit 31 of PLATFORM_INFO: CPUID faulting (Intel SDM volume 4, MSR 0xce). */
const CPUID_FAULTING = 0x8000_0000n

/**
 * Foresees what a Xen will find on a CPU: whether it can trap the CPUID instructions of PV guests, and which answers it can mask where it
 * can not (xen/arch/x86/cpu/intel.c and amd.c). HVM guests are no matter of it: their CPUID instructions always trap.
 *
 * The boot option that masks the host's own CPUID (`cpuid_mask_…`, up to 4.21) is not looked at.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function levellingCaps(
  raw: CpuPolicy,
  release: string,
  options: LevellingCapsOptions = {},
): LevellingCaps {
  const exact = exactRelease(release)
  const assumes: CapsAssumption[] = []
  const done = (caps: readonly LevellingCap[], masks: readonly MaskMsr[] = []) =>
    Object.freeze({ release: exact, raw, caps, masks, assumes: Object.freeze(assumes) })
  const virtual = hasFeature(raw, exact, 'HYPERVISOR')
  if (canFault(raw, exact, options, assumes)) return done(Object.freeze(['faulting'] as const))
  const expected = expectedMasks(raw, exact)
  const readable = options.maskMsrs ?? true
  for (const { cap, msr } of options.maskMsrs === undefined ? expected : []) {
    assumes.push({
      cap,
      assumed: true,
      reason: `MSR 0x${msr.toString(16)} can be read and written${virtual ? ', which few hypervisors allow, and Xen runs under one' : ''}`,
    })
  }
  const masks = Object.freeze(readable ? expected : [])
  return done(Object.freeze(masks.map(({ cap }) => cap)), masks)
}

/**
 * The capabilities as XEN_SYSCTL_get_cpu_levelling_caps answers them, 4.7 to 4.21: bits 0 to 8 stand for faulting, 1.ecx, 1.edx,
 * 0x80000001.ecx, 0x80000001.edx, 0xd:1.eax, 6.ecx, 7:0.eax and 7:0.ebx. Null for a release without that call.
 */
export function publicLevellingCaps({ caps, release }: LevellingCaps): number | null {
  if (!levellingRules(release).hasSysctl) return null
  return caps.reduce((bits, cap) => bits | SYSCTL_BITS[cap], 0)
}

/**
 * The capabilities that a Xen named itself, in the bits of {@link publicLevellingCaps}. Bits that mean nothing to Xen are let go.
 *
 * @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function levellingCapsOfSysctl(
  bits: number,
  raw: CpuPolicy,
  release: string,
): LevellingCaps {
  const exact = exactRelease(release)
  const caps = ALL_CAPS.filter((cap) => (bits & SYSCTL_BITS[cap]) === SYSCTL_BITS[cap])
  const masks = expectedMasks(raw, exact).filter(({ cap }) => caps.includes(cap))
  return Object.freeze({
    release: exact,
    raw,
    caps: Object.freeze(caps),
    masks: Object.freeze(masks),
    assumes: Object.freeze([]),
  })
}

const ALL_CAPS: readonly LevellingCap[] = ['faulting', '1cd', 'e1cd', 'Da1', '6c', '7ab0']

function exactRelease(release: string): string {
  const exact = nearestRelease(release)
  if (exact === undefined) throw new UnknownReleaseError(release)
  return exact
}

/** The vendor as a release knows it: Xen levels nothing on a CPU of one that it does not know. */
function vendorAs({ vendor }: CpuPolicy, release: string): CpuVendor {
  return vendor === 'Hygon' && !levellingRules(release).knowsHygon ? 'Unknown' : vendor
}

function hasFeature(
  raw: CpuPolicy,
  release: string,
  name: 'HYPERVISOR' | 'CPUID_USER_DIS',
): boolean {
  return releaseFeatures(release).policyHas(CpuPolicy.peek(raw), name)
}

/** Whether Xen can trap CPUID instructions, and what that stands on. */
function canFault(
  raw: CpuPolicy,
  release: string,
  options: LevellingCapsOptions,
  assumes: CapsAssumption[],
): boolean {
  const virtual = hasFeature(raw, release, 'HYPERVISOR')
  const told = options.cpuidFaulting
  const announced = told ?? (raw.msr(0xce) & CPUID_FAULTING) !== 0n
  const bySign: Readonly<Record<FaultingRow['sign'], boolean>> = {
    'platform-info': announced,
    'virtual-platform-info': virtual && announced,
    'cpuid-user-dis': hasFeature(raw, release, 'CPUID_USER_DIS'),
  }
  const vendor = vendorAs(raw, release)
  const rows = FAULTING_ROWS.filter(
    ({ vendors, landed }) => vendors.includes(vendor) && releaseHas(release, landed),
  )
  const found = rows.find(({ sign }) => bySign[sign])
  if (told !== undefined || found?.sign === 'cpuid-user-dis') return found !== undefined
  if (found !== undefined) {
    const reason = 'MISC_FEATURES_ENABLES, MSR 0x140, can be read where MSR 0xce has bit 31'
    assumes.push({ cap: 'faulting', assumed: true, reason })
    return true
  }
  if (rows.some(({ sign }) => sign === 'platform-info' || (virtual && sign !== 'cpuid-user-dis'))) {
    const reason =
      'the raw policy has nothing in MSR 0xce, which a dump without MSRs has not either'
    assumes.push({ cap: 'faulting', assumed: false, reason })
  }
  return false
}

/** The mask MSRs that Xen looks for on this CPU. */
function expectedMasks(raw: CpuPolicy, release: string): MaskMsr[] {
  const { signature, maxLeaf } = raw
  const vendor = vendorAs(raw, release)
  const matches = ({ vendors, family, models, modelsBelow = 0x100 }: CpuCondition) =>
    vendors.includes(vendor) &&
    (family ?? signature.family) === signature.family &&
    (models?.includes(signature.model) ?? true) &&
    signature.model < modelsBelow
  if (UNMASKED_ROWS.some((row) => matches(row) && releaseHas(release, row.landed))) return []
  return MASK_ROWS.filter(
    (row) =>
      matches(row) &&
      maxLeaf >= (row.maxLeaf ?? 0) &&
      (row.nonZero === undefined || raw.leaf(row.nonZero.leaf)[row.nonZero.register] !== 0),
  ).flatMap(({ masks, kind, source }) => masks.map((mask) => ({ ...mask, kind, source })))
}
