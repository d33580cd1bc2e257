/** What is asked of the late-load model, and what it answers. */
import type { MicrocodeVendor } from '../types.js'
import type { LateLoadErrno } from './errors.js'

/** How a late load ends: it returns; the hypervisor panics; or nothing ever happens again, and nobody says so. */
export type LateLoadEnd = LateLoadErrno | 'PANIC' | 'HANG'

/** Where a rendezvous is. Only the control CPU moves it on. */
export type LateLoadState = 'PREPARE' | 'CALLIN' | 'ENTER' | 'EXIT'

/** Part of a CPU: `control` leads and writes first, a `primary` writes, a `secondary` is kept still beside its core's primary. */
export type LateLoadRole = 'control' | 'primary' | 'secondary'

/** One CPU or several, by Xen's numbers. */
export type CpuList = number | readonly number[]

/** The machine. Core k has CPUs `k * threadsPerCore` to `k * threadsPerCore + threadsPerCore - 1`. */
export interface LateLoadTopology {
  /** Cores of the machine. */
  readonly cores: number
  /** Threads of each core; 1 without SMT. */
  readonly threadsPerCore: number
  /** AMD: every thread writes; Intel: one of each core. */
  readonly vendor: MicrocodeVendor
  /** CPUs that are offline or parked: they take no part and keep what they have. */
  readonly offline?: CpuList
  /** CPUs that run the offered revision already; the others run the old one. */
  readonly alreadyNew?: CpuList
}

/** A CPU and an error. */
export interface CpuFailure {
  /** Xen's number of the CPU. */
  readonly cpu: number
  /** What its load returns after writing the MSR. */
  readonly errno: LateLoadErrno
}

/** One failure or several; a bare number is a CPU that fails with EIO, as hardware does. */
export type FailureList = number | CpuFailure | readonly (number | CpuFailure)[]

/**
 * What can end the call before the CPUs meet: loading is not built in (from 4.22 on it can be left out); firmware or a cloud switched it off; no memory for the file; the
 * buffer cannot be read; CPUs are being brought up or down; the file is damaged and nothing in it usable; nothing in it is for this CPU;
 * something else has all CPUs stopped.
 */
export type LateLoadObstacle =
  | 'loading-absent'
  | 'loading-locked'
  | 'out-of-memory'
  | 'bad-buffer'
  | 'cpu-maps-busy'
  | 'parse-error'
  | 'no-match'
  | 'stop-machine-busy'

/**
 * The rules of the rendezvous: Xen's own, or one of two that look as good and are not. `handler-waits-for-primaries`: a secondary stays in
 * its NMI handler until the load is over and all primaries are done. `handler-holds-everyone`: whoever takes an NMI during the call-in
 * waits in the handler for the end, CPUs that have yet to write outside it included.
 */
export type LateLoadVariant = 'xen' | 'handler-waits-for-primaries' | 'handler-holds-everyone'

/** What is asked for, and what goes wrong. */
export interface LateLoadOptions {
  /** `ucode=nmi`: primaries write inside the NMI handler. True by default, as in Xen. */
  readonly nmi?: boolean
  /** XENPF_UCODE_FORCE, or the whole word of flags. False by default. Releases before 4.20 have no such call. */
  readonly force?: boolean | number
  /** `ucode=allow-same`, where the release has it. False by default. */
  readonly allowSame?: boolean
  /** The revision that CPUs run, as 32 bits; 0x10 by default. */
  readonly oldRevision?: number
  /** The revision offered, as 32 bits; 0x20 by default. */
  readonly newRevision?: number
  /** The revision in Xen's cache; none by default. */
  readonly cachedRevision?: number | null
  /** CPUs whose load fails after the MSR write. A secondary never writes, so never fails. */
  readonly failing?: FailureList
  /** CPUs that do not come back from the MSR write. */
  readonly hung?: CpuList
  /** CPUs whose own NMI is delivered late; see {@link LateLoadTiming.nmiDelay}. For the search every NMI is late and early. */
  readonly lateNmi?: CpuList
  /** CPUs whose own NMI never arrives. */
  readonly lostNmi?: CpuList
  /** CPUs that get an NMI from elsewhere (watchdog, hardware): in a run as {@link externalNmiAt} says, in the search at any moment or never. */
  readonly externalNmi?: CpuList
  /** In a run: external NMIs come as soon as this state is reached; `CALLIN` by default. */
  readonly externalNmiAt?: LateLoadState
  /** Errors that CPUs have left over from an earlier load: Xen does not reset them. */
  readonly leftOver?: FailureList
  /** What ends the call before the CPUs meet; nothing by default. */
  readonly obstacle?: LateLoadObstacle
  /** `xen` by default. */
  readonly variant?: LateLoadVariant
  /** The Xen release, 4.13 or later; the newest by default. */
  readonly release?: string
}

