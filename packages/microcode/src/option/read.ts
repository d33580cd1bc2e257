/** One `ucode=` read by the rules of one release, part by part. */
import type { UcodeOptionCode, UcodeOptionContext, UcodeOptionFinding } from './option.js'
import type { OptionRelease, OptionRules } from './rules.js'
import { type ReadNumber, readBoolean, readNumber } from './text.js'

/** What the parts have set so far. */
interface OptionState {
  errno: 'OK' | 'EINVAL'
  scan: boolean
  module: number
  nmi: boolean
  digestCheck: boolean
  allowSame: boolean
  log: string[]
}

interface Part {
  readonly text: string
  readonly offset: number
}

interface Reading {
  readonly release: string
  readonly rules: OptionRules
  readonly forced: boolean
  readonly state: OptionState
  readonly findings: UcodeOptionFinding[]
}

/** What {@link readUcodeOption} comes to. */
export interface OptionReading {
  /** What is set at the end. */
  readonly state: Readonly<OptionState>
  /** What was noticed on the way. */
  readonly findings: UcodeOptionFinding[]
}

/** Reads a text; each grammar is a function of its own below. */
export function readUcodeOption(
  whole: string,
  { release, rules }: OptionRelease,
  { efiModule, scanDefault = false }: UcodeOptionContext,
): OptionReading {
  // The text is a C string: it ends at its first NUL.
  const [text = ''] = whole.split('\0', 1)
  const forced = efiModule !== undefined
  const reading: Reading = {
    release,
    rules,
    forced,
    findings: [],
    state: {
      errno: 'OK',
      scan: !forced && scanDefault && rules.scanDefault !== null,
      module: efiModule ?? 0,
      nmi: rules.nmi,
      digestCheck: rules.digestCheck,
      allowSame: false,
      log: [],
    },
  }
  judgeLength(reading, text)
  if (rules.list) for (const part of partsOf(text)) readPart(reading, part)
  else readWhole(reading, { text, offset: 0 })
  judgeBoth(reading, text)
  // What concerns the text as a whole is noticed before its parts or after them.
  const findings = reading.findings.toSorted((a, b) => a.offset - b.offset)
  return { state: reading.state, findings }
}

function partsOf(text: string): Part[] {
  let offset = 0
  return text.split(',').map((part) => {
    const at = offset
    offset += part.length + 1
    return { text: part, offset: at }
  })
}

/** 4.2 to 4.12: the whole text is one word. */
function readWhole(reading: Reading, part: Part): void {
  const { rules, state } = reading
  if (reading.forced) {
    note(reading, part, 'UCODE_EFI_OVERRIDES', 'warning', `is ignored: xen.cfg named a file`)
    return
  }
  if (rules.scan === 'prefix' && part.text.startsWith('scan')) {
    state.scan = true
    if (part.text !== 'scan') {
      const what = 'switches scanning on: it begins with scan, and the rest is not looked at'
      note(reading, part, 'UCODE_SCANS_ANYWAY', 'warning', what)
    }
    return
  }
  const number = readNumber(part.text)
  state.module = number.value
  judgeNumber(reading, part, number)
  if (number.length === part.text.length) return
  if (rules.reportsJunk) state.errno = 'EINVAL'
  if (number.length === 0) {
    noteWord(reading, part, `is read as number 0${rules.reportsJunk ? ' and reported' : ''}`)
  } else if (rules.reportsJunk) {
    note(reading, part, 'UCODE_REFUSED', 'error', `is reported, and read as ${number.value}`)
  } else {
    note(reading, part, 'UCODE_JUNK_IGNORED', 'warning', `is read as ${number.value}`)
  }
}

const SWITCHES: readonly {
  readonly word: string
  readonly rule: 'nmi' | 'allowSame' | 'digestCheck'
}[] = [
  { word: 'nmi', rule: 'nmi' },
  { word: 'allow-same', rule: 'allowSame' },
  { word: 'digest-check', rule: 'digestCheck' },
]

/** 4.13 on: one part of a list. */
function readPart(reading: Reading, part: Part): void {
  const { rules, state } = reading
  for (const { word, rule } of SWITCHES) {
    if (!rules[rule]) continue
    const value = booleanOf(reading, part, word)
    if (value === null) continue
    state[rule] = value
    return
  }
  if (reading.forced && !rules.saysEfi) {
    note(reading, part, 'UCODE_EFI_OVERRIDES', 'warning', 'is not looked at: xen.cfg named a file')
    return
  }
  const scan = booleanOf(reading, part, 'scan')
  if (scan === null && rules.digitsOnly && !/^[0-9-]/.test(part.text)) {
    state.errno = 'EINVAL'
    note(reading, part, 'UCODE_REFUSED', 'error', `is reported${hintFor(part.text)}`)
  } else if (reading.forced) {
    state.log.push(`Ignoring ucode=${part.text} setting; overridden by EFI`)
    note(reading, part, 'UCODE_EFI_OVERRIDES', 'warning', 'is ignored: xen.cfg named a file')
  } else if (scan === null) {
    readModule(reading, part)
  } else {
    setScan(reading, part, scan)
  }
}

