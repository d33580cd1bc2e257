/** The rules of the libxc image: what each of its records has to be, and what all of them have to make together. */
import type { HeaderEvent, RecordEvent } from '../event.js'
import { CHECKPOINT, END, libxcRecord } from '../records/types.js'
import type { Beginning } from '../walk.js'
import { CheckpointRules } from './checkpoints.js'
import type { Fault } from './finding.js'
import { HvmRules } from './hvm.js'
import type { ListOwner } from './judged-lists.js'
import { RecordOrder, type Situation } from './order.js'
import { PolicyRules } from './policy.js'
import { PvRules } from './pv.js'
import { brokenLengths, lengthInWords, recordRule, reservedBody } from './record-rules.js'
import type { Bench, BodyReader, GuestRules, Reading, Rules } from './rules.js'

/** More than any record may have; what claims more is not looked into. */
const LONGEST_BODY = 128 * 2 ** 20

/** The rules of one image. */
export class LibxcRules implements Rules, ListOwner {
  readonly #bench: Bench
  readonly #order: RecordOrder
  readonly #policy: PolicyRules
  readonly #pv: PvRules
  readonly #guests: Readonly<Record<'pv' | 'hvm', GuestRules>>
  readonly #checkpoints: CheckpointRules
  #situation: Situation = { version: 3, kind: null }
  #reader: BodyReader | null = null
  #images = 0
  #betweenRounds = false
  /** What is missing or contradictory in the state of the last complete round, or of the whole image. */
  #completion: readonly Fault[] = []

  constructor(bench: Bench) {
    this.#bench = bench
    this.#order = new RecordOrder(bench)
    this.#policy = new PolicyRules(bench)
    this.#pv = new PvRules(bench)
    this.#guests = { pv: this.#pv, hvm: new HvmRules(bench) }
    this.#checkpoints = new CheckpointRules(bench)
  }

  get kind(): 'pv' | 'hvm' | null {
    return this.#situation.kind
  }

  get lastPfn(): number | null {
    return this.kind === 'pv' ? this.#pv.lastPfn : null
  }

  /** CHECKPOINT was read, and libxl's part of the round is not complete. */
  get betweenRounds(): boolean {
    return this.#betweenRounds
  }

  list(entries: Uint8Array): void {
    if (this.kind === 'pv') this.#pv.list(entries)
  }

  begin(piece: Beginning): number {
    this.#reader = null
    const { type = -1, length } = piece
    if (!this.#hasPlace(piece)) return 0
    this.#checkpoints.begin(piece)
    const ended = this.#order.staticDataEnded
    this.#order.begin(piece, this.#situation)
    // With a record of its own, or with the first memory record.
    if (!ended && this.#order.staticDataEnded) this.#policy.apply(this.kind)
    const rule = recordRule(type)
    if (rule === undefined || length > LONGEST_BODY) return 0
    this.#judgeLength(piece)
    const reading = this.#readingOf(piece)
    this.#reader = reading?.reader ?? null
    return reading?.shown ?? 0
  }

  data(bytes: Uint8Array): void {
    this.#reader?.take(bytes)
  }

  event(event: HeaderEvent | RecordEvent): void {
    if (event.kind === 'header') {
      this.#header(event)
      return
    }
    this.#reader?.end()
    this.#reader = null
    this.#betweenRounds = event.type === CHECKPOINT
    if (event.type === END && this.#bench.cursor.checkpoints === 0) this.#complete()
  }

  /** A CHECKPOINT, and what libxl has to say to it, is complete. */
  roundComplete(): void {
    this.#betweenRounds = false
    this.#order.roundComplete()
    if (this.kind !== null) this.#guests[this.kind].roundComplete()
    this.#complete()
  }

  /** The input ends: what the last complete state lacks. */
  end(): void {
    for (const fault of this.#completion) this.#bench.found(fault)
    this.#completion = []
    this.#policy.leave()
  }

  #complete(): void {
    // What an earlier round lacked was its producer's fault; a receiver goes by the last.
    for (const fault of this.#completion) this.#bench.found({ ...fault, rejects: ['verify'] })
    const { offset, path } = this.#bench.cursor
    const { kind } = this.#situation
    const missing = this.#order
      .missing(this.#situation)
      .map((row): Fault => ({ code: 'MISSING_RECORD', offset, ...row }))
    const guest = kind === null ? [] : this.#guests[kind].complete(offset)
    this.#completion = [...missing, ...guest].map((fault) => ({ path, ...fault }))
  }

  /** Whether a record can be in such an image at all. */
  #hasPlace({ type = -1, name, offset }: Beginning): boolean {
    const known = libxcRecord(type)
    if (known === undefined) {
      const optional = name === 'OPTIONAL'
      const later = optional && this.#bench.cursor.checkpoints > 0
      this.#bench.found({
        code: optional ? 'UNKNOWN_OPTIONAL' : 'UNKNOWN_MANDATORY',
        message: `Nobody knows records of type 0x${type.toString(16)}; ${optional ? `this one may be ignored${later ? ", which Xen's receiver fails to do behind a checkpoint: it loses the round" : ''}` : 'none may ignore it'}`,
        offset,
      })
      return false
    }
    const { guest } = recordRule(type) ?? {}
    const { kind } = this.#situation
    const foreign = guest !== undefined && kind !== null && guest !== kind
    if (known.part !== 'never' && !foreign) return true
    this.#bench.found({
      code: 'UNEXPECTED_RECORD',
      message: foreign
        ? `${name} is for ${guest.toUpperCase()} guests, and this is one of type ${kind.toUpperCase()}`
        : `${name} is in no image that a receiver takes`,
      offset,
    })
    return false
  }

  #judgeLength({ type = -1, name, offset, length }: Beginning): void {
    for (const broken of brokenLengths(type, length))
      this.#bench.found({
        code: broken.code ?? 'BAD_RECORD_LENGTH',
        message: `${name} has ${length} bytes, and has to have ${lengthInWords(broken)}`,
        offset: offset + 4,
        ...(broken.rejects === undefined ? {} : { rejects: broken.rejects }),
      })
  }

  #readingOf(piece: Beginning): Reading | null {
    const { kind } = this.#situation
    const own = kind === null ? null : this.#guests[kind].read(piece)
    const policy = this.#order.staticDataEnded ? null : this.#policy.read(piece)
    return own ?? policy ?? reservedBody(piece, this.#bench)
  }

  #header({ name, fields, offset }: HeaderEvent): void {
    if (name === 'ImageHeader') {
      if (this.#images++ > 0)
        this.#bench.found({
          code: 'DUPLICATE_RECORD',
          message: 'A second image of a guest: a receiver fills one domain once',
          offset,
          rejects: ['verify', 'restore'],
        })
      this.#situation = { version: fields.version ?? 3, kind: null }
    }
    if (name !== 'DomainHeader') return
    const kind = fields.type === 1 ? 'pv' : fields.type === 2 ? 'hvm' : null
    this.#situation = { ...this.#situation, kind }
    const told = this.#bench.options.kind
    const wanted =
      told === undefined ? kind : told.startsWith('pv') && told !== 'pvh' ? 'pv' : 'hvm'
    if (kind !== null && kind !== wanted)
      this.#bench.found({
        code: 'TYPE_MISMATCH',
        message: `The image is of a guest of type ${kind.toUpperCase()}, and the receiver is told that it is ${told}`,
        offset,
      })
  }
}
