/** Which form an input has: told by its first eight bytes. */
import type { ImageFormat } from '../event.js'
import type { Cursor, Steps } from '../walk.js'
import { refuseBareLegacy } from './legacy.js'
import { walkLibvirt } from './libvirt.js'
import { completeRound, type Ending, walkLibxc } from './libxc.js'
import { walkLibxl } from './libxl.js'
import { textOf } from './text.js'
import { walkXenopsd } from './xenopsd.js'
import { walkXl } from './xl.js'

interface FormatRow {
  readonly format: ImageFormat
  /** The first eight bytes, as characters. */
  readonly begins: string
  readonly walk: (cursor: Cursor) => Steps<Ending>
}

/** The forms; a new one is a row. */
const ROWS: readonly FormatRow[] = [
  { format: 'xl', begins: 'Xen save', walk: walkXl },
  { format: 'libvirt', begins: 'libvirt-', walk: walkLibvirt },
  { format: 'xenopsd', begins: 'XenSaved', walk: walkXenopsd },
  { format: 'libxl', begins: 'LibxlFmt', walk: walkLibxl },
  {
    format: 'libxc',
    begins: '\xff\xff\xff\xff\xff\xff\xff\xff',
    walk: (cursor) => walkLibxc(cursor, completeRound),
  },
]

/** Enough bytes to tell all forms. */
const BEGINNING = 8
/** So many of them equal, and it is that form with a damaged beginning. */
const NEARLY = 6

/** Reads an image of any form, up to its last byte. */
export function* walkImage(cursor: Cursor): Steps<void> {
  const row = yield* recognise(cursor)
  const by = yield* row.walk(cursor)
  const piece = { layer: row.format, name: 'end', offset: cursor.offset, length: 0, size: 0 }
  yield { do: 'event', event: { kind: 'end', ...piece, by, checkpoints: cursor.checkpoints } }
}

function* recognise(cursor: Cursor): Steps<FormatRow> {
  const first = textOf(yield* cursor.peek(BEGINNING))
  if (first.length < BEGINNING) throw cursor.truncated(BEGINNING)
  const row = ROWS.find(({ begins }) => begins === first)
  if (row !== undefined) return row
  yield* refuseBareLegacy(cursor)
  const near = ROWS.find(({ begins }) => alike(begins, first) >= NEARLY)
  if (near !== undefined) return near
  throw cursor.error(
    'BAD_MAGIC',
    'The input is no domain image: it begins neither as a file of xl or libvirt does, nor as an image of xenopsd, libxl or libxc',
  )
}

function alike(a: string, b: string): number {
  return [...a].filter((character, at) => character === b[at]).length
}
