/** What the search of all interleavings is asked, and what it finds. */
import type { LateLoadPromise } from './promises.js'
import type { LateLoadOptions, LateLoadOutcome, LateLoadRole, LateLoadTraceEntry } from './types.js'

/** Options of {@link exploreLateLoad}. */
export interface ExploreOptions extends LateLoadOptions {
  /**
   * When the control CPU's two time-outs fire: `any-time` that it waits (by default: the others may be as slow as they like), or only as
   * a `last-resort`, when no CPU can go on without it.
   */
  readonly timeouts?: 'any-time' | 'last-resort'
  /** States at most, lest a large machine fill the memory; 5 000 000 by default. */
  readonly maxStates?: number
}

/** One way to end, and the shortest road there. */
export interface ExploredOutcome extends LateLoadOutcome {
  /** The shortest order of events that ends so. */
  readonly trace: readonly LateLoadTraceEntry[]
}

/** A CPU that waits. */
export interface WaitingCpu {
  /** Xen's number of the CPU. */
  readonly cpu: number
  /** Its part. */
  readonly role: LateLoadRole
  /** It waits inside the NMI handler, where no other NMI reaches it. */
  readonly inNmi: boolean
  /** What it waits for, in words. */
  readonly for: string
}

/** CPUs that wait for each other, though none hangs and no NMI was lost that one of them waits for. */
export interface Deadlock {
  /** Who waits for what. */
  readonly waiting: readonly WaitingCpu[]
  /** What the control CPU's time-out makes of it; `HANG` if it is not there to time out. */
  readonly endsIn: 'EBUSY' | 'PANIC' | 'HANG'
  /** The shortest order of events that leads there. */
  readonly trace: readonly LateLoadTraceEntry[]
}

/** A promise that is not kept. */
export interface BrokenPromise {
  /** Which. */
  readonly promise: LateLoadPromise
  /** The shortest order of events that breaks it. */
  readonly trace: readonly LateLoadTraceEntry[]
}

/** What {@link exploreLateLoad} found. */
export interface LateLoadReport {
  /** Every way to end, the shortest first. */
  readonly outcomes: readonly ExploredOutcome[]
  /** Every way to wait for each other, the shortest first. Empty for Xen's own rules. */
  readonly deadlocks: readonly Deadlock[]
  /** Promises that some order of events breaks. Empty for Xen's own rules. */
  readonly broken: readonly BrokenPromise[]
  /** Different moments that were seen: all there are. */
  readonly states: number
  /** Steps between them. */
  readonly steps: number
  /** The release that was meant. */
  readonly release: string
}
