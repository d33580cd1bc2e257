/** How a moment at which nothing more happens looks from outside. */
import type { Model } from './model.js'
import { machineOf } from './model.js'
import type { LateLoadEnd, LateLoadOutcome, LateLoadTopology } from './types.js'
import {
  at,
  base,
  CALLED_IN,
  DONE,
  FLAGS,
  has,
  OUT,
  PANICKED,
  RESULT,
  RUNS_NEW,
  THREAD,
  UPDATED,
  WATCHDOG_OFF,
} from './words.js'

/** Whether every thread has returned. */
export function allReturned(model: Model, words: Uint16Array): boolean {
  return model.cpus.every((_, cpu) => at(words, base(cpu) + THREAD) === DONE)
}

/** The hypervisor has stopped itself. */
export function hasPanicked(words: Uint16Array): boolean {
  return (at(words, FLAGS) & PANICKED) !== 0
}

function endOf(model: Model, words: Uint16Array): LateLoadEnd {
  if (hasPanicked(words)) return 'PANIC'
  return allReturned(model, words) ? (model.errors[at(words, RESULT)] ?? 'OK') : 'HANG'
}

/** What can be said of the end that a moment is. */
export function outcomeOf(
  model: Model,
  topology: LateLoadTopology,
  words: Uint16Array,
): LateLoadOutcome {
  const errno = endOf(model, words)
  return {
    errno,
    panic: errno === 'PANIC',
    updated: at(words, UPDATED),
    cpuOut: at(words, OUT),
    callin: at(words, CALLED_IN),
    watchdogBalance: at(words, FLAGS) & WATCHDOG_OFF,
    revisions: revisionsOf(model, topology, words),
  }
}

/** What Xen knows of the revision of every CPU, those that took no part too. */
function revisionsOf(
  model: Model,
  topology: LateLoadTopology,
  words: Uint16Array,
): readonly number[] {
  const { count, alreadyNew } = machineOf(topology)
  const [old, offered] = model.revisions
  const revisions = Array.from({ length: count }, (_, cpu) => (alreadyNew.has(cpu) ? offered : old))
  model.cpus.forEach((cpu, index) => {
    revisions[cpu] = has(words, index, RUNS_NEW) ? offered : old
  })
  return Object.freeze(revisions)
}
