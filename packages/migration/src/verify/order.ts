/** In which order the records of a libxc image come, which may come twice, and which have to be there. */
import {
  CHECKPOINT,
  END,
  HVM_CONTEXT,
  libxcRecord,
  PAGE_DATA,
  SHARED_INFO,
  STATIC_DATA_END,
  VERIFY,
  X86_CPUID_POLICY,
  X86_MSR_POLICY,
  X86_PV_INFO,
  X86_PV_P2M_FRAMES,
} from '../records/types.js'
import type { Beginning } from '../walk.js'
import type { ImageVerdictName } from './codes.js'
import type { Fault } from './finding.js'
import { recordRule } from './record-rules.js'
import type { Bench } from './rules.js'

const POLICIES: readonly number[] = [X86_CPUID_POLICY, X86_MSR_POLICY]
/** Records that came with version 3. */
const FIRST_OF_V3 = STATIC_DATA_END

/** What is known of an image before a record. */
export interface Situation {
  /** Version of the image. */
  readonly version: number
  /** The kind of guest by the header; null if it says none. */
  readonly kind: 'pv' | 'hvm' | null
}

/** A record that needs others before it, in images of PV guests: in the order of the specification. */
const NEEDS: readonly { readonly type: number; readonly needs: number; readonly why: string }[] = [
  { type: X86_PV_P2M_FRAMES, needs: X86_PV_INFO, why: 'which says how wide a frame number is' },
  { type: SHARED_INFO, needs: X86_PV_INFO, why: 'which says what it looks like' },
  { type: PAGE_DATA, needs: X86_PV_P2M_FRAMES, why: 'which says how many pages there are' },
]

/** What an image of a kind has to have by its end. */
const NEEDED: readonly {
  readonly type: number
  readonly kind: 'pv' | 'hvm'
  readonly rejects: readonly ImageVerdictName[]
  /** The producer sends it with each checkpoint. */
  readonly eachRound?: true
  readonly why: string
}[] = [
  {
    type: HVM_CONTEXT,
    kind: 'hvm',
    eachRound: true,
    rejects: ['verify', 'restore'],
    why: 'the state of the vCPUs',
  },
  { type: X86_PV_INFO, kind: 'pv', rejects: ['verify', 'restore'], why: 'the width of the guest' },
  {
    type: X86_PV_P2M_FRAMES,
    kind: 'pv',
    rejects: ['verify', 'restore'],
    why: 'how many pages it has',
  },
  {
    type: SHARED_INFO,
    kind: 'pv',
    eachRound: true,
    rejects: ['verify'],
    why: 'the page that it shares with Xen',
  },
]

const nameOf = (type: number) => libxcRecord(type)?.name

/** Follows the order of one image. */
export class RecordOrder {
  readonly #bench: Bench
  /** Types that came, in the image and in the round at hand. */
  readonly #seen = new Set<number>()
  readonly #seenInRound = new Set<number>()
  /** Types that came in complete rounds. */
  readonly #complete = new Set<number>()
  #staticDataEnd: 'explicit' | 'inferred' | 'missing' | null = null

  constructor(bench: Bench) {
    this.#bench = bench
  }

  /** Whether the static part has ended, in what way soever. */
  get staticDataEnded(): boolean {
    return this.#staticDataEnd !== null
  }

  /** Whether a record of a type came. */
  has(type: number): boolean {
    return this.#seen.has(type)
  }

