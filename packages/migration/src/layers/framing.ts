/** What libxc and libxl records have in common: type, length, body, zeros up to a multiple of 8. */
import type { RecordEvent } from '../event.js'
import { type Beginning, type Cursor, type Steps, viewOf } from '../walk.js'

/** Bytes before a body. */
export const RECORD_HEAD = 8
/** Set in the type of a record that a reader who does not know it may leave out. */
const OPTIONAL = 0x8000_0000

/** A record of which the type and the length are known. */
export interface RecordStart {
  /** What it is. */
  readonly piece: Beginning & { readonly type: number }
  /** What errors call it. */
  readonly place: () => string
}

/** The record that comes next, of which nothing is used; null where the input ends cleanly before it. */
export function* recordStart(
  cursor: Cursor,
  layer: 'libxc' | 'libxl',
  nameOf: (type: number) => string | undefined,
  index: number,
): Steps<RecordStart | null> {
  cursor.at(() => `record ${index}`)
  const head = yield* cursor.peek(RECORD_HEAD)
  if (head.length === 0) return null
  if (head.length < RECORD_HEAD) throw cursor.truncated(RECORD_HEAD)
  const view = viewOf(head)
  const [type, length] = [view.getUint32(0, true), view.getUint32(4, true)]
  const known = nameOf(type)
  const name = known ?? ((type & OPTIONAL) === 0 ? 'UNKNOWN' : 'OPTIONAL')
  const size = RECORD_HEAD + Math.ceil(length / 8) * 8
  const piece = { layer, name, type, offset: cursor.offset, length, size }
  const number = () => (known === undefined ? ` 0x${type.toString(16)}` : '')
  const place = () => `record ${index} (${name}${number()})`
  cursor.at(place)
  return { piece, place }
}

/** Passes over the rest of a record whose header is used. */
export function* recordRest(cursor: Cursor, piece: Beginning, shown: number): Steps<void> {
  yield* cursor.body(piece, piece.length, shown)
  yield* cursor.padding(piece.size - RECORD_HEAD - piece.length)
}

/** The event of a record that is read. */
export function recordEvent(
  { layer, name, offset, length, size, type }: RecordStart['piece'],
  more: Pick<RecordEvent, 'count' | 'withData'> = {},
): RecordEvent {
  return { kind: 'record', layer, name, type, offset, length, size, ...more }
}
