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
/** So many pages of a round are remembered apart, until it is complete. */
const MOST_PENDING = 2 ** 17

/** Types that are given memory: all but broken and absent ones. */
const isBacked = (type: number) => type !== 0xd && type !== 0xf

/**
 * The pages of one guest. What comes behind a checkpoint is kept apart until the next one is complete, as a restore may have to do without.
 */
export class PvPages {
  readonly #blocks = new Map<number, Uint8Array>()
  /** States of the round at hand; null where they count at once, as they do before the first checkpoint. */
  #pending: Map<number, number> | null = null
  #known = true

  /** Whether the states are those of the last complete round: a last one that is dropped may have had too many pages to tell. */
  get known(): boolean {
    return this.#known
  }

  /** Whether a page is one of those that are remembered. */
  knows(pfn: number): boolean {
    return pfn < MOST
  }

  /** A page was listed with a type. */
  list(pfn: number, type: number): void {
    const backed = isBacked(type) ? BACKED : 0
    this.#change(pfn, ~TYPE, type | backed)
  }

  /** A page table refers to a page: Xen's receiver gives the guest memory there. */
  refer(pfn: number): void {
    this.#change(pfn, ~0, BACKED)
  }

  /** The content of a page was looked at. */
  look(pfn: number, starts: boolean): void {
    this.#change(pfn, ~STARTS, SEEN | (starts ? STARTS : 0))
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

  /** A round is complete: its pages count. */
  commit(): void {
    for (const [pfn, state] of this.#pending ?? []) this.#block(pfn)[pfn % BLOCK] = state
    this.#pending = new Map()
    this.#known = true
  }

  /** The round at hand is dropped, if there was a complete one before it. */
  drop(): void {
    this.#pending?.clear()
  }

  #state(pfn: number): number {
    return this.#pending?.get(pfn) ?? this.#blocks.get(Math.floor(pfn / BLOCK))?.[pfn % BLOCK] ?? 0
  }

  #change(pfn: number, kept: number, added: number): void {
    if (pfn >= MOST) return
    const state = (this.#state(pfn) & kept) | added
    if (this.#pending === null) this.#block(pfn)[pfn % BLOCK] = state
    else if (this.#pending.has(pfn) || this.#pending.size < MOST_PENDING)
      this.#pending.set(pfn, state)
    else {
      this.#block(pfn)[pfn % BLOCK] = state
      this.#known = false
    }
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
