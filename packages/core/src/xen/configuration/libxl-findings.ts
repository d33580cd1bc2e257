/** What there is to say of an item `name=value`: whatever libxl refuses, cuts, or takes for something else. */
import { cpuSignature } from '@xenlevel/cpuid'
import type { ConfigFinding } from './finding.js'
import type { XlField } from './names.js'
import { bitsAt } from './register-list.js'
import { type CNumber, cNumberText } from './strtoul.js'
import { suggestName } from './suggest.js'

type Field = Exclude<XlField, { kind: 'msr' }>

/** How much of a foreign text a message shows. */
const SHOWN = 40

const quoted = (text: string) =>
  JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)

/** No "=". */
export function missingSign(item: string): ConfigFinding {
  return {
    code: 'sign-missing',
    severity: 'error',
    message: `${quoted(item)} has no "=": libxl takes items such as "avx512f=0". It is skipped.`,
    column: item.length,
  }
}

/** A name that libxl does not know. */
export function unknownName(
  name: string,
  context: { readonly names: ReadonlyMap<string, XlField>; readonly release: string },
): ConfigFinding {
  const found = suggestName(name, context)
  const hint = found === null ? '' : ` ${found.reason}`
  return {
    code: 'name-unknown',
    severity: 'error',
    message: `libxl of Xen ${context.release} does not know ${quoted(name)}: the item is skipped.${hint}`,
    column: 0,
    ...(found?.suggestion === undefined ? {} : { suggestion: found.suggestion }),
  }
}

/** Names that libxl takes for something else than other programs do. */
const OTHER_MEANING: ReadonlyMap<
  string,
  { readonly message: string; readonly suggestion: string }
> = /* @__PURE__ */ new Map([
  [
    'clflush',
    {
      message:
        'To libxl clflush is the line size of CLFLUSH (1.ebx, bits 15 to 8, in units of 8 bytes), which Xen sets back to the host\'s; the feature is "clfsh".',
      suggestion: 'clfsh',
    },
  ],
  [
    'ssb-no',
    {
      message:
        'To libxl ssb-no is AMD\'s bit (0x80000008.ebx, bit 26). What libvirt and QEMU call ssb-no is "intel-ssb-no", in MSR 0x10a.',
      suggestion: 'intel-ssb-no',
    },
  ],
])

/** A name that may mean something else than was meant. */
export function aboutName(field: XlField): ConfigFinding | null {
  if (field.name === 'osvw' && field.kind === 'bits' && field.bit === 10)
    return {
      code: 'name-other-meaning',
      severity: 'warning',
      message:
        'In this release osvw is the bit of IBS, a slip of libxl\'s table that 4.10 mended: to set OSVW write its register ("cpuid" as a list of "leaf:register=…").',
      column: 0,
    }
  const other = OTHER_MEANING.get(field.name)
  if (other === undefined) return null
  return {
    code: 'name-other-meaning',
    severity: field.name === 'clflush' ? 'warning' : 'info',
    column: 0,
    ...other,
  }
}

/** A value that is neither a number nor one of the letters. */
export function unknownValue(field: Field, item: string, at: number): ConfigFinding {
  const value = item.slice(at)
  const { what, suggestion } = meantBy(value)
  return {
    code: value === '' ? 'value-missing' : 'value-unknown',
    severity: 'error',
    message: `${field.name}${value === '' ? ' has no value' : `=${quoted(value)} is no value that libxl takes`}: ${what} The item is skipped, but its leaf is named all the same, and must be one that the domain has.`,
    column: at,
    ...(suggestion === null ? {} : { suggestion: `${field.name}=${suggestion}` }),
  }
}

/** A value of an MSR's bit that is not one of the five characters. */
export function unknownMsrValue(
  field: Extract<XlField, { kind: 'msr' }>,
  item: string,
  at: number,
): ConfigFinding {
  const value = item.slice(at)
  const { suggestion } = meantBy(value)
  return {
    code: value === '' ? 'value-missing' : 'value-unknown',
    severity: 'error',
    message: `${field.name} is a bit of MSR 0x${field.index.toString(16)}, of which libxl takes exactly one character, 0, 1, x or k${value === '' ? '' : `, and not ${quoted(value)}`}. The item is skipped, but all other bits of the MSR become the default's.`,
    column: at,
    ...(suggestion === null ? {} : { suggestion: `${field.name}=${suggestion}` }),
  }
}

/** Values that people write, and what they mean by them. */
const MEANT: readonly (readonly [value: string, words: readonly string[]])[] = [
  ['1', ['on', 'yes', 'true', 'enable', 'enabled', 'force', 'require']],
  ['0', ['off', 'no', 'false', 'disable', 'disabled', 'forbid']],
  ['k', ['host']],
  ['x', ['default']],
]

