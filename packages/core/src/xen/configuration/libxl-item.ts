/** One item of libxl's `cpuid=`: `name=value` (libxl_cpuid_parse_config in tools/libs/light/libxl_cpuid.c, Xen 4.23-dev). */
import type { ConfigFinding } from './finding.js'
import {
  aboutFamily,
  aboutName,
  aboutNumber,
  aboutOverwritten,
  aboutSameLetter,
  aboutTrailing,
  missingSign,
  unknownMsrValue,
  unknownName,
  unknownValue,
} from './libxl-findings.js'
import type { XlField } from './names.js'
import { bitsAt, putBits, type RegisterList, UNASKED } from './register-list.js'
import { type CNumber, readCNumber } from './strtoul.js'

/** What libxl answers: 0 taken, 1 no "=", 2 a name that it does not know, 3 a value that it does not take. */
export type LibxlCode = 0 | 1 | 2 | 3

/** What items are read by. */
export interface ItemContext {
  /** The names of the release. */
  readonly names: ReadonlyMap<string, XlField>
  /** The release. */
  readonly release: string
  /** Where what is asked is put. */
  readonly list: RegisterList
  /** Where what is noticed is put. */
  readonly findings: ConfigFinding[]
}

/** Reads one item into the list. */
export function readLibxlItem(item: string, context: ItemContext): LibxlCode {
  const sign = item.indexOf('=')
  if (sign < 0) {
    context.findings.push(missingSign(item))
    return 1
  }
  const name = item.slice(0, sign)
  const field = context.names.get(name)
  if (field === undefined) {
    context.findings.push(unknownName(name, context))
    return 2
  }
  const found = aboutName(field)
  if (found !== null) context.findings.push(found)
  const at = sign + 1
  return field.kind === 'msr'
    ? putMsrBit(field, item, at, context)
    : putField(field, item, at, context)
}

type Field = Exclude<XlField, { kind: 'msr' }>

function putField(field: Field, item: string, at: number, context: ItemContext): LibxlCode {
  const { list, findings } = context
  // The leaf is in the list from here on, whatever becomes of the value.
  const entry = list.entry(field.leaf, field.subleaf)
  const number = readCNumber(item, at)
  const letter = item[at] ?? ''
  if (number === null && letter !== 'x' && letter !== 'k' && letter !== 's') {
    findings.push(unknownValue(field, item, at))
    return 3
  }
  const bits = number === null ? letter.repeat(field.length) : binary(number.low, field.length)
  const before = entry[field.register] ?? UNASKED
  const after = put(before, field, bits, number)
  entry[field.register] = after
  if (before !== UNASKED) {
    const overwritten = aboutOverwritten(field, before, after, at)
    if (overwritten !== null) findings.push(overwritten)
  }
  if (number === null) aboutSameLetter(field, letter, at, findings)
  else aboutNumber(field, number, at, findings)
  aboutTrailing(field, item, number === null ? at + 1 : number.end, findings)
  if (field.kind === 'family') aboutFamily(number, after, at, findings)
  return 0
}

/** Where the bits of a field go; family and model have two places in leaf 1's eax. */
function put(text: string, field: Field, bits: string, number: CNumber | null): string {
  switch (field.kind) {
    case 'bits':
      return putBits(text, field.bit, bits)
    case 'model':
      return putBits(putBits(text, 16, bits.slice(0, 4)), 4, bits.slice(4))
    case 'family':
      if (number === null || (number.high === 0 && number.low < 16))
        return putBits(putBits(text, 20, '00000000'), 8, bits.slice(4))
      // The top bit of the extended family stays that of the whole number: a slip that spoils families 128 to 142.
      return putBits(
        putBits(text, 20, bits.slice(0, 1) + binary((number.low - 15) >>> 0, 7)),
        8,
        '1111',
      )
  }
}

/** The low bits of a number. */
function binary(number: number, length: number): string {
  return number.toString(2).padStart(length, '0').slice(-length)
}

function putMsrBit(
  field: Extract<XlField, { kind: 'msr' }>,
  item: string,
  at: number,
  { list, findings }: ItemContext,
): LibxlCode {
  const entry = list.msrEntry(field.index)
  const value = item.slice(at)
  if (value.length !== 1 || !'01xks'.includes(value)) {
    findings.push(unknownMsrValue(field, item, at))
    return 3
  }
  const before = bitsAt(entry.policy, field.bit, 1)
  const after = value === 's' ? 'k' : value
  if (before !== 'x' && before !== after) {
    findings.push({
      code: 'value-overwritten',
      severity: 'warning',
      message: `${field.name} was ${before} by an earlier item; ${after} takes its place.`,
      column: at,
    })
  }
  if (value === 's') aboutSameLetter(field, value, at, findings)
  entry.policy = putBits(entry.policy, field.bit, after)
  return 0
}
