/** The search itself: breadth first over moments, each visited once, with the road to it. */
import type { Model } from './model.js'
import { allReturned, hasPanicked, outcomeOf } from './outcome.js'
import { CONTROL } from './programs.js'
import { PROMISES } from './promises.js'
import type {
  BrokenPromise,
  Deadlock,
  ExploredOutcome,
  ExploreOptions,
  LateLoadReport,
  WaitingCpu,
} from './report.js'
import { traceEntry } from './sentences.js'
import { StateTable } from './state-table.js'
import { isHung, isInHandler, MOVES, type Move, step, waitsFor } from './step.js'
import type { LateLoadTopology, LateLoadTraceEntry } from './types.js'
import { at, base, HAS_CALLED_IN, has, THREAD } from './words.js'

/** One move, as a number. */
const encode = (cpu: number, move: number) => cpu * MOVES.length + move

const WRITES: ReadonlySet<string> = /* @__PURE__ */ new Set(['write', 'write-fails', 'write-hangs'])

/**
 * NMIs that nobody here waits for. They change nothing but that they are gone: the call-in is over when a handler ends, so one that
 * waited for that comes too late as well, and nothing else reads whether one is under way. What can happen after such an NMI can
 * happen without it, so the search leaves them out.
 */
const IDLE: ReadonlySet<string> = /* @__PURE__ */ new Set([
  'nmi-stray',
  'external-nmi-stray',
  'external-nmi-waits',
])

const NONE: ReadonlySet<string> = /* @__PURE__ */ new Set()

/** Options of a search. */
export interface SearchOptions extends ExploreOptions {
  /** Makes idle NMIs too, which changes nothing but the number of states; false by default. */
  readonly idleNmis?: boolean
}

/** What the control CPU's time-out makes of a standstill, by where it waits. */
const TIMEOUT_ENDS: ReadonlyMap<number, 'EBUSY' | 'PANIC'> = /* @__PURE__ */ new Map([
  [CONTROL.awaitCallIn, 'EBUSY'],
  [CONTROL.awaitOut, 'PANIC'],
])

/** One search. */
export class Search {
  readonly #model: Model
  readonly #topology: LateLoadTopology
  readonly #eager: boolean
  readonly #skipped: ReadonlySet<string>
  readonly #seen: StateTable
  /** By number of the moment: the one before, and the move from there. */
  readonly #parents: number[] = []
  readonly #moves: number[] = []
  readonly #outcomes = new Map<string, ExploredOutcome>()
  readonly #deadlocks = new Map<string, Deadlock>()
  readonly #broken = new Map<string, BrokenPromise>()
  readonly #present: Uint16Array
  readonly #next: Uint16Array
  #steps = 0

  constructor(model: Model, topology: LateLoadTopology, options: SearchOptions) {
    this.#skipped = options.idleNmis === true ? NONE : IDLE
    this.#model = model
    this.#topology = topology
    this.#eager = (options.timeouts ?? 'any-time') === 'any-time'
    this.#seen = new StateTable(model.start.length, options.maxStates ?? 5_000_000)
    this.#present = model.start.slice()
    this.#next = model.start.slice()
  }

