/** xenopsd's image (xen-api, ocaml/xenopsd/lib/suspend_image.ml): a signature, then headers with a body each; one is a libxc image. */
import { LegacyImageError } from '../errors.js'
import { type Cursor, type Steps, viewOf } from '../walk.js'
import { legacyImage } from './legacy.js'
import { completeRound, type Ending, walkLibxc } from './libxc.js'
import { textOf } from './text.js'

/** What an image begins with. */
export const SIGNATURE = 'XenSavedDomv2-\n'
const LEGACY_SIGNATURE = 'XenSavedDomain\n'
/** Bytes of a header: two numbers of 64 bits. */
const HEADER = 16
/** A length is a signed 64-bit number to xenopsd, and above this it is none that a file can have. */
const LONGEST_BODY = 2n ** 53n - 1n

/** What is behind a header. */
interface HeaderRow {
  /** The number on the wire. */
  readonly type: number
  /** Its name in xenopsd. */
  readonly name: string
  /** `body`: as many bytes as it says; `libxc`: a libxc image, whose length is its own matter; `end`: nothing more. */
  readonly holds: 'body' | 'libxc' | 'end' | 'refused'
  /** Name of the body. */
  readonly body?: string
  /** The most bytes that xenopsd reads of it. */
  readonly most?: number
  /** Why nobody reads on. */
  readonly why?: string
}

const REFUSED_BY_XENOPSD = 'the format has it, and xenopsd refuses it'

const ROWS = [
  { type: 0x0f, name: 'Xenops', holds: 'body', body: 'XenopsRecord' },
  { type: 0xf0, name: 'Libxc', holds: 'libxc' },
  { type: 0xf1, name: 'Libxl', holds: 'refused', why: REFUSED_BY_XENOPSD },
  { type: 0xf2, name: 'Libxc_legacy', holds: 'refused', why: 'a stream from before Xen 4.6' },
  { type: 0xf00, name: 'Qemu_trad', holds: 'body', body: 'QemuRecord', most: 2 ** 20 },
  { type: 0xf01, name: 'Qemu_xen', holds: 'refused', why: REFUSED_BY_XENOPSD },
  {
    type: 0xf10,
    name: 'Demu',
    holds: 'refused',
    why: 'the state of a virtual GPU does not say how long it is: only its own reader can go on',
  },
  { type: 0xf11, name: 'Varstored', holds: 'body', body: 'VarstoredRecord' },
  { type: 0xf12, name: 'Swtpm0', holds: 'body', body: 'SwtpmRecord' },
  { type: 0xf13, name: 'Swtpm', holds: 'body', body: 'SwtpmRecord' },
  { type: 0xffff, name: 'End_of_image', holds: 'end' },
] as const satisfies readonly HeaderRow[]

/** The name of a header. */
export type XenopsdHeaderName = (typeof ROWS)[number]['name']

/** The name of a header behind the libxc image, with a body that can be passed over. */
export type XenopsdBodyName = Exclude<
  Extract<(typeof ROWS)[number], { holds: 'body' }>['name'],
  'Xenops'
>

/** The number of a header. */
export function xenopsdType(name: XenopsdHeaderName): number {
  return ROWS.find((row) => row.name === name)?.type ?? 0
}

/** Reads an image. */
export function* walkXenopsd(cursor: Cursor): Steps<Ending> {
  cursor.layers.push('xenopsd')
  yield* signature(cursor)
  for (let index = 0; ; index++) {
    const { row, type, length } = yield* header(cursor, index)
    if (row.holds === 'end') break
    if (row.holds === 'libxc') {
      const ending = yield* walkLibxc(cursor, completeRound)
      if (ending === 'end-of-input') return ending
    } else {
      yield* body(cursor, row.body ?? row.name, type, length)
    }
  }
  cursor.layers.pop()
  return 'record'
}

function* signature(cursor: Cursor): Steps<void> {
  const offset = cursor.offset
  cursor.at('Signature')
  const length = SIGNATURE.length
  const text = textOf(yield* cursor.take(length))
  if (text === LEGACY_SIGNATURE)
    throw new LegacyImageError(yield* legacyImage(cursor, 'xenopsd'), 'xenopsd')
  if (text !== SIGNATURE)
    cursor.report('BAD_MAGIC', "The signature of xenopsd's image is damaged", offset)
  yield* cursor.header({ layer: 'xenopsd', name: 'Signature', offset, length, size: length }, {})
}

interface Header {
  readonly row: HeaderRow
  readonly type: number
  readonly length: number
}

function* header(cursor: Cursor, index: number): Steps<Header> {
  const offset = cursor.offset
  cursor.at(`header ${index}`)
  const view = viewOf(yield* cursor.take(HEADER))
  const [number, size] = [view.getBigUint64(0, true), view.getBigUint64(8, true)]
  const row: HeaderRow | undefined = ROWS.find(({ type }) => BigInt(type) === number)
  if (row === undefined)
    throw cursor.error(
      'UNKNOWN_MANDATORY',
      `xenopsd has no header of type 0x${number.toString(16)}`,
      offset,
    )
  const { name, type, holds, most, why } = row
  cursor.at(`header ${index} (${name})`)
  if (holds === 'refused')
    throw cursor.error('UNEXPECTED_RECORD', `Behind ${name} nothing can be read: ${why}`, offset)
  // The lengths of the others are written as 0, and nobody reads them.
  const length = holds === 'body' ? size : 0n
  if (length > LONGEST_BODY)
    throw cursor.error('RECORD_TOO_LONG', `${name} claims ${length} bytes`, offset + 8)
  if (most !== undefined && length > BigInt(most))
    cursor.report(
      'RECORD_TOO_LONG',
      `${name} claims ${length} bytes; xenopsd reads ${most} of it at most`,
      offset + 8,
    )
  const piece = { layer: 'xenopsd', name, offset, length: HEADER, size: HEADER } as const
  if (holds === 'end') yield { do: 'event', event: { kind: 'record', ...piece, type } }
  else yield* cursor.header(piece, { type, length: Number(length) })
  return { row, type, length: Number(length) }
}

function* body(cursor: Cursor, name: string, type: number, length: number): Steps<void> {
  const piece = {
    layer: 'xenopsd',
    name,
    type,
    offset: cursor.offset,
    length,
    size: length,
  } as const
  const shown = yield* cursor.begin(piece, name)
  yield* cursor.body(piece, length, shown)
  yield { do: 'event', event: { kind: 'record', ...piece } }
}
