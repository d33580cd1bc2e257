/** Intel updates made for tests: nobody's microcode, with right sums. */
import { sumWords, viewOf } from '../bytes.js'
import { ENTRY_SIZE, FIELD, HEADER_SIZE, signatureSum, TABLE_HEADER_SIZE } from './format.js'

/** What a test says of an update; the rest has sound values. */
export interface MadeUpdate {
  readonly signature?: number
  readonly platformMask?: number
  readonly revision?: number
  /** Packed, 0xMMDDYYYY. */
  readonly date?: number
  /** Bytes of data; a multiple of 4 that makes the whole a multiple of 1024 by default. */
  readonly dataSize?: number
  /** Entries of the table of further signatures. */
  readonly table?: readonly (readonly [signature: number, platformMask: number])[]
  readonly minRevision?: number
  /** Blocks at the end of the data, without the one that ends them. */
  readonly metadata?: readonly (readonly [type: number, payload: Uint8Array])[]
  /** Makes the data another; 0 by default. */
  readonly seed?: number
  /** Both size fields 0, as in updates for the Pentium Pro: 2000 bytes of data. */
  readonly defaultSizes?: boolean
}

/** The bytes of an update. */
export function makeIntelUpdate(made: MadeUpdate = {}): Uint8Array<ArrayBuffer> {
  const { table = [], metadata = [], seed = 0, defaultSizes = false } = made
  const tableSize = table.length === 0 ? 0 : TABLE_HEADER_SIZE + ENTRY_SIZE * table.length
  const dataSize = defaultSizes ? 2000 : (made.dataSize ?? 2048 - HEADER_SIZE - tableSize)
  const total = HEADER_SIZE + dataSize + tableSize
  const bytes = new Uint8Array(total)
  const view = viewOf(bytes)
  for (let at = HEADER_SIZE; at < HEADER_SIZE + dataSize; at += 4)
    view.setUint32(at, Math.imul(at + 1, 2_654_435_761 + seed) >>> 0, true)
  const blocks = metadataBytes(metadata)
  bytes.set(blocks, HEADER_SIZE + dataSize - blocks.length)
  const fields: Readonly<Record<keyof typeof FIELD, number>> = {
    headerVersion: 1,
    revision: made.revision ?? 1,
    date: made.date ?? 0x0630_2025,
    signature: made.signature ?? 0x0009_0672,
    checksum: 0,
    loaderVersion: 1,
    platformMask: made.platformMask ?? 7,
    dataSize: defaultSizes ? 0 : dataSize,
    totalSize: defaultSizes ? 0 : total,
    metadataSize: blocks.length,
    minRevision: made.minRevision ?? 0,
  }
  for (const [name, offset] of Object.entries(FIELD)) {
    const value = Object.entries(fields).find(([field]) => field === name)?.[1] ?? 0
    view.setUint32(offset, value, true)
  }
  fixSums(bytes, dataSize, table)
  return bytes
}

/** Sets all sums of an update right; the table is written from `table`. */
function fixSums(
  bytes: Uint8Array,
  dataSize: number,
  table: readonly (readonly [signature: number, platformMask: number])[],
): void {
  const view = viewOf(bytes)
  view.setUint32(FIELD.checksum, 0, true)
  const checksum = -sumWords(bytes, 0, (HEADER_SIZE + dataSize) >> 2) >>> 0
  view.setUint32(FIELD.checksum, checksum, true)
  if (table.length === 0) return
  const at = HEADER_SIZE + dataSize
  const sum = signatureSum({
    signature: view.getUint32(FIELD.signature, true),
    platformMask: view.getUint32(FIELD.platformMask, true),
    checksum,
    offset: 0,
  })
  view.setUint32(at, table.length, true)
  table.forEach(([signature, platformMask], index) => {
    const entry = at + TABLE_HEADER_SIZE + ENTRY_SIZE * index
    view.setUint32(entry, signature, true)
    view.setUint32(entry + 4, platformMask, true)
    view.setUint32(entry + 8, (sum - signature - platformMask) >>> 0, true)
  })
  const words = (TABLE_HEADER_SIZE + ENTRY_SIZE * table.length) >> 2
  view.setUint32(at + 4, -sumWords(bytes, at, words) >>> 0, true)
}

/** A changed copy, with the header's sum set right again: entries of a table are then wrong. */
export function changedUpdate(
  update: Uint8Array,
  fields: Partial<Readonly<Record<keyof typeof FIELD, number>>>,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(update)
  const view = viewOf(bytes)
  for (const [name, value] of Object.entries(fields)) {
    const offset = Object.entries(FIELD).find(([field]) => field === name)?.[1] ?? 0
    view.setUint32(offset, value, true)
  }
  const dataSize = view.getUint32(FIELD.dataSize, true) || 2000
  const words = Math.min((HEADER_SIZE + dataSize) >> 2, bytes.length >> 2)
  view.setUint32(FIELD.checksum, 0, true)
  view.setUint32(FIELD.checksum, -sumWords(bytes, 0, words) >>> 0, true)
  return bytes
}

function metadataBytes(
  metadata: readonly (readonly [type: number, payload: Uint8Array])[],
): Uint8Array {
  if (metadata.length === 0) return new Uint8Array(0)
  const blocks = [...metadata, [0, new Uint8Array(0)] as const]
  const bytes = new Uint8Array(blocks.reduce((sum, [, payload]) => sum + 8 + payload.length, 0))
  let at = 0
  for (const [type, payload] of blocks) {
    viewOf(bytes).setUint32(at, type, true)
    viewOf(bytes).setUint32(at + 4, 8 + payload.length, true)
    bytes.set(payload, at + 8)
    at += 8 + payload.length
  }
  return bytes
}