function booleanOf(reading: Reading, part: Part, word: string): boolean | null {
  const { value, negationLost } = readBoolean(word, part.text, reading.rules.negatedValues)
  if (negationLost) {
    const what = `is read as ${word}=${value === true ? 1 : 0}: the no- before it is passed over`
    note(reading, part, 'UCODE_NEGATION_LOST', 'warning', what)
  }
  return value
}

function setScan(reading: Reading, part: Part, scan: boolean): void {
  const { rules, state } = reading
  if (rules.exclusive && state.module !== 0) {
    noteLost(reading, part, `module ${state.module}`)
    state.module = 0
  }
  state.scan = scan
}

function readModule(reading: Reading, part: Part): void {
  const { rules, state } = reading
  const number = readNumber(part.text)
  const whole = number.length === part.text.length
  const module = rules.exclusive && !whole ? 0 : number.value
  if (!whole) state.errno = 'EINVAL'
  judgeNumber(reading, part, number)
  if (!whole) {
    const asNumber = number.length === 0 && module === 0
    const what = `is reported${asNumber ? ', and read as number 0' : `, and module ${module} taken`}`
    if (asNumber) noteWord(reading, part, what)
    else note(reading, part, 'UCODE_REFUSED', 'error', what)
  }
  if (state.module !== 0 && state.module !== module) {
    noteLost(reading, part, `module ${state.module}`)
  }
  state.module = module
  if (!rules.exclusive || !whole) return
  if (state.scan) noteLost(reading, part, 'scanning')
  state.scan = false
}

function judgeNumber(reading: Reading, part: Part, number: ReadNumber): void {
  const { value } = number
  if (!number.digits && number.length === part.text.length) {
    const what = 'has no digits, which is number 0: no module'
    note(reading, part, 'UCODE_READ_AS_NUMBER', 'warning', what)
  }
  if (number.octal) note(reading, part, 'UCODE_OCTAL', 'info', `is octal: ${value}`)
  if (number.wrapped) {
    note(reading, part, 'UCODE_NUMBER_WRAPS', 'warning', `does not fit, and becomes ${value}`)
  }
}

function judgeBoth({ rules, state, findings, release }: Reading, text: string): void {
  if (rules.exclusive || !state.scan || state.module === 0) return
  findings.push({
    code: 'UCODE_SCAN_AND_MODULE',
    severity: 'warning',
    message: `Xen ${release} both scans and takes module ${state.module}: what is loaded first comes from the archive if one is found, and what other CPUs get may come from the module. Say one of them.`,
    offset: 0,
    part: text,
  })
}

function judgeLength(reading: Reading, text: string): void {
  const room = reading.rules.room - 'ucode='.length
  const space = text.indexOf(' ')
  if (space !== -1) {
    const part = { text: text.slice(space), offset: space }
    const what = 'is not part of the option on a command line: a blank ends it'
    note(reading, part, 'UCODE_ENDS_AT_SPACE', 'info', what)
  }
  if (text.length > room) {
    const part = { text: text.slice(room), offset: room }
    const what = `is cut off: the command line keeps ${room} characters after ucode=`
    note(reading, part, 'UCODE_TOO_LONG', 'warning', what)
  }
}

/** When other releases know a word. */
const WORDS: readonly (readonly [word: RegExp, hint: string])[] = [
  [/^scan$/, 'scan is known from 4.4 on'],
  [/^(no-)?scan\b/, 'scan takes a value from 4.13 on'],
  [/^(no-)?nmi\b/, 'nmi is known from 4.13 on'],
  [/^(no-)?allow-same\b/, 'allow-same is known from 4.15 to 4.19; xen-ucode --force replaced it'],
  [
    /^(no-)?digest-check\b/,
    'digest-check is known from 4.17.6, 4.18.5, 4.19.3, 4.20.1 and 4.21 on',
  ],
]

function hintFor(text: string): string {
  const hint = WORDS.find(([word]) => word.test(text))?.[1]
  return hint === undefined ? '' : ` (${hint})`
}

/** A word that this release takes for a number. */
function noteWord(reading: Reading, part: Part, what: string): void {
  const severity = reading.state.errno === 'OK' ? 'warning' : 'error'
  note(reading, part, 'UCODE_READ_AS_NUMBER', severity, `${what}${hintFor(part.text)}`)
}

function noteLost(reading: Reading, part: Part, lost: string): void {
  note(reading, part, 'UCODE_EARLIER_LOST', 'info', `undoes ${lost}, which was chosen before`)
}

function note(
  { release, findings }: Reading,
  { text, offset }: Part,
  code: UcodeOptionCode,
  severity: UcodeOptionFinding['severity'],
  what: string,
): void {
  const shown = text.length > 40 ? `${text.slice(0, 40)}…` : text
  const message = `ucode: ${text === '' ? 'an empty part' : JSON.stringify(shown)} ${what} (Xen ${release}).`
  findings.push({ code, severity, message, offset, part: text })
}
