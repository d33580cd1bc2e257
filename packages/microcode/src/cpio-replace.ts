/** Changes the microcode in front of an initrd and leaves every other byte as it is. */
import { joined } from './bytes.js'
import { align4, CPIO_FIELD, splitEarlyCpio } from './cpio.js'
import { buildEarlyCpio, requireContent } from './cpio-write.js'
import type { CpioMember, MicrocodeVendor } from './types.js'

/** The last digit of the magic 070702. */
const CRC_DIGIT = 0x32

/** What the initrd shall have: new microcode, null for none. What is not named stays. */
export interface EarlyCpioChange {
  /** For Intel CPUs. */
  readonly intel?: Uint8Array | null
  /** For AMD CPUs. */
  readonly amd?: Uint8Array | null
}

/**
 * The initrd with other microcode. A member that is there gets new data and a new size in its header; what is not there comes in an
 * archive of its own in front. All other bytes stay, though those behind may move by a multiple of four; where a second vendor's microcode
 * moves, it may no longer lie at the multiple of 16 that old Linux needs.
 *
 * @throws XenlevelError with code `NOTHING_TO_WRITE` for microcode of no bytes; null takes it out.
 */
export function replaceEarlyCpio(
  initrd: Uint8Array,
  change: EarlyCpioChange,
): Uint8Array<ArrayBuffer> {
  const { members, ...found } = splitEarlyCpio(initrd)
  const parts: Uint8Array[] = []
  const missing: { intel?: Uint8Array; amd?: Uint8Array } = {}
  if (change.intel && found.intel === null) missing.intel = change.intel
  if (change.amd && found.amd === null) missing.amd = change.amd
  if (missing.intel !== undefined || missing.amd !== undefined) parts.push(buildEarlyCpio(missing))
  let at = 0
  for (const member of members) {
    const content = wanted(change, member.vendor)
    if (content === undefined) continue
    const next = align4(member.offset + member.size)
    parts.push(initrd.subarray(at, member.headerOffset))
    if (content !== null) parts.push(...withData(initrd, member, content))
    at = next
  }
  parts.push(initrd.subarray(at))
  return joined(parts)
}

function wanted(
  change: EarlyCpioChange,
  vendor: MicrocodeVendor | null,
): Uint8Array | null | undefined {
  if (vendor === null) return undefined
  return vendor === 'Intel' ? change.intel : change.amd
}

function withData(initrd: Uint8Array, member: CpioMember, content: Uint8Array): Uint8Array[] {
  requireContent(content)
  const header = initrd.slice(member.headerOffset, member.offset)
  writeField(header, CPIO_FIELD.fileSize, content.length)
  if (header[5] === CRC_DIGIT) writeField(header, CPIO_FIELD.checksum, byteSum(content))
  return [header, content, new Uint8Array(align4(content.length) - content.length)]
}

function writeField(header: Uint8Array, field: number, value: number): void {
  const text = value.toString(16).toUpperCase().padStart(8, '0')
  for (let digit = 0; digit < text.length; digit++)
    header[6 + 8 * field + digit] = text.charCodeAt(digit)
}

/** The checksum of archives with the magic 070702: nobody who loads microcode looks at it, cpio does. */
function byteSum(content: Uint8Array): number {
  let sum = 0
  for (const byte of content) sum = (sum + byte) >>> 0
  return sum
}
