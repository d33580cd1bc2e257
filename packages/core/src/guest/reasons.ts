/** What an admission is made of: the guest, the reasons, the answer. */
import type { CpuidLeaf, CpuVendor, FeatureName, Featureset, MsrEntry } from '@xenlevel/cpuid'
import type { CpuPolicy } from '../policy/cpu-policy.js'
import type { PolicyErrno } from '../policy/errors.js'
import type { XenVerdict } from '../xen/audit.js'
import type { DomainOptions } from '../xen/clamp.js'
import type { DefaultFeatureset } from '../xen/offered-featuresets.js'
import type { GuestKind } from './kind.js'

/** The records of a policy, in the order in which they came. */
export interface GuestRecords {
  /** Its leaves; {@link @xenlevel/cpuid!decodeLeaves} reads them. */
  readonly leaves: readonly CpuidLeaf[]
  /** Its MSRs; {@link @xenlevel/cpuid!decodeMsrs} reads them. */
  readonly msrs: readonly MsrEntry[]
}

/**
 * The CPU that a guest was promised, as far as it is known: its policy, or the records of it that arrive, or its features alone. The
 * most that is given is what is judged.
 */
export interface GuestCpu {
  /** What messages call it. */
  readonly name?: string
  /** Which of the host's max sets it is held against. */
  readonly kind: GuestKind
  /** The vendor it has seen; that of its policy by default, and not judged if that is not given either. */
  readonly vendor?: CpuVendor
  /** The features it has seen, in the words of {@link AdmitOptions.release}: a level for boot, never a max set. */
  readonly featureset?: DefaultFeatureset
  /** Its whole policy. */
  readonly policy?: CpuPolicy
  /** The records of its policy as they arrive: a stream's, which may hold what the receiving Xen does not keep. */
  readonly records?: GuestRecords
  /** It comes with the state of its vCPUs (migration, resume), of which Xen refuses some; true by default. False for a fresh start. */
  readonly running?: boolean
  /** The end of its memory in guest-physical bytes, holes and devices included; judged against the address width if it is given. */
  readonly memoryEnd?: bigint
}

/**
 * How bad a reason is. `refused`: Xen itself says no. `lost`: Xen takes the guest and drops the feature in silence, and the guest may
 * crash. `degraded`: it runs, with less or slower. `cosmetic`: it runs, and can see a difference.
 */
export type ReasonGrade = 'refused' | 'lost' | 'degraded' | 'cosmetic'

/** Stable names of the reasons. */
export type ReasonCode =
  | 'vendor-differs'
  | 'host-without-hvm'
  | 'host-without-pv'
  | 'host-without-pv32'
  | 'guest-unknown'
  | 'featuresets-unknown'
  | 'feature-missing'
  | 'bit-missing'
  | 'word-unknown'
  | 'feature-unguarded'
  | 'contradiction'
  | 'record-refused'
  | 'leaf-limit'
  | 'msr-bits'
  | 'xstate-missing'
  | 'xstate-layout'
  | 'address-width'
  | 'cache-line-size'
  | 'fpu-behaviour'
  | 'performance-counters'
  | 'register-changed'

/** One reason. */
export interface Reason {
  /** Stable name of the reason. */
  readonly code: ReasonCode
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
  /** The leaf it is about, where it is no feature. */
  readonly leaf?: number
  /** Its sub-leaf; null for a leaf without. */
  readonly subleaf?: number | null
  /** The MSR it is about. */
  readonly msr?: number
  /** What Xen answers, where it refuses a record. */
  readonly errno?: PolicyErrno
  /** The number that the guest has seen, where it is about one: bits of width, bytes, a limit. */
  readonly seen?: number
  /** The number that the host gives. */
  readonly given?: number
}

/** A level at which the host takes the guest. */
export interface AdmissionLevel {
  /** The features, in the words of the table that was judged by. */
  readonly featureset: Featureset
  /** The whole policy; null where only features were judged. */
  readonly policy: CpuPolicy | null
  /** What the guest has seen and has to do without. */
  readonly without: readonly FeatureName[]
}

/** A bit that the guest has seen and the host does not have, and that does not count. */
export interface UncountedBit {
  /** The bit. */
  readonly bit: number
  /** Its name, where it has one. */
  readonly feature?: FeatureName
  /** Why it does not count. */
  readonly reason: string
}

/** The whole answer. */
export interface Admission {
  /** False if any reason is graded `refused` or `lost`. */
  readonly admitted: boolean
  /** All reasons, the missing features by bit. */
  readonly reasons: readonly Reason[]
  /** Bits that are missing and never count, because max sets carry them for compatibility alone. */
  readonly uncounted: readonly UncountedBit[]
  /** Whether the host's max set was said by its Xen, estimated from what its CPU says, or is not known. */
  readonly evidence: 'said' | 'estimated' | 'unknown'
  /** `policy`: everything was judged. `featureset`: features and vendor alone, as more is not known of the guest or of the host. */
  readonly judged: 'policy' | 'featureset'
  /** What Xen itself will answer when it is given the policy; null where only features were judged. */
  readonly xen: XenVerdict | null
  /** What would make it yes, in one sentence; null if it is yes. */
  readonly advice: string | null
  /** The level that the guest has to be started at for it to be yes; null if it is yes, or if no level helps. */
  readonly levelTo: AdmissionLevel | null
}

/** Options of {@link admitGuest}. */
export interface AdmitOptions {
  /** Whose feature names and rules; the newest by default. */
  readonly release?: string
  /** What the receiving domain is created with: paging, nested virtualisation, a limit of its address width. */
  readonly domain?: Pick<DomainOptions, 'hap' | 'nestedVirt' | 'maxPhysAddrBits'>
  /** What messages call a host that is given by its policies alone; "the host" by default. */
  readonly hostName?: string
}
