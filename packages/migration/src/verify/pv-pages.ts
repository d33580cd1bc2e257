/** What is remembered of the pages of a PV guest: the type each was last sent with, and what its content promised. */

/** Bits of a state: the type as it was last sent is in the lowest four. */
const TYPE = 0x0f
/** The guest has memory there. */
const BACKED = 0x10
/** Its content was looked at. */
const SEEN = 0x20
/** It would do as a start info: both page numbers in it are within the guest. */
const STARTS = 0x40

/** Pages of one block, and the most that are remembered: guests of 64 GiB, in 16 MiB. */
const BLOCK = 2 ** 16
const MOST = 2 ** 24

/** Types that are given memory: all but broken and absent ones. */
const isBacked = (type: number) => type !== 0xd && type !== 0xf

/** The pages of one guest. */
export class PvPages {
  readonly #blocks = new Map<number, Uint8Array>()

  /** Whether a page is one of those that are remembered. */
  knows(pfn: number): boolean {
    return pfn < MOST
  }

  /** A page was listed with a type. */
  list(pfn: number, type: number): void {
    if (pfn >= MOST) return
    const block = this.#block(pfn)
    const at = pfn % BLOCK
    block[at] = ((block[at] ?? 0) & ~TYPE) | type | (isBacked(type) ? BACKED : 0)
  }

  /** A page table refers to a page: Xen's receiver gives the guest memory there. */
  refer(pfn: number): void {
    if (pfn >= MOST) return
    const block = this.#block(pfn)
    const at = pfn % BLOCK
    block[at] = (block[at] ?? 0) | BACKED
  }

  /** The content of a page was looked at. */
  look(pfn: number, starts: boolean): void {
    if (pfn >= MOST) return
    const block = this.#block(pfn)
    const at = pfn % BLOCK
    block[at] = ((block[at] ?? 0) & ~STARTS) | SEEN | (starts ? STARTS : 0)
  }

  /** The type of a page: 0, a plain one, if it was not sent. */
  type(pfn: number): number {
    return this.#state(pfn) & TYPE
  }

  /** Whether the guest has memory there. */
  isBacked(pfn: number): boolean {
    return (this.#state(pfn) & BACKED) !== 0
  }

  /** Whether a page would do as a start info; one without content is all zeros. */
  starts(pfn: number): boolean {
    return (this.#state(pfn) & (SEEN | STARTS)) !== SEEN
  }

  #state(pfn: number): number {
    return this.#blocks.get(Math.floor(pfn / BLOCK))?.[pfn % BLOCK] ?? 0
  }

  #block(pfn: number): Uint8Array {
    const number = Math.floor(pfn / BLOCK)
    const known = this.#blocks.get(number)
    if (known !== undefined) return known
    const made = new Uint8Array(BLOCK)
    this.#blocks.set(number, made)
    return made
  }
}