/** How long things take in a run, in microseconds. Only what Xen's two time-outs can see matters. */
export interface LateLoadTiming {
  /** One MSR write; 400 by default. */
  readonly write?: number
  /** MSR writes of single CPUs, by number. */
  readonly writes?: Readonly<Record<number, number>>
  /** How late the NMIs of {@link LateLoadOptions.lateNmi} are; 10 000 by default. From 30 000 on the call-in is over before. */
  readonly nmiDelay?: number
}

/** Options of {@link runLateLoad}. */
export interface RunOptions extends LateLoadOptions {
  /** How long things take. */
  readonly timing?: LateLoadTiming
}

/** One thing that happened. */
export interface LateLoadTraceEntry {
  /** In a run: microseconds since the CPUs were stopped. In a trace that the search found: the number of the step. */
  readonly time: number
  /** Xen's number of the CPU. */
  readonly cpu: number
  /** Its part. */
  readonly role: LateLoadRole
  /** It happened inside the NMI handler. */
  readonly inNmi: boolean
  /** Stable name of what happened. */
  readonly event: LateLoadEvent
  /** The same for people, without a subject: `calls in (3 of 4)`. */
  readonly what: string
}

/** What can happen to a CPU. Each is one step of the model, or one moment of its surroundings. */
export type LateLoadEvent =
  | 'prepare'
  | 'open-call-in'
  | 'call-in'
  | 'all-called-in'
  | 'call-in-timeout'
  | 'see-call-in'
  | 'see-enter'
  | 'see-exit'
  | 'come-too-late'
  | 'send-nmi'
  | 'lose-nmi'
  | 'nmi'
  | 'nmi-stray'
  | 'external-nmi'
  | 'external-nmi-passed-on'
  | 'external-nmi-stray'
  | 'external-nmi-waits'
  | 'write'
  | 'write-fails'
  | 'write-hangs'
  | 'not-newer'
  | 'count-out'
  | 'abort'
  | 'open-enter'
  | 'wait-for-others'
  | 'another-is-out'
  | 'all-out'
  | 'out-timeout'
  | 'open-exit'
  | 'unwind'
  | 'copy-revision'
  | 'leave-handler'
  | 'return'

/** What both a run and the search can say of an end. */
export interface LateLoadOutcome {
  /** What the call returns; `PANIC` and `HANG` where it does not. */
  readonly errno: LateLoadEnd
  /** The hypervisor stops itself: a write took more than a second. The rest is then how things stood at that moment. */
  readonly panic: boolean
  /** Loads that succeeded (cpu_updated). */
  readonly updated: number
  /** CPUs that have counted themselves out (cpu_out). */
  readonly cpuOut: number
  /** CPUs that have called in (the weight of cpu_callin_map). */
  readonly callin: number
  /** Watchdog switched off minus switched on: 1 means that it stays off. */
  readonly watchdogBalance: number
  /** The revision that Xen knows of each CPU, by number, as 32 unsigned bits. */
  readonly revisions: readonly number[]
}

/** What one late load comes to. */
export interface LateLoadRun extends LateLoadOutcome {
  /** CPUs that are to write (nr_cores): the primaries with the control CPU; 0 if the call ended before they were counted. */
  readonly nrCores: number
  /** The raw CPU policy is read again. What guests see does not change by it. */
  readonly policyRefresh: boolean
  /** The revision in Xen's cache afterwards, which CPUs brought up later get; null for none. */
  readonly cachedRevision: number | null
  /** What Xen's common code prints, a message each, without the loglevel; `<fn>` stands for an address. */
  readonly log: readonly string[]
  /** CPUs that wrote the MSR, by number. */
  readonly wroteMsr: readonly number[]
  /** Those of them that did so inside the NMI handler. */
  readonly wroteInNmi: readonly number[]
  /** CPUs that took an NMI while the rendezvous had the handler. */
  readonly enteredNmi: readonly number[]
  /** CPUs whose load found the update not newer than what they run. */
  readonly notNewer: readonly number[]
  /** CPUs that took an NMI when nobody was to call in: it goes to Xen's usual handler. */
  readonly strayNmi: readonly number[]
  /** The CPU that wrote first; null if none did. */
  readonly firstWriter: number | null
  /** Everything that happened, in order. */
  readonly trace: readonly LateLoadTraceEntry[]
  /** The release that was meant. */
  readonly release: string
  /** Whether that release's answers were recorded, or read in its source. */
  readonly evidence: 'recorded' | 'facts'
}
