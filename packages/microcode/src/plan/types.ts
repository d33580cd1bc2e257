/** What a plan is made of, and what it says. */
import type { FeatureName } from '@xenlevel/cpuid'
import type { LateLoadHost, LoadOutcome } from '../outcome/types.js'
import type { Selection } from '../select/types.js'
import type { MicrocodeUpdate, MicrocodeVendor } from '../types.js'

/** A guest that runs on a host. */
export interface PlanGuest {
  /** Its name. */
  readonly name: string
  /** CPU features that it uses; what its host uses, if nothing is said. */
  readonly features?: readonly string[]
}

/** A host of a pool, as far as its microcode is concerned. */
export interface PlanHost extends Omit<LateLoadHost, 'xen'> {
  /** Its name. */
  readonly name: string
  /** The Xen release; null for a Linux without Xen. */
  readonly xen: string | null
  /** CPU features that guests use here, by Xen's names: `RTM`. */
  readonly featuresInUse?: readonly string[]
  /** Guests that run: how many, or which. */
  readonly guests?: number | readonly PlanGuest[]
  /** Intel: the revision that the firmware brings; the running one if it is not known. */
  readonly firmwareRevision?: number
  /** Last-level cache per core, in bytes. */
  readonly cachePerCore?: number
  /** Who made the machine, as DMI says it (`bios_vendor`). */
  readonly biosVendor?: string
}

/** Updates that a rule of the caller is about; what is not said holds for all. */
export interface PlanRule {
  /** CPU models as files are named: `06-9e-0a`, or a beginning of that. */
  readonly model?: string
  /** The revision. */
  readonly revision?: number
  /** `late` (default): not while the host runs; `ever`: not at boot either. Of denials only. */
  readonly when?: 'late' | 'ever'
  /** Why, for people. */
  readonly why?: string
}

/** What the caller wants. */
export interface PlanPolicy {
  /**
   * When updates may be loaded while the host runs: `never`; where they `declare` the running revision safe; wherever nothing is known against
   * it (default: `unless-warned`).
   */
  readonly late?: 'never' | 'declared' | 'unless-warned'
  /** Only these may be loaded while the host runs; all may by default. */
  readonly allow?: readonly PlanRule[]
  /** These may not. */
  readonly deny?: readonly PlanRule[]
  /** Whose lists forbid; all by default. What changes features is never loaded late, whatever is named here. */
  readonly lists?: readonly PlanList[]
  /** What RHEL does not load unless told to is not loaded, at boot either. False by default: a warning. */
  readonly rhelDefaults?: boolean
  /** Features that no update may take. */
  readonly keepFeatures?: readonly string[]
  /** The force flag may be used where CPUs would otherwise keep an older revision. False by default. */
  readonly force?: boolean
}

/** Lists that are known. */
export type PlanList = 'debian' | 'linux' | 'rhel'

/** What is done with a host. `blocked`: there is an update, and it may not be loaded at all yet. */
export type PlanAction = 'nothing' | 'late' | 'early' | 'blocked'

/** Names of reasons. */
export type PlanReasonCode =
  | 'UP_TO_DATE'
  | 'NO_UPDATE'
  | 'FILE_DAMAGED'
  | 'NO_DIGEST'
  | 'NEWER_WITHOUT_DIGEST'
  | 'FINAL_REVISION'
  | 'BELOW_MIN_REVISION'
  | 'FEATURES_CHANGE'
  | 'FEATURES_IN_USE'
  | 'FEATURES_KEPT'
  | 'DECLARED_UNSAFE'
  | 'NOT_DECLARED'
  | 'NEVER_LATE_ON_DEBIAN'
  | 'NAMED_EARLY'
  | 'RHEL_CAVEAT'
  | 'SHIPPED_WITH_CAVEATS'
  | 'LARGE_CACHE'
  | 'STEP_FIRST'
  | 'OLD_FIRMWARE'
  | 'RECALLED'
  | 'RUNS_RECALLED'
  | 'WITHDRAWN'
  | 'RUNS_WITHDRAWN'
  | 'PRE_PRODUCTION'
  | 'DENIED'
  | 'NOT_ALLOWED'
  | 'LATE_NEVER'
  | 'ARCHIVE'
  | 'NO_RENDEZVOUS'
  | 'RELEASE_UNKNOWN'
  | 'THREADS_LEFT_OUT'
  | 'STRAY_NMIS'
  | 'MIXED_CPUS'
  | 'MIXED_REVISIONS'
  | 'CPUS_NOT_ONLINE'
  | 'LATE_LEAVES_CPUS'
  | 'FORCE_NEEDED'
  | 'LINUX_CHOOSES_ELSE'
  | 'GUESTS_RUN'

