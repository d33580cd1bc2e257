/** Which hosts of a pool get which update, when, and why: at run time, at boot, not yet, or nothing. */
import { predictFrom } from '../outcome/outcome.js'
import type { LoadOutcome } from '../outcome/types.js'
import { selectRelease } from '../select/rules.js'
import { openAll } from '../select/select.js'
import type { Source } from '../select/source.js'
import type { MicrocodeInput, Selection } from '../select/types.js'
import type { MicrocodeUpdate } from '../types.js'
import { cpusOf, type FileChoice, kindsOf, PlanSelections } from './candidates.js'
import { type KindChoice, type PlanCase, permitted, reasonsOf } from './case.js'
import { featureChanges } from './features.js'
import { guestGroups } from './guests.js'
import { HOST_CHECKS, needsForce, reachesAll } from './host-checks.js'
import { damagedFiles, nothingReasons } from './nothing-reasons.js'
import { orderOf } from './order.js'
import { hasRendezvous } from './releases.js'
import { roadsOf } from './roads.js'
import type {
  HostPlan,
  PlanAction,
  PlanHost,
  PlanPassedOver,
  PlanPolicy,
  PlanReason,
  UpdatePlan,
} from './types.js'
import { UPDATE_CHECKS } from './update-checks.js'

/**
 * Plans the microcode of a pool. Each host gets the newest update that any of the files has for it and that nothing forbids; what is not
 * forbidden at run time is planned for then. Of every host all reasons are given, also those of what is not done.
 *
 * Never throws on content of files.
 *
 * @throws XenlevelError `HOST_WITHOUT_CPUS` for a host of which no CPU is online.
 */
export function planUpdate(
  hosts: readonly PlanHost[],
  files: MicrocodeInput | readonly MicrocodeInput[],
  policy: PlanPolicy = {},
): UpdatePlan {
  const selections = new PlanSelections(openAll(files))
  const plans = hosts.map((host) => Object.freeze(planHost(host, policy, selections)))
  return Object.freeze({
    hosts: Object.freeze(plans),
    order: Object.freeze(orderOf(hosts, plans)),
  })
}

function planHost(host: PlanHost, policy: PlanPolicy, selections: PlanSelections): HostPlan {
  const kinds = kindsOf(host)
  const files = selections.choices(host, kinds)
  const damaged = damagedFiles(files)
  const judged = judgeCandidates(host, policy, selections.candidates(host, files))
  const [first] = judged
  if (first === undefined) {
    const { blocked, reasons } = nothingReasons(kinds, files)
    const action = blocked ? 'blocked' : 'nothing'
    const cpus = cpusOf(kinds, files, null)
    return { ...nothingFor(host, files, action), cpus, reasons: [...reasons, ...damaged] }
  }
  const chosen = judged.find(({ when }) => when !== 'never') ?? first
  const action = chosen.when === 'never' ? 'blocked' : chosen.when
  const { subject, file } = chosen
  const force = action === 'late' && needsForce(subject)
  return {
    host: host.name,
    action,
    file: file.file,
    fileName: file.source.name,
    update: subject.update,
    cpus: cpusOf(kinds, files, file),
    reasons: [...chosen.reasons, ...guestReasons(host, action), ...damaged],
    passedOver: judged.slice(0, judged.indexOf(chosen)).map(passedOver),
    features: subject.features,
    roads: roadsOf(host, action),
    outcome: force ? subject.forced : subject.outcome,
    force,
    selection: shortOf(subject.selection),
  }
}

/** A candidate with what is said of it. */
interface Judged {
  readonly file: FileChoice
  readonly subject: PlanCase
  readonly reasons: readonly PlanReason[]
  readonly when: 'late' | 'early' | 'never'
}

/** The candidates, the newest first, up to the first that may be loaded. */
function judgeCandidates(
  host: PlanHost,
  policy: PlanPolicy,
  candidates: readonly FileChoice[],
): Judged[] {
  const judged: Judged[] = []
  for (const file of candidates) {
    const { main } = file
    const update = main?.selection.update ?? null
    if (main === null || update === null) continue
    const subject = caseOf(host, policy, file, main, update)
    const reasons = reasonsOf([...UPDATE_CHECKS, ...HOST_CHECKS], subject)
    const when = permitted(reasons)
    judged.push({ file, subject, reasons, when })
    if (when !== 'never') break
  }
  return judged
}

function caseOf(
  host: PlanHost,
  policy: PlanPolicy,
  { source, choices }: FileChoice,
  { kind, selection }: KindChoice,
  update: MicrocodeUpdate,
): PlanCase {
  const { model, oldest } = kind
  const platformMask = 1 << oldest.platformId
  const step = { model, platformMask, from: oldest.revision, to: update.revision }
  const features = update.vendor === 'Intel' ? featureChanges(step) : []
  const outcomes = outcomesOf(host, policy, source, update)
  return { host, policy, source, kind, selection, update, choices, features, ...outcomes }
}

/** What the hypercall would come to, with the force flag too where that would help. */
function outcomesOf(
  host: PlanHost,
  { force = false }: PlanPolicy,
  source: Source,
  { revision }: MicrocodeUpdate,
): { readonly outcome: LoadOutcome | null; readonly forced: LoadOutcome | null } {
  const { xen } = host
  if (xen === null || !hasRendezvous(xen) || source.isArchive)
    return { outcome: null, forced: null }
  const outcome = predictFrom({ ...host, xen }, source, {})
  const helps = force && selectRelease(xen).rules.hasFlags && !reachesAll(outcome, revision)
  return { outcome, forced: helps ? predictFrom({ ...host, xen }, source, { force }) : null }
}

function passedOver({ file, subject, reasons }: Judged): PlanPassedOver {
  const { revision } = subject.update
  return { file: file.file, revision, reasons: reasons.filter(({ forbids }) => forbids !== null) }
}

function guestReasons(host: PlanHost, action: PlanAction): PlanReason[] {
  const count = guestGroups(host).reduce((sum, group) => sum + group.count, 0)
  if (action !== 'early' || count === 0) return []
  const message = `${count === 1 ? 'One guest runs' : `${count} guests run`} here, and the host must be started anew: they must go first.`
  return [{ code: 'GUESTS_RUN', severity: 'warning', forbids: null, message }]
}

function nothingFor(
  host: PlanHost,
  files: readonly FileChoice[],
  action: 'nothing' | 'blocked',
): Omit<HostPlan, 'cpus' | 'reasons'> {
  const selections = files.flatMap(({ choices }) => choices.map(({ selection }) => selection))
  const told = selections.find(({ update }) => update !== null) ?? selections[0]
  return {
    host: host.name,
    action,
    file: null,
    fileName: null,
    update: null,
    passedOver: [],
    features: [],
    roads: roadsOf(host, action),
    outcome: null,
    force: false,
    selection: told === undefined ? NO_FILES : shortOf(told),
  }
}

function shortOf({ errno, code, reason, evidence }: Selection): HostPlan['selection'] {
  return { errno, code, reason, evidence }
}

const NO_FILES: HostPlan['selection'] = {
  errno: 'ENOENT',
  code: 'EMPTY',
  reason: 'There are no files.',
  evidence: 'facts',
}
