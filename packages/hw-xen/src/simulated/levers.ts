/** What tests can do to a simulated Xen, and see of it: injected errors, and the calls that were made. */
import type { HypercallError, Hypervisor } from '@xenlevel/core'
import { XenlevelError } from '@xenlevel/cpuid'
import type { OperationName } from '../abi/operations.js'
import { refusal } from './errors.js'

/** The calls of the contract, by name. */
export type SimulatedCall = Exclude<keyof Hypervisor, 'release' | 'lacks'>

/** The calls that ask Xen. */
export type FallibleCall = Exclude<SimulatedCall, 'close'>

/** One call that was made. */
export interface RecordedCall {
  /** Its name. */
  readonly call: SimulatedCall
  /** What it was called with, as it was at that moment. */
  readonly arguments: readonly unknown[]
  /** What it answered; undefined if it threw, answers nothing, or is on its way. */
  readonly answer: unknown
  /** What it threw; undefined if it did not. */
  readonly error: unknown
}

/** How often something fails. */
export interface FailOptions {
  /** Times; until {@link SimulatedXen.reset} if it is not given. */
  readonly times?: number
}

/** The operation that a call asks of Xen first. */
export const OPERATION_OF: Readonly<Record<FallibleCall, OperationName>> = {
  version: 'xen_version version',
  featureset: 'sysctl get_cpu_featureset',
  policy: 'sysctl get_cpu_policy',
  policies: 'sysctl get_cpu_policy',
  levellingCaps: 'sysctl get_cpu_levelling_caps',
  physinfo: 'sysctl physinfo',
  cpus: 'platform_op get_cpu_version',
  microcodeRevision: 'platform_op get_ucode_revision',
  createDomain: 'domctl createdomain',
  destroyDomain: 'domctl destroydomain',
  domainPolicy: 'domctl get_cpu_policy',
  setDomainPolicy: 'domctl set_cpu_policy',
  updateMicrocode: 'platform_op microcode_update',
  snapshot: 'sysctl get_cpu_policy',
}

/** Errors that tests ask for, and the record of calls. */
export class Levers {
  readonly #faults = new Map<FallibleCall, { readonly errno: string; left: number }[]>()
  readonly #calls: { -readonly [Key in keyof RecordedCall]: RecordedCall[Key] }[] = []
  #depth = 0

  /** The calls so far, in the order in which they were made. */
  get calls(): readonly RecordedCall[] {
    return Object.freeze(this.#calls.map((one) => Object.freeze({ ...one })))
  }

  /** Asks for an error. */
  fail(call: FallibleCall, errno: string, { times = Number.POSITIVE_INFINITY }: FailOptions): void {
    if (!/^E[A-Z0-9]+$/.test(errno) || !(times > 0)) {
      throw new XenlevelError({
        code: 'SIMULATED_FAULT',
        message: `${call} cannot fail with ${JSON.stringify(errno)} ${times} times: give the name of an errno, such as "EBUSY", and a number above 0.`,
        details: { call, errno, times },
      })
    }
    this.#faults.set(call, [...(this.#faults.get(call) ?? []), { errno, left: times }])
  }

  /** The error that was asked for, if there is one; it counts. */
  take(call: FallibleCall): HypercallError | null {
    const [fault] = this.#faults.get(call) ?? []
    if (fault === undefined) return null
    fault.left--
    if (fault.left <= 0) this.#faults.get(call)?.shift()
    return refusal(OPERATION_OF[call], fault.errno, { injected: true })
  }

  /** Makes a call, and records it; those that it makes itself are not. */
  run<Answer>(
    call: SimulatedCall,
    given: readonly unknown[],
    body: () => Answer,
    kept: (answer: Answer) => unknown = (answer) => answer,
  ): Answer {
    if (this.#depth > 0) return body()
    const record = this.begin(call, given)
    this.#depth++
    try {
      const answer = body()
      record.answer = kept(answer)
      return answer
    } catch (error) {
      record.error = error
      throw error
    } finally {
      this.#depth--
    }
  }

  /** Makes the record of a call whose answer comes later. */
  begin(call: SimulatedCall, given: readonly unknown[]): { answer: unknown; error: unknown } {
    const record = {
      call,
      arguments: Object.freeze([...given]),
      answer: undefined,
      error: undefined,
    }
    this.#calls.push(record)
    return record
  }
}
