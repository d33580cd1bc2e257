/** Every order in which the CPUs of a small machine can meet: what can come of it, and whether any of them waits for ever. */
import { refusalBefore } from './hypercall.js'
import { makeModel } from './model.js'
import { outcomeOf } from './outcome.js'
import type { ExploreOptions, LateLoadReport } from './report.js'
import { Search } from './search.js'
import type { LateLoadTopology } from './types.js'

/**
 * Searches every interleaving of a late load, breadth first, so that each trace is the shortest of its kind. There is no clock in it: a CPU
 * may be as slow as it likes between two steps, and an NMI comes before, between or after them, or never. What {@link runLateLoad} does
 * is one of the roads.
 *
 * Two cores with two threads have some thousands of states (a tenth of a second), three with two a million: this is for small machines.
 *
 * @throws {@link LateLoadRequestError} for a machine that cannot be or is too large, {@link LateLoadReleaseError} for a release without a
 * rendezvous.
 */
export function exploreLateLoad(
  topology: LateLoadTopology,
  options: ExploreOptions = {},
): LateLoadReport {
  const model = makeModel(topology, options)
  const { release } = model.known
  const refusal = refusalBefore(model, options)
  if (refusal !== null) {
    const outcome = outcomeOf(model, topology, model.start)
    const outcomes = [{ ...outcome, errno: refusal.errno, trace: [] }]
    return { outcomes, deadlocks: [], broken: [], states: 1, steps: 0, release }
  }
  return new Search(model, topology, options).report()
}
