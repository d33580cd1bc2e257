/**
 * Intel microcode updates in binary form: header, data, table of further signatures (Intel SDM volume 3, "Microcode update facilities";
 * the metadata is only known from Intel's releases).
 */
import type { MetadataBlock, UpdateSignature } from '../types.js'

/** Bytes of the header. */
export const HEADER_SIZE = 48
/** Bytes of data where the header says 0. */
const DEFAULT_DATA_SIZE = 2000
/** Bytes of header and data where the header says 0. */
const DEFAULT_TOTAL_SIZE = 2048
/** Bytes before the entries of the table of further signatures. */
export const TABLE_HEADER_SIZE = 20
/** Bytes of an entry. */
export const ENTRY_SIZE = 12

/** Where the fields of the header are. */
export const FIELD = {
  headerVersion: 0,
  revision: 4,
  date: 8,
  signature: 12,
  checksum: 16,
  loaderVersion: 20,
  platformMask: 24,
  dataSize: 28,
  totalSize: 32,
  metadataSize: 36,
  minRevision: 40,
} as const

/** How long data and the whole update are, in bytes. */
export interface Sizes {
  /** Bytes of data. */
  readonly data: number
  /** Bytes of header, data and table. */
  readonly total: number
}

/** What a reader makes of the two size fields of a header. */
export type SizeRule = (dataField: number, totalField: number) => Sizes

/** By the manual, Linux and iucode_tool: the total counts only where the size of the data is given. */
export const sizesByManual: SizeRule = (data, total) =>
  data === 0 ? { data: DEFAULT_DATA_SIZE, total: DEFAULT_TOTAL_SIZE } : { data, total }

/** By Xen: each field has its default on its own (xen/arch/x86/cpu/microcode/intel.c). */
export const sizesByXen: SizeRule = (data, total) => ({
  data: data === 0 ? DEFAULT_DATA_SIZE : data,
  total: total === 0 ? DEFAULT_TOTAL_SIZE : total,
})

/** The sizes of the update at `offset`, read by a rule. */
export function sizesAt(view: DataView, offset: number, rule: SizeRule): Sizes {
  return rule(
    view.getUint32(offset + FIELD.dataSize, true),
    view.getUint32(offset + FIELD.totalSize, true),
  )
}

/** Signature, platform mask and checksum as the header and each entry have them. */
export interface SignatureFields {
  /** CPUID leaf 1, eax. */
  readonly signature: number
  /** Bit n for platform id n. */
  readonly platformMask: number
  /** What makes the sums come out. */
  readonly checksum: number
  /** Where: bytes from the start of the input. */
  readonly offset: number
}

/** The header's own signature. */
export function headerSignature(view: DataView, offset: number): SignatureFields {
  return {
    signature: view.getUint32(offset + FIELD.signature, true),
    platformMask: view.getUint32(offset + FIELD.platformMask, true),
    checksum: view.getUint32(offset + FIELD.checksum, true),
    offset: offset + FIELD.signature,
  }
}

/** Entry `index` of the table at `table`. */
export function tableEntry(view: DataView, table: number, index: number): SignatureFields {
  const offset = table + TABLE_HEADER_SIZE + ENTRY_SIZE * index
  return {
    signature: view.getUint32(offset, true),
    platformMask: view.getUint32(offset + 4, true),
    checksum: view.getUint32(offset + 8, true),
    offset,
  }
}

/**
 * What all signatures of an update have in common: signature, mask and checksum of each add up to the same, since each checksum is the one
 * that the header would need with that signature in it.
 */
export function signatureSum(fields: SignatureFields): number {
  return (fields.signature + fields.platformMask + fields.checksum) >>> 0
}

/** A signature without the sums, for users. */
export function plainSignature(fields: SignatureFields, checksumOk: boolean): UpdateSignature {
  const { signature, platformMask, offset } = fields
  return { signature, platformMask, checksumOk, offset }
}

/**
 * The blocks of metadata in the last `length` bytes of the data area, up to the block that ends them. Blocks that do not fit end them too:
 * before 2024 the length was a reserved field.
 */
export function metadataBlocks(
  bytes: Uint8Array,
  view: DataView,
  end: number,
  length: number,
): MetadataBlock[] {
  const blocks: MetadataBlock[] = []
  for (let at = end - length; at + 8 <= end; ) {
    const type = view.getUint32(at, true)
    const size = view.getUint32(at + 4, true)
    if (type === 0 || size < 8 || at + size > end) break
    blocks.push({ type, size, offset: at, payload: bytes.subarray(at + 8, at + size) })
    at += size
  }
  return blocks
}
