/** The contents of the pages of a PV guest, as far as a receiver looks into them: page tables, and what may be the start info. */
import { Items } from './rules.js'

const PAGE = 4096
const PRESENT = 1
/** Bits 12 to 51 of an entry are a page number, as two words. */
const HIGH_FRAME = 0x000f_ffff

/** Where a start info has the numbers of the pages of xenstore and of the console (xen/include/public/xen.h, start_info). */
const START_INFO = {
  4: { store: 44, console: 52 },
  8: { store: 56, console: 72 },
} as const
/** More than the end of both. */
const START_INFO_HEAD = 80

/** Who wants to know. */
export interface ContentObserver {
  /** Bytes of a word of the guest. */
  readonly width: 4 | 8
  /** A page table refers to a page; where in the contents of the record its entry is. */
  entry(pfn: number, table: ListedPage, at: number): void
  /** What a plain page has where a start info has the numbers of two pages. */
  plain(page: ListedPage, store: number, console: number): void
}

/** A page whose content follows. */
export interface ListedPage {
  /** Its number. */
  readonly pfn: number
  /** Its type, of four bits. */
  readonly type: number
}

/** Types without the mark of a pinned table. */
const levelOf = (type: number) => type & 7

/** Looks through the pages of one record, in the order of its list. */
export class PageContents {
  readonly #pages: readonly ListedPage[]
  readonly #observer: ContentObserver
  readonly #entries: Items
  readonly #head = new Uint8Array(START_INFO_HEAD)
  /** The page at hand, and how much of it came. */
  #number = 0
  #used = 0
  #index = 0

  constructor(pages: readonly ListedPage[], observer: ContentObserver) {
    this.#pages = pages
    this.#observer = observer
    this.#entries = new Items(8, (view, at) => this.#entry(view, at))
  }

  /** Takes the next bytes. */
  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const page = this.#pages[this.#number]
      if (page === undefined) return
      const piece = bytes.subarray(at, at + PAGE - this.#used)
      if (levelOf(page.type) !== 0) this.#entries.take(piece)
      else if (this.#used < START_INFO_HEAD)
        this.#head.set(piece.subarray(0, START_INFO_HEAD - this.#used), this.#used)
      at += piece.length
      this.#used += piece.length
      if (this.#used === PAGE) this.#next(page)
    }
  }

  #next(page: ListedPage): void {
    if (levelOf(page.type) === 0) {
      const view = new DataView(this.#head.buffer)
      const places = START_INFO[this.#observer.width]
      const number = (at: number) =>
        this.#observer.width === 4
          ? view.getUint32(at, true)
          : view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)
      this.#observer.plain(page, number(places.store), number(places.console))
    }
    this.#number++
    this.#used = 0
    this.#index = 0
  }

  #entry(view: DataView, at: number): void {
    const index = this.#index++
    const low = view.getUint32(at, true)
    const page = this.#pages[this.#number]
    if ((low & PRESENT) === 0 || page === undefined) return
    const high = view.getUint32(at + 4, true) & HIGH_FRAME
    this.#observer.entry(high * 2 ** 20 + (low >>> 12), page, this.#number * PAGE + index * 8)
  }
}
