/** The state of the vCPUs of a PV guest: its sizes, and what a receiver looks for in it. */
import {
  X86_PV_VCPU_BASIC,
  X86_PV_VCPU_EXTENDED,
  X86_PV_VCPU_MSRS,
  X86_PV_VCPU_XSAVE,
} from '../records/types.js'
import type { Beginning } from '../walk.js'
import type { Fault } from './finding.js'
import type { PvPages } from './pv-pages.js'
import { noteReservedBytes } from './record-rules.js'
import { Beginnings, type Bench, type Reading } from './rules.js'

const HEAD = 8
/** More than any Xen lets a domain have; records of more are sized and not kept. */
const MOST_VCPUS = 8192
/** More says nothing more. */
const MOST_FAULTS = 200
/** The entries of a GDT that a guest may have (xen/include/public/arch-x86/xen.h, FIRST_RESERVED_GDT_ENTRY), 512 to a page. */
const GDT_ENTRIES = 14 * 512

/** Where vcpu_guest_context has what is looked for, by the width of the guest (xen/include/public/arch-x86/xen.h). */
const BASIC = {
  4: { size: 2800, edx: 524, gdtFrames: 2640, gdtEntries: 2704, cr1: null, cr3: 2728, levels: 3 },
  8: { size: 5168, edx: 616, gdtFrames: 4832, gdtEntries: 4960, cr1: 4992, cr3: 5008, levels: 4 },
} as const

/** Sizes of the other blobs (tools/libs/guest/xg_sr_restore_x86_pv.c, handle_x86_pv_vcpu_blob). */
const SIZES: Readonly<Record<number, { fits: (bytes: number) => boolean; words: string }>> = {
  [X86_PV_VCPU_EXTENDED]: { fits: (bytes) => bytes <= 128, words: 'at most 128 bytes' },
  [X86_PV_VCPU_XSAVE]: { fits: (bytes) => bytes >= 16, words: 'at least 16 bytes' },
  [X86_PV_VCPU_MSRS]: { fits: (bytes) => bytes % 16 === 0, words: 'a multiple of 16 bytes' },
}

/** What is looked for in the basic state of a vCPU. */
interface BasicState {
  readonly offset: number
  /** The page of the start info, of vCPU 0. */
  readonly edx: number
  readonly cr3: number
  /** The user mode tables of a 64-bit guest; null if it has none. */
  readonly cr1: number | null
  readonly gdtEntries: number
  readonly gdtFrames: readonly number[]
}

/** What is known of the guest's pages. */
export interface KnownPages {
  /** What came of them. */
  readonly pages: PvPages
  /** The last one. */
  readonly last: number
  /** Bytes of a word of the guest. */
  readonly width: 4 | 8
  /** Whether contents were looked into, and with them which pages have memory. */
  readonly contents: boolean
}

/** The vCPUs of one guest. */
export class PvVcpus {
  readonly #bench: Bench
  readonly #states = new Map<number, BasicState>()
  readonly #pending = new Map<number, BasicState>()
  #committed = false
  /** Records of the round, as type and vCPU. */
  readonly #seen = new Set<number>()

  constructor(bench: Bench) {
    this.#bench = bench
  }

  /** A record begins. */
  read(piece: Beginning, width: 4 | 8): Reading {
    const basic = piece.type === X86_PV_VCPU_BASIC
    const shown = HEAD + (basic ? BASIC[width].size : 0)
    return { shown, reader: new Beginnings(shown, (view) => this.#look(piece, width, view)) }
  }

  /** A round is complete: its states count. */
  commit(): void {
    for (const [vcpu, state] of this.#pending) this.#states.set(vcpu, state)
    this.#pending.clear()
    this.#seen.clear()
    this.#committed = true
  }

  /** The round at hand is dropped, if there was a complete one before it. */
  drop(): void {
    if (this.#committed) this.#pending.clear()
    else this.commit()
  }

  #look({ type = 0, name, offset, length }: Beginning, width: 4 | 8, view: DataView): void {
    noteReservedBytes(this.#bench, type, offset, view)
    const blob = length - HEAD
    // Old savers wrote empty ones: nobody even looks at the number of the vCPU.
    if (blob <= 0) return
    const vcpu = view.getUint32(0, true)
    const { vcpus = Number.POSITIVE_INFINITY } = this.#bench.options
    if (vcpu >= vcpus) {
      this.#bench.found({
        code: 'VCPU_OUT_OF_RANGE',
        message: `${name} is of vCPU ${vcpu}, and the domain has ${vcpus}`,
        offset,
      })
      return
    }
    this.#once(type, vcpu, { name, offset })
    const { size } = BASIC[width]
    const rule =
      type === X86_PV_VCPU_BASIC
        ? { fits: (bytes: number) => bytes === size, words: `${size} bytes` }
        : SIZES[type]
    if (rule !== undefined && !rule.fits(blob))
      this.#bench.found({
        code: 'BAD_VCPU',
        message: `${name} of vCPU ${vcpu} has ${blob} bytes of state, and has to have ${rule.words}`,
        offset,
      })
    else if (
      type === X86_PV_VCPU_BASIC &&
      (this.#pending.has(vcpu) || this.#pending.size < MOST_VCPUS)
    )
      this.#pending.set(vcpu, basicState(view, width, offset))
  }

  #once(type: number, vcpu: number, { name, offset }: { name: string; offset: number }): void {
    const key = type * 2 ** 32 + vcpu
    if (this.#seen.has(key))
      this.#bench.found({
        code: 'DUPLICATE_RECORD',
        message: `${name} of vCPU ${vcpu} comes a second time in a round`,
        offset,
      })
    if (this.#seen.size < 4 * MOST_VCPUS) this.#seen.add(key)
  }

