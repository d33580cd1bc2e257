/** What iucode_tool 2.3.1 makes of a file: what it lists, what it would write, and what it complains of. Its own structure, from its behaviour. */
import type { Region } from '../bytes.js'
import { dateText } from '../date.js'
import { findingOf, type Stop } from '../finding.js'
import { type Candidate, candidateAt, INTEL_CHECKS } from '../intel/checks.js'
import {
  FIELD,
  HEADER_SIZE,
  headerSignature,
  type SignatureFields,
  tableEntry,
} from '../intel/format.js'
import { type IntelReader, IUCODE_LOOSE, IUCODE_STRICT } from '../intel/readers.js'
import type { Finding } from '../types.js'
import {
  AllSignatures,
  contradicts,
  type ListedSignature,
  SelectedSignatures,
} from './iucode-lists.js'
import { load } from './iucode-load.js'

/** How iucode_tool is called. */
export interface IucodeOptions {
  /** `-tb` (default), `-td` or `-tr`: a binary, a text, or anything with updates somewhere in it. */
  readonly type?: 'bin' | 'dat' | 'recover'
  /** False for `--no-strict-checks`. */
  readonly strict?: boolean
  /** True for `--ignore-broken`. */
  readonly ignoreBroken?: boolean
}

/** A signature as iucode_tool lists it. */
export interface IucodeSignature {
  /** CPUID leaf 1, eax. */
  readonly signature: number
  /** Bit n for platform id n. */
  readonly platformMask: number
}

/** An update as `-L` lists it. */
export interface IucodeUpdate extends IucodeSignature {
  /** Running number from 1, broken updates included. */
  readonly index: number
  /** As 32 unsigned bits. */
  readonly revision: number
  /** `YYYY-MM-DD`. */
  readonly date: string
  /** Where it begins; in the text's binary or in the found updates, where the file is not binary. */
  readonly offset: number
  /** Bytes in all. */
  readonly size: number
  /** The signatures of its table. */
  readonly extended: readonly IucodeSignature[]
}

/** What a run does. */
export interface IucodeRun {
  /** Exit status. */
  readonly exit: 0 | 2
  /** It never ends: a broken update of no size is ignored again and again. */
  readonly runaway: boolean
  /** More signatures than this model follows; the lists end there. */
  readonly gaveUp: boolean
  /** Everything that is listed (`-L`), up to where the run is aborted. */
  readonly all: readonly IucodeUpdate[]
  /** What is selected (`-l`), in the order it is listed and written; empty after an abort. */
  readonly selected: readonly (IucodeSignature & {
    /** Running number of the update. */
    readonly index: number
    /** As 32 unsigned bits. */
    readonly revision: number
  })[]
  /** What `--write-to` writes, and `--write-earlyfw` puts into its archive: a view of each update. */
  readonly written: readonly Uint8Array[]
  /** What is complained of, the first 1000; `says` is the text behind the file's name. */
  readonly findings: readonly Finding[]
  /** Complaints in all. */
  readonly complaints: number
}

/** Signatures in one file that are followed: all of Intel's together have about a thousand. */
const SIGNATURE_LIMIT = 8192

/** Complaints that are kept: ignored updates of four bytes may be as many as there are words. */
const MOST_FINDINGS = 1000

const NOTHING: IucodeRun = {
  exit: 0,
  runaway: false,
  gaveUp: false,
  all: [],
  selected: [],
  written: [],
  findings: [],
  complaints: 0,
}

/** Foresees a run of iucode_tool over one file. */
export function runIucode(bytes: Uint8Array, options: IucodeOptions = {}): IucodeRun {
  const { type = 'bin', strict = true, ignoreBroken = false } = options
  const reader = strict ? IUCODE_STRICT : IUCODE_LOOSE
  if (bytes.length === 0) return NOTHING
  const loaded = load(bytes, type)
  if ('fault' in loaded) {
    const effect = 'iucode_tool passes over the file'
    const { fault, says, skipped } = loaded
    const severity = skipped ? 'warning' : 'error'
    const finding = findingOf(fault, 'file', { rule: reader.rule, severity, effect, says })
    return { ...NOTHING, exit: skipped || ignoreBroken ? 0 : 2, findings: [finding], complaints: 1 }
  }
  return new Run(loaded.region, reader, ignoreBroken, loaded.gaveUp).run()
}

/** One file being processed. */
class Run {
  readonly #region: Region
  readonly #reader: IntelReader
  readonly #ignoreBroken: boolean
  readonly #everything = new AllSignatures()
  readonly #selected = new SelectedSignatures()
  readonly #all: IucodeUpdate[] = []
  readonly #findings: Finding[] = []
  #signatures = 0
  #complaints = 0
  #gaveUp: boolean

  constructor(region: Region, reader: IntelReader, ignoreBroken: boolean, gaveUp: boolean) {
    this.#region = region
    this.#reader = reader
    this.#ignoreBroken = ignoreBroken
    this.#gaveUp = gaveUp
  }

  run(): IucodeRun {
    const end = this.#walk()
    const broken = this.#findings.length > 0 && !this.#ignoreBroken
    const selected = end === 'runaway' || broken ? [] : this.#selected.list()
    return {
      exit: broken || end === 'runaway' ? 2 : 0,
      runaway: end === 'runaway',
      gaveUp: this.#gaveUp,
      all: this.#all,
      selected: selected.map(({ signature, platformMask, revision, index }) => ({
        signature,
        platformMask,
        revision: revision >>> 0,
        index: index + 1,
      })),
      written: [...new Set(selected.map(({ update }) => update))].map(({ offset, total }) =>
        this.#region.bytes.subarray(offset, offset + total),
      ),
      findings: this.#gaveUp ? [...this.#findings, this.#notFollowed()] : this.#findings,
      complaints: this.#complaints,
    }
  }

