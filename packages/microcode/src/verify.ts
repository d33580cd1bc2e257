/** Whether those who read microcode would accept a file, each by rules of its own. */
import { isMagic } from './amd/checks.js'
import { type AmdReader, amdReader } from './amd/readers.js'
import { verifyAmd } from './amd/verify.js'
import { type Region, rememberingSums, wholeOf } from './bytes.js'
import type { Evidence } from './container-rules.js'
import { splitEarlyCpio } from './cpio.js'
import { type Fault, findingOf } from './finding.js'
import { type IntelReader, IUCODE_LOOSE, IUCODE_STRICT, intelReader } from './intel/readers.js'
import { verifyIntel } from './intel/verify.js'
import { runIucode } from './peers/iucode.js'
import { recognise } from './recognise.js'
import type { Finding, MicrocodeFormat, MicrocodeRule, MicrocodeVendor } from './types.js'

/** Whose rules, and about which file. */
export interface VerifyOptions {
  /** `linux` is both of Linux' readers, early and late, of what each can read; `strict` and `loose` are iucode_tool's. Default: `xen`. */
  readonly rules?: MicrocodeRule | 'linux'
  /** Which Xen, `'4.17'` being the newest known of that minor; the development tree by default. 4.15 is the oldest. */
  readonly release?: string
  /** Whose CPUs would load the file; by its content if it is not said. */
  readonly vendor?: MicrocodeVendor
}

/** One reader's answer about a file. */
export interface Verdict {
  /** Whose rules. */
  readonly rule: MicrocodeRule
  /** Who that is, for people: `Xen 4.17.7`. */
  readonly reader: string
  /** Nothing keeps every CPU from getting an update out of it. Which CPU gets one is another question. */
  readonly accepted: boolean
  /** Updates that it sees before it stops, for whichever CPU. */
  readonly updates: number
  /** Its reasons; empty if it has none. */
  readonly findings: readonly Finding[]
  /** Whether the rules are recorded from that reader's own code or read in its source. */
  readonly evidence: Evidence
}

/** All readers' answers about one file. */
export interface Explanation {
  /** What the file is; null if it is none of the forms. */
  readonly format: MicrocodeFormat | null
  /** Side by side. */
  readonly verdicts: readonly Verdict[]
  /** The same in one sentence for people. */
  readonly summary: string
}

/**
 * Why somebody refuses a file, or reads only a part of it; empty if it is sound by these rules. Never throws on content: an empty file is
 * sound, since all of them pass over it.
 *
 * @throws XenlevelError with code `RELEASE_UNKNOWN` or `RELEASE_TOO_OLD` for a release whose rules are not known.
 */
export function verifyMicrocode(bytes: Uint8Array, options: VerifyOptions = {}): Finding[] {
  const { rules = 'xen', release, vendor } = options
  const whole = wholeOf(bytes)
  const file = fileOf(rules === 'linux' ? rememberingSums(whole) : whole, vendor)
  const wanted = rules === 'linux' ? linuxRules(file.format) : [rules]
  return wanted.flatMap((rule) => [...verdictOf(file, rule, release).findings])
}

/** Every reader's answer: the oldest Xen that `release` names and the newest, Linux early and late, and iucode_tool for Intel's files. */
export function explainMicrocode(
  bytes: Uint8Array,
  options: Omit<VerifyOptions, 'rules'> = {},
): Explanation {
  const { release = '4.17', vendor } = options
  const file = fileOf(rememberingSums(wholeOf(bytes)), vendor)
  const iucode: readonly MicrocodeRule[] = file.vendor === 'AMD' ? [] : ['strict', 'loose']
  const verdicts = [
    verdictOf(file, 'xen', release),
    verdictOf(file, 'xen', undefined),
    ...linuxRules(file.format).map((rule) => verdictOf(file, rule, undefined)),
    ...(file.format === 'early-cpio' ? [] : iucode.map((rule) => verdictOf(file, rule, undefined))),
  ]
  return { format: file.format, verdicts, summary: summaryOf(verdicts) }
}

