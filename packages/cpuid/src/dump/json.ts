/**
 * CPUID dumps as JSON: `{ "cpus": [ { "id": 0, "leaves": [ … ], "msrs": … } ] }`, or one CPU without the list around it.
 *
 * A leaf is `{ leaf, subleaf, eax, ebx, ecx, edx }` (or `a`, `b`, `c`, `d`); `msrs` is an object of number to value. Numbers are
 * JSON numbers or texts in hexadecimal with 0x.
 */
import { quoteForMessage } from '../errors.js'
import { locateJsonError } from '../json-error.js'
import type { CpuidLeaf, MsrEntry } from '../leaves.js'
import { type DumpCpu, DumpSyntaxError, type ReadDump } from './types.js'

const MAX_WORD = 0xffff_ffffn
const MAX_VALUE = 0xffff_ffff_ffff_ffffn

/** True if the text can only be JSON. */
export function looksLikeJson(text: string): boolean {
  return /^\s*\{/.test(text)
}

/** Reads the form above. @throws {@link DumpSyntaxError} with the path of the field that is wrong. */
export function readJsonDump(text: string): ReadDump {
  const document = asObject(parseJson(text), '')
  const list = document.cpus === undefined ? [document] : asArray(document.cpus, 'cpus')
  if (list.length === 0) throw wrong('cpus', 'a list with at least one CPU', list)
  const cpus = list.map((cpu, place) =>
    cpuOf(
      asObject(cpu, `cpus[${place}]`),
      document.cpus === undefined ? '' : `cpus[${place}].`,
      place,
    ),
  )
  return { cpus, subleafMarks: true }
}

function cpuOf(cpu: JsonObject, path: string, place: number): DumpCpu {
  const leaves = asArray(cpu.leaves, `${path}leaves`).map((leaf, at) =>
    leafOf(asObject(leaf, `${path}leaves[${at}]`), `${path}leaves[${at}]`),
  )
  if (leaves.length === 0) throw wrong(`${path}leaves`, 'a list with at least one leaf', leaves)
  const msrs = cpu.msrs === undefined || cpu.msrs === null ? {} : asObject(cpu.msrs, `${path}msrs`)
  return {
    id: cpu.id === undefined ? place : asWord(cpu.id, `${path}id`),
    leaves,
    msrs: Object.entries(msrs).map(
      ([index, value]): MsrEntry => ({
        index: Number(asInteger(index, `${path}msrs["${index}"] (its number)`, MAX_WORD)),
        flags: 0,
        value: asInteger(value, `${path}msrs["${index}"]`, MAX_VALUE),
      }),
    ),
  }
}

function leafOf(leaf: JsonObject, path: string): CpuidLeaf {
  const register = (long: string, short: string) =>
    asWord(leaf[long] ?? leaf[short], `${path}.${leaf[short] === undefined ? long : short}`)
  return {
    leaf: asWord(leaf.leaf, `${path}.leaf`),
    subleaf:
      leaf.subleaf === null || leaf.subleaf === undefined
        ? 0
        : asWord(leaf.subleaf, `${path}.subleaf`),
    a: register('eax', 'a'),
    b: register('ebx', 'b'),
    c: register('ecx', 'c'),
    d: register('edx', 'd'),
  }
}

type JsonObject = Readonly<Record<string, unknown>>

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    const { offset, line, column } = locateJsonError(text) ?? { offset: 0, line: 1, column: 1 }
    throw new DumpSyntaxError(
      `The dump begins like JSON and stops being JSON at line ${line}, column ${column}.`,
      offset,
      `line ${line}, column ${column}`,
    )
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function asObject(value: unknown, path: string): JsonObject {
  if (!isObject(value)) throw wrong(path, 'an object', value)
  return value
}

function asArray(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(path, 'a list', value)
  return value
}

function asWord(value: unknown, path: string): number {
  return Number(asInteger(value, path, MAX_WORD))
}

function asInteger(value: unknown, path: string, limit: bigint): bigint {
  let number: bigint | undefined
  if (typeof value === 'number' && Number.isSafeInteger(value)) number = BigInt(value)
  if (typeof value === 'string' && /^0x[0-9a-fA-F]{1,16}$/.test(value)) number = BigInt(value)
  if (number === undefined || number < 0n || number > limit) {
    throw wrong(
      path,
      `a whole number from 0 to 0x${limit.toString(16)}, or such a number as a text in hexadecimal with 0x`,
      value,
    )
  }
  return number
}

function wrong(path: string, expected: string, value: unknown): DumpSyntaxError {
  const found =
    value === undefined ? 'nothing' : quoteForMessage(JSON.stringify(value) ?? String(value))
  return new DumpSyntaxError(
    `The JSON dump is wrong at ${path === '' ? 'its top' : path}: expected ${expected}, found ${found}.`,
    null,
    path,
  )
}
