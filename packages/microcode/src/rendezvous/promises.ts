/** What the rendezvous promises of every MSR write, whatever the order of events. */
import type { Model } from './model.js'
import { isInHandler } from './step.js'
import { at, CALLED_IN, HAS_WRITTEN, has } from './words.js'

/** Names of the promises. */
export type LateLoadPromise = 'writes-once' | 'all-have-called-in' | 'siblings-are-still'

interface Promised {
  readonly promise: LateLoadPromise
  /** Whether it holds for a CPU that is about to write. */
  readonly holds: (model: Model, words: Uint16Array, cpu: number) => boolean
}

/** The promises: a row each. */
export const PROMISES: readonly Promised[] = [
  { promise: 'writes-once', holds: (_, words, cpu) => !has(words, cpu, HAS_WRITTEN) },
  // Nobody goes on with his work while another's microcode changes under it.
  {
    promise: 'all-have-called-in',
    holds: (model, words) => at(words, CALLED_IN) >= model.cpus.length,
  },
  // SMT siblings share what is written: they stand in their handlers, where not even an NMI reaches them.
  {
    promise: 'siblings-are-still',
    holds: (model, words, cpu) =>
      model.roles.every(
        (role, other) =>
          role !== 'secondary' ||
          model.firstOfCore[other] !== model.firstOfCore[cpu] ||
          isInHandler(words, other),
      ),
  },
]
