/** The bodies of records, from what is in them (docs/specs/libxc-migration-stream.pandoc, libxl-migration-stream.pandoc). */
import type { GuestKind } from '@xenlevel/core'
import type { PageTypeName } from '../records/page-types.js'
import { pageTypeName } from '../records/page-types.js'
import { viewOf } from '../walk.js'
import { ImageWriterError } from './errors.js'
import { doesNotFit, longs, terminated, words } from './fields.js'

/** A page of PAGE_DATA: its number for a plain page, or with its type. */
export type ListedPage =
  | number
  | {
      /** Its number. */
      readonly pfn: number
      /** Its type; `NOTAB`, a plain page, by default. */
      readonly type?: Exclude<PageTypeName, 'RESERVED'>
    }

/** The time of a guest, as X86_TSC_INFO has it. */
export interface TscInfo {
  /** Xen's TSC mode: 0 default, 1 always emulated, 2 never. */
  readonly mode: number
  /** Frequency of the guest's TSC in kHz. */
  readonly khz: number
  /** How long the guest has run, in nanoseconds. */
  readonly nanoseconds: bigint
  /** How often its TSC changed by migration. */
  readonly incarnation: number
}

/** A parameter of an HVM guest. */
export interface HvmParam {
  /** Its number (xen/include/public/hvm/params.h). */
  readonly index: number
  /** Its value. */
  readonly value: bigint
}

/** Frames of a PV guest's p2m. */
export interface P2mFrames {
  /** The first pfn that they are for. */
  readonly startPfn: number
  /** The last. */
  readonly endPfn: number
  /** The frames: as many as that range needs, with 512 pfns in each for a 64-bit guest and 1024 for a 32-bit one. */
  readonly frames: BigUint64Array | readonly bigint[]
}

/** A device model. */
export interface Emulator {
  /** Which one; QEMU as it is upstream by default. */
  readonly emulator?: 'unknown' | 'qemu-trad' | 'qemu-upstream'
  /** Which of several; 0 by default. */
  readonly index?: number
}

/** Widths of a word in bytes, and levels of page tables. */
const PV_INFO: Readonly<Partial<Record<GuestKind, readonly [width: number, levels: number]>>> = {
  pv: [8, 4],
  pv32: [4, 3],
}

/** X86_PV_INFO of a kind of guest. */
export function pvInfo(kind: GuestKind): Uint8Array {
  const known = PV_INFO[kind]
  if (known === undefined)
    throw new ImageWriterError('UNEXPECTED_RECORD', `X86_PV_INFO is not for a ${kind} guest`)
  return Uint8Array.of(...known, 0, 0, 0, 0, 0, 0)
}

/** X86_PV_P2M_FRAMES. */
export function p2mFrames({ startPfn, endPfn, frames }: P2mFrames): Uint8Array[] {
  return [words(startPfn, endPfn), longs(frames)]
}

/** The state of a vCPU. */
export function vcpu(id: number, state: Uint8Array): Uint8Array[] {
  return [words(id, 0), state]
}

/** X86_TSC_INFO. */
export function tscInfo({ mode, khz, nanoseconds, incarnation }: TscInfo): Uint8Array[] {
  return [words(mode, khz), longs([nanoseconds]), words(incarnation, 0)]
}

/** HVM_PARAMS. */
export function hvmParams(params: readonly HvmParam[]): Uint8Array[] {
  const values = params.flatMap(({ index, value }) => [BigInt(index), value])
  return [words(params.length, 0), longs(values)]
}

/** PAGE_DATA: the list, then the pages. */
export function pageData(
  list: BigUint64Array | readonly ListedPage[],
  pages: Uint8Array | readonly Uint8Array[],
): Uint8Array[] {
  const bodies = pages instanceof Uint8Array ? [pages] : pages
  const listed = list instanceof BigUint64Array ? longs(list) : pageList(list)
  return [words(list.length, 0), listed, ...bodies]
}

/** Bits 52 to 59 are reserved, and the type is above them. */
const MOST_PFNS = 2 ** 52
const HIGH_WORD = 2 ** 32
const TYPE_SHIFT = 2 ** 28

function pageList(list: readonly ListedPage[]): Uint8Array {
  const types = new Map(Array.from({ length: 16 }, (_, type) => [pageTypeName(type), type]))
  const bytes = new Uint8Array(list.length * 8)
  const view = viewOf(bytes)
  list.forEach((listed, at) => {
    const { pfn, type = 'NOTAB' } = typeof listed === 'number' ? { pfn: listed } : listed
    const number = types.get(type)
    if (number === undefined) throw doesNotFit(type, 'a page type of Xen')
    if (!Number.isInteger(pfn) || pfn < 0 || pfn >= MOST_PFNS)
      throw doesNotFit(pfn, 'a page number of 52 bits')
    view.setUint32(at * 8, pfn % HIGH_WORD, true)
    view.setUint32(at * 8 + 4, Math.floor(pfn / HIGH_WORD) + number * TYPE_SHIFT, true)
  })
  return bytes
}

const EMULATORS = { unknown: 0, 'qemu-trad': 1, 'qemu-upstream': 2 } as const

/** A record of a device model: who it is, then the rest. */
export function emulator(
  { emulator: id = 'qemu-upstream', index = 0 }: Emulator,
  rest: Uint8Array,
): Uint8Array[] {
  return [words(EMULATORS[id], index), rest]
}

/** Keys and values of a device model in xenstore, each with a zero behind it. */
export function xenstoreData(entries: readonly (readonly [key: string, value: string])[]) {
  for (const text of entries.flat())
    if (text.includes('\0')) throw doesNotFit(JSON.stringify(text), 'a text without zeros')
  return terminated(entries.flat().join('\0')).subarray(entries.length === 0 ? 1 : 0)
}
