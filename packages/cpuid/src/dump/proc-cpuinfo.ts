/**
 * Linux's /proc/cpuinfo: what the kernel shows, not what the CPU has.
 *
 *     processor	: 0
 *     vendor_id	: AuthenticAMD
 *     cpu family	: 26
 *     flags		: fpu vme de …
 *
 * A flag gives a bit; a flag that is not there says nothing, for the kernel hides what it does not use. So the leaves made here hold
 * the bits that flags tell, the signature, the vendor and the widths of addresses, and a clear bit in them is not known to be clear.
 */

import type { FeatureTable, WordSource } from '../features/table.js'
import { featureTable } from '../features/tables.js'
import type { CpuidLeaf, MsrEntry } from '../leaves.js'
import { type CpuVendor, cpuVendor } from '../signature.js'
import { type DumpLine, damagedLine, linesOf, wrongLine } from './lines.js'
import { featureOfLinuxFlag } from './linux-flags.js'
import { type DumpCpu, DumpSyntaxError, type ReadDump } from './types.js'

/** True if the text has lines that only this form has. */
export function looksLikeProcCpuinfo(text: string): boolean {
  return /^processor[ \t]*:/m.test(text) && /^(?:vendor_id|flags)[ \t]*:/m.test(text)
}

interface Field {
  readonly at: DumpLine
  readonly value: string
}

interface CpuInProgress {
  readonly at: DumpLine
  readonly id: number
  readonly fields: Map<string, Field>
}

/**
 * Reads the form above.
 *
 * @throws {@link DumpSyntaxError} for a line without a colon, a number that cannot be right, a CPU that is there twice or without flags.
 */
export function readProcCpuinfo(text: string): ReadDump {
  const cpus = new Map<number, CpuInProgress>()
  let current: CpuInProgress | undefined
  for (const at of linesOf(text)) {
    if (at.line === '') continue
    const colon = at.line.indexOf(':')
    if (colon < 0) throw damagedLine(at, 'the form "name : value"')
    const name = at.line.slice(0, colon).trim()
    const value = at.line.slice(colon + 1).replace(/^ /, '')
    if (name === 'processor') {
      const id = numberOf({ at, value }, 0x7fff_ffff)
      if (cpus.has(id)) {
        throw wrongLine(at, `begins processor ${id} a second time; read the two dumps one by one.`)
      }
      current = { at, id, fields: new Map() }
      cpus.set(id, current)
    } else if (current === undefined) {
      throw damagedLine(at, '"processor : 0" before it')
    } else {
      current.fields.set(name, { at, value })
    }
  }
  if (cpus.size === 0) {
    throw new DumpSyntaxError(
      'The text has no processor: give /proc/cpuinfo from a line "processor : 0" on.',
      text.length,
      'end of text',
    )
  }
  const table = featureTable()
  return { cpus: [...cpus.values()].map((cpu) => cpuOf(cpu, table)), subleafMarks: true }
}

function cpuOf({ at, id, fields }: CpuInProgress, table: FeatureTable): DumpCpu {
  const flags = fields.get('flags')
  if (flags === undefined) {
    throw wrongLine(
      at,
      `begins processor ${id}, of which no flags follow; expected a line "flags : fpu …" as x86 has it.`,
    )
  }
  const registers = new Registers()
  const vendor = readVendor(fields, registers)
  readIdentity(fields, registers)
  for (const flag of flags.value.split(' ')) {
    const name = featureOfLinuxFlag(flag, vendor)
    const feature = name === undefined ? undefined : table.feature(name)
    const source = feature === undefined ? null : (table.words[feature.word]?.source ?? null)
    if (feature !== undefined && source !== null) registers.set(source, feature.bitInWord)
  }
  return { id, leaves: registers.leaves(), msrs: registers.msrs(), omits: 'clear-bits' }
}

/** Leaf 0, if the kernel shows the vendor's 12 characters. */
function readVendor(
  fields: ReadonlyMap<string, Field>,
  registers: Registers,
): CpuVendor | undefined {
  // The line has lost the spaces at its end, and "  Shanghai  " ends in spaces.
  const name = fields.get('vendor_id')?.value.padEnd(12)
  const level = fields.get('cpuid level')
  // The kernel shows -1 where it found no CPUID at all.
  const limit = level === undefined || level.value === '-1' ? 0 : numberOf(level, 0xffff)
  if (name === undefined || !/^[ -~]{12}$/.test(name)) return undefined
  const [b, d, c] = [0, 4, 8].map((start) => littleEndian(name.slice(start, start + 4)))
  if (b === undefined || c === undefined || d === undefined) return undefined
  registers.put({ leaf: 0, subleaf: 0, a: limit, b, c, d })
  return cpuVendor(b, c, d)
}

