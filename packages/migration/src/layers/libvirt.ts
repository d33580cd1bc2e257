/** The file of `virsh save` for a Xen guest (libvirt, src/libxl/libxl_conf.h): a header, the domain's XML, a libxl stream. */
import { LegacyImageError } from '../errors.js'
import { type Cursor, type Steps, viewOf } from '../walk.js'
import { legacyImage } from './legacy.js'
import { type Ending, noteReserved } from './libxc.js'
import { walkLibxl } from './libxl.js'
import { textOf } from './text.js'

/** Bytes of the header. */
export const HEADER = 64
/** What a file begins with. */
export const MAGIC = 'libvirt-xml\n \0 \r'
/** What follows the XML is a stream from before 4.6. */
const LEGACY_VERSION = 1
/** The version whose stream is that of libxl. */
export const VERSION = 2

/** Reads a file. */
export function* walkLibvirt(cursor: Cursor): Steps<Ending> {
  cursor.layers.push('libvirt')
  const version = yield* header(cursor)
  if (version === LEGACY_VERSION)
    throw new LegacyImageError(yield* legacyImage(cursor, 'libvirt'), 'libvirt')
  const ending = yield* walkLibxl(cursor)
  cursor.layers.pop()
  return ending
}

function* header(cursor: Cursor): Steps<number> {
  const offset = cursor.offset
  cursor.at('LibvirtHeader')
  const bytes = yield* cursor.take(HEADER)
  if (textOf(bytes.subarray(0, MAGIC.length)) !== MAGIC)
    cursor.report('BAD_MAGIC', 'The magic of a libvirt file is damaged', offset)
  const view = viewOf(bytes)
  const [version, xmlLength] = [view.getUint32(16, true), view.getUint32(20, true)]
  if (version < LEGACY_VERSION || version > VERSION)
    throw cursor.error(
      'BAD_VERSION',
      `Version ${version} of libvirt's file is not known: there are 1 and 2`,
      offset + 16,
    )
  if (xmlLength === 0) cursor.report('BAD_LIBVIRT_XML', "libvirt's file has no XML", offset + 20)
  for (let at = 24; at < HEADER; at += 4)
    noteReserved(cursor, offset, [{ at, what: 'unused words', value: view.getUint32(at, true) }])
  yield* cursor.header(
    { layer: 'libvirt', name: 'LibvirtHeader', offset, length: HEADER, size: HEADER },
    { version, xmlLength },
  )
  const piece = {
    layer: 'libvirt',
    name: 'LibvirtXml',
    offset: cursor.offset,
    length: xmlLength,
    size: xmlLength,
  } as const
  const shown = yield* cursor.begin(piece, piece.name)
  yield* cursor.body(piece, xmlLength, shown)
  yield* cursor.header(piece, {})
  return version
}