  /** Searches, and says what was found. */
  report(): LateLoadReport {
    this.#reach(this.#model.start, -1, 0)
    for (let number = 0; number < this.#seen.size; number += 1) {
      this.#seen.read(number, this.#present)
      if (hasPanicked(this.#present) || allReturned(this.#model, this.#present)) {
        this.#end(number)
      } else if (!this.#expand(number)) {
        this.#standstill(number)
      }
    }
    return {
      outcomes: [...this.#outcomes.values()],
      deadlocks: [...this.#deadlocks.values()],
      broken: [...this.#broken.values()],
      states: this.#seen.size,
      steps: this.#steps,
      release: this.#model.known.release,
    }
  }

  /** Makes every move. False if no CPU can go on by itself: what comes from elsewhere, or by the clock, does not count. */
  #expand(number: number): boolean {
    const own = this.#try(number, 'run') + this.#try(number, 'nmi')
    this.#try(number, 'external-nmi')
    if (this.#eager || own === 0) this.#try(number, 'timeout')
    return own > 0
  }

  /** Makes a move with every CPU that can; how many could. */
  #try(number: number, move: Move): number {
    let made = 0
    this.#next.set(this.#present)
    for (let cpu = 0; cpu < this.#model.cpus.length; cpu += 1) {
      const event = step(this.#model, this.#next, cpu, move)
      if (event === null) continue
      if (this.#skipped.has(event)) {
        this.#next.set(this.#present)
        continue
      }
      made += 1
      this.#steps += 1
      const taken = encode(cpu, MOVES.indexOf(move))
      if (WRITES.has(event)) this.#judgeWrite(number, cpu, taken)
      this.#reach(this.#next, number, taken)
      this.#next.set(this.#present)
    }
    return made
  }

  #reach(words: Uint16Array, parent: number, move: number): void {
    if (!this.#seen.add(words)) return
    this.#parents.push(parent)
    this.#moves.push(move)
  }

  #end(number: number): void {
    const outcome = outcomeOf(this.#model, this.#topology, this.#present)
    const key = JSON.stringify(outcome)
    if (this.#outcomes.has(key)) return
    this.#outcomes.set(key, Object.freeze({ ...outcome, trace: this.#trace(number) }))
  }

  /** Nobody can go on: for a reason that is nobody's fault, or because they wait for each other. */
  #standstill(number: number): void {
    const place = at(this.#present, base(0) + THREAD)
    const endsIn = isInHandler(this.#present, 0) ? 'HANG' : (TIMEOUT_ENDS.get(place) ?? 'HANG')
    if (endsIn === 'HANG') this.#end(number)
    if (this.#isExcused(place)) return
    const waiting = this.#waiting()
    const key = JSON.stringify(waiting)
    if (this.#deadlocks.has(key)) return
    this.#deadlocks.set(key, Object.freeze({ waiting, endsIn, trace: this.#trace(number) }))
  }

  /** What the control CPU waits for cannot come, and it is the hardware's fault; or it hangs itself. */
  #isExcused(place: number): boolean {
    const { cpus, losesNmi } = this.#model
    if (isHung(this.#present, 0)) return true
    if (place === CONTROL.awaitOut) return cpus.some((_, cpu) => isHung(this.#present, cpu))
    return (
      place === CONTROL.awaitCallIn &&
      cpus.some((_, cpu) => losesNmi[cpu] === true && !has(this.#present, cpu, HAS_CALLED_IN))
    )
  }

  #waiting(): readonly WaitingCpu[] {
    const { cpus, roles } = this.#model
    const waiting = cpus.flatMap((cpu, index): WaitingCpu[] => {
      const what = waitsFor(this.#model, this.#present, index)
      const role = roles[index]
      if (what === null || role === undefined) return []
      return [{ cpu, role, inNmi: isInHandler(this.#present, index), for: what }]
    })
    return Object.freeze(waiting)
  }

  #judgeWrite(number: number, cpu: number, move: number): void {
    for (const { promise, holds } of PROMISES) {
      if (this.#broken.has(promise) || holds(this.#model, this.#present, cpu)) continue
      this.#broken.set(promise, Object.freeze({ promise, trace: this.#trace(number, move) }))
    }
  }

  /** The road to a moment, made anew step by step; with one more step if asked for. */
  #trace(number: number, ...more: number[]): readonly LateLoadTraceEntry[] {
    const moves = more
    for (let moment = number; moment > 0; moment = this.#parents[moment] ?? 0) {
      moves.unshift(this.#moves[moment] ?? 0)
    }
    const words = this.#model.start.slice()
    const entries = moves.flatMap((taken, time) => {
      const cpu = Math.floor(taken / MOVES.length)
      const move = MOVES[taken % MOVES.length]
      const inNmi = isInHandler(words, cpu)
      const event = move === undefined ? null : step(this.#model, words, cpu, move)
      if (event === null) return []
      return [traceEntry({ model: this.#model, words, cpu, time, event, inNmi })]
    })
    return Object.freeze(entries)
  }
}
