/** The libxc image (docs/specs/libxc-migration-stream.pandoc): two headers, then records up to END. */
import { walkPageData } from '../records/page-data.js'
import { CHECKPOINT, END, libxcRecord, PAGE_DATA } from '../records/types.js'
import { type Beginning, type Cursor, type Steps, viewOf } from '../walk.js'
import { RECORD_HEAD, recordEvent, recordRest, recordStart } from './framing.js'

/** The most bytes that a body may have (REC_LENGTH_MAX). */
export const LONGEST_BODY = 128 * 2 ** 20

/** Bytes of the first header. */
export const IMAGE_HEADER = 24
/** Bytes of the second. */
export const DOMAIN_HEADER = 16
/** Bytes of PAGE_DATA before its list: the count and a reserved word. */
const PAGE_DATA_HEAD = 8
const MARKER = 0xffff_ffff_ffff_ffffn
/** "XENF", big-endian. */
export const ID = 0x5845_4e46
const BIG_ENDIAN = 1 << 0
const VERSIONS = [2, 3]
/** x86 PV; x86 HVM, which PVH is as well. */
const DOMAIN_TYPES = [1, 2]
/** Pages have 2 to this power of bytes. */
export const PAGE_SHIFT = 12
/** Xen's receiver shifts a 32-bit number by it, and an x86 CPU takes the lowest five bits of such a count: 44 passes as 12 does. */
const SHIFT_BITS = 31

/** How an image ended. */
export type Ending = 'record' | 'end-of-input'

/** What is done at the end of a round: libxl has records of its own there; a bare image goes on at once. */
export type AfterRound = (cursor: Cursor) => Steps<void>

/** A round of a bare image is complete with its CHECKPOINT. */
// biome-ignore lint/correctness/useYield: it has nothing to ask for, and stands in for one that has
export function* completeRound(cursor: Cursor): Steps<void> {
  cursor.checkpoints++
  cursor.lastCheckpoint = cursor.offset
}

/** Reads one image; of a checkpointed one, all its rounds. */
export function* walkLibxc(cursor: Cursor, afterRound: AfterRound): Steps<Ending> {
  cursor.layers.push('libxc')
  yield* imageHeader(cursor)
  yield* domainHeader(cursor)
  const ending = yield* records(cursor, afterRound)
  cursor.layers.pop()
  return ending
}

function* imageHeader(cursor: Cursor): Steps<void> {
  const offset = cursor.offset
  cursor.at('ImageHeader')
  const bytes = yield* cursor.take(IMAGE_HEADER)
  const view = viewOf(bytes)
  const [marked, named] = [view.getBigUint64(0) === MARKER, view.getUint32(8) === ID]
  if (!marked) cursor.report('BAD_MARKER', 'The marker of a libxc image is not all ones', offset)
  const noId = 'The id of a libxc image is not "XENF"'
  // With neither of them, it is something else.
  if (!named && !marked) throw cursor.error('BAD_ID', noId, offset + 8)
  if (!named) cursor.report('BAD_ID', noId, offset + 8)
  const [version, options] = [view.getUint32(12), view.getUint16(16)]
  if (!VERSIONS.includes(version))
    throw cursor.error(
      'BAD_VERSION',
      `Version ${version} of the libxc format is not known: there are 2 and 3`,
      offset + 12,
    )
  if ((options & BIG_ENDIAN) !== 0)
    throw cursor.error(
      'BIG_ENDIAN',
      'The image says that it is big-endian; Xen takes little-endian ones alone',
      offset + 16,
    )
  noteReserved(cursor, offset, [
    { at: 16, what: 'options', value: options & ~BIG_ENDIAN },
    { at: 18, what: 'reserved bits', value: view.getUint16(18) },
    { at: 20, what: 'reserved word', value: view.getUint32(20) },
  ])
  yield* cursor.header(
    { layer: 'libxc', name: 'ImageHeader', offset, length: IMAGE_HEADER, size: IMAGE_HEADER },
    { version, options },
  )
}

