/** What is asked of a foreseen hypercall, and what it answers. */
import type { Evidence } from '../container-rules.js'
import type { LateLoadEnd, LateLoadObstacle } from '../rendezvous/types.js'
import type { SelectErrno, Selection } from '../select/types.js'
import type { CpuIdentity } from '../types.js'

/** A logical CPU of a host. Its place in the list is Xen's number for it. */
export interface HostCpu extends CpuIdentity {
  /** Threads of one core have the same; each CPU is a core of its own if nothing is said of cores. */
  readonly core?: number | string
  /** False for a CPU that was taken offline. True by default. */
  readonly online?: boolean
  /** True for a CPU that is parked, as siblings are with `smt=0`: offline too, for a load. */
  readonly parked?: boolean
}

/** A host, as far as loading microcode depends on it. */
export interface LateLoadHost {
  /** Every logical CPU, in Xen's order. */
  readonly cpus: readonly HostCpu[]
  /** Threads of a core, where `core` is not said: core k has CPUs k * threads and on. */
  readonly threadsPerCore?: number
  /** The Xen release, 4.13 or later. */
  readonly xen: string
  /** The revision of the update that Xen keeps for CPUs that come up later; null (default) for none. */
  readonly cachedRevision?: number | null
  /** AMD: the revision that CPU 0 had when Xen started, before it loaded anything; the running one by default. */
  readonly bootRevision?: number
  /** AMD: CPUs have FRED. */
  readonly zen6?: boolean
  /** `ucode=no-digest-check` makes it false. */
  readonly digestCheck?: boolean
  /** `ucode=allow-same`, which 4.15 to 4.19 had. */
  readonly allowSame?: boolean
  /** `ucode=no-nmi` makes it false. */
  readonly nmi?: boolean
}

/** How Xen is called, and what else may happen. */
export interface OutcomeOptions {
  /** Which operation: 35, or 66 with flags, which tools of today always use. By default the newest that the release has. */
  readonly call?: 'microcode_update' | 'microcode_update2'
  /** XENPF_UCODE_FORCE, or the whole word of flags; operation 66 alone has it. */
  readonly force?: boolean | number
  /** What CPUs do with an update that they are given: take it, or nothing, as emulated CPUs do. */
  readonly hardware?: 'loads' | 'ignores'
  /** What ends the call before the CPUs meet, beside what file and CPUs say themselves. */
  readonly obstacle?: Exclude<LateLoadObstacle, 'parse-error' | 'no-match'>
}

/** What becomes of one CPU. */
export interface CpuOutcome {
  /** Xen's number. */
  readonly cpu: number
  /** Whether it takes part. */
  readonly online: boolean
  /** Its revision before, as 32 unsigned bits. */
  readonly before: number
  /** Its revision after the call. */
  readonly after: number
  /** CPUs that take no part: the revision that they get from Xen's cache when they are brought up. */
  readonly whenOnline: number | null
  /** What its own load returns; null where it does not load: Intel's second threads, offline CPUs, a call that ends before. */
  readonly load: SelectErrno | 'EIO' | null
}

/** Names of what a toolstack may not expect. */
export type TrapCode =
  | 'UPDATED_YET_EEXIST'
  | 'CPU0_AHEAD'
  | 'CACHE_HIDES_OLD_CPUS'
  | 'CACHE_KEEPS_NEWER'
  | 'MIXED_AFTERWARDS'
  | 'OFFLINE_STAY_OLD'
  | 'NO_SUCH_CALL'
  | 'EINVAL_IS_NOT_NEWER'
  | 'ENOENT_IS_NOT_NEWER'
  | 'EBUSY_HIDES_ERROR'
  | 'WATCHDOG_STAYS_OFF'
  | 'REST_NOT_READ'

/** Something that a toolstack may not expect. */
export interface Trap {
  /** Stable name. */
  readonly code: TrapCode
  /** What happens, and what can be done: for people. */
  readonly message: string
}

/** What a hypercall comes to. */
export interface LoadOutcome {
  /** What it returns; `PANIC` and `HANG` where it does not. */
  readonly errno: LateLoadEnd
  /** What becomes of each CPU, by number. */
  readonly cpus: readonly CpuOutcome[]
  /** Loads that succeed. */
  readonly updated: number
  /** All CPUs that are online run one revision afterwards. */
  readonly uniform: boolean
  /** The revision in Xen's cache afterwards; null for none. */
  readonly cachedRevision: number | null
  /** Xen reads the raw CPU policy again. What guests see does not change by it. */
  readonly policyRefresh: boolean
  /** What Xen chose on CPU 0, and why; null where the call ends before. */
  readonly selection: Pick<Selection, 'update' | 'code' | 'reason' | 'passedOver' | 'stop'> | null
  /** What may not be expected. */
  readonly traps: readonly Trap[]
  /** What Xen's common code prints, a message each, as the newest Xen words it. */
  readonly log: readonly string[]
  /** What the tool xen-ucode makes of it: its exit status. */
  readonly toolExit: 0 | 1
  /** The release that was meant. */
  readonly release: string
  /** Whether such an answer was recorded from this release, or read in its source. */
  readonly evidence: Evidence
}
