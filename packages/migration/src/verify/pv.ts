/** The rules of PV guests: width, pages and their tables, vCPUs. */
import { RECORD_HEAD } from '../layers/framing.js'
import { WITH_DATA } from '../records/page-types.js'
import {
  PAGE_DATA,
  X86_PV_INFO,
  X86_PV_P2M_FRAMES,
  X86_PV_VCPU_BASIC,
  X86_PV_VCPU_EXTENDED,
  X86_PV_VCPU_MSRS,
  X86_PV_VCPU_XSAVE,
} from '../records/types.js'
import { type Beginning, viewOf } from '../walk.js'
import type { Fault } from './finding.js'
import { type ListedPage, PageContents } from './pv-contents.js'
import { P2mFrames } from './pv-frames.js'
import { PvPages } from './pv-pages.js'
import { PvVcpus } from './pv-vcpus.js'
import { noteReservedBytes } from './record-rules.js'
import { Beginnings, type Bench, type GuestRules, type Reading } from './rules.js'

const VCPUS: readonly number[] = [
  X86_PV_VCPU_BASIC,
  X86_PV_VCPU_EXTENDED,
  X86_PV_VCPU_XSAVE,
  X86_PV_VCPU_MSRS,
]
/** Widths of a word in bytes, and the levels of page tables that go with them. */
const LEVELS: Readonly<Record<number, number>> = { 4: 3, 8: 4 }
/** Bytes before the list: the count and a reserved word. */
const LIST_HEAD = 8
const ENTRY = 8
const PAGE = 4096

/** The rules of one guest. */
export class PvRules implements GuestRules {
  readonly #bench: Bench
  readonly #frames: P2mFrames
  readonly #vcpus: PvVcpus
  readonly #pages = new PvPages()
  readonly #contents: boolean
  #width: 4 | 8 | null = null
  /** Pages of the record at hand whose content follows, and how many there is room for. */
  #listed: ListedPage[] = []
  #room = 0

  constructor(bench: Bench) {
    this.#bench = bench
    this.#frames = new P2mFrames(bench)
    this.#vcpus = new PvVcpus(bench)
    this.#contents = bench.options.pageTables !== false
  }

  /** A PV guest is one of 64 bits unless it says otherwise. */
  get width(): 4 | 8 {
    return this.#width ?? 8
  }

  /** The last page by X86_PV_P2M_FRAMES; null before. */
  get lastPfn(): number | null {
    return this.#frames.lastPfn
  }

  read(piece: Beginning): Reading | null {
    const { type = -1 } = piece
    if (type === X86_PV_INFO)
      return { shown: 8, reader: new Beginnings(8, (view) => this.#info(piece, view)) }
    if (type === X86_PV_P2M_FRAMES) return this.#frames.read(piece, this.width)
    if (VCPUS.includes(type)) return this.#vcpus.read(piece, this.width)
    return type === PAGE_DATA ? this.#pageData(piece) : null
  }

  /** Takes a piece of a list, before any page of its record comes. */
  list(entries: Uint8Array): void {
    const view = viewOf(entries)
    for (let at = 0; at + ENTRY <= entries.length; at += ENTRY) {
      const high = view.getUint32(at + 4, true)
      const pfn = (high & 0xf_ffff) * 2 ** 32 + view.getUint32(at, true)
      const type = high >>> 28
      if (this.lastPfn !== null && pfn <= this.lastPfn) this.#pages.list(pfn, type)
      if (((WITH_DATA >>> type) & 1) === 1 && this.#listed.length < this.#room)
        this.#listed.push({ pfn, type })
    }
  }

  commit(): void {
    this.#pages.commit()
    this.#frames.commit()
    this.#vcpus.commit()
  }

  drop(): void {
    this.#pages.drop()
    this.#vcpus.drop()
  }

  complete(offset: number): Fault[] {
    const { lastPfn: last, width } = this
    const contents = this.#contents
    if (!contents)
      this.#bench.unseen(
        "The contents of the guest's pages: its page tables, its start info, and which pages it has memory for without their being listed.",
      )
    if (last !== null && !this.#pages.knows(last))
      this.#bench.unseen('The types of pages beyond the first 64 GiB of the guest.')
    const known = this.#pages.known && this.#frames.known
    if (!known)
      this.#bench.unseen(
        'Whether the state of the last checkpoint fits its pages: too much came behind it.',
      )
    const frames = known ? this.#frames.complete(this.#pages, contents) : []
    const state = known && last !== null ? { pages: this.#pages, last, width, contents } : null
    return [...this.#vcpus.complete(state, offset), ...frames]
  }

  #info({ offset, length }: Beginning, view: DataView): void {
    if (length < 8) return
    const [width, levels] = [view.getUint8(0), view.getUint8(1)]
    noteReservedBytes(this.#bench, X86_PV_INFO, offset, view)
    // A second record is refused, and changes nothing.
    if (LEVELS[width] === levels) this.#width ??= width === 4 ? 4 : 8
    else
      this.#bench.found({
        code: 'BAD_PV_INFO',
        message: `A width of ${width} bytes with ${levels} levels of page tables; there are 8 with 4, and 4 with 3`,
        offset,
      })
  }

  #pageData({ offset, length }: Beginning): Reading | null {
    this.#listed = []
    this.#room = this.#contents ? Math.floor(Math.max(length - LIST_HEAD, 0) / PAGE) : 0
    if (!this.#contents) return null
    let used = 0
    let list = length
    let outOfRange = 0
    const contents = new PageContents(this.#listed, {
      width: this.width,
      entry: (pfn, table, at) => {
        if (this.lastPfn === null) return
        if (pfn <= this.lastPfn) return this.#pages.refer(pfn)
        if (outOfRange++ > 0) return
        this.#bench.found({
          code: 'PTE_OUT_OF_RANGE',
          message: `The page table in page 0x${table.pfn.toString(16)} refers to page 0x${pfn.toString(16)}, beyond the last of the guest, 0x${this.lastPfn.toString(16)}; Xen's receiver aborts`,
          offset: offset + RECORD_HEAD + list + at,
        })
      },
      plain: ({ pfn }, store, console) => {
        const last = this.lastPfn ?? -1
        if (pfn <= last) this.#pages.look(pfn, store <= last && console <= last)
      },
    })
    const take = (bytes: Uint8Array) => {
      // The head is shown for itself, and the list before the pages.
      if (used === 0 && bytes.length >= LIST_HEAD)
        list = Math.min(LIST_HEAD + ENTRY * viewOf(bytes).getUint32(0, true), length)
      const skipped = Math.min(Math.max(list - used, 0), bytes.length)
      used += bytes.length
      contents.take(bytes.subarray(skipped))
    }
    return { shown: 1, reader: { take, end: () => undefined } }
  }
}
