/**
 * AMD microcode: containers of an equivalence table and patches, and the patches themselves. AMD publishes no description; this is what
 * xen/arch/x86/cpu/microcode/amd.c, Linux' amd.c and amd_ucode_info.py agree on.
 */
import { cpuSignature } from '@xenlevel/cpuid'
import type { AmdEquivalence } from '../types.js'

/** `DMA\0`, at the start of each container. */
export const MAGIC = 0x0041_4d44
/** Bytes of type and length before a table or patch. */
export const SECTION_HEADER = 8
/** Bytes of an entry of the equivalence table. */
export const EQUIVALENCE_SIZE = 16
/** Bytes of a patch's header up to the registers that it matches. */
export const SHORT_HEADER = 32
/** Bytes of a patch's header with them: what its checksum leaves out. */
export const LONG_HEADER = 64

/** Types of sections. */
export const SECTION = { table: 0, patch: 1 } as const

/** Where the fields of a patch are. */
export const PATCH_FIELD = {
  date: 0,
  patchId: 4,
  dataId: 8,
  dataLength: 10,
  initFlag: 11,
  checksum: 12,
  northBridgeId: 16,
  southBridgeId: 20,
  equivalenceId: 24,
  northBridgeRevision: 26,
  southBridgeRevision: 27,
  biosApiRevision: 28,
} as const

/** The entry of an equivalence table at `offset`. */
export function equivalenceAt(view: DataView, offset: number): AmdEquivalence {
  return {
    offset,
    signature: view.getUint32(offset, true),
    errataMask: view.getUint32(offset + 4, true),
    errataCompare: view.getUint32(offset + 8, true),
    equivalenceId: view.getUint16(offset + 12, true),
    reserved: view.getUint16(offset + 14, true),
  }
}

/** The family that an equivalence id is of: its high digit counts from family 0Fh. */
export function familyOfId(equivalenceId: number): number {
  return 0xf + (equivalenceId >>> 12)
}

/** The family of a CPU signature. */
export function familyOf(signature: number): number {
  return cpuSignature(signature).family
}

/**
 * The signature that an equivalence id is made from: family, extended model, model and stepping, a digit each. A table may name further
 * CPUs under the same id.
 */
export function signatureOfId(equivalenceId: number): number {
  const [family, extended, low] = [
    equivalenceId >>> 12,
    (equivalenceId >>> 8) & 0xf,
    equivalenceId & 0xff,
  ]
  return ((family << 20) | (extended << 16) | 0xf00 | low) >>> 0
}

/** Up to family 12h word 12 is the sum of what follows the long header. */
export function hasChecksum(equivalenceId: number): boolean {
  return familyOfId(equivalenceId) <= 0x12
}

/**
 * From Zen 3 on, patches signed anew have a minimum revision in word 12, which differs from their own in the low byte alone; undefined for
 * every other value there (amd.c, check_min_rev).
 */
export function minRevisionOf(
  equivalenceId: number,
  patchId: number,
  word: number,
): number | undefined {
  const given = equivalenceId >= 0xa000 && word !== 0 && (patchId ^ word) >>> 8 === 0
  return given ? word : undefined
}
