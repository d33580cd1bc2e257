/** The model on a clock: one order of events, with the time-outs where they fall. */
import { LateLoadRequestError } from './errors.js'
import { abortMessage } from './hypercall.js'
import type { Model } from './model.js'
import { hasPanicked } from './outcome.js'
import { traceEntry } from './sentences.js'
import { isHung, isInHandler, type Move, step } from './step.js'
import type { LateLoadEvent, LateLoadTraceEntry, RunOptions } from './types.js'
import {
  at,
  base,
  CALLED_IN,
  EXTERNAL_TO_COME,
  has,
  OUT,
  RETURN,
  SEEN_OUT,
  STATE,
  STATES,
} from './words.js'

/** MICROCODE_CALLIN_TIMEOUT_US of core.c. */
const CALL_IN_PATIENCE = 30_000
/** MICROCODE_UPDATE_TIMEOUT_US of core.c. */
const UPDATE_PATIENCE = 1_000_000

/** What a run leaves. */
export interface Scheduled {
  /** The last moment. */
  readonly words: Uint16Array
  /** Everything that happened. */
  readonly trace: readonly LateLoadTraceEntry[]
  /** What was printed between the announcement and the end. */
  readonly log: readonly string[]
}

/** Runs to the end: all have returned and no NMI is under way, the hypervisor has panicked, or nothing can happen any more. */
export function schedule(model: Model, options: RunOptions): Scheduled {
  const clock = new Clock(model, options)
  while (!hasPanicked(clock.words) && clock.advance());
  return clock
}

/** Something that could happen next. */
interface Candidate {
  readonly time: number
  readonly cpu: number
  readonly move: Move
}

const NOTHING: Candidate = { time: Infinity, cpu: 0, move: 'run' }

class Clock implements Scheduled {
  readonly words: Uint16Array
  readonly trace: LateLoadTraceEntry[] = []
  readonly log: string[] = []
  readonly #model: Model
  readonly #writeTimes: readonly number[]
  readonly #nmiDelays: readonly number[]
  readonly #externalState: number
  /** When each CPU is free again. */
  readonly #free: Float64Array
  /** When the NMIs under way arrive: its own, and one from elsewhere. */
  readonly #arrivals = { nmi: new Float64Array(), 'external-nmi': new Float64Array() }
  /** For which version of what is shared each CPU was found waiting. */
  readonly #waiting: Int32Array
  #version = 0
  #now = 0
  /** When the control CPU's patience ends. */
  #deadline = Infinity
  /** When the others were let in; infinite again once the warning about it is out. */
  #enteredAt = Infinity

  constructor(model: Model, options: RunOptions) {
    const { write = 400, writes = {}, nmiDelay = 10_000 } = options.timing ?? {}
    const late = new Set([options.lateNmi ?? []].flat())
    const count = model.cpus.length
    this.words = model.start.slice()
    this.#model = model
    this.#writeTimes = model.cpus.map((cpu) => microseconds(writes[cpu] ?? write))
    this.#nmiDelays = model.cpus.map((cpu) => (late.has(cpu) ? microseconds(nmiDelay) : 1))
    this.#externalState = STATES.indexOf(options.externalNmiAt ?? 'CALLIN')
    this.#free = new Float64Array(count)
    this.#arrivals.nmi = new Float64Array(count).fill(Infinity)
    this.#arrivals['external-nmi'] = new Float64Array(count).fill(Infinity)
    this.#waiting = new Int32Array(count).fill(-1)
    this.#callExternalNmis()
  }

