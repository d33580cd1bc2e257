/** The rules of the libxc image: what each of its records has to be, and what all of them have to make together. */
import type { GuestKind } from '@xenlevel/core'
import type { HeaderEvent, RecordEvent } from '../event.js'
import { LONGEST_BODY } from '../layers/libxc.js'
import { CHECKPOINT, libxcRecord } from '../records/types.js'
import type { Beginning } from '../walk.js'
import { CheckpointRules } from './checkpoints.js'
import { HvmRules } from './hvm.js'
import type { ListOwner } from './judged-lists.js'
import { RecordOrder, type Situation } from './order.js'
import { PolicyRules } from './policy.js'
import { PvRules } from './pv.js'
import { brokenLengths, lengthInWords, recordRule, reservedBody } from './record-rules.js'
import type { Bench, BodyReader, GuestRules, Reading, Rules } from './rules.js'

/** The kinds by the number in the header. */
const KIND_OF_TYPE: Readonly<Record<number, 'pv' | 'hvm'>> = { 1: 'pv', 2: 'hvm' }
/** What the header calls each kind of guest. */
const TYPE_OF_KIND: Readonly<Record<GuestKind, 'pv' | 'hvm'>> = {
  pv: 'pv',
  pv32: 'pv',
  hvm: 'hvm',
  pvh: 'hvm',
}

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
  /** Where the last record begins, which is END once the image is complete, and the name of the image for what is found when all is read. */
  #end = 0
  #path = ''

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
    const { length } = piece
    if (!this.#hasPlace(piece)) return 0
    this.#checkpoints.begin(piece)
    const ended = this.#order.staticDataEnded
    this.#order.begin(piece, this.#situation)
    // With a record of its own, or with the first memory record.
    if (!ended && this.#order.staticDataEnded) this.#policy.apply(this.kind)
    // What claims more than a record may have is not looked into.
    if (length > LONGEST_BODY) return 0
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
    this.#end = event.offset
  }

  /** A CHECKPOINT, and what libxl has to say to it, is complete. */
  roundComplete(): void {
    const { lastCheckpoint } = this.#bench.cursor
    this.#betweenRounds = false
    this.#order.commit(this.#situation, lastCheckpoint)
    if (this.kind !== null) this.#guests[this.kind].commit()
  }

  /** The input ends: what the state lacks that a restore would have to do with. */
  end(complete: boolean): void {
    this.#policy.leave()
    const { checkpoints, lastCheckpoint } = this.#bench.cursor
    const checkpointed = checkpoints > 0
    if (this.kind === null || !(complete || checkpointed)) return
    const place = { path: this.#path, offset: checkpointed ? lastCheckpoint : this.#end }
    if (complete && checkpointed && this.#order.midRound)
      this.#bench.found({
        code: 'FAILOVER',
        message: 'What comes behind the last checkpoint is dropped with the END of the image',
        ...place,
      })
    const guest = this.#guests[this.kind]
    guest.drop()
    for (const row of this.#order.missing(this.#situation))
      this.#bench.found({ code: 'MISSING_RECORD', ...place, ...row })
    for (const fault of guest.complete(place.offset)) this.#bench.found({ ...place, ...fault })
  }

  /** Whether a record can be in such an image at all. */
  #hasPlace({ type = -1, name, offset }: Beginning): boolean {
    const known = libxcRecord(type)
    if (known === undefined) {
      const optional = name === 'OPTIONAL'
      const later = this.#bench.cursor.checkpoints > 0
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
    for (const broken of brokenLengths(type, length)) {
      const { code = 'BAD_RECORD_LENGTH', rejects = ['verify', 'restore'] } = broken
      const message = `${name} has ${length} bytes, and has to have ${lengthInWords(broken)}`
      this.#bench.found({ code, message, offset: offset + 4, rejects })
    }
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
      return
    }
    this.#path = this.#bench.cursor.layers.join('.')
    const told = this.#bench.options.kind
    const wanted = told === undefined ? null : TYPE_OF_KIND[told]
    const kind = KIND_OF_TYPE[fields.type ?? 0] ?? null
    // What is no kind is judged as what it should be.
    this.#situation = { ...this.#situation, kind: kind ?? wanted }
    if (kind !== null && wanted !== null && kind !== wanted)
      this.#bench.found({
        code: 'TYPE_MISMATCH',
        message: `The image is of a guest of type ${kind.toUpperCase()}, and the receiver is told that it is ${told}`,
        offset,
      })
  }
}
