/**
 * The single steps that programs are made of. Each reads or writes what CPUs share at most once, so that their interleavings are those of
 * the machine; what only its own CPU can see is done along with it.
 */
import type { Model } from './model.js'
import type { LateLoadEvent } from './types.js'
import {
  add,
  at,
  base,
  CALLED_IN,
  type CALLIN,
  type ENTER,
  EXIT,
  FLAGS,
  give,
  HANDLER_TAKEN,
  HAS_CALLED_IN,
  HAS_WRITTEN,
  HUNG,
  has,
  LOAD_ERROR,
  NMI_PENDING,
  OUT,
  RESULT,
  RETURN,
  RUNS_NEW,
  SEEN_OUT,
  STATE,
  STATES,
  take,
  UPDATED,
  WATCHDOG_OFF,
} from './words.js'

/** What a step came to: what happened and where its program goes on; null if the CPU has to wait, and nothing changed. */
type Stepped = readonly [event: LateLoadEvent, next: number] | null

/** One step of a program. */
export interface Operation {
  /** Does it, or finds that it has to wait. */
  readonly run: (model: Model, words: Uint16Array, cpu: number) => Stepped
  /** What it may wait for, in words; undefined if it never waits. */
  readonly waitsFor?: string
}

/** Which word of the CPU takes the result of a load: the thread's return code, or loading_err. */
type ResultWord = typeof RETURN | typeof LOAD_ERROR

/** Takes the handler over. */
export function prepare(next: number): Operation {
  const stepped: Stepped = ['prepare', next]
  return {
    run: (_, words) => {
      add(words, FLAGS, WATCHDOG_OFF | HANDLER_TAKEN)
      return stepped
    },
  }
}

/** Moves the rendezvous on. */
export function setState(state: number, event: LateLoadEvent, next: number): Operation {
  const stepped: Stepped = [event, next]
  return {
    run: (_, words) => {
      words[STATE] = state
      return stepped
    },
  }
}

/** Calls in; once, however often it is done. */
export function callIn(next: number): Operation {
  const stepped: Stepped = ['call-in', next]
  return {
    run: (_, words, cpu) => {
      if (!has(words, cpu, HAS_CALLED_IN)) add(words, CALLED_IN, 1)
      give(words, cpu, HAS_CALLED_IN)
      return stepped
    },
  }
}

/** The control CPU waits for all. */
export function awaitCallIn(next: number): Operation {
  const stepped: Stepped = ['all-called-in', next]
  return {
    waitsFor: 'all to call in',
    run: (model, words) => (at(words, CALLED_IN) >= model.cpus.length ? stepped : null),
  }
}

/** Where a wait for a state goes when the load is over before that state is seen. */
interface TooLate {
  readonly result: ResultWord
  readonly next: number
}

/** Waits for a state; the end of the load ends the wait too. */
export function awaitState(
  state: typeof CALLIN | typeof ENTER,
  event: LateLoadEvent,
  next: number,
  tooLate: TooLate,
): Operation {
  const stepped: Stepped = [event, next]
  const late: Stepped = ['come-too-late', tooLate.next]
  return {
    waitsFor: `state ${STATES[state]}`,
    run: (model, words, cpu) => {
      const present = at(words, STATE)
      if (present === state) return stepped
      if (present !== EXIT) return null
      words[base(cpu) + tooLate.result] = model.tooLateError
      return late
    },
  }
}

/** Waits for the end of the load. */
export function awaitExit(next: number): Operation {
  const stepped: Stepped = ['see-exit', next]
  return {
    waitsFor: 'state EXIT',
    run: (_, words) => (at(words, STATE) === EXIT ? stepped : null),
  }
}

/** A secondary's wait in the handler: for the end of the load and, in one variant, for the primaries. */
export function awaitExitInHandler(forPrimaries: boolean, next: number): Operation {
  const stepped: Stepped = ['leave-handler', next]
  return {
    waitsFor: forPrimaries ? 'state EXIT and all primaries' : 'state EXIT',
    run: (model, words, cpu) => {
      if (at(words, STATE) !== EXIT) return null
      if (forPrimaries && at(words, OUT) < model.primaries) return null
      words[base(cpu) + LOAD_ERROR] = 0
      return stepped
    },
  }
}

