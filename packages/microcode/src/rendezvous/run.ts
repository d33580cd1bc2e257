/** One late load from the call to its return, on a clock. */
import { aftermath, announcement, refusalBefore } from './hypercall.js'
import { makeModel } from './model.js'
import { outcomeOf } from './outcome.js'
import { schedule } from './schedule.js'
import type {
  LateLoadEvent,
  LateLoadRun,
  LateLoadTopology,
  LateLoadTraceEntry,
  RunOptions,
} from './types.js'

/**
 * Runs one late load (XENPF_microcode_update2, from xen/arch/x86/cpu/microcode/core.c) and says what came of it and how. Among CPUs that
 * could go first at the same moment the one with the lower number does: this is one run of many. {@link exploreLateLoad} sees them all.
 *
 * @throws {@link LateLoadRequestError} for a machine that cannot be, {@link LateLoadReleaseError} for a release without a rendezvous.
 */
export function runLateLoad(topology: LateLoadTopology, options: RunOptions = {}): LateLoadRun {
  const model = makeModel(topology, options)
  const { release, evidence: known } = model.known
  // The variants were never recorded from anything.
  const evidence = (options.variant ?? 'xen') === 'xen' ? known : 'facts'
  const refusal = refusalBefore(model, options)
  if (refusal !== null) {
    return Object.freeze({
      ...outcomeOf(model, topology, model.start),
      ...historyOf([]),
      errno: refusal.errno,
      nrCores: refusal.counted ? model.primaries : 0,
      policyRefresh: false,
      cachedRevision: aftermath(model, options, { errno: 'OK', updated: 0 }).cachedRevision,
      log: Object.freeze(refusal.log),
      trace: Object.freeze([]),
      release,
      evidence,
    })
  }
  const run = schedule(model, options)
  const outcome = outcomeOf(model, topology, run.words)
  const { log, ...after } = aftermath(model, options, outcome)
  return Object.freeze({
    ...outcome,
    ...after,
    ...historyOf(run.trace),
    nrCores: model.primaries,
    log: Object.freeze([announcement(model), ...run.log, ...log]),
    trace: Object.freeze(run.trace),
    release,
    evidence,
  })
}

const WRITES = ['write', 'write-fails', 'write-hangs'] as const
const HANDLER_NMIS = ['nmi', 'external-nmi', 'external-nmi-passed-on'] as const
const STRAY_NMIS = ['nmi-stray', 'external-nmi-stray'] as const

/** What a trace says of who did what. */
function historyOf(trace: readonly LateLoadTraceEntry[]) {
  const those = (events: readonly LateLoadEvent[]) =>
    trace.filter(({ event }) => events.includes(event))
  const writes = those(WRITES)
  return {
    wroteMsr: numbersOf(writes),
    wroteInNmi: numbersOf(writes.filter(({ inNmi }) => inNmi)),
    enteredNmi: numbersOf(those(HANDLER_NMIS)),
    notNewer: numbersOf(those(['not-newer'])),
    strayNmi: numbersOf(those(STRAY_NMIS)),
    firstWriter: writes[0]?.cpu ?? null,
  }
}

function numbersOf(entries: readonly LateLoadTraceEntry[]): readonly number[] {
  return Object.freeze([...new Set(entries.map(({ cpu }) => cpu))].sort((a, b) => a - b))
}
