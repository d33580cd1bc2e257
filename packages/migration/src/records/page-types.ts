/** The types of the pages that PAGE_DATA lists (tools/libs/guest/xg_sr_common.h), and sets of them, a bit each. */

/** A type of pages, as Xen names it; `RESERVED` for those that it does not have. */
export type PageTypeName =
  | 'NOTAB'
  | 'L1TAB'
  | 'L2TAB'
  | 'L3TAB'
  | 'L4TAB'
  | 'L1TAB_PINNED'
  | 'L2TAB_PINNED'
  | 'L3TAB_PINNED'
  | 'L4TAB_PINNED'
  | 'BROKEN'
  | 'XALLOC'
  | 'XTAB'
  | 'RESERVED'

/** What a type means to a receiver. */
interface PageTypeRow {
  /** The four highest bits of an entry. */
  readonly type: number
  /** Its name in Xen, without the prefix. */
  readonly name: PageTypeName
  /** Whether a page follows behind the list (page_type_has_stream_data). */
  readonly data: boolean
  /** Whether the guest has memory there (page_type_to_populate). */
  readonly backed: boolean
}

const RESERVED = { name: 'RESERVED', data: false, backed: false } as const

/** All of them: the index is the type. */
const ROWS: readonly PageTypeRow[] = [
  { type: 0x0, name: 'NOTAB', data: true, backed: true },
  { type: 0x1, name: 'L1TAB', data: true, backed: true },
  { type: 0x2, name: 'L2TAB', data: true, backed: true },
  { type: 0x3, name: 'L3TAB', data: true, backed: true },
  { type: 0x4, name: 'L4TAB', data: true, backed: true },
  { type: 0x5, ...RESERVED },
  { type: 0x6, ...RESERVED },
  { type: 0x7, ...RESERVED },
  { type: 0x8, ...RESERVED },
  { type: 0x9, name: 'L1TAB_PINNED', data: true, backed: true },
  { type: 0xa, name: 'L2TAB_PINNED', data: true, backed: true },
  { type: 0xb, name: 'L3TAB_PINNED', data: true, backed: true },
  { type: 0xc, name: 'L4TAB_PINNED', data: true, backed: true },
  { type: 0xd, name: 'BROKEN', data: false, backed: false },
  // A page that is allocated empty, as Xen 4.2 to 4.5 wrote it.
  { type: 0xe, name: 'XALLOC', data: false, backed: true },
  { type: 0xf, name: 'XTAB', data: false, backed: false },
]

/** The name of a type. */
export function pageTypeName(type: number): PageTypeName {
  return ROWS[type]?.name ?? 'RESERVED'
}

function typesThat(are: (row: PageTypeRow) => boolean): number {
  return ROWS.reduce((bits, row) => (are(row) ? bits | (1 << row.type) : bits), 0)
}

/** Types with a page behind the list. */
export const WITH_DATA = /* @__PURE__ */ typesThat(({ data }) => data)
/** Types that Xen does not have. */
export const RESERVED_TYPES = /* @__PURE__ */ typesThat(({ name }) => name === 'RESERVED')
/** Types that are given no memory: what is said of them costs a receiver nothing. */
export const UNBACKED = /* @__PURE__ */ typesThat(
  ({ name, backed }) => !backed && name !== 'RESERVED',
)