/** Sends itself an NMI, which comes whenever it comes. */
export function sendNmi(next: number): Operation {
  const sent: Stepped = ['send-nmi', next]
  const lost: Stepped = ['lose-nmi', next]
  return {
    run: (model, words, cpu) => {
      if (model.losesNmi[cpu] === true) return lost
      give(words, cpu, NMI_PENDING)
      return sent
    },
  }
}

/** Loads: compares, writes the MSR, reads the revision back. What nobody else can see before it counts itself out is one step. */
export function load(result: ResultWord, next: number): Operation {
  const refused: Stepped = ['not-newer', next]
  const written: Stepped = ['write', next]
  const failed: Stepped = ['write-fails', next]
  const hung: Stepped = ['write-hangs', HUNG]
  return {
    run: (model, words, cpu) => {
      const outcome = model.loads[cpu]?.[has(words, cpu, RUNS_NEW) ? 1 : 0]
      if (outcome === undefined) return null
      words[base(cpu) + result] = outcome.error
      if (outcome.kind === 'not-newer') return refused
      give(words, cpu, HAS_WRITTEN)
      if (outcome.kind === 'hangs') return hung
      if (outcome.kind === 'fails') return failed
      give(words, cpu, RUNS_NEW)
      add(words, UPDATED, 1)
      return written
    },
  }
}

/** Counts itself out. */
export function countOut(next: number): Operation {
  const stepped: Stepped = ['count-out', next]
  return {
    run: (_, words) => {
      add(words, OUT, 1)
      return stepped
    },
  }
}

/** The control CPU counts itself out, and decides whether the others may write. */
export function countOutAndDecide(next: number, abort: number): Operation {
  const goesOn: Stepped = ['count-out', next]
  const aborts: Stepped = ['abort', abort]
  return {
    run: (model, words, cpu) => {
      add(words, OUT, 1)
      return model.aborts[at(words, base(cpu) + RETURN)] === true ? aborts : goesOn
    },
  }
}

/** The control CPU looks how many are out. */
export function lookAtOut(wait: number, next: number): Operation {
  const waits: Stepped = ['wait-for-others', wait]
  const allOut: Stepped = ['all-out', next]
  return {
    run: (model, words) => {
      words[SEEN_OUT] = at(words, OUT)
      return at(words, OUT) === model.primaries ? allOut : waits
    },
  }
}

/** The control CPU waits for one more than it has seen. */
export function awaitOut(next: number): Operation {
  const stepped: Stepped = ['another-is-out', next]
  return {
    waitsFor: 'another CPU to count itself out',
    run: (_, words) => (at(words, OUT) > at(words, SEEN_OUT) ? stepped : null),
  }
}

/** The control CPU gives back what it took. */
export function unwind(next: number): Operation {
  const stepped: Stepped = ['unwind', next]
  return {
    run: (_, words) => {
      words[FLAGS] = at(words, FLAGS) & ~(WATCHDOG_OFF | HANDLER_TAKEN)
      return stepped
    },
  }
}

/** A secondary takes over what Xen knows of its core's first CPU. */
export function copyRevision(next: number): Operation {
  const stepped: Stepped = ['copy-revision', next]
  return {
    run: (model, words, cpu) => {
      if (has(words, model.firstOfCore[cpu] ?? cpu, RUNS_NEW)) give(words, cpu, RUNS_NEW)
      else take(words, cpu, RUNS_NEW)
      return stepped
    },
  }
}

/** Returns; stop_machine keeps the last error that anyone returned. */
export function returns(result: ResultWord, next: number): Operation {
  const stepped: Stepped = ['return', next]
  return {
    run: (_, words, cpu) => {
      const error = at(words, base(cpu) + result)
      words[base(cpu) + RETURN] = error
      if (error !== 0) words[RESULT] = error
      return stepped
    },
  }
}
