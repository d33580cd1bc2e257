/**
 * What libxl writes into its own JSON for `cpuid`: since MSRs can be asked for an object of two lists, before that the list of leaves alone
 * (libxl__cpuid_policy_list_parse_json in tools/libs/light/libxl_cpuid.c, Xen 4.23-dev).
 */
import {
  type CpuRegister,
  locateJsonError,
  nearestRelease,
  ParseError,
  pointRelease,
  releaseHas,
} from '@xenlevel/cpuid'
import { byteLength } from './c-text.js'
import type { ConfigFinding } from './finding.js'
import { HEADER_NAMES } from './names-table.js'
import { NEWEST } from './parse.js'
import {
  NO_LEAF,
  TEXT_REGISTERS,
  type XlCpuidLeaf,
  type XlCpuidPolicy,
  type XlMsr,
} from './register-list.js'

/** JSON that libxl refuses, or no JSON. Code `XL_CPUID_JSON`; `path` is the value that is wrong. */
export class XlCpuidJsonError extends ParseError {}

/** A configuration from JSON. */
export interface XlCpuidJson extends XlCpuidPolicy {
  /** What libxl takes, and makes something else of. */
  readonly findings: readonly ConfigFinding[]
}

/** Whose rules hold. */
export interface XlCpuidJsonOptions {
  /** The release; the newest by default. */
  readonly release?: string
}

/**
 * Reads libxl's JSON form as libxl does. A number below zero is one that a 32-bit call has printed (`-2147483647` is leaf 0x8000_0001).
 *
 * @param input - the JSON text, or what `JSON.parse` made of it.
 * @throws {@link XlCpuidJsonError} where libxl refuses it, and for a text that is no JSON.
 */
export function parseXlCpuidJson(input: unknown, options: XlCpuidJsonOptions = {}): XlCpuidJson {
  const value = typeof input === 'string' ? parseJson(input) : input
  const findings: ConfigFinding[] = []
  const reader = new Reader(findings)
  if (Array.isArray(value)) return { cpuid: reader.leaves(value, ''), msr: [], findings }
  if (!isObject(value)) throw refusal('', 'an object with "cpuid" and "msr", or a list')
  if (!withMsrs(options.release ?? NEWEST))
    throw refusal('', `a list: libxl of Xen ${options.release} knows no other form`)
  const { cpuid, msr } = value
  if (!Array.isArray(cpuid)) throw refusal('cpuid', 'a list')
  const leaves = reader.leaves(cpuid, 'cpuid')
  if (!Array.isArray(msr)) throw refusal('msr', 'a list')
  return { cpuid: leaves, msr: reader.msrs(msr), findings }
}

/**
 * The JSON text of a configuration, as that release's libxl writes it.
 *
 * @param options - `integers`: `'signed'` as libxl writes them that was built with json-c (from 4.21), by which leaf 0x8000_0001 is
 * -2147483647; libxl reads both.
 * @throws {@link XlCpuidJsonError} if MSRs are asked for and the release cannot write them.
 */
export function formatXlCpuidJson(
  { cpuid, msr }: XlCpuidPolicy,
  options: XlCpuidJsonOptions & { readonly integers?: 'unsigned' | 'signed' } = {},
): string {
  const { release = NEWEST, integers = 'unsigned' } = options
  const number = (value: number) => (integers === 'signed' ? value | 0 : value >>> 0)
  const leaves = cpuid.map(({ leaf, subleaf, eax, ebx, ecx, edx }) => ({
    leaf: number(leaf),
    ...(subleaf === null ? {} : { subleaf: number(subleaf) }),
    // libxl writes 32 characters, whatever is behind them.
    ...(eax === undefined ? {} : { eax: eax.slice(0, 32) }),
    ...(ebx === undefined ? {} : { ebx: ebx.slice(0, 32) }),
    ...(ecx === undefined ? {} : { ecx: ecx.slice(0, 32) }),
    ...(edx === undefined ? {} : { edx: edx.slice(0, 32) }),
  }))
  if (withMsrs(release))
    return JSON.stringify({
      cpuid: leaves,
      msr: msr.map(({ index, policy }) => ({ index: number(index), policy })),
    })
  if (msr.length > 0) throw refusal('msr', `nothing: libxl of Xen ${release} knows no MSRs`)
  return JSON.stringify(leaves)
}

function withMsrs(release: string): boolean {
  return releaseHas(pointRelease(nearestRelease(release) ?? release), HEADER_NAMES)
}

class Reader {
  readonly #findings: ConfigFinding[]

  constructor(findings: ConfigFinding[]) {
    this.#findings = findings
  }