/** What a reason forbids. */
export type Forbidden = 'late' | 'late and early'

/** Why something is planned, or not. */
export interface PlanReason {
  /** Stable name. */
  readonly code: PlanReasonCode
  /** `error`: it keeps the host from what would be better; `warning`: it should be known before; `info`: good to know. */
  readonly severity: 'error' | 'warning' | 'info'
  /** What it forbids; null for nothing. */
  readonly forbids: Forbidden | null
  /** One sentence for people. */
  readonly message: string
  /** Who says so, where it is somebody's list. */
  readonly source?: string
}

/** What an update changes of what CPUs can do. */
export interface FeatureChange {
  /** Name of the change. */
  readonly id: string
  /** Features that go. */
  readonly lost: readonly FeatureName[]
  /** Features that come. */
  readonly gained: readonly FeatureName[]
  /** The same in words, with what else changes. */
  readonly what: string
  /** False where only some update of this model is known to bring it. */
  readonly certain: boolean
  /** Who says so. */
  readonly source: string
}

/** A way to load. */
export interface PlanRoad {
  /**
   * `boot`: Xen or Linux loads it before anything runs; `hypercall`: the whole file is handed to Xen, as xen-ucode does; `sysfs`: Linux' own
   * `/sys/devices/system/cpu/microcode/reload`, which there is only without Xen.
   */
  readonly name: 'boot' | 'hypercall' | 'sysfs'
  /** It can be gone here. */
  readonly applies: boolean
  /** Why, or why not, for people. */
  readonly why: string
}

/** The CPUs of a host that are alike, and what they get. */
export interface PlanCpus {
  /** Who made them. */
  readonly vendor: MicrocodeVendor
  /** CPUID leaf 1, eax. */
  readonly signature: number
  /** MSR 0x17 bits 52:50. */
  readonly platformId: number
  /** How files of Intel's releases name them: `06-9e-0a`. */
  readonly model: string
  /** How many there are. */
  readonly count: number
  /** The revisions that they run, ascending; several if they differ. */
  readonly revisions: readonly number[]
  /** The update that is for them; null for none. */
  readonly update: MicrocodeUpdate | null
  /** Why this one, for people. */
  readonly reason: string
}

/** A newer update that is forbidden, where an older one is planned. */
export interface PlanPassedOver {
  /** Index of its file. */
  readonly file: number
  /** Its revision. */
  readonly revision: number
  /** Why not. */
  readonly reasons: readonly PlanReason[]
}

/** What is planned for a host. */
export interface HostPlan {
  /** Its name. */
  readonly host: string
  /** What is done. */
  readonly action: PlanAction
  /** Index of the file that has the update; null if there is none. */
  readonly file: number | null
  /** That file's name; null without one. */
  readonly fileName: string | null
  /** The update for CPU 0. */
  readonly update: MicrocodeUpdate | null
  /** The CPUs, each kind once. */
  readonly cpus: readonly PlanCpus[]
  /** Why. */
  readonly reasons: readonly PlanReason[]
  /** Newer updates, the newest first. */
  readonly passedOver: readonly PlanPassedOver[]
  /** What the update changes of features, as far as it is known. */
  readonly features: readonly FeatureChange[]
  /** The ways to load it, and which can be gone. */
  readonly roads: readonly PlanRoad[]
  /** What the hypercall would come to, were it made now; null without Xen, an update, or a Xen that has a rendezvous. */
  readonly outcome: LoadOutcome | null
  /** The force flag is part of the plan. */
  readonly force: boolean
  /** What choosing rests on. */
  readonly selection: Pick<Selection, 'errno' | 'code' | 'reason' | 'evidence'>
}

/** One step of a round over a pool. */
export interface PlanStep {
  /** The host. */
  readonly host: string
  /** What is done with it. */
  readonly action: 'late' | 'early'
  /** Guests that must go elsewhere before, by name where that is known, and where each may go. */
  readonly moves: readonly {
    /** The guest; null for guests that are only counted. */
    readonly guest: string | null
    /** How many guests that is. */
    readonly count: number
    /** Hosts that still have the features it uses at that moment; empty: it must be shut down. */
    readonly to: readonly string[]
  }[]
}

/** What is planned for a pool. */
export interface UpdatePlan {
  /** Every host, in the order given. */
  readonly hosts: readonly HostPlan[]
  /** A round over those that get something: one host after the other. */
  readonly order: readonly PlanStep[]
}
