/** What a hypercall that loads microcode comes to on a host: its return code, what each CPU runs afterwards, and what may not be expected. */

import type { LateLoadErrno } from '../rendezvous/errors.js'
import { wouldWrite } from '../rendezvous/revisions.js'
import { runLateLoad } from '../rendezvous/run.js'
import type { LateLoadObstacle, LateLoadRun } from '../rendezvous/types.js'
import { judgeLoad, type LoadRequest } from '../select/load.js'
import { selectedBecause } from '../select/reasons.js'
import { selectRelease } from '../select/rules.js'
import { Source } from '../select/source.js'
import type { MicrocodeInput } from '../select/types.js'
import {
  chooseInXen,
  declaredOf,
  loadRequest,
  nothingFound,
  type XenChoice,
  type XenRequest,
} from '../select/xen.js'
import { cpuOutcome, failuresOf, type Judged, loadsOf, untouched } from './cpus.js'
import { xenLoadsMicrocodeOn } from './drivers.js'
import { evidenceOf } from './evidence.js'
import { placesOf, takesPart } from './topology.js'
import { findTraps } from './traps.js'
import type { LateLoadHost, LoadOutcome, OutcomeOptions } from './types.js'

/**
 * What XENPF_microcode_update or XENPF_microcode_update2 comes to on a host. The file is handed over as it is: Xen does not look into
 * archives then. What goes on between the CPUs is that of {@link runLateLoad}, with nothing late, lost or hung.
 *
 * Never throws on content of the file.
 *
 * @throws LateLoadReleaseError for a Xen before 4.13 and for what is no release; XenlevelError `HOST_WITHOUT_CPUS` for a host without a CPU
 * online; LateLoadRequestError for one with more than 4096.
 */
export function predictOutcome(
  host: LateLoadHost,
  file: MicrocodeInput,
  options: OutcomeOptions = {},
): LoadOutcome {
  return predictFrom(host, new Source(file), options)
}

/** The same with a file that was made ready. */
export function predictFrom(
  host: LateLoadHost,
  source: Source,
  options: OutcomeOptions,
): LoadOutcome {
  const known = selectRelease(host.xen)
  const { hasFlags } = known.rules
  const { call = hasFlags ? 'microcode_update2' : 'microcode_update' } = options
  const places = placesOf(host)
  const [first] = host.cpus.filter(takesPart)
  const asked: Asked = { host, known, call, options }
  if (first === undefined || (call === 'microcode_update2' && !hasFlags))
    return outcomeOf(asked, NOT_RUN, null)
  const flags = call === 'microcode_update2' ? Number(options.force ?? false) : 0
  const request = requestOf(asked, (flags & 1) === 1)
  const chosen = chooseInXen(request, source, first)
  const loads = loadsOf({ request, chosen, first }, host, options)
  const judged: Judged = { request, chosen, first, places, loads }
  const { cores, threadsPerCore, offline } = places
  const run = runLateLoad(
    { cores, threadsPerCore, offline, vendor: first.vendor },
    {
      release: known.release,
      nmi: host.nmi ?? true,
      force: flags,
      allowSame: host.allowSame ?? false,
      cachedRevision: host.cachedRevision ?? null,
      ...revisionsFor(loadRequest(request, first), chosen),
      failing: failuresOf(judged),
      ...obstacleFor(judged, options),
    },
  )
  return outcomeOf(asked, run, judged)
}

/** What was asked for. */
interface Asked {
  readonly host: LateLoadHost
  readonly known: ReturnType<typeof selectRelease>
  readonly call: 'microcode_update' | 'microcode_update2'
  readonly options: OutcomeOptions
}

/** How Xen chooses on this host: from the file itself, with what it was started with. */
function requestOf({ host, known }: Asked, force: boolean): XenRequest {
  const { bootRevision, zen6, digestCheck } = host
  return {
    known,
    options: {
      scan: false,
      force,
      allowSame: known.rules.hasAllowSame && host.allowSame === true,
      ...(bootRevision !== undefined && { bootRevision }),
      ...(zen6 !== undefined && { zen6 }),
      ...(digestCheck !== undefined && { digestCheck }),
    },
  }
}

