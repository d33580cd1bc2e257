/** Writes early cpio archives, for Intel byte for byte what iucode_tool 2.3.1 writes. */
import { XenlevelError } from '@xenlevel/cpuid'
import { parseAmd } from './amd/parse.js'
import { wholeOf } from './bytes.js'
import { align4, CPIO_HEADER, MICROCODE_PATHS } from './cpio.js'
import { parseIntel } from './intel/parse.js'
import type { MicrocodeVendor } from './types.js'

/** What goes into an archive. */
export interface EarlyCpioInit {
  /** Intel updates one behind the other. */
  readonly intel?: Uint8Array
  /** AMD containers one behind the other. */
  readonly amd?: Uint8Array
  /**
   * `normal` (default): with the directories above, and padded to 1024 bytes. `mini`: the files alone, padded to 16. Both put the
   * microcode at a multiple of 16, which old Linux needs: `normal` by an empty member in front, `mini` by NULs behind the name.
   */
  readonly form?: 'normal' | 'mini'
  /** Seconds since 1970 for all members; by default noon, UTC, of the newest date in the microcode. */
  readonly mtime?: number
}

const FORMS = { normal: { parents: true, block: 1024 }, mini: { parents: false, block: 16 } }

/** First letters are left out of the padding members' names, so that no scan takes them for microcode. */
const PADDING_NAMES: Readonly<Record<MicrocodeVendor, string>> = {
  Intel: 'kernel/x86/microcode/.enuineIntel.align.0123456789abcdef',
  AMD: 'kernel/x86/microcode/.uthenticAMD.align.0123456789abcdef',
}

const DIRECTORIES = ['kernel', 'kernel/x86', 'kernel/x86/microcode']
const DIRECTORY_MODE = 0o40755
const FILE_MODE = 0o100644
const FIRST_INODE = 101
const LAST_TIME = 0x7fff_ffff

/**
 * An archive of microcode to put in front of an initrd: `AuthenticAMD.bin` first, then `GenuineIntel.bin`.
 *
 * @throws XenlevelError with code `NOTHING_TO_WRITE` without microcode, since an empty member is loaded as little as none, and would
 * hide another behind it.
 */
export function buildEarlyCpio(init: EarlyCpioInit): Uint8Array<ArrayBuffer> {
  const { intel, amd, form = 'normal' } = init
  const files: readonly (readonly [MicrocodeVendor, Uint8Array])[] = [
    ...(amd === undefined ? [] : [['AMD', amd] as const]),
    ...(intel === undefined ? [] : [['Intel', intel] as const]),
  ]
  if (files.length === 0) throw nothingToWrite()
  for (const [, content] of files) requireContent(content)
  const archive = new Archive(init.mtime ?? newestNoon(intel, amd))
  if (FORMS[form].parents) for (const directory of DIRECTORIES) archive.addDirectory(directory)
  for (const [vendor, content] of files) {
    if (FORMS[form].parents) archive.addPadding(MICROCODE_PATHS[vendor], PADDING_NAMES[vendor])
    archive.addFile(MICROCODE_PATHS[vendor], content)
  }
  return archive.finish(FORMS[form].block)
}

/** Refuses microcode of no bytes. */
export function requireContent(content: Uint8Array): void {
  if (content.length === 0) throw nothingToWrite()
}

function nothingToWrite(): XenlevelError {
  return new XenlevelError({
    code: 'NOTHING_TO_WRITE',
    message:
      'An early archive needs microcode of at least one vendor, and what is given must not be empty.',
  })
}

/** A newc header with its name, NULs behind it, up to a multiple of four. */
function cpioHeader(
  fields: {
    readonly inode: number
    readonly mode: number
    readonly mtime: number
    readonly size: number
    readonly links: number
  },
  name: string,
  nulls: number,
): Uint8Array<ArrayBuffer> {
  const nameSize = name.length + nulls
  const { inode, mode, mtime, size, links } = fields
  const words = [inode, mode, 0, 0, links, mtime, size, 3, 1, 0, 0, nameSize, 0]
  const text = `070701${words.map((word) => word.toString(16).toUpperCase().padStart(8, '0')).join('')}${name}`
  const header = new Uint8Array(align4(CPIO_HEADER + nameSize))
  for (let index = 0; index < text.length; index++) header[index] = text.charCodeAt(index)
  return header
}

class Archive {
  readonly #mtime: number
  readonly #parts: Uint8Array[] = []
  #size = 0
  #inode = FIRST_INODE

  constructor(mtime: number) {
    this.#mtime = mtime
  }

  addDirectory(name: string): void {
    this.#add(this.#header(name, 0, 1))
  }

  /** An empty directory whose name is as long as it takes for the data of the next member to lie at a multiple of 16. */
  addPadding(next: string, name: string): void {
    const data = align4(this.#size + CPIO_HEADER + next.length + 1)
    if (data % 16 === 0) return
    const excess = (data + CPIO_HEADER + name.length + 1) % 16
    this.addDirectory(name.slice(0, name.length - excess))
  }

  addFile(name: string, content: Uint8Array): void {
    const data = align4(this.#size + CPIO_HEADER + name.length + 1)
    this.#add(this.#header(name, content.length, 1 + ((16 - (data % 16)) % 16)))
    this.#add(content)
    this.#add(new Uint8Array(align4(this.#size) - this.#size))
  }

  finish(block: number): Uint8Array<ArrayBuffer> {
    const name = 'TRAILER!!!'
    const trailer = cpioHeader({ inode: 0, mode: 0, mtime: 0, size: 0, links: 1 }, name, 1)
    // The trailer alone is on no device.
    trailer.fill(0x30, 6 + 8 * 7, 6 + 8 * 9)
    const used = this.#size + CPIO_HEADER + name.length + 1
    const archive = new Uint8Array(Math.ceil(used / block) * block)
    let at = 0
    for (const part of [...this.#parts, trailer.subarray(0, CPIO_HEADER + name.length)]) {
      archive.set(part, at)
      at += part.length
    }
    return archive
  }

  #header(name: string, size: number, nulls: number): Uint8Array {
    const kind = size === 0 ? { mode: DIRECTORY_MODE, links: 2 } : { mode: FILE_MODE, links: 1 }
    return cpioHeader({ inode: this.#inode++, mtime: this.#mtime, size, ...kind }, name, nulls)
  }

  #add(part: Uint8Array): void {
    this.#parts.push(part)
    this.#size += part.length
  }
}

/** Noon of the newest date among the updates, in seconds since 1970; the last second that 32 bits have if there is no date. */
function newestNoon(intel: Uint8Array | undefined, amd: Uint8Array | undefined): number {
  const updates = [
    ...(intel === undefined ? [] : parseIntel(wholeOf(intel)).updates),
    ...(amd === undefined ? [] : parseAmd(wholeOf(amd)).updates),
  ]
  const newest = updates
    .map(({ date }) => date)
    .filter((date) => /^\d+-\d+-\d+$/.test(date))
    .sort()
    .at(-1)
  const [year = 0, month = 0, day = 0] = (newest ?? '').split('-').map(Number)
  if (year < 1970) return LAST_TIME
  return Math.min(Date.UTC(year, Math.max(month, 1) - 1, day, 12) / 1000, LAST_TIME)
}
