/**
 * One item of xend's old language, which xl takes when `cpuid` is a list: `leaf[,subleaf]:register=32 characters[,…]`
 * (libxl_cpuid_parse_config_xend in tools/libs/light/libxl_cpuid.c, Xen 4.23-dev).
 */
import type { CpuRegister } from '@xenlevel/cpuid'
import { byteLength } from './c-text.js'
import type { ConfigFinding } from './finding.js'
import type { ItemContext } from './libxl-item.js'
import { TEXT_REGISTERS } from './register-list.js'
import { type CNumber, readCNumber } from './strtoul.js'
import { aboutLeaf, aboutLeafNumber, aboutPolicy, aboutRepeated, refusal } from './xend-findings.js'

/** What libxl answers: 0 taken; 1 no leaf, 2 no sub-leaf, 3 no ":", 4 no register, 5 not 32 characters. */
export type XendCode = 0 | 1 | 2 | 3 | 4 | 5

/** Reads one item into the list. What was read before an error stays. */
export function readXendItem(item: string, context: ItemContext): XendCode {
  const { findings } = context
  const refuse = (code: Exclude<XendCode, 0>, column: number): XendCode => {
    findings.push(refusal(code, item, column))
    return code
  }
  const leaf = readCNumber(item, 0)
  if (leaf === null) return refuse(1, 0)
  aboutLeafNumber(leaf, 'leaf', 0, findings)
  let end = leaf.end
  let subleaf: CNumber | null = null
  if (item[end] === ',') {
    subleaf = readCNumber(item, end + 1)
    if (subleaf === null) return refuse(2, end + 1)
    aboutLeafNumber(subleaf, 'sub-leaf', end + 1, findings)
    end = subleaf.end
  }
  if (item[end] !== ':') return refuse(3, end)
  return readRegisters(item, end + 1, leaf.low, subleaf?.low ?? NONE, context)
}

/** To C, the sub-leaf of a leaf without one. */
const NONE = 0xffff_ffff

function readRegisters(
  item: string,
  from: number,
  leaf: number,
  subleafNumber: number,
  { list, findings, release }: ItemContext,
): XendCode {
  const refuse = (code: Exclude<XendCode, 0>, column: number): XendCode => {
    findings.push(refusal(code, item, column))
    return code
  }
  const subleaf = subleafNumber === NONE ? null : subleafNumber
  const entry = list.entry(leaf, subleaf)
  aboutLeaf({ leaf, subleaf, release }, findings)
  let at = from
  if (at === item.length) findings.push(noRegisters(at))
  while (at < item.length) {
    const register = registerAt(item, at)
    const sign = item.indexOf('=', at)
    if (register === undefined || sign < 0) return refuse(4, at)
    const comma = item.indexOf(',', sign + 1)
    const end = comma < 0 ? item.length : comma
    const policy = item.slice(sign + 1, end)
    // C counts bytes.
    if (byteLength(policy) !== 32) return refuse(5, sign + 1)
    aboutRepeated({ register, name: item.slice(at, sign), before: entry[register] }, at, findings)
    aboutPolicy(policy, sign + 1, findings)
    entry[register] = policy
    at = comma < 0 ? end : comma + 1
    if (comma >= 0) while (item[at] === ' ' || item[at] === '\n') at++
  }
  return 0
}

/** C looks at the first and the third character, and takes the second for the register. */
function registerAt(item: string, at: number): CpuRegister | undefined {
  if (item[at] !== 'e' || item[at + 2] !== 'x') return undefined
  return TEXT_REGISTERS[item.charCodeAt(at + 1) - 0x61]
}

function noRegisters(column: number): ConfigFinding {
  return {
    code: 'registers-missing',
    severity: 'info',
    message:
      'No register is named: nothing is asked, but the leaf must be one that the domain has.',
    column,
  }
}
