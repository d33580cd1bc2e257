/** What libxl keeps of a `cpuid=` configuration: for each leaf up to four texts of 32 characters, for each MSR one of 64. */
import type { CpuRegister } from '@xenlevel/cpuid'

/** What is asked of a leaf: of each register 32 characters `0 1 x k s`, the first for bit 31. A register that is not there is left alone. */
export interface XlCpuidLeaf {
  /** The leaf. */
  readonly leaf: number
  /** Its sub-leaf; null for a leaf without. */
  readonly subleaf: number | null
  /** What is asked of eax. */
  readonly eax?: string
  /** What is asked of ebx. */
  readonly ebx?: string
  /** What is asked of ecx. */
  readonly ecx?: string
  /** What is asked of edx. */
  readonly edx?: string
}

/** What is asked of an MSR: 64 characters `0 1 x k`, the first for bit 63. */
export interface XlMsr {
  /** Number of the MSR. */
  readonly index: number
  /** What is asked of it. */
  readonly policy: string
}

/** A configuration as libxl keeps it (libxl_cpuid_policy_list), in the order in which its leaves and MSRs were first named. */
export interface XlCpuidPolicy {
  /** The leaves, each once. */
  readonly cpuid: readonly XlCpuidLeaf[]
  /** The MSRs, each once; releases that know no MSRs have none. */
  readonly msr: readonly XlMsr[]
}

/** The number that ends a list in C; libxl loses what is asked of a leaf of this number. */
export const NO_LEAF = 0xffff_ffff

/** Nothing asked of a register. */
export const UNASKED = /* @__PURE__ */ 'x'.repeat(32)
const UNASKED_MSR = /* @__PURE__ */ 'x'.repeat(64)

type Entry = { -readonly [Key in keyof XlCpuidLeaf]: XlCpuidLeaf[Key] }

/** The list while it is made. */
export class RegisterList implements XlCpuidPolicy {
  readonly cpuid: Entry[] = []
  readonly msr: { index: number; policy: string }[] = []

  /** The entry of a leaf, made if it is new. */
  entry(leaf: number, subleaf: number | null): Entry {
    for (const entry of this.cpuid)
      if (entry.leaf === leaf && entry.subleaf === subleaf) return entry
    const made: Entry = { leaf, subleaf }
    if (leaf !== NO_LEAF) this.cpuid.push(made)
    return made
  }

  /** The entry of an MSR, made if it is new. */
  msrEntry(index: number): { index: number; policy: string } {
    for (const entry of this.msr) if (entry.index === index) return entry
    const made = { index, policy: UNASKED_MSR }
    this.msr.push(made)
    return made
  }
}

/** Puts characters into a register's text, so that the last of them is for a bit. */
export function putBits(text: string, bit: number, characters: string): string {
  const end = text.length - bit
  return text.slice(0, end - characters.length) + characters + text.slice(end)
}

/** The characters of a register's text for bits from a lowest one on. */
export function bitsAt(text: string, bit: number, length: number): string {
  const end = text.length - bit
  return text.slice(end - length, end)
}

/** The registers that a leaf's text can be about. */
export const TEXT_REGISTERS: readonly CpuRegister[] = ['eax', 'ebx', 'ecx', 'edx']
