/** What the texts of a configuration make of registers: one character a bit, the first for the highest. */
import { fault, type PolicyFault } from '../../policy/errors.js'
import {
  ARCH_CAPABILITIES,
  MSR_ARCH_CAPABILITIES,
  MSR_PLATFORM_INFO,
  PLATFORM_INFO,
  type PolicyExtent,
} from '../../policy/layout.js'
import type { XlCpuidLeaf, XlMsr } from './register-list.js'
import { isLimit, visiblePlace } from './visible.js'

/** What a register's bits are taken from. */
interface BitSources {
  /** What `x` stands for. */
  readonly unasked: number
  /** What `k` stands for. */
  readonly host: number
}

/** A register as a text asks for it; null if a character means nothing. */
export function askedRegister(
  text: string,
  start: number,
  { unasked, host }: BitSources,
): number | null {
  let value = 0
  for (let place = 0; place < 32; place++) {
    const bit = 31 - place
    switch (text.charCodeAt(start + place)) {
      case ONE:
        value |= 1 << bit
        break
      case ZERO:
        break
      case X:
        value |= unasked & (1 << bit)
        break
      case K:
      case S:
        value |= host & (1 << bit)
        break
      default:
        return null
    }
  }
  return value >>> 0
}

const ZERO = 0x30
const ONE = 0x31
const X = 0x78
const K = 0x6b
const S = 0x73

/** The policies that configurations are about, as words. */
export interface AskedOf {
  /** What the domain has; its own leaves are those that can be asked about. */
  readonly current: Uint32Array
  /** What `x` stands for. */
  readonly unasked: Uint32Array
  /** What `k` stands for. */
  readonly host: Uint32Array
  readonly extent: PolicyExtent
}

/** Why a configuration cannot be applied: the item of the list, and what is wrong with it. */
export interface AskedFault {
  /** What libxenguest answers. */
  readonly error: PolicyFault
  /** The leaf or MSR. */
  readonly entry: XlCpuidLeaf | XlMsr
  /** A policy does not have it; a character means nothing; it is sent, and Xen keeps fewer bits. */
  readonly why: 'missing' | 'character' | 'overflow'
}

const REGISTERS = ['eax', 'ebx', 'ecx', 'edx'] as const

/** Puts what is asked of leaves into a policy; stops at the first fault. */
export function putLeaves(
  words: Uint32Array,
  cpuid: readonly XlCpuidLeaf[],
  of: AskedOf,
): AskedFault | null {
  for (const entry of cpuid) {
    const at = visiblePlace(of.current, entry.leaf, entry.subleaf, of.extent)
    if (
      at < 0 ||
      visiblePlace(of.unasked, entry.leaf, entry.subleaf, of.extent) < 0 ||
      visiblePlace(of.host, entry.leaf, entry.subleaf, of.extent) < 0
    )
      return { error: fault('EINVAL'), entry, why: 'missing' }
    for (let register = 0; register < 4; register++) {
      const text = entry[REGISTERS[register] ?? 'eax']
      if (text === undefined) continue
      const place = isLimit(at) && register > 0 ? -1 : at + register
      const value = askedRegister(text, 0, {
        unasked: of.unasked[place] ?? 0,
        host: of.host[place] ?? 0,
      })
      if (value === null) return { error: fault('EINVAL'), entry, why: 'character' }
      if (place >= 0) words[place] = isLimit(at) ? value & 0xff : value
    }
  }
  return null
}

/** The same of MSRs, which are sent all, whichever is asked for. */
export function putMsrs(words: Uint32Array, msr: readonly XlMsr[], of: AskedOf): AskedFault | null {
  let overflow: XlMsr | null = null
  for (const entry of msr) {
    const place = placeOfMsr(entry.index, of.extent)
    if (place < 0) return { error: fault('ENOENT'), entry, why: 'missing' }
    // Of this one Xen keeps 32 bits; the toolstack does not know.
    const narrow = place === PLATFORM_INFO
    const high = askedHalf(entry, 0, narrow ? -1 : place + 1, of)
    const low = askedHalf(entry, 32, place, of)
    if (high === null || low === null) return { error: fault('EINVAL'), entry, why: 'character' }
    words[place] = low
    if (narrow) overflow = high === 0 ? null : entry
    else words[place + 1] = high
  }
  return overflow === null
    ? null
    : { error: fault('EOVERFLOW', { msr: overflow.index }), entry: overflow, why: 'overflow' }
}

/** One half of an MSR; `s` means nothing here. */
function askedHalf({ policy }: XlMsr, start: number, place: number, of: AskedOf): number | null {
  if (policy.includes('s')) return null
  return askedRegister(policy, start, {
    unasked: of.unasked[place] ?? 0,
    host: of.host[place] ?? 0,
  })
}

/** Where an MSR is stored; -1 if the release keeps no such MSR. */
export function placeOfMsr(index: number, extent: PolicyExtent): number {
  if (index === MSR_PLATFORM_INFO) return PLATFORM_INFO
  return index === MSR_ARCH_CAPABILITIES && extent.msrs > 1 ? ARCH_CAPABILITIES : -1
}
