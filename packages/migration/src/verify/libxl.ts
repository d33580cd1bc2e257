/** The rules of the libxl stream: whose records are in it, where, and what the device model's are made of. */
import type { HeaderEvent, RecordEvent } from '../event.js'
import { RECORD_HEAD } from '../layers/framing.js'
import { LONGEST_BODY } from '../layers/libxl.js'
import type { Beginning } from '../walk.js'
import { Beginnings, type Bench, type BodyReader, HeadedBody, type Rules } from './rules.js'
import { XenstoreData } from './xenstore-data.js'

/** Bytes before what a device model wrote: its id and a number. */
const EMULATOR_HEAD = 8
/** Unknown, QEMU's old fork of Xen, QEMU (libxl_sr_stream_format.h). */
const EMULATORS = 3

/** What is known of each record (docs/specs/libxl-migration-stream.pandoc). */
interface LibxlRow {
  readonly type: number
  readonly name: string
  /** `empty`: by specification without a body, which nobody looks at; `emulator`: only for HVM guests, with a head. */
  readonly body: 'empty' | 'emulator' | 'state'
  /** It may only be between the rounds of an image, or not there. */
  readonly between?: boolean
}

const ROWS: readonly LibxlRow[] = [
  { type: 0, name: 'END', body: 'empty' },
  { type: 1, name: 'LIBXC_CONTEXT', body: 'empty', between: false },
  { type: 2, name: 'EMULATOR_XENSTORE_DATA', body: 'emulator' },
  { type: 3, name: 'EMULATOR_CONTEXT', body: 'emulator' },
  { type: 4, name: 'CHECKPOINT_END', body: 'empty', between: true },
  // COLO's, which no file has.
  { type: 5, name: 'CHECKPOINT_STATE', body: 'state' },
]
const LIBXC_CONTEXT = 1
const XENSTORE_DATA = 2

/** What the rules of libxl ask of those of the image inside. */
export interface InnerImage {
  /** The kind of guest by its header; null before it. */
  readonly kind: 'pv' | 'hvm' | null
  /** Whether a round of it was left by CHECKPOINT, and libxl's part of the round is not complete. */
  readonly betweenRounds: boolean
}

/** The rules of one stream. */
export class LibxlRules implements Rules {
  readonly #bench: Bench
  readonly #inner: InnerImage
  #reader: BodyReader | null = null
  #began = false
  #images = 0
  /** Where the last record begins. */
  #end = 0

  constructor(bench: Bench, inner: InnerImage) {
    this.#bench = bench
    this.#inner = inner
  }

  begin(piece: Beginning): number {
    this.#reader = null
    const { type = -1, name, offset, length } = piece
    const row = ROWS.find((known) => known.type === type)
    if (row === undefined) {
      const optional = name === 'OPTIONAL'
      this.#bench.found({
        code: optional ? 'UNKNOWN_OPTIONAL' : 'UNKNOWN_MANDATORY',
        message: `libxl has no record of type 0x${type.toString(16)}${optional ? '; that it may be ignored does not keep libxl from refusing it' : ''}`,
        offset,
        ...(optional ? { rejects: ['restore'] } : {}),
      })
      return 0
    }
    if (!this.#hasPlace(row, offset) || length > LONGEST_BODY) return 0
    if (type === LIBXC_CONTEXT) this.#images++
    if (row.body === 'empty' && length > 0)
      this.#bench.found({
        code: 'BAD_RECORD_LENGTH',
        message: `${name} has a body of ${length} bytes, and has to have none`,
        offset: offset + 4,
        rejects: ['verify'],
      })
    return row.body === 'emulator' ? this.#emulator(piece) : 0
  }

  data(bytes: Uint8Array): void {
    this.#reader?.take(bytes)
  }

  event(event: HeaderEvent | RecordEvent): void {
    this.#began = true
    this.#end = event.offset
    this.#reader?.end()
    this.#reader = null
  }

  end(complete: boolean): void {
    if (!this.#began || !complete || this.#images > 0) return
    this.#bench.found({
      code: 'NO_LIBXC_CONTEXT',
      message: 'The libxl stream has no LIBXC_CONTEXT: libxl takes it, and there is no guest in it',
      offset: this.#end,
      path: 'libxl',
    })
  }

  #hasPlace({ name, body, between }: LibxlRow, offset: number): boolean {
    const kind = this.#guest()
    const why =
      body === 'state'
        ? 'is only sent back and forth between hosts, for COLO'
        : between === !this.#inner.betweenRounds
          ? `is ${between ? 'only' : 'not'} behind a CHECKPOINT of the image`
          : body === 'emulator' && kind !== null && kind !== 'hvm'
            ? `belongs to a device model, which a ${kind.toUpperCase()} guest does not have`
            : null
    if (why !== null)
      this.#bench.found({ code: 'UNEXPECTED_RECORD', message: `${name} ${why}`, offset })
    return why === null
  }

  /** The kind as far as it is known: a PVH guest is one only to those who were told. */
  #guest(): 'pv' | 'hvm' | 'pvh' | null {
    const { kind } = this.#bench.options
    if (kind === undefined) return this.#inner.kind
    return kind === 'pvh' || kind === 'hvm' ? kind : 'pv'
  }

  #emulator({ type, name, offset, length }: Beginning): number {
    if (length < EMULATOR_HEAD) {
      this.#bench.found({
        code: 'BAD_RECORD_LENGTH',
        message: `${name} has ${length} bytes, and has to have at least ${EMULATOR_HEAD}`,
        offset: offset + 4,
      })
      return 0
    }
    const head = (view: DataView) => {
      const id = view.getUint32(0, true)
      if (id >= EMULATORS)
        this.#bench.found({
          code: 'BAD_EMULATOR_ID',
          message: `Device model ${id} is not known: there are 0 (unknown), 1 (QEMU's old fork of Xen) and 2 (QEMU)`,
          offset: offset + RECORD_HEAD,
        })
    }
    if (type !== XENSTORE_DATA) {
      this.#reader = new Beginnings(EMULATOR_HEAD, head)
      return EMULATOR_HEAD
    }
    const data = new XenstoreData(this.#bench, offset + RECORD_HEAD + EMULATOR_HEAD)
    this.#reader = new HeadedBody(EMULATOR_HEAD, head, data)
    return 1
  }
}
