/**
 * Early cpio archives, scanned as Xen (xen/lib/earlycpio.c) and Linux (lib/earlycpio.c) do: newc headers one behind the other, zeros between
 * them skipped by four, no respect for trailers, the end at the first thing that is no header, such as a compressed initrd.
 */
import type { CpioMember, MicrocodeVendor } from './types.js'

/** Where the microcode of each vendor is expected. */
export const MICROCODE_PATHS: Readonly<Record<MicrocodeVendor, string>> = {
  Intel: 'kernel/x86/microcode/GenuineIntel.bin',
  AMD: 'kernel/x86/microcode/AuthenticAMD.bin',
}

/** Bytes of a header: a magic of six characters and 13 fields of eight. */
export const CPIO_HEADER = 110
/** The fields, by index behind the magic. */
export const CPIO_FIELD = { mode: 1, mtime: 5, fileSize: 6, nameSize: 11, checksum: 12 } as const

const MAGIC_PLAIN = 0x070701
const MAGIC_CRC = 0x070702
const TYPE_MASK = 0o170000
const REGULAR = 0o100000

/** A stretch of bytes. */
export interface Extent {
  /** Bytes from the start of the input. */
  readonly offset: number
  /** Bytes from there. */
  readonly size: number
}

/** What an initrd holds in front. */
export interface EarlyCpio {
  /** The microcode that is loaded on Intel CPUs; null without. */
  readonly intel: Extent | null
  /** The microcode that is loaded on AMD CPUs; null without. */
  readonly amd: Extent | null
  /** Every member that the scan sees, trailers included. */
  readonly members: readonly CpioMember[]
  /** Where the rest begins: the first byte behind the last member that is not zero; the input's length if there is none. */
  readonly end: number
}

/** Finds the members that Xen and Linux find, the microcode of both vendors among them. Never throws: no archive is no members. */
export function splitEarlyCpio(bytes: Uint8Array): EarlyCpio {
  const members: CpioMember[] = []
  const found: Record<MicrocodeVendor, Extent | null> = { Intel: null, AMD: null }
  let at = 0
  let behind = 0
  while (bytes.length - at > CPIO_HEADER) {
    if (bytes[at] === 0) {
      at += 4
      continue
    }
    const header = readHeader(bytes, at)
    if (header === null) break
    const { next, ...member } = header
    const vendor = vendorOf(bytes, member, found)
    if (vendor !== null) found[vendor] = { offset: member.offset, size: member.size }
    members.push({ ...member, name: nameAt(bytes, at, header.offset), vendor })
    at = next
    behind = next
  }
  return { intel: found.Intel, amd: found.AMD, members, end: skipZeros(bytes, behind) }
}

type Header = Omit<CpioMember, 'name' | 'vendor'> & { readonly next: number }

/** The header at `at`; null if there is none or its member is not whole. */
function readHeader(bytes: Uint8Array, at: number): Header | null {
  const magic = hexField(bytes, at, 6)
  if (magic !== MAGIC_PLAIN && magic !== MAGIC_CRC) return null
  const fields: number[] = []
  for (let index = 0; index < 13; index++) {
    const value = hexField(bytes, at + 6 + 8 * index, 8)
    if (value === null) return null
    fields.push(value)
  }
  const size = fields[CPIO_FIELD.fileSize] ?? 0
  const offset = align4(at + CPIO_HEADER + (fields[CPIO_FIELD.nameSize] ?? 0))
  const next = align4(offset + size)
  if (next > bytes.length) return null
  const [mode, mtime] = [fields[CPIO_FIELD.mode] ?? 0, fields[CPIO_FIELD.mtime] ?? 0]
  return { headerOffset: at, offset, size, mode, mtime, next }
}

/** Hexadecimal digits of either case; null if one of them is none. */
function hexField(bytes: Uint8Array, at: number, digits: number): number | null {
  let value = 0
  for (let index = at; index < at + digits; index++) {
    const byte = bytes[index] ?? 0
    const letter = byte | 0x20
    if (byte >= 0x30 && byte <= 0x39) value = value * 16 + byte - 0x30
    else if (letter >= 0x61 && letter <= 0x66) value = value * 16 + letter - 0x57
    else return null
  }
  return value
}

/** Whose microcode a member is: a regular file whose name begins with the path, the first of its vendor. */
function vendorOf(
  bytes: Uint8Array,
  { mode, headerOffset, offset }: Omit<Header, 'next'>,
  found: Readonly<Record<MicrocodeVendor, Extent | null>>,
): MicrocodeVendor | null {
  if ((mode & TYPE_MASK) !== REGULAR) return null
  const nameSize = hexField(bytes, headerOffset + 6 + 8 * CPIO_FIELD.nameSize, 8) ?? 0
  for (const vendor of ['Intel', 'AMD'] as const) {
    const path = MICROCODE_PATHS[vendor]
    if (found[vendor] === null && nameSize >= path.length && offset > headerOffset) {
      if (startsWith(bytes, headerOffset + CPIO_HEADER, path)) return vendor
    }
  }
  return null
}

function startsWith(bytes: Uint8Array, at: number, text: string): boolean {
  for (let index = 0; index < text.length; index++)
    if (bytes[at + index] !== text.charCodeAt(index)) return false
  return true
}

/** The name between header and data, without what follows its first NUL. */
function nameAt(bytes: Uint8Array, header: number, data: number): string {
  const name = bytes.subarray(header + CPIO_HEADER, data)
  const nul = name.indexOf(0)
  return new TextDecoder().decode(nul < 0 ? name : name.subarray(0, nul))
}

/** The first byte from `at` on that is not zero. */
export function skipZeros(bytes: Uint8Array, at: number): number {
  let end = at
  while (end < bytes.length && bytes[end] === 0) end++
  return end
}

/** The next multiple of four. */
export function align4(offset: number): number {
  return Math.ceil(offset / 4) * 4
}
