/** What the suite is made of: cases, what may be said of them beforehand, and how one fails. */
import type { Hypervisor } from '@xenlevel/core'
import { XenlevelError } from '@xenlevel/cpuid'
import type { Bench } from './bench.js'

/** A hypervisor does not keep what the contract promises. Code `CONFORMANCE`; details hold what was found and what the contract wants. */
export class ConformanceError extends XenlevelError {
  constructor(message: string, details: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super({ code: 'CONFORMANCE', message, details, ...(cause !== undefined && { cause }) })
  }
}

/** One guarantee of the contract, ready to be tried. */
export interface ConformanceCase {
  /** What is guaranteed, in words; unique in the suite. */
  readonly name: string
  /**
   * Tries it: opens hypervisors of its own, and gives back what it made.
   *
   * @param skip - called with the reason if this hypervisor cannot be tried on it, such as HVM where there is none; may throw.
   * @throws {@link ConformanceError} if the hypervisor breaks the guarantee, saying how.
   */
  run(skip?: (why: string) => void): Promise<void>
}

/** What is known of the hypervisors beforehand. */
export interface ConformanceOptions {
  /** The first of the numbers from which policies are drawn; 1 by default. The same number draws the same policies. */
  readonly seed?: number
  /** How many drawn policies each kind of domain is given; 12 by default. */
  readonly rounds?: number
  /**
   * True for a recording, which cannot answer what was never asked: a call that it lacks beyond its `lacks` then leaves the case open
   * instead of failing it. False by default.
   */
  readonly partial?: boolean
  /** False keeps all microcode from it. By default it is given files that no CPU takes. */
  readonly microcode?: boolean
  /** How many calls of Xen this one has made so far; without it, calls are not counted. */
  readonly calls?: (hypervisor: Hypervisor) => number
}

/** A guarantee as the suite writes it down. */
export interface Guarantee {
  /** What is guaranteed. */
  readonly name: string
  /** Tries it on what the bench opens. */
  check(bench: Bench): void | Promise<void>
}

/** A case that does not hold. */
export interface FailedCase {
  /** Its name. */
  readonly name: string
  /** What was thrown. */
  readonly error: Error
}

/** A case that could not be tried. */
export interface SkippedCase {
  /** Its name. */
  readonly name: string
  /** Why not. */
  readonly why: string
}

/** What came of the whole suite. */
export interface ConformanceReport {
  /** How many cases hold. */
  readonly passed: number
  /** The cases that do not, each with what was thrown. */
  readonly failed: readonly FailedCase[]
  /** The cases that could not be tried, each with the reason. */
  readonly skipped: readonly SkippedCase[]
}