  /** What the state refers to and is not there. */
  complete(known: KnownPages | null, offset: number): Fault[] {
    const faults: Fault[] = []
    if (!this.#states.has(0))
      faults.push({
        code: 'MISSING_RECORD',
        message: 'There is no X86_PV_VCPU_BASIC of vCPU 0, without which no guest runs',
        offset,
      })
    if (known === null) return faults
    for (const [vcpu, state] of this.#states) {
      if (faults.length >= MOST_FAULTS) break
      for (const wrong of wrongs(vcpu, state, known))
        faults.push({
          code: 'DEEP',
          message: `vCPU ${vcpu}: ${wrong}`,
          offset: state.offset,
          rejects: ['restore'],
        })
    }
    return faults
  }
}

function basicState(view: DataView, width: 4 | 8, offset: number): BasicState {
  const places = BASIC[width]
  const low = (at: number) => view.getUint32(HEAD + at, true)
  const high = (at: number) => (width === 4 ? 0 : view.getUint32(HEAD + at + 4, true))
  const number = (at: number) => high(at) * 2 ** 32 + low(at)
  const frame = (at: number) => high(at) * 2 ** 20 + (low(at) >>> 12)
  const gdtEntries = number(places.gdtEntries)
  const frames = Math.min(Math.ceil(gdtEntries / 512), 14)
  const { cr1, cr3 } = places
  return {
    offset,
    edx: number(places.edx),
    // The frame number of a 32-bit guest is turned around, to have room for more than 20 bits.
    cr3: width === 8 ? frame(cr3) : (frame(cr3) | (low(cr3) << 20)) >>> 0,
    cr1: cr1 !== null && (low(cr1) & 1) === 1 ? frame(cr1) : null,
    gdtEntries,
    gdtFrames: Array.from({ length: frames }, (_, index) =>
      number(places.gdtFrames + index * width),
    ),
  }
}

/** All that is wrong with one vCPU, in words. */
function wrongs(vcpu: number, state: BasicState, known: KnownPages): string[] {
  const { levels } = BASIC[known.width]
  const pages: (readonly [what: string, pfn: number, type: number])[] = [
    ...(vcpu === 0 ? [['its start info', state.edx, 0] as const] : []),
    ...state.gdtFrames.map((pfn, index) => [`frame ${index} of its GDT`, pfn, 0] as const),
    ['cr3', state.cr3, levels],
    ...(state.cr1 === null ? [] : [['cr1', state.cr1, levels] as const]),
  ]
  const found = pages.flatMap(([what, pfn, type]) => {
    const wrong = wrongPage(pfn, type, known)
    return wrong === null ? [] : [`${what} is page 0x${pfn.toString(16)}, which ${wrong}`]
  })
  if (state.gdtEntries > GDT_ENTRIES)
    found.push(`its GDT has ${state.gdtEntries} entries, and ${GDT_ENTRIES} are the most`)
  if (vcpu === 0 && found.length === 0 && !known.pages.starts(state.edx))
    found.push(
      `its start info, page 0x${state.edx.toString(16)}, has pages for xenstore or the console that the guest does not have`,
    )
  return found
}

/** What is wrong with a page that has to be of a type: 0 for a plain page, else the level of a page table. */
function wrongPage(
  pfn: number,
  type: number,
  { pages, last, contents }: KnownPages,
): string | null {
  if (pfn > last) return `is beyond the last of the guest, 0x${last.toString(16)}`
  if (!pages.knows(pfn)) return null
  const is = pages.type(pfn)
  if (type === 0 ? is !== 0 : (is & 7) !== type)
    return type === 0 ? `is no plain page but of type ${is}` : `is no page table of level ${type}`
  return contents && !pages.isBacked(pfn) ? 'was never sent' : null
}
