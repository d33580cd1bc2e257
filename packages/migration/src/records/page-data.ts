/** PAGE_DATA: a count, a list of pfns with their types, and a page for each type that has one. */
import type { ImageErrorCode } from '../errors.js'
import { type Beginning, type Cursor, type Steps, viewOf } from '../walk.js'

/** Bytes of a page: images of other page sizes are refused by their domain header. */
const PAGE_BYTES = 4096
/** Bytes before the list: the count and a reserved word. */
const HEAD_BYTES = 8
const PFN_BYTES = 8
/** How many pfns are looked at in one piece. */
const PFNS_AT_ONCE = 8192

/**
 * Types whose page follows, a bit each: 0 to 4 and 9 to 0xc, plain pages and page tables. Broken (0xd), to be allocated (0xe) and absent
 * (0xf) ones have none (tools/libs/guest/xg_sr_common.h, page_type_has_stream_data).
 */
const WITH_DATA = 0b0001_1110_0001_1111
/** Types that there are not: 5 to 8. */
const RESERVED = 0b0000_0001_1110_0000

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

/** Reads a whole body, as long as its header says whatever else it says; nothing is kept of it. */
export function* walkPageData(
  cursor: Cursor,
  piece: Beginning,
  shown: boolean,
): Steps<PageCounts & { readonly problem: PageProblem | null }> {
  const end = cursor.offset + piece.length
  const counts = yield* walkList(cursor, piece, shown)
  yield* cursor.body(piece, end - cursor.offset, shown)
  return { ...counts, problem: problemOf(piece.length, counts) }
}

interface ListedPages extends PageCounts {
  readonly reserved: boolean
}

/** Reads the count and the list, as far as both have room. */
function* walkList(cursor: Cursor, piece: Beginning, shown: boolean): Steps<ListedPages> {
  if (piece.length < HEAD_BYTES) return { count: 0, withData: 0, reserved: false }
  const head = yield* cursor.take(HEAD_BYTES)
  const count = viewOf(head).getUint32(0, true)
  if (shown) yield* cursor.show(piece, head)
  if (listBytes(count) > piece.length) return { count, withData: 0, reserved: false }
  let withData = 0
  let reserved = false
  for (let left = count; left > 0; ) {
    const pfns = Math.min(left, PFNS_AT_ONCE)
    const list = yield* cursor.take(pfns * PFN_BYTES)
    const pages = pagesWithData(list)
    if (pages < 0) reserved = true
    withData += Math.max(pages, 0)
    left -= pfns
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

/** How many pages follow for a list of pfns; -1 if there is a type that Xen does not have. */
function pagesWithData(list: Uint8Array): number {
  let withData = 0
  let reserved = 0
  for (let at = PFN_BYTES - 1; at < list.length; at += PFN_BYTES) {
    const type = (list[at] ?? 0) >>> 4
    withData += (WITH_DATA >>> type) & 1
    reserved |= (RESERVED >>> type) & 1
  }
  return reserved === 0 ? withData : -1
}
