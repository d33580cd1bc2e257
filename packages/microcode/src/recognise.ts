/** What kind of file some bytes are. */
import { isMagic } from './amd/checks.js'
import { looksLikeBarePatch } from './amd/parse.js'
import { hex, type Region, wholeOf } from './bytes.js'
import { skipZeros, splitEarlyCpio } from './cpio.js'
import { MicrocodeFormatError } from './errors.js'
import { looksLikeDat } from './intel/dat.js'
import { HEADER_SIZE } from './intel/format.js'
import type { MicrocodeFormat } from './types.js'

/** What files that are no microcode begin with, for a better message. */
const OTHERS: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x1f, 0x8b], 'gzip'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'xz'],
  [[0x28, 0xb5, 0x2f, 0xfd], 'zstd'],
  [[0x02, 0x21, 0x4c, 0x18], 'lz4'],
  [[0x5d, 0x00, 0x00], 'lzma'],
  [[0x42, 0x5a, 0x68], 'bzip2'],
]

/** What the bytes are; null if they are none of the forms. */
export function recogniseMicrocode(bytes: Uint8Array): MicrocodeFormat | null {
  return recognise(wholeOf(bytes))
}

/** The same of a whole input that is looked at anyway. */
export function recognise(region: Region): MicrocodeFormat | null {
  const { bytes } = region
  if (isMagic(region, 0)) return 'amd'
  if (bytes.length >= HEADER_SIZE && region.view.getUint32(0, true) === 1) return 'intel'
  if (splitEarlyCpio(bytes).members.length > 0) return 'early-cpio'
  if (looksLikeDat(bytes)) return 'intel-dat'
  return looksLikeBarePatch(region) ? 'amd' : null
}

/** The error for bytes that are none of the forms. */
export function unrecognised(bytes: Uint8Array): MicrocodeFormatError {
  const first = skipZeros(bytes, 0)
  if (first === bytes.length) {
    const why = bytes.length === 0 ? 'it is empty' : `all its ${bytes.length} bytes are zero`
    return new MicrocodeFormatError(why, { size: bytes.length })
  }
  const head = bytes.subarray(first, first + 6)
  const other = OTHERS.find(([magic]) => magic.every((byte, index) => head[index] === byte))
  const why =
    other === undefined
      ? `it begins with ${[...head].map((byte) => hex(byte, 2)).join(' ')}`
      : `it begins with ${other[1]} data; of an initrd, early microcode must come before what is compressed`
  return new MicrocodeFormatError(why, { size: bytes.length, compression: other?.[1] ?? null })
}
