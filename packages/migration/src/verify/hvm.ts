/** The rules of HVM and PVH guests: parameters, and the list inside of the context. */
import { RECORD_HEAD } from '../layers/framing.js'
import { HVM_CONTEXT, HVM_PARAMS } from '../records/types.js'
import type { Beginning } from '../walk.js'
import type { ImageVerdictName } from './codes.js'
import type { Fault } from './finding.js'
import { HvmContextList } from './hvm-context.js'
import { noteReservedBytes } from './record-rules.js'
import { type Bench, type GuestRules, HeadedBody, Items, type Reading } from './rules.js'

/** Bytes before the parameters: their count and a reserved word. */
const HEAD = 8
const ENTRY = 16
/** How many there are (xen/include/public/hvm/params.h, HVM_NR_PARAMS). */
const PARAMS = 39

/** The rules of one guest. */
export class HvmRules implements GuestRules {
  readonly #bench: Bench

  constructor(bench: Bench) {
    this.#bench = bench
  }

  read(piece: Beginning): Reading | null {
    if (piece.type === HVM_CONTEXT)
      return { shown: 1, reader: new HvmContextList(this.#bench, piece) }
    return piece.type === HVM_PARAMS ? this.#params(piece) : null
  }

  commit(): void {}

  drop(): void {}

  complete(): Fault[] {
    return []
  }

  #params({ type = HVM_PARAMS, offset, length }: Beginning): Reading {
    const said = new Set<ImageVerdictName>()
    let whole = true
    const head = (view: DataView) => {
      noteReservedBytes(this.#bench, type, offset, view)
      const count = view.getUint32(0, true)
      whole = length === HEAD + ENTRY * count
      if (!whole)
        this.#bench.found({
          code: 'BAD_RECORD_LENGTH',
          message: `HVM_PARAMS of ${count} parameters has ${length} bytes, and has to have ${HEAD + ENTRY * count}`,
          offset: offset + RECORD_HEAD,
        })
    }
    // Of each kind of fault the first.
    const bad = (message: string, number: number, verdict: ImageVerdictName) => {
      const place = offset + RECORD_HEAD + HEAD + number * ENTRY
      if (!said.has(verdict))
        this.#bench.found({ code: 'BAD_HVM_PARAM', message, offset: place, rejects: [verdict] })
      said.add(verdict)
    }
    const param = (view: DataView, at: number, number: number) => {
      if (!whole) return
      const [index, high] = [view.getUint32(at, true), view.getUint32(at + 4, true)]
      if (index >= PARAMS)
        bad(
          `HVM_PARAMS sets parameter ${index}; the hypervisor has those up to ${PARAMS - 1}`,
          number,
          'restore',
        )
      if (high !== 0)
        bad(
          `HVM_PARAMS has a parameter whose number does not fit 32 bits; Xen takes it for ${index}`,
          number,
          'verify',
        )
    }
    return { shown: 1, reader: new HeadedBody(HEAD, head, new Items(ENTRY, param)) }
  }
}
