/** X86_PV_P2M_FRAMES: which pages hold the table of all pages of a PV guest. */
import type { Beginning } from '../walk.js'
import type { Fault } from './finding.js'
import type { PvPages } from './pv-pages.js'
import { type Bench, HeadedBody, Items, type Reading } from './rules.js'

/** Bytes before the frames: the first page and the last. */
const HEAD = 8
const FRAME = 8
const PAGE = 4096
/** So many frames are remembered: those of a guest of 512 GiB. */
const MOST_FRAMES = 2 ** 18
/** Of frames behind them, only the highest. */
const NOT_SAID = -1
const NEVER_SENT = 'was never sent'

/** The frames of one guest. */
export class P2mFrames {
  readonly #bench: Bench
  /** The frames by number; {@link NOT_SAID} for those that no record had. */
  #frames = new Float64Array(0)
  #count = 0
  #lastPfn: number | null = null
  #committed = false
  /** Frames came behind a complete round. */
  #changed = false
  /** Where the last record begins, for what is found in the end. */
  #offset = 0

  constructor(bench: Bench) {
    this.#bench = bench
  }

  /** Whether the frames are those of the last complete round: none came behind it. */
  get known(): boolean {
    return !this.#changed
  }

  /** A round is complete: its frames count. */
  commit(): void {
    this.#changed = false
    this.#committed = true
  }

  /** The last page of the guest; null before the first record. */
  get lastPfn(): number | null {
    return this.#lastPfn
  }

  /** A record begins. */
  read({ offset, length }: Beginning, width: 4 | 8): Reading {
    const perFrame = PAGE / width
    let first = 0
    let fits = false
    const head = (view: DataView) => {
      const [start, end] = [view.getUint32(0, true), view.getUint32(4, true)]
      this.#offset = offset
      first = Math.floor(start / perFrame)
      this.#changed = this.#committed
      fits = this.#range(start, end, { offset, length, perFrame })
    }
    const frame = (view: DataView, at: number, index: number) => {
      const pfn = view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true)
      // Those behind the last that is remembered are dropped by the array.
      if (fits) this.#frames[first + index] = pfn
    }
    return { shown: 1, reader: new HeadedBody(HEAD, head, new Items(FRAME, frame)) }
  }

  /** Judges the range; whether its frames follow. */
  #range(
    start: number,
    end: number,
    { offset, length, perFrame }: { offset: number; length: number; perFrame: number },
  ): boolean {
    const bad = (message: string) => {
      this.#bench.found({ code: 'BAD_P2M_FRAMES', message, offset })
      return false
    }
    if (start > end) return bad(`The first page, ${start}, is behind the last, ${end}`)
    const wanted = Math.floor(end / perFrame) - Math.floor(start / perFrame) + 1
    if (length !== HEAD + wanted * FRAME)
      return bad(
        `Pages ${start} to ${end} need ${wanted} frames of 8 bytes, and ${length - HEAD} bytes of them are there`,
      )
    if (end === 0 && this.#lastPfn === null)
      return bad("A guest of one page: Xen's receiver writes to a table that it has not made")
    this.#lastPfn = Math.max(this.#lastPfn ?? 0, end)
    this.#grow(Math.floor(this.#lastPfn / perFrame) + 1)
    return true
  }

  #grow(count: number): void {
    this.#count = Math.max(this.#count, count)
    const room = Math.min(this.#count, MOST_FRAMES)
    if (room <= this.#frames.length) return
    const frames = new Float64Array(room).fill(NOT_SAID)
    frames.set(this.#frames)
    this.#frames = frames
  }

  /** What is wrong with the frames once all pages came: the first of each kind. */
  complete(pages: PvPages, knowsBacked: boolean): Fault[] {
    const last = this.#lastPfn
    if (last === null) return []
    if (this.#count > this.#frames.length)
      this.#bench.unseen(
        `Which pages the frames of the p2m beyond the first ${this.#frames.length} are.`,
      )
    const faults = new Map<string, Fault>()
    this.#frames.forEach((pfn, number) => {
      const wrong = this.#wrong(pfn, { pages, last, knowsBacked })
      if (wrong !== null && !faults.has(wrong))
        faults.set(wrong, {
          code: 'BAD_P2M_FRAMES',
          message: `Frame ${number} of the p2m ${pfn === NOT_SAID ? '' : `(page 0x${pfn.toString(16)}) `}${wrong}`,
          offset: this.#offset,
          // A format without pages is none the less one.
          ...(wrong === NEVER_SENT ? { rejects: ['restore'] } : {}),
        })
    })
    return [...faults.values()]
  }

  #wrong(
    pfn: number,
    { pages, last, knowsBacked }: { pages: PvPages; last: number; knowsBacked: boolean },
  ): string | null {
    if (pfn === NOT_SAID) return 'is in no record'
    if (pfn > last) return `is beyond the last page of the guest, 0x${last.toString(16)}`
    if (!pages.knows(pfn)) return null
    if (pages.type(pfn) !== 0) return 'is no plain page'
    return knowsBacked && !pages.isBacked(pfn) ? NEVER_SENT : null
  }
}
