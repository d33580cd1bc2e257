/** What happens, in words. */
import type { Model } from './model.js'
import { isInHandler } from './step.js'
import type { LateLoadEvent, LateLoadTraceEntry } from './types.js'
import { at, base, CALLED_IN, LOAD_ERROR, OUT, RETURN, STATE, STATES, UPDATED } from './words.js'

/** A moment, right after something happened to a CPU. */
interface Moment {
  readonly model: Model
  readonly words: Uint16Array
  readonly cpu: number
}

type Sentence = (moment: Moment) => string

const hex = (revision: number | undefined) => `0x${(revision ?? 0).toString(16)}`
const offered = ({ model }: Moment) => hex(model.revisions[1])
const inState = ({ words }: Moment) => `the state is ${STATES[at(words, STATE)]}`
const calledIn = ({ model, words }: Moment) => `${at(words, CALLED_IN)} of ${model.cpus.length}`
const out = ({ model, words }: Moment) => `${at(words, OUT)} of ${model.primaries}`
const errorIn =
  (word: number) =>
  ({ model, words, cpu }: Moment) =>
    model.errors[at(words, base(cpu) + word)] ?? 'OK'

/** The error of a load just made: in the handler it is in loading_err, else in the thread's return code. */
const loadError: Sentence = (moment) =>
  errorIn(isInHandler(moment.words, moment.cpu) ? LOAD_ERROR : RETURN)(moment)

const SENTENCES: Readonly<Record<LateLoadEvent, Sentence>> = {
  prepare: () => 'stops the watchdog, publishes the update, takes over the NMI handler',
  'open-call-in': () => 'asks all to call in: state CALLIN',
  'call-in': (moment) => `calls in (${calledIn(moment)})`,
  'all-called-in': (moment) => `sees that all have called in (${calledIn(moment)})`,
  'call-in-timeout': (moment) =>
    `has no more patience for the call-in (${calledIn(moment)}): EBUSY`,
  'see-call-in': () => 'sees CALLIN',
  'see-enter': () => 'sees ENTER',
  'see-exit': () => 'sees EXIT',
  'come-too-late': () => 'finds the load over before its part began',
  'send-nmi': () => 'sends itself an NMI',
  'lose-nmi': () => 'sends itself an NMI that is lost',
  nmi: () => 'takes the NMI',
  'nmi-stray': (moment) => `takes its NMI, which is left to the usual handler: ${inState(moment)}`,
  'external-nmi': () => 'takes an NMI from elsewhere',
  'external-nmi-passed-on': () =>
    'takes an NMI from elsewhere, and does not stay: it has to write outside the handler',
  'external-nmi-stray': (moment) =>
    `takes an NMI from elsewhere, which is left to the usual handler: ${inState(moment)}`,
  'external-nmi-waits': () => 'gets an NMI from elsewhere, which waits for the end of the handler',
  write: (moment) => `writes the MSR: revision ${offered(moment)}`,
  'write-fails': (moment) => `writes the MSR, and fails: ${loadError(moment)}`,
  'write-hangs': () => 'writes the MSR, and does not come back',
  'not-newer': (moment) =>
    `has a revision that ${offered(moment)} is not newer than: ${loadError(moment)}`,
  'count-out': (moment) => `counts itself out (${out(moment)})`,
  abort: (moment) => `counts itself out (${out(moment)}), and gives up: ${errorIn(RETURN)(moment)}`,
  'open-enter': () => 'lets the others write: state ENTER',
  'wait-for-others': (moment) => `waits for the others (${out(moment)} out)`,
  'another-is-out': (moment) => `sees another one out (${out(moment)})`,
  'all-out': (moment) => `sees all out (${out(moment)}), ${at(moment.words, UPDATED)} updated`,
  'out-timeout': (moment) => `has no more patience (${out(moment)} out): panic`,
  'open-exit': () => 'ends the load: state EXIT',
  unwind: () => 'gives the NMI handler back, starts the watchdog',
  'copy-revision': ({ model, cpu }) =>
    `takes over the revision of CPU${model.cpus[model.firstOfCore[cpu] ?? cpu]}`,
  'leave-handler': () => 'sees EXIT, and leaves the handler',
  return: (moment) => `returns ${errorIn(RETURN)(moment)}`,
}

/** An entry of a trace. The words are those right after the step; `inNmi` was looked up before it. */
export function traceEntry(
  moment: Moment & {
    readonly time: number
    readonly event: LateLoadEvent
    readonly inNmi: boolean
  },
): LateLoadTraceEntry {
  const { model, cpu, time, event, inNmi } = moment
  return Object.freeze({
    time,
    cpu: model.cpus[cpu] ?? cpu,
    role: model.roles[cpu] ?? 'secondary',
    inNmi: inNmi || isInHandler(moment.words, cpu),
    event,
    what: SENTENCES[event](moment),
  })
}