  leaves(list: readonly unknown[], path: string): XlCpuidLeaf[] {
    const leaves: XlCpuidLeaf[] = []
    let ended = false
    list.forEach((entry: unknown, place) => {
      const at = path === '' ? String(place) : `${path}.${place}`
      if (!isObject(entry)) throw refusal(at, 'an object')
      const leaf = this.#number(entry.leaf, `${at}.leaf`)
      if (ended) return
      if (leaf === null || leaf === NO_LEAF) {
        ended = true
        this.#say(
          'list-ended',
          'error',
          `${at} has no leaf, and to libxl that ends the list: it and ${list.length - place - 1} more are not read.`,
        )
        return
      }
      const subleaf = this.#number(entry.subleaf, `${at}.subleaf`)
      leaves.push({
        leaf,
        subleaf: subleaf === NO_LEAF ? null : subleaf,
        ...this.#registers(entry, at),
      })
    })
    return leaves
  }

  msrs(list: readonly unknown[]): XlMsr[] {
    const msrs: XlMsr[] = []
    let ended = false
    list.forEach((entry: unknown, place) => {
      const at = `msr.${place}`
      if (!isObject(entry)) throw refusal(at, 'an object')
      const index = this.#number(entry.index, `${at}.index`)
      if (index === null) throw refusal(`${at}.index`, 'an integer')
      const { policy } = entry
      if (typeof policy !== 'string' || byteLength(policy) !== 64 || policy.includes('\0'))
        throw refusal(`${at}.policy`, 'a text of exactly 64 characters')
      if (ended) return
      ended = index === NO_LEAF
      if (ended)
        this.#say(
          'list-ended',
          'error',
          `${at} has the number that ends a list in libxl: it and ${list.length - place - 1} more are not read.`,
        )
      else msrs.push({ index, policy })
      const wrong = policy.search(/[^01xk]/)
      if (wrong >= 0)
        this.#say(
          'character-unknown',
          'error',
          `${at}.policy: ${JSON.stringify(policy.charAt(wrong))} means nothing, and applying it will fail.`,
        )
    })
    return msrs
  }

  #registers(
    entry: Readonly<Record<string, unknown>>,
    at: string,
  ): Partial<Record<CpuRegister, string>> {
    const registers: Partial<Record<CpuRegister, string>> = {}
    for (const register of TEXT_REGISTERS) {
      const text = entry[register]
      if (text === undefined) continue
      if (typeof text !== 'string') {
        this.#say(
          'register-ignored',
          'warning',
          `${at}.${register} is no text: libxl takes nothing to be asked of it.`,
        )
        continue
      }
      const end = text.indexOf('\0')
      registers[register] = end < 0 ? text : text.slice(0, end)
      if (text.length !== 32 || /[^01xks]/.test(text))
        this.#say(
          'policy-length',
          'error',
          `${at}.${register} is not 32 characters 0, 1, x, k or s: libxl takes it${text.length > 32 && !/[^01xks]/.test(text.slice(0, 32)) ? ' and ignores the end' : ', and applying it will fail'}.`,
        )
    }
    return registers
  }

  /** An integer, cut to 32 bits; null for anything else, which to libxl is as if it were not there. */
  #number(value: unknown, at: string): number | null {
    if (value === undefined) return null
    if (typeof value !== 'number' || !Number.isInteger(value) || Math.abs(value) >= 2 ** 63) {
      this.#say(
        'number-ignored',
        'error',
        `${at} is no integer of 64 bits: to libxl it is not there.`,
      )
      return null
    }
    const number = Number(BigInt.asUintN(32, BigInt(value)))
    if (value < -(2 ** 31) || value > 0xffff_ffff)
      this.#say(
        'number-truncated',
        'error',
        `${at} does not fit 32 bits: 0x${number.toString(16)} is kept.`,
      )
    return number
  }

  #say(code: string, severity: ConfigFinding['severity'], message: string): void {
    this.#findings.push({ code, severity, message })
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refusal(path: string, expected: string): XlCpuidJsonError {
  return new XlCpuidJsonError({
    code: 'XL_CPUID_JSON',
    message: `libxl refuses this cpuid configuration: at ${path === '' ? 'its top' : path}: expected ${expected}.`,
    offset: null,
    path,
  })
}

function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    return value
  } catch (cause) {
    const { offset, line, column } = locateJsonError(text) ?? { offset: 0, line: 1, column: 1 }
    throw new XlCpuidJsonError({
      code: 'XL_CPUID_JSON',
      message: `The cpuid configuration stops being JSON at line ${line}, column ${column}.`,
      offset,
      path: `line ${line}, column ${column}`,
      cause,
    })
  }
}