function meantBy(value: string): { what: string; suggestion: string | null } {
  const plain = value.trim().toLowerCase()
  const what =
    'write 0, 1, x (the default) or k (the host), or a number for a field of several bits.'
  if (plain === '') return { what, suggestion: null }
  const meant = MEANT.find(([, words]) => words.includes(plain))
  const number = /^\+?(0|1)/.exec(plain)?.[1]
  const letter = 'xks'.includes(plain.charAt(0)) ? plain.charAt(0) : undefined
  return { what, suggestion: meant?.[0] ?? number ?? letter ?? null }
}

/** A number that is not what it looks like. */
export function aboutNumber(
  { name, length, kind }: Field,
  number: CNumber,
  at: number,
  findings: ConfigFinding[],
): void {
  const say = (code: string, severity: ConfigFinding['severity'], message: string) => {
    findings.push({ code, severity, message, column: at })
  }
  const kept = length === 32 ? number.low : number.low & ((1 << length) - 1)
  const size = length === 1 ? 'one bit' : `${length} bits`
  if (number.overflow || (number.negative && (number.low !== 0 || number.high !== 0))) {
    const [code, what] = number.overflow
      ? ['value-overflow', 'too large for 64 bits']
      : ['value-negative', 'negative']
    say(
      code,
      'error',
      `The value of ${name} is ${what}: C makes ${cNumberText(number)} of it, and ${name}, which has ${size}, becomes ${kind === 'family' ? 'something else' : kept >>> 0}.`,
    )
    return
  }
  if (number.base === 8 && (number.low > 7 || number.high !== 0))
    say(
      'value-octal',
      'warning',
      `The value of ${name} begins with 0, so C reads it as octal: ${cNumberText(number)}. Write it without the zero.`,
    )
  if (kind === 'family') return
  if (number.high === 0 && number.low === kept) return
  say(
    'value-truncated',
    length === 1 && kept === 1 ? 'warning' : 'error',
    `${name} has ${size}: of ${cNumberText(number)} the lowest ${length === 1 ? 'one is' : 'ones are'} kept, which is ${kept >>> 0}.`,
  )
}

/** What stands behind a value. */
export function aboutTrailing(
  { name }: Field,
  item: string,
  end: number,
  findings: ConfigFinding[],
): void {
  if (end >= item.length) return
  const rest = item.slice(end)
  const binary = /^[bB][01]+$/.test(rest) && item.charAt(end - 1) === '0'
  findings.push({
    code: 'value-trailing',
    severity: rest.trim() === '' ? 'info' : 'warning',
    message: binary
      ? `The value of ${name} is binary only to a libxl that was built with glibc 2.38 or later; to others it is 0. Write it as decimal or 0x….`
      : `Of the value of ${name} libxl ignores the end, ${quoted(rest)}.`,
    column: end,
  })
}

/** `s` no longer is what it was. */
export function aboutSameLetter(
  { name }: XlField,
  letter: string,
  at: number,
  findings: ConfigFinding[],
): void {
  if (letter !== 's') return
  findings.push({
    code: 'value-same-as-host',
    severity: 'info',
    message: `${name}=s is the same as k, the host's value at the start: nothing keeps it over a migration. Write k.`,
    column: at,
    suggestion: `${name}=k`,
  })
}

/** What an earlier item asked of the same bits. */
export function aboutOverwritten(
  field: Field,
  before: string,
  after: string,
  at: number,
): ConfigFinding | null {
  let lost = false
  for (let place = 0; place < before.length; place++)
    lost ||= before[place] !== 'x' && before[place] !== after[place]
  if (!lost) return null
  const [was, is] =
    field.kind === 'bits'
      ? [bitsAt(before, field.bit, field.length), bitsAt(after, field.bit, field.length)]
      : [before, after]
  return {
    code: 'value-overwritten',
    severity: 'warning',
    message: `${field.name} was ${was} by an earlier item; ${is} takes its place.`,
    column: at,
  }
}

/** Families that libxl cannot encode. */
export function aboutFamily(
  number: CNumber | null,
  text: string,
  at: number,
  findings: ConfigFinding[],
): void {
  if (number === null) {
    findings.push({
      code: 'family-extended-cleared',
      severity: 'warning',
      message:
        'With a letter for family libxl sets the low four bits of it alone and clears the extended family: of an AMD CPU of family 15 or later nothing but 15 is left.',
      column: at,
    })
    return
  }
  const eax = Number.parseInt(text.replace(/[^01]/g, '0'), 2)
  const { family } = cpuSignature(eax)
  if (number.high === 0 && family === number.low) return
  findings.push({
    code: 'family-misencoded',
    severity: 'error',
    message: `libxl cannot encode family ${cNumberText(number)}${number.high === 0 && number.low < 256 ? ' (a slip in its code spoils 128 to 142)' : ', which has no place in a signature'}: the guest is family ${family}. Write the bits of 1:eax as a list item instead.`,
    column: at,
  })
}
