/**
 * How the toolstack set leaves before 4.14 (xc_cpuid_set in tools/libxc/xc_cpuid_x86.c): one after the other, each whole, from the max and the
 * host policy; what the domain had of the leaf is not looked at.
 */
import { fault } from '../../policy/errors.js'
import { placeOfLeaf } from '../../policy/layout.js'
import { type AskedFault, type AskedOf, askedRegister } from './asked.js'
import type { XlCpuidLeaf } from './register-list.js'
import { isLimit, visiblePlace } from './visible.js'

const REGISTERS = ['eax', 'ebx', 'ecx', 'edx'] as const

/** Puts one leaf into a policy; registers that are not asked for become the max policy's, and those of a leaf that it lacks zero. */
export function putLeaf(words: Uint32Array, entry: XlCpuidLeaf, of: AskedOf): AskedFault | null {
  const { leaf, subleaf } = entry
  const at = storedPlace(entry, of)
  const [unaskedAt, hostAt] = [of.unasked, of.host].map((policy) =>
    visiblePlace(policy, leaf, subleaf, of.extent),
  )
  const register = (policy: Uint32Array, place: number | undefined, offset: number) =>
    place === undefined || place < 0 || (isLimit(place) && offset > 0)
      ? 0
      : (policy[place + offset] ?? 0)
  const values: number[] = []
  for (let offset = 0; offset < 4; offset++) {
    const unasked = register(of.unasked, unaskedAt, offset)
    const text = entry[REGISTERS[offset] ?? 'eax']
    const host = register(of.host, hostAt, offset)
    const value = text === undefined ? unasked : askedRegister(text, 0, { unasked, host })
    if (value === null) return { error: fault('EINVAL'), entry, why: 'character' }
    values.push(value)
  }
  if (at < 0) return { error: fault('ERANGE', { leaf, subleaf }), entry, why: 'missing' }
  if (isLimit(at)) words[at] = (values[0] ?? 0) & 0xff
  else words.set(values, at)
  return null
}

function storedPlace({ leaf, subleaf }: XlCpuidLeaf, { extent, current }: AskedOf): number {
  const at = placeOfLeaf(leaf, subleaf, extent)
  // The hypervisor leaves are always there.
  return at < 0 ? visiblePlace(current, leaf, subleaf, extent) : at
}
