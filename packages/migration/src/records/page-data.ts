/** PAGE_DATA: a count, a list of pfns with their types, and a page for each type that has one. */
import type { ImageErrorCode } from '../errors.js'
import { MOST_AT_ONCE } from '../input/queue.js'
import { type Beginning, type Cursor, type Steps, viewOf } from '../walk.js'
import { RESERVED_TYPES, WITH_DATA } from './page-types.js'

/** Bytes of a page: images of other page sizes are refused by their domain header. */
const PAGE_BYTES = 4096
/** Bytes before the list: the count and a reserved word. */
const HEAD_BYTES = 8
const PFN_BYTES = 8

/** What PAGE_DATA says of itself. */
export interface PageCounts {
  /** How many pfns it lists. */
  readonly count: number
  /** How many of them come with a page. */
  readonly withData: number
}

/** What is wrong with a PAGE_DATA. */
interface PageProblem {
  readonly code: Extract<ImageErrorCode, 'BAD_PAGE_DATA' | 'BAD_PAGE_TYPE'>
  readonly message: string
}

/** Reads a whole body, as long as its header says whatever else it says; nothing is kept of it. A judge is given the list. */
export function* walkPageData(
  cursor: Cursor,
  piece: Beginning,
  shown: boolean,
): Steps<PageCounts & { readonly problem: PageProblem | null }> {
  const end = cursor.offset + piece.length
  const counts = yield* walkList(cursor, piece, shown)
  yield* cursor.body(piece, end - cursor.offset, shown ? 1 : 0)
  return { ...counts, problem: problemOf(piece.length, counts) }
}

interface ListedPages extends PageCounts {
  readonly reserved: boolean
}

/** Reads the count and the list, as far as both have room. */
function* walkList(cursor: Cursor, piece: Beginning, shown: boolean): Steps<ListedPages> {
  if (piece.length < HEAD_BYTES) return { count: 0, withData: 0, reserved: false }
  const { queue, judge } = cursor
  const head = yield* cursor.take(HEAD_BYTES)
  const count = viewOf(head).getUint32(0, true)
  if (shown) yield* cursor.show(piece, head)
  if (listBytes(count) > piece.length) return { count, withData: 0, reserved: false }
  let withData = 0
  let reserved = false
  for (let left = count * PFN_BYTES; left > 0; ) {
    if (queue.length < PFN_BYTES && (yield { do: 'fill', bytes: PFN_BYTES }) < PFN_BYTES)
      throw cursor.truncated(left)
    const list = queue.takeUnits(PFN_BYTES, Math.min(left, MOST_AT_ONCE))
    // A judge looks at all of it: looking twice would take twice the time.
    const looked = judge === null ? countPages(list) : judge.lists.add(list)
    withData += looked.withData
    reserved ||= looked.reservedType >= 0
    left -= list.length
    if (shown) yield* cursor.show(piece, list)
  }
  return { count, withData, reserved }
}

/** Bytes of the count and the list: up to 2^32 - 1 pfns, as a double, which does not wrap. */
function listBytes(count: number): number {
  return HEAD_BYTES + PFN_BYTES * count
}

function problemOf(length: number, { count, withData, reserved }: ListedPages): PageProblem | null {
  const bad = (message: string): PageProblem => ({ code: 'BAD_PAGE_DATA', message })
  if (length < HEAD_BYTES) return bad(`PAGE_DATA of ${length} bytes has no room for its count`)
  if (count === 0) return bad('PAGE_DATA lists no pfn')
  if (listBytes(count) > length)
    return bad(`PAGE_DATA of ${length} bytes claims to list ${count} pfns`)
  if (reserved)
    return {
      code: 'BAD_PAGE_TYPE',
      message: 'PAGE_DATA has a pfn of one of the types 5 to 8, which Xen does not have',
    }
  const whole = listBytes(count) + PAGE_BYTES * withData
  return whole === length
    ? null
    : bad(
        `PAGE_DATA has ${length} bytes; ${count} pfns, ${withData} of them with a page, need ${whole}`,
      )
}

/** What a piece of a list says to those who want to find the next record. */
interface PieceOfList {
  /** How many pages follow for it. */
  readonly withData: number
  /** Where it has a type that Xen does not have; -1 if it has none. */
  readonly reservedType: number
}

function countPages(list: Uint8Array): PieceOfList {
  let withData = 0
  let reservedType = -1
  for (let at = PFN_BYTES - 1; at < list.length; at += PFN_BYTES) {
    const type = (list[at] ?? 0) >>> 4
    withData += (WITH_DATA >>> type) & 1
    if (((RESERVED_TYPES >>> type) & 1) !== 0) reservedType = (at - PFN_BYTES + 1) / PFN_BYTES
  }
  return { withData, reservedType }
}
