/**
 * Leaves and MSRs on the wire: `xen_cpuid_leaf_t` (24 bytes: leaf, sub-leaf, eax, ebx, ecx, edx) and `xen_msr_entry_t` (16 bytes: index,
 * flags, 64-bit value), little-endian (Xen, xen/include/public/arch-x86/xen.h). The same in hypercalls and in migration streams.
 */
import { ParseError } from './errors.js'
import type { CpuidLeaf, MsrEntry } from './leaves.js'

/** Bytes of a leaf on the wire. */
const LEAF_BYTES = 24
/** The same in words. */
const WORDS_OF_LEAF = LEAF_BYTES / 4
/** Bytes of an MSR on the wire. */
const MSR_BYTES = 16
/** The sub-leaf of a leaf without sub-leaves. */
const NO_SUBLEAF = 0xffff_ffff

/** Bytes that are no whole number of records. Code `RECORDS_LENGTH`; `offset` is where the last whole one ends. */
export class RecordsLengthError extends ParseError {
  constructor(what: string, length: number, size: number) {
    super({
      code: 'RECORDS_LENGTH',
      message: `${length} bytes are no whole number of ${what} of ${size} bytes: ${length % size} are left over after the last one.`,
      offset: length - (length % size),
      path: `${what}[${Math.floor(length / size)}]`,
      details: { length, size },
    })
  }
}

/**
 * Leaves from their wire form; a sub-leaf of 0xffff_ffff is null.
 *
 * @throws {@link RecordsLengthError} if the length is no multiple of 24.
 */
export function decodeLeaves(bytes: Uint8Array): CpuidLeaf[] {
  if (bytes.length % LEAF_BYTES !== 0)
    throw new RecordsLengthError('leaves', bytes.length, LEAF_BYTES)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const leaves: CpuidLeaf[] = []
  for (let at = 0; at < bytes.length; at += LEAF_BYTES) {
    const subleaf = view.getUint32(at + 4, true)
    leaves.push({
      leaf: view.getUint32(at, true),
      subleaf: subleaf === NO_SUBLEAF ? null : subleaf,
      a: view.getUint32(at + 8, true),
      b: view.getUint32(at + 12, true),
      c: view.getUint32(at + 16, true),
      d: view.getUint32(at + 20, true),
    })
  }
  return leaves
}

/** The wire form of leaves. */
export function encodeLeaves(leaves: readonly CpuidLeaf[]): Uint8Array {
  const words = new Uint32Array(leaves.length * WORDS_OF_LEAF)
  let at = 0
  for (const { leaf, subleaf, a, b, c, d } of leaves) {
    words[at] = leaf
    words[at + 1] = subleaf ?? NO_SUBLEAF
    words[at + 2] = a
    words[at + 3] = b
    words[at + 4] = c
    words[at + 5] = d
    at += WORDS_OF_LEAF
  }
  return littleEndianBytes(words)
}

/** The bytes of words, made little-endian in place where the machine is not. */
function littleEndianBytes(words: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(words.buffer)
  const [first = 0] = words
  words[0] = 1
  const little = bytes[0] === 1
  words[0] = first
  if (little) return bytes
  const view = new DataView(words.buffer)
  words.forEach((word, index) => {
    view.setUint32(index * 4, word, true)
  })
  return bytes
}

/**
 * MSRs from their wire form.
 *
 * @throws {@link RecordsLengthError} if the length is no multiple of 16.
 */
export function decodeMsrs(bytes: Uint8Array): MsrEntry[] {
  if (bytes.length % MSR_BYTES !== 0) throw new RecordsLengthError('MSRs', bytes.length, MSR_BYTES)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const msrs: MsrEntry[] = []
  for (let at = 0; at < bytes.length; at += MSR_BYTES) {
    msrs.push({
      index: view.getUint32(at, true),
      flags: view.getUint32(at + 4, true),
      value: view.getBigUint64(at + 8, true),
    })
  }
  return msrs
}

/** The wire form of MSRs. */
export function encodeMsrs(msrs: readonly MsrEntry[]): Uint8Array {
  const bytes = new Uint8Array(msrs.length * MSR_BYTES)
  const view = new DataView(bytes.buffer)
  msrs.forEach(({ index, flags, value }, place) => {
    view.setUint32(place * MSR_BYTES, index, true)
    view.setUint32(place * MSR_BYTES + 4, flags, true)
    view.setBigUint64(place * MSR_BYTES + 8, value, true)
  })
  return bytes
}