interface JudgedFile {
  readonly region: Region
  readonly format: MicrocodeFormat | null
  readonly vendor: MicrocodeVendor | null
}

function fileOf(region: Region, vendor: MicrocodeVendor | undefined): JudgedFile {
  const format = recognise(region)
  if (format === 'early-cpio' && vendor === undefined) return { region, format, vendor: null }
  return { region, format, vendor: vendor ?? (format === 'amd' ? 'AMD' : 'Intel') }
}

/** Linux reads archives during boot alone: later it takes plain files. */
function linuxRules(format: MicrocodeFormat | null): MicrocodeRule[] {
  return format === 'early-cpio' ? ['linux-early'] : ['linux-early', 'linux-late']
}

function verdictOf(file: JudgedFile, rule: MicrocodeRule, release: string | undefined): Verdict {
  const judged =
    rule === 'strict' || rule === 'loose' ? byIucode(file, rule) : byLoader(file, rule, release)
  const accepted = judged.findings.every(({ severity }) => severity !== 'error')
  return { rule, accepted, ...judged }
}

type Judged = Omit<Verdict, 'rule' | 'accepted'>

/** Who judges. */
function signed({ name, evidence = 'facts' }: IntelReader | AmdReader) {
  return { reader: name, evidence }
}

function byIucode({ region, format }: JudgedFile, rule: 'strict' | 'loose'): Judged {
  const type = format === 'intel-dat' ? 'dat' : 'bin'
  const { all, findings } = runIucode(region.bytes, { type, strict: rule === 'strict' })
  const judge = rule === 'strict' ? IUCODE_STRICT : IUCODE_LOOSE
  return { ...signed(judge), updates: all.length, findings }
}

function byLoader(
  file: JudgedFile,
  rule: 'xen' | 'linux-early' | 'linux-late',
  release: string | undefined,
): Judged {
  const { region, format, vendor } = file
  if (format === 'early-cpio' && rule !== 'linux-late' && !isMagic(region, 0))
    return byScan(file, rule, release)
  if (vendor === 'AMD') {
    const reader = amdReader(rule, release)
    return { ...signed(reader), ...verifyAmd(region, reader) }
  }
  const reader = intelReader(rule, release)
  return { ...signed(reader), ...verifyIntel(region, reader) }
}

/** The microcode that a scan of an early archive finds, of one vendor or of both. */
function byScan(
  { region, vendor }: JudgedFile,
  rule: 'xen' | 'linux-early',
  release: string | undefined,
): Judged {
  const early = splitEarlyCpio(region.bytes)
  const found = [
    ...(vendor === 'AMD' ? [] : [['Intel', early.intel] as const]),
    ...(vendor === 'Intel' ? [] : [['AMD', early.amd] as const]),
  ].flatMap(([whose, extent]) => {
    if (extent === null) return []
    const { offset, size } = extent
    const part: Region = { ...region, start: offset, end: offset + size }
    return [byLoader({ region: part, format: null, vendor: whose }, rule, release)]
  })
  const reader = intelReader(rule, release)
  if (found.length > 0) {
    const updates = found.reduce((sum, part) => sum + part.updates, 0)
    return { ...signed(reader), updates, findings: found.flatMap(({ findings }) => [...findings]) }
  }
  const fault: Fault = {
    code: 'NO_MICROCODE',
    field: '',
    offset: 0,
    why: 'the scan finds no microcode in it',
  }
  const effect = `${reader.name} loads nothing from it`
  const says = rule === 'xen' ? 'not found during CPIO scan' : undefined
  const finding = findingOf(fault, 'archive', { rule, severity: 'error', effect, says })
  return { ...signed(reader), updates: 0, findings: [finding] }
}

function summaryOf(verdicts: readonly Verdict[]): string {
  const clauses = verdicts.map(({ reader, accepted, findings }) => {
    const [first] = findings
    if (first === undefined) return `${reader} accepts`
    const cause = `${first.path} at ${first.offset}: ${first.says ?? first.code}`
    return accepted ? `${reader} accepts a part (${cause})` : `${reader} refuses (${cause})`
  })
  return `${clauses.join('; ')}.`
}