function* domainHeader(cursor: Cursor): Steps<void> {
  const offset = cursor.offset
  cursor.at('DomainHeader')
  const view = viewOf(yield* cursor.take(DOMAIN_HEADER))
  const [type, pageShift] = [view.getUint32(0, true), view.getUint16(4, true)]
  if (!DOMAIN_TYPES.includes(type))
    cursor.report(
      'BAD_DOMAIN_TYPE',
      `Domain type ${type} is not known: there are 1 (PV) and 2 (HVM and PVH)`,
      offset,
    )
  const wrongShift = `The image says that pages have 2^${pageShift} bytes; those of x86 have 2^12`
  if ((pageShift & SHIFT_BITS) !== PAGE_SHIFT)
    cursor.report('BAD_PAGE_SHIFT', wrongShift, offset + 4)
  else if (pageShift !== PAGE_SHIFT)
    cursor.note({
      code: 'BAD_PAGE_SHIFT',
      message: `${wrongShift}; Xen's receiver takes it for that`,
      offset: offset + 4,
      rejects: ['verify'],
    })
  noteReserved(cursor, offset, [{ at: 6, what: 'reserved bits', value: view.getUint16(6, true) }])
  yield* cursor.header(
    { layer: 'libxc', name: 'DomainHeader', offset, length: DOMAIN_HEADER, size: DOMAIN_HEADER },
    { type, pageShift, xenMajor: view.getUint32(8, true), xenMinor: view.getUint32(12, true) },
  )
}

/** Fields of a header that have to be zero. */
export function noteReserved(
  cursor: Cursor,
  offset: number,
  fields: readonly { readonly at: number; readonly what: string; readonly value: number }[],
): void {
  for (const { at, what, value } of fields)
    if (value !== 0)
      cursor.note({
        code: 'RESERVED_BITS',
        message: `The ${what} of a header are 0x${(value >>> 0).toString(16)} and have to be zero`,
        offset: offset + at,
      })
}

/** The word behind the count of PAGE_DATA, which nobody else looks at. */
function* notePageDataHead(cursor: Cursor, { length }: Beginning): Steps<void> {
  const head = yield* cursor.peek(Math.min(length, PAGE_DATA_HEAD))
  if (head.length < PAGE_DATA_HEAD) return
  const value = viewOf(head).getUint32(4, true)
  noteReserved(cursor, cursor.offset, [{ at: 4, what: 'bits behind the count', value }])
}

const nameOf = (type: number) => libxcRecord(type)?.name

function* records(cursor: Cursor, afterRound: AfterRound): Steps<Ending> {
  let roundComplete = false
  for (let index = 0; ; index++) {
    const start = yield* recordStart(cursor, 'libxc', nameOf, index)
    if (start === null) {
      if (roundComplete) return 'end-of-input'
      throw cursor.truncated(RECORD_HEAD)
    }
    const { piece, place } = start
    if (piece.length > LONGEST_BODY)
      cursor.report(
        'RECORD_TOO_LONG',
        `A record claims ${piece.length} bytes; the most is ${LONGEST_BODY}`,
      )
    const shown = yield* cursor.begin(piece, place)
    yield* cursor.skip(RECORD_HEAD)
    if (piece.type === PAGE_DATA) {
      if (cursor.judge !== null) yield* notePageDataHead(cursor, piece)
      const { count, withData, problem } = yield* walkPageData(cursor, piece, shown === 1)
      yield* cursor.padding(piece.size - RECORD_HEAD - piece.length)
      if (problem !== null) {
        cursor.report(problem.code, problem.message, piece.offset)
        // Which of the two is wrong, the count or the length, cannot be told.
        if (problem.code === 'BAD_PAGE_DATA')
          cursor.note({
            code: 'BAD_RECORD_LENGTH',
            message: problem.message,
            offset: piece.offset + 4,
          })
      }
      yield { do: 'event', event: recordEvent(piece, { count, withData }) }
    } else {
      yield* recordRest(cursor, piece, shown)
      yield { do: 'event', event: recordEvent(piece) }
    }
    if (piece.type === END) return 'record'
    roundComplete = piece.type === CHECKPOINT
    if (roundComplete) yield* afterRound(cursor)
  }
}
