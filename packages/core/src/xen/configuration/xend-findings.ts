/** What there is to say of an item in xend's language. */
import type { CpuRegister } from '@xenlevel/cpuid'
import { placeOfLeaf } from '../../policy/layout.js'
import { releaseRules } from '../releases.js'
import type { ConfigFinding } from './finding.js'
import { NO_LEAF } from './register-list.js'
import { type CNumber, cNumberText } from './strtoul.js'

const REFUSALS: readonly { readonly code: string; readonly message: string }[] = [
  {
    code: 'leaf-missing',
    message:
      'The item must begin with the number of a leaf, such as "1:edx=…" or "0x80000001:ecx=…".',
  },
  {
    code: 'subleaf-missing',
    message: 'Behind the comma a sub-leaf must follow, such as "7,0:ebx=…".',
  },
  {
    code: 'colon-missing',
    message: 'Behind the leaf and its sub-leaf a ":" must follow, such as "7,0:ebx=…".',
  },
  {
    code: 'register-unknown',
    message: 'A register must follow: eax, ebx, ecx or edx in small letters, and "=".',
  },
  {
    code: 'policy-length',
    message: 'Behind the "=" exactly 32 characters must follow, one a bit, the first for bit 31.',
  },
]

/** An item that libxl refuses. */
export function refusal(code: 1 | 2 | 3 | 4 | 5, item: string, column: number): ConfigFinding {
  const row = REFUSALS[code - 1]
  const kept = code >= 4 ? ' What stands before it in the item is kept.' : ''
  const got = item.slice(column, column + 16)
  return {
    code: row?.code ?? 'item-refused',
    severity: 'error',
    message: `${row?.message ?? ''} Found ${got === '' ? 'the end' : JSON.stringify(got)}; libxl answers with error ${code} and skips the item.${kept}`,
    column,
  }
}

/** A leaf's number that is not what it looks like. */
export function aboutLeafNumber(
  number: CNumber,
  what: 'leaf' | 'sub-leaf',
  column: number,
  findings: ConfigFinding[],
): void {
  const cut = number.high !== 0 || number.overflow
  if (number.base === 8)
    findings.push({
      code: 'leaf-octal',
      severity: 'warning',
      message: `The number of the ${what} begins with 0, so C reads it as octal: 0x${number.low.toString(16)}. Write it as 0x….`,
      column,
    })
  if (number.negative || cut)
    findings.push({
      code: 'leaf-truncated',
      severity: 'error',
      message: `The number of the ${what} does not fit 32 bits: of ${cNumberText(number)} 0x${number.low.toString(16)} is kept.`,
      column,
    })
}

const hex = (number: number) => (number < 10 ? String(number) : `0x${number.toString(16)}`)

/** A leaf that no policy of the release has: applying it will fail. */
export function aboutLeaf(
  { leaf, subleaf, release }: { leaf: number; subleaf: number | null; release: string },
  findings: ConfigFinding[],
): void {
  if (leaf === NO_LEAF) {
    findings.push({
      code: 'leaf-lost',
      severity: 'error',
      message: 'Leaf 0xffffffff ends a list in C: libxl takes the item and forgets it.',
      column: 0,
      leaf,
      subleaf,
    })
    return
  }
  const extent = releaseRules(release)
  const limits = leaf === 0x4000_0000 || leaf === 0x4000_0100
  if (limits ? subleaf === null : placeOfLeaf(leaf, subleaf, extent) >= 0) return
  const fails = 'Xen keeps no such leaf: applying the configuration will fail.'
  const withNone = subleaf !== null && (limits || placeOfLeaf(leaf, null, extent) >= 0)
  const withZero = subleaf === null && placeOfLeaf(leaf, 0, extent) >= 0
  findings.push({
    code: withZero ? 'subleaf-missing' : withNone ? 'subleaf-superfluous' : 'leaf-unknown',
    severity: 'error',
    message: withZero
      ? `Leaf ${hex(leaf)} has sub-leaves, and without one it is another leaf. ${fails} Write "${hex(leaf)},0:".`
      : withNone
        ? `Leaf ${hex(leaf)} has no sub-leaves, and with one it is another leaf. ${fails} Write "${hex(leaf)}:".`
        : `Leaf ${hex(leaf)}${subleaf === null ? '' : `, sub-leaf ${hex(subleaf)}`}: ${fails}`,
    column: 0,
    leaf,
    subleaf,
    ...(withZero ? { suggestion: `${hex(leaf)},0` } : withNone ? { suggestion: hex(leaf) } : {}),
  })
}

/** A register that was asked for before, or whose name is longer than C reads. */
export function aboutRepeated(
  { register, name, before }: { register: CpuRegister; name: string; before: string | undefined },
  column: number,
  findings: ConfigFinding[],
): void {
  if (name !== register)
    findings.push({
      code: 'register-trailing',
      severity: 'warning',
      message: `${JSON.stringify(name.slice(0, 40))} is read as ${register}: libxl ignores what stands between the register and "=".`,
      column: column + 3,
    })
  if (before !== undefined)
    findings.push({
      code: 'register-repeated',
      severity: 'warning',
      message: `${register} of this leaf was asked for before: these 32 characters take the place of all of those.`,
      column,
    })
}

/** Characters that mean nothing, and `s`. */
export function aboutPolicy(policy: string, column: number, findings: ConfigFinding[]): void {
  const wrong = policy.search(/[^01xks]/)
  if (wrong >= 0)
    findings.push({
      code: 'character-unknown',
      severity: 'error',
      message: `${JSON.stringify(policy.slice(wrong, wrong + 1))} means nothing: the characters are 0, 1, x (the default), k and s (the host). libxl looks only when it applies them, and that will fail.`,
      column: column + wrong,
    })
  const same = policy.indexOf('s')
  if (same >= 0)
    findings.push({
      code: 'value-same-as-host',
      severity: 'info',
      message:
        "s is the same as k, the host's value at the start: nothing keeps it over a migration. Write k.",
      column: column + same,
    })
}