  /** Lets the earliest thing happen; at the same moment NMIs before steps, and the time-out last. False if nothing can. */
  advance(): boolean {
    for (;;) {
      const nmi = this.#nextNmi()
      const run = this.#nextStep(nmi.time)
      const next = run.time < nmi.time ? run : nmi
      if (next.time > this.#deadline && !isInHandler(this.words, 0)) {
        return this.#make({ time: this.#deadline, cpu: 0, move: 'timeout' })
      }
      if (next.time === Infinity) return false
      if (this.#make(next)) return true
      this.#waiting[next.cpu] = this.#version
    }
  }

  #make({ time, cpu, move }: Candidate): boolean {
    const { words } = this
    const inNmi = isInHandler(words, cpu)
    const shared = this.#shared()
    const state = at(words, STATE)
    const event = step(this.#model, words, cpu, move)
    if (event === null) return false
    this.#now = Math.max(this.#now, time)
    this.trace.push(traceEntry({ model: this.#model, words, cpu, time: this.#now, event, inNmi }))
    this.#free[cpu] = this.#now + (event.startsWith('write') ? (this.#writeTimes[cpu] ?? 1) : 1)
    this.#waiting[cpu] = -1
    if (this.#shared() !== shared) this.#version += 1
    if (move === 'nmi' || move === 'external-nmi') this.#arrivals[move][cpu] = Infinity
    if (at(words, STATE) !== state) this.#callExternalNmis()
    AFTER[event]?.(this, cpu)
    return true
  }

  /** What others may wait for. */
  #shared(): number {
    return at(this.words, STATE) + 4 * (at(this.words, CALLED_IN) + 8192 * at(this.words, OUT))
  }

  #callExternalNmis(): void {
    if (at(this.words, STATE) !== this.#externalState) return
    this.#model.cpus.forEach((_, cpu) => {
      if (has(this.words, cpu, EXTERNAL_TO_COME)) this.#arrivals['external-nmi'][cpu] = this.#now
    })
  }

  #nextNmi(): Candidate {
    let next = NOTHING
    for (const move of ['external-nmi', 'nmi'] as const) {
      for (let cpu = 0; cpu < this.#free.length; cpu += 1) {
        const arrival = this.#arrivals[move][cpu] ?? Infinity
        if (arrival === Infinity || isHung(this.words, cpu)) continue
        // Inside the handler one more is held back until the end, and none is taken in the middle of an MSR write.
        if (move === 'nmi' && isInHandler(this.words, cpu)) continue
        const time = Math.max(arrival, this.#free[cpu] ?? 0, this.#now)
        if (time < next.time) next = { time, cpu, move }
      }
    }
    return next
  }

  #nextStep(before: number): Candidate {
    let time = before
    let next = -1
    for (let cpu = 0; cpu < this.#free.length; cpu += 1) {
      if (this.#waiting[cpu] === this.#version) continue
      const free = Math.max(this.#free[cpu] ?? 0, this.#now)
      if (free >= time) continue
      time = free
      next = cpu
    }
    return next === -1 ? NOTHING : { time, cpu: next, move: 'run' }
  }

  /** The NMI that a CPU sent itself is under way, or was held back by the handler. */
  expectNmi(cpu: number): void {
    this.#arrivals.nmi[cpu] = this.#now + (this.#nmiDelays[cpu] ?? 1)
  }

  /** The control CPU begins to wait. */
  bePatient(cpu: number, microseconds: number): void {
    if (cpu === 0) this.#deadline = (this.#free[0] ?? 0) + microseconds
  }

  /** It has what it waited for, or has given up. */
  endPatience(): void {
    this.#deadline = Infinity
  }

  /** The others may write from now on. */
  enter(): void {
    this.#enteredAt = this.#now
  }

  /** Xen warns once. */
  warnIfLong(): void {
    if (this.#now - this.#enteredAt < UPDATE_PATIENCE) return
    this.#enteredAt = Infinity
    this.log.push('WARNING: UPDATING MICROCODE HAS CONSUMED MORE THAN 1 SECOND!')
  }

  /** The control CPU's own load failed. */
  sayAbort(): void {
    const errno = this.#model.errors[at(this.words, base(0) + RETURN)] ?? 'OK'
    this.log.push(abortMessage(this.#model, errno))
  }

  /** A wait of the control CPU has ended by time. */
  sayTimeout(): void {
    this.log.push('CPU0: Timeout in <fn>')
  }

  /** The last words of the hypervisor. */
  sayPanic(): void {
    const finished = `${at(this.words, SEEN_OUT)}/${this.#model.primaries}`
    this.log.push(`PANIC: Timeout when finished updating microcode (finished ${finished})`)
  }
}

/** A length of time. @throws {@link LateLoadRequestError} `LATE_LOAD_TIMING` for what is none. */
function microseconds(value: number): number {
  if (Number.isFinite(value) && value >= 0) return value
  throw new LateLoadRequestError({
    code: 'LATE_LOAD_TIMING',
    message: `${value} is no length of time: say microseconds, 0 or more.`,
    details: { value },
  })
}

/** What time makes of an event. */
const AFTER: Readonly<Partial<Record<LateLoadEvent, (clock: Clock, cpu: number) => void>>> = {
  'call-in': (clock, cpu) => clock.bePatient(cpu, CALL_IN_PATIENCE),
  'all-called-in': (clock) => clock.endPatience(),
  'call-in-timeout'(clock) {
    clock.endPatience()
    clock.sayTimeout()
  },
  'send-nmi': (clock, cpu) => clock.expectNmi(cpu),
  'external-nmi-waits': (clock, cpu) => clock.expectNmi(cpu),
  abort: (clock) => clock.sayAbort(),
  'open-enter': (clock) => clock.enter(),
  'wait-for-others': (clock, cpu) => clock.bePatient(cpu, UPDATE_PATIENCE),
  'another-is-out'(clock) {
    clock.endPatience()
    clock.warnIfLong()
  },
  'out-timeout'(clock) {
    clock.sayTimeout()
    clock.sayPanic()
  },
}