type Run = Pick<
  LateLoadRun,
  | 'errno'
  | 'updated'
  | 'revisions'
  | 'cachedRevision'
  | 'policyRefresh'
  | 'log'
  | 'nrCores'
  | 'watchdogBalance'
>

/** An operation that Xen does not know. */
const NOT_RUN: Run = {
  errno: 'ENOSYS',
  updated: 0,
  revisions: [],
  cachedRevision: null,
  policyRefresh: false,
  log: [],
  nrCores: 0,
  watchdogBalance: 0,
}

/**
 * The two revisions that the model knows. Which CPUs do not load, and why, is told to it beside, so that the old one need only be one that the
 * offered replaces.
 */
function revisionsFor(
  request: LoadRequest,
  { found }: XenChoice,
): { readonly oldRevision: number; readonly newRevision: number } {
  const newRevision = found?.revision ?? 0
  const older = [newRevision - 1, 0, 0x8000_0000].map((revision) => revision >>> 0)
  const oldRevision =
    older.find((old) => old !== newRevision && wouldWrite(request, old, newRevision)) ??
    (newRevision + 1) >>> 0
  return { oldRevision, newRevision }
}

/** What the model must be told of the file; what the caller names comes before it, apart from what can only come later. */
function obstacleFor(
  { request, chosen, first }: Judged,
  { obstacle }: OutcomeOptions,
): { readonly obstacle?: LateLoadObstacle } {
  if (obstacle === undefined && !xenLoadsMicrocodeOn(first)) return { obstacle: 'loading-locked' }
  const earlier = obstacle !== undefined && obstacle !== 'stop-machine-busy'
  if (chosen.found === null && !earlier) {
    const { errno } = nothingFound(request, chosen)
    return { obstacle: errno === 'ENOENT' ? 'no-match' : 'parse-error' }
  }
  return obstacle === undefined ? {} : { obstacle }
}

function outcomeOf(asked: Asked, run: Run, judged: Judged | null): LoadOutcome {
  const { host, known, options } = asked
  const cachedRevision = judged === null ? (host.cachedRevision ?? null) : run.cachedRevision
  const cpus = host.cpus.map((cpu, number) => {
    const outcome = judged === null ? null : cpuOutcome(judged, run, host.cpus, number)
    return Object.freeze(outcome ?? untouched(cpu, number))
  })
  const online = cpus.filter((cpu) => cpu.online)
  const errno = returned(run, judged)
  const base = {
    errno,
    cpus: Object.freeze(cpus),
    updated: run.updated,
    uniform: online.every(({ after }) => after === online[0]?.after),
    cachedRevision,
    policyRefresh: run.policyRefresh,
    selection: judged === null ? null : selectionOf(judged),
    log: Object.freeze([...(judged?.chosen.choice.log ?? []), ...run.log]),
    toolExit: errno === 'OK' || errno === 'EEXIST' ? 0 : 1,
    release: known.release,
    evidence: evidenceOf(known, host, { judged, run, options }),
  } as const
  const traps = findTraps({ host, rules: known.rules, run, outcome: base })
  return Object.freeze({ ...base, traps: Object.freeze(traps) })
}

/** 4.13 has other errors than EINVAL for what it cannot read. */
function returned(run: Run, judged: Judged | null): LateLoadErrno | 'PANIC' | 'HANG' {
  if (judged === null || judged.chosen.found !== null || run.errno !== 'EINVAL') return run.errno
  if (!xenLoadsMicrocodeOn(judged.first)) return run.errno
  const { errno } = nothingFound(judged.request, judged.chosen)
  return errno === 'EFAULT' || errno === 'EPERM' ? errno : run.errno
}

function selectionOf({ request, chosen, first }: Judged): LoadOutcome['selection'] {
  const { found, update, choice, stop } = chosen
  const { passedOver } = choice
  const verdict =
    found === null
      ? nothingFound(request, chosen)
      : judgeLoad(loadRequest(request, first), first, found)
  const base = {
    update,
    errno: verdict.errno,
    code: verdict.code,
    revision: first.revision,
    passedOver,
    stop,
    lateLoad: declaredOf(update, first),
    log: [],
    bootLog: [],
    consumer: `Xen ${request.known.release}`,
    evidence: request.known.evidence,
  }
  const reason = selectedBecause(base, first)
  return Object.freeze({ update, code: verdict.code, reason, passedOver, stop })
}
