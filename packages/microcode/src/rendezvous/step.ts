/** One step of one CPU: what both a run and the search of all interleavings are made of. */
import type { Model } from './model.js'
import { CONTROL } from './programs.js'
import type { LateLoadEvent } from './types.js'
import {
  add,
  at,
  BITS,
  base,
  CALLIN,
  EXTERNAL_TO_COME,
  FLAGS,
  HANDLER,
  HANDLER_TAKEN,
  HUNG,
  has,
  LEAVE,
  NMI_PENDING,
  PANICKED,
  RETURN,
  STATE,
  THREAD,
  take,
} from './words.js'

/**
 * What can happen to a CPU: it goes on with its program; it takes its own NMI; one from elsewhere comes; the control CPU's patience
 * ends.
 */
export type Move = 'run' | 'nmi' | 'external-nmi' | 'timeout'

/** The moves. */
export const MOVES: readonly Move[] = ['run', 'nmi', 'external-nmi', 'timeout']

type Mover = (model: Model, words: Uint16Array, cpu: number) => LateLoadEvent | null

/** Makes a move on the words given. Null, and nothing changed, if the CPU cannot make it now. */
export function step(
  model: Model,
  words: Uint16Array,
  cpu: number,
  move: Move,
): LateLoadEvent | null {
  return MOVERS[move](model, words, cpu)
}

/** What a CPU waits for, in words; null if it does not wait. Says nothing about what it does once that has come. */
export function waitsFor(model: Model, words: Uint16Array, cpu: number): string | null {
  return operationOf(model, words, cpu)?.waitsFor ?? null
}

/** The CPU is inside its NMI handler. */
export function isInHandler(words: Uint16Array, cpu: number): boolean {
  return at(words, base(cpu) + HANDLER) !== 0
}

/** The CPU is inside an MSR write that it does not come back from. */
export function isHung(words: Uint16Array, cpu: number): boolean {
  return at(words, base(cpu) + THREAD) === HUNG || at(words, base(cpu) + HANDLER) === HUNG
}

function operationOf(model: Model, words: Uint16Array, cpu: number) {
  const place = at(words, base(cpu) + HANDLER)
  return place === 0
    ? model.threads[cpu]?.[at(words, base(cpu) + THREAD)]
    : model.handlers[cpu]?.[place - 1]
}

const MOVERS: Readonly<Record<Move, Mover>> = {
  run(model, words, cpu) {
    const stepped = operationOf(model, words, cpu)?.run(model, words, cpu) ?? null
    if (stepped === null) return null
    const [event, next] = stepped
    if (!isInHandler(words, cpu)) words[base(cpu) + THREAD] = next
    else words[base(cpu) + HANDLER] = next === LEAVE ? 0 : next === HUNG ? HUNG : next + 1
    return event
  },

  nmi(model, words, cpu) {
    // NMIs are held back from the moment one is taken until its handler returns.
    if (!has(words, cpu, NMI_PENDING) || isInHandler(words, cpu) || isHung(words, cpu)) return null
    take(words, cpu, NMI_PENDING)
    return enterHandler(model, words, cpu) === 'ours' ? 'nmi' : 'nmi-stray'
  },

  'external-nmi'(model, words, cpu) {
    if (!has(words, cpu, EXTERNAL_TO_COME) || isHung(words, cpu)) return null
    take(words, cpu, EXTERNAL_TO_COME)
    if (isInHandler(words, cpu)) {
      words[base(cpu) + BITS] = at(words, base(cpu) + BITS) | NMI_PENDING
      return 'external-nmi-waits'
    }
    return EXTERNAL[enterHandler(model, words, cpu)]
  },

  timeout(model, words, cpu) {
    if (cpu !== 0 || isInHandler(words, cpu)) return null
    const place = at(words, base(cpu) + THREAD)
    const patience = TIMEOUTS.get(place)
    // The two waits that have one change nothing when they end, so they can be tried.
    if (patience === undefined || operationOf(model, words, cpu)?.run(model, words, cpu) !== null) {
      return null
    }
    return patience(model, words, cpu)
  },
}

/** Time-outs of the control CPU: the only ones there are. Waits inside the handler have none. */
const TIMEOUTS: ReadonlyMap<number, Mover> = /* @__PURE__ */ new Map<number, Mover>([
  [
    CONTROL.awaitCallIn,
    (model, words, cpu) => {
      words[base(cpu) + RETURN] = model.timeoutError
      words[base(cpu) + THREAD] = model.whenAborted
      return 'call-in-timeout'
    },
  ],
  [
    CONTROL.awaitOut,
    (_, words) => {
      add(words, FLAGS, PANICKED)
      return 'out-timeout'
    },
  ],
])

/** Whose an NMI is: the rendezvous', of a CPU that must not be held up by it, or nobody's who is here. */
type Ownership = 'ours' | 'passed-on' | 'stray'

const EXTERNAL = {
  ours: 'external-nmi',
  'passed-on': 'external-nmi-passed-on',
  stray: 'external-nmi-stray',
} as const

/** The start of microcode_nmi_callback. */
function enterHandler(model: Model, words: Uint16Array, cpu: number): Ownership {
  const taken = (at(words, FLAGS) & HANDLER_TAKEN) !== 0
  if (!taken || at(words, STATE) !== CALLIN) return 'stray'
  if (model.handlers[cpu] === null) return 'passed-on'
  words[base(cpu) + HANDLER] = 1
  return 'ours'
}
