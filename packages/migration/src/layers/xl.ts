/** The file of `xl save`, and what `xl migrate` sends (tools/xl/xl.h): a header, the configuration, a libxl stream. */
import { LegacyImageError } from '../errors.js'
import { type Cursor, type Steps, viewOf } from '../walk.js'
import { legacyImage } from './legacy.js'
import type { Ending } from './libxc.js'
import { walkLibxl } from './libxl.js'
import { textOf } from './text.js'

/** Bytes of the header. */
export const HEADER = 48
/** What a file begins with. */
export const MAGIC = 'Xen saved domain, xl format\n \0 \r'
/** The number that shows the writer's byte order. */
export const BYTE_ORDER = 0x0102_0304
const BYTE_ORDER_SWAPPED = 0x0403_0201
/** Mandatory flag: the configuration is JSON, else the text of a configuration file. */
export const XL_CONFIG_IS_JSON = 1 << 0
/** Mandatory flag: what follows is a libxl stream, else one from before 4.6. */
export const STREAM_V2 = 1 << 1
/** The length of the configuration stands before it. */
export const XL_CONFIG_HEAD = 4

/** Reads a file. */
export function* walkXl(cursor: Cursor): Steps<Ending> {
  cursor.layers.push('xl')
  const { mandatoryFlags, optionalDataLength } = yield* header(cursor)
  if (optionalDataLength > 0) yield* optionalData(cursor, optionalDataLength)
  if ((mandatoryFlags & STREAM_V2) === 0)
    throw new LegacyImageError(yield* legacyImage(cursor, 'xl'), 'xl')
  const ending = yield* walkLibxl(cursor)
  cursor.layers.pop()
  return ending
}

interface XlFields extends Readonly<Record<string, number>> {
  readonly mandatoryFlags: number
  readonly optionalDataLength: number
}

function* header(cursor: Cursor): Steps<XlFields> {
  const offset = cursor.offset
  cursor.at('XlHeader')
  const bytes = yield* cursor.take(HEADER)
  if (textOf(bytes.subarray(0, MAGIC.length)) !== MAGIC)
    cursor.report('BAD_MAGIC', 'The magic of an xl file is damaged', offset)
  const view = viewOf(bytes)
  const byteOrder = view.getUint32(32, true)
  if (byteOrder === BYTE_ORDER_SWAPPED)
    throw cursor.error(
      'BIG_ENDIAN',
      'The xl file was written on a big-endian machine; xl takes those of its own byte order alone',
      offset + 32,
    )
  if (byteOrder !== BYTE_ORDER)
    throw cursor.error('BAD_MAGIC', 'The byte order of the xl file is damaged', offset + 32)
  const fields = {
    byteOrder,
    mandatoryFlags: view.getUint32(36, true),
    optionalFlags: view.getUint32(40, true),
    optionalDataLength: view.getUint32(44, true),
  }
  const unknown = fields.mandatoryFlags & ~(XL_CONFIG_IS_JSON | STREAM_V2)
  if (unknown !== 0)
    cursor.report(
      'UNKNOWN_MANDATORY',
      `The xl file has mandatory flags that are not known: 0x${(unknown >>> 0).toString(16)}`,
      offset + 36,
    )
  yield* cursor.header(
    { layer: 'xl', name: 'XlHeader', offset, length: HEADER, size: HEADER },
    fields,
  )
  return fields
}

function* optionalData(cursor: Cursor, length: number): Steps<void> {
  const offset = cursor.offset
  cursor.at('XlOptionalData')
  if (length < XL_CONFIG_HEAD) {
    cursor.report('BAD_XL_CONFIG', `${length} bytes have no room for a configuration's length`)
    return yield* cursor.skip(length)
  }
  const piece = { layer: 'xl', name: 'XlOptionalData', offset, length, size: length } as const
  const shown = yield* cursor.begin(piece, piece.name)
  const head = yield* cursor.peek(XL_CONFIG_HEAD)
  if (head.length < XL_CONFIG_HEAD) throw cursor.truncated(length)
  const configLength = viewOf(head).getUint32(0, true)
  if (configLength > length - XL_CONFIG_HEAD)
    cursor.report(
      'BAD_XL_CONFIG',
      `The configuration claims ${configLength} bytes, of which ${length - XL_CONFIG_HEAD} are there`,
    )
  yield* cursor.body(piece, length, shown)
  yield* cursor.header(piece, { configLength })
}
