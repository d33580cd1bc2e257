/** The lists of PAGE_DATA before the judge: counted, and what is wrong in them found with its place. */
import type { Fault } from './finding.js'
import { PageTally } from './page-tally.js'
import type { ListJudgement, PageLists, PageSummary } from './pages.js'
import type { Bench } from './rules.js'

/** What an x86 host can map for a guest: four levels of tables, 48 bits of addresses (xen/arch/x86/mm/hap, EPT and NPT). */
const MOST_PFN = 2 ** 36 - 1
const ENTRY = 8

/** Whose pages they are. */
export interface ListOwner {
  /** The kind of guest; null while it is not known. */
  readonly kind: 'pv' | 'hvm' | null
  /** The last pfn of a PV guest by its X86_PV_P2M_FRAMES; null before the first, and for others. */
  readonly lastPfn: number | null
  /** Is shown each piece of a list as well. */
  list(entries: Uint8Array): void
}

/** Takes the lists of one image. */
export class JudgedLists implements Pick<PageLists, 'add'> {
  readonly #tally = new PageTally()
  readonly #bench: Bench
  readonly #owner: ListOwner
  readonly #most: number
  readonly #said = new Set<string>()

  constructor(bench: Bench, owner: ListOwner) {
    this.#bench = bench
    this.#owner = owner
    this.#most = bench.options.maxPfn ?? MOST_PFN
  }

  /** A PAGE_DATA begins: of each kind of fault in its list the first is found. */
  begin(): void {
    this.#said.clear()
  }

  add(list: Uint8Array): ListJudgement {
    const { lastPfn, kind } = this.#owner
    this.#tally.maxPfn = lastPfn ?? this.#most
    const judgement = this.#tally.add(list)
    const { reservedBits, beyond, beyondBacked } = judgement
    this.#first(list, reservedBits, () => ({
      code: 'RESERVED_BITS',
      message: 'Bits 52 to 59 of an entry of PAGE_DATA have to be zero',
    }))
    // Before the frames of the p2m no page can be there, which is found by their order.
    if (lastPfn !== null)
      this.#first(list, beyond, (pfn) => ({
        code: 'PFN_OUT_OF_RANGE',
        message: `Page 0x${pfn} is beyond the last one of the guest, 0x${lastPfn.toString(16)} by X86_PV_P2M_FRAMES`,
      }))
    if (kind === 'hvm')
      this.#first(list, beyondBacked, (pfn) => ({
        code: 'PFN_OUT_OF_RANGE',
        message: `No receiver can give the guest memory at page 0x${pfn}: the last possible one is 0x${this.#most.toString(16)}`,
        rejects: ['restore'],
      }))
    this.#owner.list(list)
    return judgement
  }

  #first(list: Uint8Array, index: number, fault: (pfn: string) => Omit<Fault, 'offset'>): void {
    if (index < 0) return
    const made = fault(pfnAt(list, index).toString(16))
    if (this.#said.has(made.code)) return
    this.#said.add(made.code)
    // The list is used already.
    this.#bench.found({ ...made, offset: this.#bench.cursor.offset - list.length + index * ENTRY })
  }

  endRound(): void {
    this.#tally.endRound()
  }

  summary(): PageSummary {
    return this.#tally.summary()
  }
}

/** The pfn of an entry. */
function pfnAt(list: Uint8Array, index: number): number {
  const view = new DataView(list.buffer, list.byteOffset + index * ENTRY, ENTRY)
  return (view.getUint32(4, true) & 0xf_ffff) * 2 ** 32 + view.getUint32(0, true)
}
