/** The libxl stream (docs/specs/libxl-migration-stream.pandoc): a header, then records; behind LIBXC_CONTEXT a whole libxc image. */
import { type Cursor, type Steps, viewOf } from '../walk.js'
import { RECORD_HEAD, recordEvent, recordRest, recordStart } from './framing.js'
import { completeRound, type Ending, noteReserved, walkLibxc } from './libxc.js'
import { textOf } from './text.js'

const HEADER = 16
/** What a stream begins with. */
export const IDENT = 'LibxlFmt'
/** The one version that there is. */
export const VERSION = 2
const BIG_ENDIAN = 1 << 0
/** The stream was made of one from before Xen 4.6. */
export const CONVERTED = 1 << 1
/** From here on, Xen's own reader takes the padded length for one near 0; nothing that long is ever sent. */
export const LONGEST_BODY = 0xffff_fff8

const END = 0
const LIBXC_CONTEXT = 1
const CHECKPOINT_END = 4

/** Names by type (tools/libs/light/libxl_sr_stream_format.h). */
const NAMES = [
  'END',
  'LIBXC_CONTEXT',
  'EMULATOR_XENSTORE_DATA',
  'EMULATOR_CONTEXT',
  'CHECKPOINT_END',
  'CHECKPOINT_STATE',
] as const

const nameOf = (type: number): string | undefined => (type < NAMES.length ? NAMES[type] : undefined)

/** The name of a record. */
export type LibxlRecordName = (typeof NAMES)[number]

/** The number of its type. */
export function libxlType(name: LibxlRecordName): number {
  return NAMES.indexOf(name)
}

/** Reads a stream up to its END. */
export function* walkLibxl(cursor: Cursor): Steps<Ending> {
  cursor.layers.push('libxl')
  yield* header(cursor)
  const ending = yield* records(cursor, END)
  cursor.layers.pop()
  return ending
}

function* header(cursor: Cursor): Steps<void> {
  const offset = cursor.offset
  cursor.at('LibxlHeader')
  const bytes = yield* cursor.take(HEADER)
  const view = viewOf(bytes)
  if (textOf(bytes.subarray(0, IDENT.length)) !== IDENT)
    cursor.report('BAD_ID', 'A libxl stream begins with "LibxlFmt"; this does not', offset)
  const [version, options] = [view.getUint32(8), view.getUint32(12)]
  if (version !== VERSION)
    throw cursor.error(
      'BAD_VERSION',
      `Version ${version} of the libxl stream is not known: there is 2`,
      offset + 8,
    )
  if ((options & BIG_ENDIAN) !== 0)
    throw cursor.error(
      'BIG_ENDIAN',
      'The libxl stream says that it is big-endian; libxl takes little-endian ones alone',
      offset + 12,
    )
  noteReserved(cursor, offset, [
    { at: 12, what: 'options', value: options & ~(BIG_ENDIAN | CONVERTED) },
  ])
  yield* cursor.header(
    { layer: 'libxl', name: 'LibxlHeader', offset, length: HEADER, size: HEADER },
    { version, options },
  )
}

/** Reads records up to the one that ends them: END, or CHECKPOINT_END between two rounds of the libxc image. */
function* records(cursor: Cursor, last: number): Steps<Ending> {
  for (let index = 0; ; index++) {
    const start = yield* recordStart(cursor, 'libxl', nameOf, index)
    if (start === null) throw cursor.truncated(RECORD_HEAD)
    const { piece, place } = start
    if (piece.length > LONGEST_BODY)
      cursor.report('RECORD_TOO_LONG', `A libxl record claims ${piece.length} bytes`)
    if (piece.type === END && last === CHECKPOINT_END)
      cursor.report(
        'UNEXPECTED_RECORD',
        'END stands between two rounds, where CHECKPOINT_END has to come first',
      )
    const shown = yield* cursor.begin(piece, place)
    yield* cursor.skip(RECORD_HEAD)
    yield* recordRest(cursor, piece, shown)
    yield { do: 'event', event: recordEvent(piece) }
    if (piece.type === last) return 'record'
    if (piece.type === LIBXC_CONTEXT && last === END) {
      const ending = yield* walkLibxc(cursor, betweenRounds)
      if (ending === 'end-of-input') return ending
    }
  }
}

/** What libxl writes when a round of the libxc image is complete. */
function* betweenRounds(cursor: Cursor): Steps<void> {
  cursor.layers.pop()
  yield* records(cursor, CHECKPOINT_END)
  cursor.layers.push('libxc')
  yield* completeRound(cursor)
}
