/** AMD patches made for tests: nobody's microcode, with right sums. */
import { sumWords, viewOf } from '../bytes.js'
import { hasChecksum, LONG_HEADER, PATCH_FIELD } from './format.js'

/** What a test says of a patch; the rest has sound values. */
export interface MadePatch {
  readonly equivalenceId?: number
  readonly patchId?: number
  /** Packed, 0xMMDDYYYY. */
  readonly date?: number
  /** Bytes in all. */
  readonly size?: number
  /** Word 12; the sum where the family has one, else 0. */
  readonly checksum?: number
  readonly northBridgeId?: number
  /** Makes the data another; 0 by default. */
  readonly seed?: number
}

/** The bytes of a patch. */
export function makeAmdPatch(made: MadePatch = {}): Uint8Array<ArrayBuffer> {
  const { equivalenceId = 0x8012, size = 3200, seed = 0 } = made
  const bytes = new Uint8Array(size)
  const view = viewOf(bytes)
  for (let at = LONG_HEADER; at < size; at++) bytes[at] = Math.imul(at + 1, 40_503 + seed) >>> 8
  view.setUint32(PATCH_FIELD.date, made.date ?? 0x0411_2024, true)
  view.setUint32(PATCH_FIELD.patchId, made.patchId ?? 0x0800_1279, true)
  view.setUint16(PATCH_FIELD.dataId, 0x8004, true)
  view.setUint32(PATCH_FIELD.northBridgeId, made.northBridgeId ?? 0, true)
  view.setUint16(PATCH_FIELD.equivalenceId, equivalenceId, true)
  const words = (size - LONG_HEADER) >> 2
  const sum = hasChecksum(equivalenceId) ? sumWords(bytes, LONG_HEADER, words) : 0
  view.setUint32(PATCH_FIELD.checksum, made.checksum ?? sum, true)
  return bytes
}