function littleEndian(text: string): number {
  let word = 0
  for (let at = 0; at < 4; at++) word |= text.charCodeAt(at) << (8 * at)
  return word >>> 0
}

/** Leaf 1's signature and the address widths of 0x8000_0008. */
function readIdentity(fields: ReadonlyMap<string, Field>, registers: Registers): void {
  const [family, model, stepping] = [
    fields.get('cpu family'),
    fields.get('model'),
    fields.get('stepping'),
  ]
  if (family !== undefined && model !== undefined) {
    // The kernel writes "unknown" for a stepping of 0 on CPUs without CPUID.
    const step = stepping === undefined || stepping.value === 'unknown' ? 0 : numberOf(stepping, 15)
    const signature = signatureOf(numberOf(family, 15 + 255), numberOf(model, 255), step)
    registers.put({ leaf: 1, subleaf: 0, a: signature, b: 0, c: 0, d: 0 })
  }
  const sizes = fields.get('address sizes')
  if (sizes !== undefined) {
    const match = /^(\d{1,2}) bits physical, (\d{1,2}) bits virtual$/.exec(sizes.value)
    if (match === null) {
      throw damagedLine(sizes.at, 'the form "address sizes : 48 bits physical, 48 bits virtual"')
    }
    const widths = Number(match[1]) | (Number(match[2]) << 8)
    registers.put({ leaf: 0x8000_0008, subleaf: 0, a: widths, b: 0, c: 0, d: 0 })
  }
}

/** Leaf 1.eax of a family and model as Linux computes them (arch/x86/lib/cpu.c, x86_family and x86_model). */
function signatureOf(family: number, model: number, stepping: number): number {
  const base = Math.min(family, 15)
  return (
    (((family - base) << 20) |
      ((model >>> 4) << 16) |
      (base << 8) |
      ((model & 15) << 4) |
      stepping) >>>
    0
  )
}

function numberOf({ at, value }: Field, limit: number): number {
  const number = /^\d{1,10}$/.test(value) ? Number(value) : Number.NaN
  if (!(number <= limit)) throw damagedLine(at, `a whole number from 0 to ${limit}`)
  return number
}

/** Leaves and MSRs that are filled bit by bit. */
class Registers {
  readonly #leaves = new Map<number, { -readonly [Key in keyof CpuidLeaf]: CpuidLeaf[Key] }[]>()
  readonly #msrs = new Map<number, bigint>()

  /** Adds a leaf that is not there yet. */
  put(leaf: CpuidLeaf): void {
    this.#leaf(leaf.leaf, leaf.subleaf ?? 0, leaf)
  }

  /** Sets one bit of a featureset word where the hardware keeps it. */
  set(source: WordSource, bit: number): void {
    if ('msr' in source) {
      const shift = BigInt(bit + (source.register === 'edx' ? 32 : 0))
      this.#msrs.set(source.msr, (this.#msrs.get(source.msr) ?? 0n) | (1n << shift))
      return
    }
    const leaf = this.#leaf(source.leaf, source.subleaf ?? 0)
    const mask = 1 << bit
    if (source.register === 'eax') leaf.a = (leaf.a | mask) >>> 0
    if (source.register === 'ebx') leaf.b = (leaf.b | mask) >>> 0
    if (source.register === 'ecx') leaf.c = (leaf.c | mask) >>> 0
    if (source.register === 'edx') leaf.d = (leaf.d | mask) >>> 0
  }

  /** Ascending. */
  leaves(): CpuidLeaf[] {
    return [...this.#leaves.values()]
      .flat()
      .sort((one, other) => one.leaf - other.leaf || (one.subleaf ?? 0) - (other.subleaf ?? 0))
  }

  msrs(): MsrEntry[] {
    return [...this.#msrs].map(([index, value]) => ({ index, flags: 0, value }))
  }

  #leaf(leaf: number, subleaf: number, initial?: CpuidLeaf) {
    const subleaves = this.#leaves.get(leaf) ?? []
    this.#leaves.set(leaf, subleaves)
    const present = subleaves.find((other) => other.subleaf === subleaf)
    if (present !== undefined) return present
    const made = { leaf, subleaf, a: 0, b: 0, c: 0, d: 0, ...initial }
    subleaves.push(made)
    return made
  }
}
