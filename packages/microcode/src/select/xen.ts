/** What a CPU gets out of a file by Xen: chosen, then loaded. */
import { bootLog, type EntrysignCpu } from '../amd/entrysign.js'
import { type ChosenPatch, choosePatchAsXen } from '../amd/select.js'
import type { Region } from '../bytes.js'
import { type NamedReader, stopFinding } from '../finding.js'
import { chooseAsXen } from '../intel/select.js'
import type { TakenUpdate } from '../intel/verify.js'
import type { CpuIdentity, Finding, MicrocodeUpdate } from '../types.js'
import type { Choice, Chosen } from './choice.js'
import { judgeLoad, type LoadRequest, type OfferedUpdate, printed } from './load.js'
import { selectedBecause } from './reasons.js'
import { type SelectRelease, selectRelease } from './rules.js'
import type { Source } from './source.js'
import type { SelectErrno, Selection, SelectOptions } from './types.js'

/** A selection from one file, before it is known which of several files that is. */
export type FileSelection = Omit<Selection, 'file'>

/** How a consumer chooses for one CPU from one file. */
export type Select = (source: Source, cpu: CpuIdentity) => FileSelection

/** What Xen chose, before it is loaded. */
export interface XenChoice {
  /** What was chosen; null for nothing. */
  readonly found: (Chosen & OfferedUpdate & { readonly taken?: TakenUpdate }) | null
  /** The same, parsed. */
  readonly update: MicrocodeUpdate | null
  /** The choice in full. */
  readonly choice: Choice<Chosen>
  /** Why the rest of the file is not read; null if all of it is. */
  readonly stop: Finding | null
  /** The bytes that were read; null where the archive has no such file. */
  readonly part: Region | null
}

/** How Xen is asked. */
export interface XenRequest {
  /** The release. */
  readonly known: SelectRelease
  /** The options of the selection. */
  readonly options: SelectOptions
}

/** Xen's way to choose and load. @throws LateLoadReleaseError before 4.13, and for what is no release. */
export function selectAsXen(options: SelectOptions): Select {
  const known = selectRelease(options.release)
  return (source, cpu) => selectOne({ known, options }, source, cpu)
}

function selectOne(request: XenRequest, source: Source, cpu: CpuIdentity): FileSelection {
  const { known, options } = request
  const chosen = chooseInXen(request, source, cpu)
  const { found, update, choice, stop } = chosen
  const verdict =
    found === null
      ? ({ ...nothingFound(request, chosen), says: null } as const)
      : judgeLoad(loadRequest(request, cpu), cpu, found)
  const loaded = verdict.errno === 'OK' && found !== null
  const base = {
    update,
    errno: verdict.errno,
    code: verdict.code,
    revision: loaded ? found.revision : cpu.revision >>> 0,
    passedOver: choice.passedOver,
    stop,
    lateLoad: declaredOf(update, cpu),
    log: [
      ...choice.log,
      ...(verdict.says === null ? [] : [verdict.says]),
      ...(loaded && update !== null ? [updatedMessage(cpu, update)] : []),
    ],
    bootLog: cpu.vendor === 'AMD' ? bootLog(known, entrysignOf(options, cpu)) : [],
    consumer: `Xen ${known.release}`,
    evidence: known.evidence,
  }
  return { ...base, reason: selectedBecause(base, cpu) }
}

/** What Xen chooses from a file for the CPU that reads it. */
export function chooseInXen(request: XenRequest, source: Source, cpu: CpuIdentity): XenChoice {
  const { known, options } = request
  const part = source.part(cpu.vendor, options.scan ?? source.isArchive)
  if (part === null) return { found: null, update: null, choice: NOTHING, stop: null, part }
  const load = loadRequest(request, cpu)
  if (cpu.vendor === 'Intel') {
    const walk = source.walkIntel(part, known.intel)
    const choice = chooseAsXen(part, walk, cpu, load)
    const update = choice.found === null ? null : source.intelUpdate(part, choice.found.taken)
    const stop = findingOfStop(choice, known.intel, walk.taken.length)
    return { found: choice.found, update, choice, stop, part }
  }
  const walk = source.walkAmd(part, known.amd)
  const { equivalenceId } = options
  const entrysign = entrysignOf(options, cpu)
  const choice: Choice<ChosenPatch> = choosePatchAsXen(part, walk, cpu, {
    known,
    load,
    entrysign,
    equivalenceId,
  })
  const update = choice.found === null ? null : source.amdUpdate(part, choice.found.offset)
  const stop = findingOfStop(choice, known.amd, walk.patches.length)
  return { found: choice.found, update, choice, stop, part }
}

const NOTHING: Choice<never> = { found: null, notNewer: null, stop: null, passedOver: [], log: [] }

/** How the options of a selection decide what a CPU loads. */
export function loadRequest({ known, options }: XenRequest, { vendor }: CpuIdentity): LoadRequest {
  const { force = false, allowSame = false, allowDowngrade = false } = options
  return { vendor, rules: known.rules, force, allowSame, allowDowngrade }
}

/** What Xen knows of the firmware. */
function entrysignOf(options: SelectOptions, { signature, revision }: CpuIdentity): EntrysignCpu {
  const { bootRevision = revision, zen6 = false, digestCheck = true } = options
  return { signature, bootRevision: bootRevision >>> 0, zen6, digestCheck }
}

/** A choice's stop as a finding. */
export function findingOfStop(
  { stop }: Choice<Chosen>,
  reader: NamedReader,
  before: number,
): Finding | null {
  return stop === null ? null : stopFinding(stop, reader, before)
}

/** Why nothing was chosen. */
export function nothingFound(
  { known }: XenRequest,
  { choice, part }: XenChoice,
): Pick<FileSelection, 'errno' | 'code'> {
  if (part === null) return { errno: 'ENODEV', code: 'NOT_IN_ARCHIVE' }
  const { stop, passedOver } = choice
  if (stop !== null) {
    if (stop.fault.code === 'FINAL_REVISION') return { errno: 'EPERM', code: 'FINAL_REVISION' }
    return { errno: parseErrno(known, stop.fault.code), code: 'DAMAGED' }
  }
  if (part.start === part.end) return { errno: 'ENOENT', code: 'EMPTY' }
  const digest = passedOver.some(({ why }) => why === 'no-digest' || why === 'other-digest')
  return { errno: 'ENOENT', code: digest ? 'NO_DIGEST' : 'NOTHING_FITS' }
}

/** 4.13 has an error of its own for a table whose count is wrong. */
function parseErrno({ rules }: SelectRelease, fault: string): SelectErrno {
  return rules.oneContainer && fault === 'TABLE_COUNT' ? 'EFAULT' : 'EINVAL'
}

/** What an update declares of being loaded at run time over what a CPU runs. */
export function declaredOf(
  update: MicrocodeUpdate | null,
  { revision }: CpuIdentity,
): Selection['lateLoad'] {
  if (update?.minRevision === undefined) return 'not-declared'
  const [running, least] =
    update.vendor === 'Intel'
      ? [revision | 0, update.minRevision | 0]
      : [revision >>> 0, update.minRevision]
  return running >= least ? 'declared-safe' : 'declared-unsafe'
}

function updatedMessage({ revision }: CpuIdentity, update: MicrocodeUpdate): string {
  return `microcode: CPU0 updated from revision ${printed(revision)} to ${printed(update.revision)}, date = ${update.date}`
}