  /** A record of a known type that has its place in such an image begins. */
  begin({ type = -1, offset, name }: Beginning, situation: Situation): void {
    this.#multiplicity(type, name, offset)
    this.#staticPart(type, name, offset, situation)
    if (situation.kind === 'pv')
      for (const { needs, why } of NEEDS.filter((row) => row.type === type && !this.has(row.needs)))
        this.#bench.found({
          code: 'ORDER',
          message: `${name} comes before ${nameOf(needs)}, ${why}`,
          offset,
        })
    if (type === VERIFY && this.has(CHECKPOINT))
      this.#bench.found({
        code: 'UNEXPECTED_RECORD',
        message: 'VERIFY is for images without checkpoints',
        offset,
        rejects: ['verify'],
      })
    this.#seen.add(type)
    if (type !== END) this.#seenInRound.add(type)
  }

  #multiplicity(type: number, name: string, offset: number): void {
    const { once, twice = ['verify'] } = recordRule(type) ?? {}
    const before = once === 'image' ? this.#seen : this.#seenInRound
    if (once !== undefined && before.has(type))
      this.#bench.found({
        code: 'DUPLICATE_RECORD',
        message: `${name} comes a second time in ${once === 'image' ? 'the image' : 'a round'}`,
        offset,
        rejects: twice,
      })
  }

  #staticPart(type: number, name: string, offset: number, { version }: Situation): void {
    const part = libxcRecord(type)?.part
    if (version < 3 && type >= FIRST_OF_V3)
      this.#bench.found({
        code: 'V3_RECORD_IN_V2',
        message: `${name} came with version 3, and this is version ${version}; Xen takes it as it stands`,
        offset,
      })
    if (part === 'memory' && this.#staticDataEnd === null) {
      this.#staticDataEnd = version < 3 ? 'inferred' : 'missing'
      if (version >= 3)
        this.#bench.found({
          code: 'NO_STATIC_DATA_END',
          message: `${name} comes before STATIC_DATA_END`,
          offset,
        })
    }
    if (type === STATIC_DATA_END) {
      if (this.#staticDataEnd === 'explicit' || this.#staticDataEnd === 'inferred')
        this.#bench.found({
          code: 'DUPLICATE_STATIC_DATA_END',
          message: 'The static part of the image has ended before',
          offset,
        })
      this.#staticDataEnd ??= 'explicit'
    } else if (part === 'static' && this.#staticDataEnd !== null) {
      const policy = POLICIES.includes(type)
      this.#bench.found({
        code: policy ? 'POLICY_AFTER_STATIC_DATA_END' : 'ORDER',
        message: policy
          ? `${name} behind the static part: Xen stores it and never applies it, and the guest runs with another policy in silence`
          : `${name} belongs before STATIC_DATA_END`,
        offset,
        rejects: ['verify'],
      })
    } else if (
      (part === 'state' || part === 'end') &&
      version >= 3 &&
      this.#staticDataEnd === null
    ) {
      this.#bench.found({
        code: type === END || type === CHECKPOINT ? 'NO_STATIC_DATA_END' : 'ORDER',
        message: `${name} comes before STATIC_DATA_END, which Xen's receiver does not mind`,
        offset,
        rejects: ['verify'],
      })
    }
  }

  /** Whether a record came behind the last complete round. */
  get midRound(): boolean {
    return this.#seenInRound.size > 0
  }

  /** A round is complete: what it had counts, and what it had not is its producer's fault. */
  commit({ kind }: Situation, offset: number): void {
    const later = this.#complete.size > 0
    for (const { type } of NEEDED.filter((row) => row.eachRound && row.kind === kind))
      if (later && !this.#seenInRound.has(type))
        this.#bench.found({
          code: 'MISSING_RECORD',
          message: `There is no ${nameOf(type)} in this round`,
          offset,
          rejects: ['verify'],
        })
    for (const type of this.#seenInRound) this.#complete.add(type)
    this.#seenInRound.clear()
  }

  /** What is missing at the end of an image. */
  missing({ kind }: Situation): Pick<Fault, 'message' | 'rejects'>[] {
    // Of a checkpointed image, the rounds that are complete.
    const had = this.#complete.size > 0 ? this.#complete : this.#seen
    return NEEDED.filter((row) => row.kind === kind && !had.has(row.type)).map(
      ({ type, rejects, why }) => ({ message: `There is no ${nameOf(type)}: ${why}`, rejects }),
    )
  }
}