  /** Update by update; a broken one ends it unless such are ignored, what has no extent ends it always. */
  #walk(): 'end' | 'aborted' | 'runaway' {
    const { start, end } = this.#region
    let offset = start
    for (let index = 0; offset < end; index++) {
      const candidate = candidateAt(this.#region, offset, this.#reader.sizes)
      const fatal = bundleFault(candidate, index)
      if (fatal !== null) {
        this.#report(fatal)
        return 'aborted'
      }
      const stop = this.#check(candidate, index) ?? this.#list(candidate, index)
      if (stop !== null) {
        this.#report(stop)
        if (!this.#ignoreBroken) return 'aborted'
        if (candidate.total === 0) return 'runaway'
      }
      if (this.#gaveUp) return 'aborted'
      offset += candidate.total
    }
    return 'end'
  }

  #check(candidate: Candidate, index: number): Stop | null {
    for (const { check, says } of this.#reader.steps) {
      const fault = INTEL_CHECKS[check](candidate)
      if (fault !== null) return { at: candidate.offset, path: `update ${index}`, fault, says }
    }
    return null
  }

  /** Lists a sound update and puts its signatures into both lists, up to the first that cannot be. */
  #list(candidate: Candidate, index: number): Stop | null {
    const { region, offset, data, total } = candidate
    const table = offset + HEADER_SIZE + data
    const count = table < offset + total ? region.view.getUint32(table, true) : 0
    const extended: IucodeSignature[] = []
    const revision = region.view.getInt32(offset + FIELD.revision, true)
    const update = { offset, data, total }
    for (let number = 0; number <= count; number++) {
      if (++this.#signatures > SIGNATURE_LIMIT) {
        this.#gaveUp = true
        return null
      }
      const fields =
        number === 0
          ? headerSignature(region.view, offset)
          : tableEntry(region.view, table, number - 1)
      const { signature, platformMask } = fields
      if (number === 0) this.#all.push(this.#listed(candidate, index, fields, extended))
      else extended.push({ signature, platformMask })
      const entry = { signature, platformMask, revision, update, index, hasTable: count > 0 }
      const fault = this.#enter(entry, fields)
      if (fault !== null) return { at: offset, path: `update ${index}`, ...fault }
    }
    return null
  }

  #listed(
    { region, offset, total }: Candidate,
    index: number,
    { signature, platformMask }: SignatureFields,
    extended: readonly IucodeSignature[],
  ): IucodeUpdate {
    const revision = region.view.getUint32(offset + FIELD.revision, true)
    const date = dateText(region.view.getUint32(offset + FIELD.date, true))
    return {
      index: index + 1,
      signature,
      platformMask,
      revision,
      date,
      offset,
      size: total,
      extended,
    }
  }

  #enter(entry: ListedSignature, { offset }: SignatureFields): Pick<Stop, 'fault' | 'says'> | null {
    if (entry.signature === 0) {
      const why = 'a signature of it is 0'
      const fault = {
        code: 'SIGNATURE',
        field: 'signature',
        offset,
        why,
        expected: 'not 0',
        found: 0,
      }
      return { fault, says: 'Internal error: uclist_add_signature() returned EINVAL' }
    }
    const { rival, place } = this.#everything.find(entry)
    if (rival !== undefined && this.#reader.rule === 'strict') {
      if (contradicts(this.#region, entry, rival)) {
        const why = `update ${rival.index} at ${rival.update.offset} has the same signature, revision and a platform in common, but other data`
        const fault = {
          code: 'DUPLICATE',
          field: 'data',
          offset: entry.update.offset + HEADER_SIZE,
          why,
        }
        const says =
          'has the same revision and signature as a previously loaded microcode, but different contents'
        return { fault, says }
      }
    }
    this.#everything.insert(entry, place)
    this.#selected.merge(entry)
    return null
  }

  /** This model's own limit, said as a warning. */
  #notFollowed(): Finding {
    const { rule, name } = this.#reader
    const why = 'it has more signatures, or more that may be updates, than is followed here'
    const fault = { code: 'NOT_FOLLOWED', field: '', offset: this.#region.start, why }
    const effect = `what ${name} makes of the rest is not known`
    return findingOf(fault, 'file', { rule, severity: 'warning', effect })
  }

  #report({ fault, path, says }: Stop): void {
    this.#complaints++
    if (this.#findings.length === MOST_FINDINGS) return
    const { rule, name } = this.#reader
    const effect = this.#ignoreBroken ? `${name} ignores it` : `${name} aborts`
    this.#findings.push(findingOf(fault, path, { rule, severity: 'error', effect, says }))
  }
}

/** What ends the file whatever the options: a first header of another version, an update without a header or an end. */
function bundleFault(candidate: Candidate, index: number): Stop | null {
  const checks = [
    ...(index === 0 ? ([['headerVersion', 'unknown microcode format']] as const) : []),
    ['headerRoom', 'invalid microcode data'],
    ['totalInWords', 'invalid microcode data'],
    ['totalFits', 'invalid microcode data'],
  ] as const
  for (const [check, says] of checks) {
    const fault = INTEL_CHECKS[check](candidate)
    if (fault !== null) return { at: candidate.offset, path: 'bundle', fault, says }
  }
  return null
}
