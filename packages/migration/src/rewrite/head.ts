/** Changes to the head of an image: the head is held, changed, written; everything behind it passes as it comes. */
import { type ImageHead, readHead } from '../head.js'
import { RECORD_HEAD } from '../layers/framing.js'
import { DOMAIN_HEADER, IMAGE_HEADER } from '../layers/libxc.js'
import { viewOf } from '../walk.js'
import { joined } from '../write/framing.js'
import { transformOf } from './stream.js'

/** What is known of an image while its head is changed. */
export type HeldHead = Omit<ImageHead, 'remainder'>

/** Options of all that change the head of an image. */
export interface RewriteOptions {
  /** The most bytes that the head may have; 65536 by default, as for {@link readHead}. */
  readonly limit?: number
}

/** A piece of a head that gives way to others; `end` is behind its last byte, and is `start` where something is only put in. */
export interface Splice {
  /** Where it begins, in bytes from the start of the image. */
  readonly start: number
  /** Where it ends. */
  readonly end: number
  /** What comes there. */
  readonly pieces: readonly Uint8Array[]
}

/** A transform of which a function says what becomes of the head. Splices come in order and do not overlap. */
export function headTransform(
  change: (head: HeldHead) => readonly Splice[] | Promise<readonly Splice[]>,
  options: RewriteOptions,
): TransformStream<Uint8Array, Uint8Array> {
  return transformOf(async function* (input) {
    const { remainder, ...head } = await readHead(input, options)
    yield spliced(head.bytes, await change(head))
    yield* remainder
  })
}

function spliced(bytes: Uint8Array, splices: readonly Splice[]): Uint8Array {
  const pieces: Uint8Array[] = []
  let at = 0
  for (const splice of splices) {
    pieces.push(bytes.subarray(at, splice.start), ...splice.pieces)
    at = splice.end
  }
  return joined([...pieces, bytes.subarray(at)])
}

/** A number in the head, replaced. */
export function wordSplice(start: number, value: number, littleEndian: boolean): Splice {
  const word = new Uint8Array(4)
  viewOf(word).setUint32(0, value, littleEndian)
  return { start, end: start + word.length, pieces: [word] }
}

/** A libxc record of a head. */
export interface HeadRecord {
  /** The number of its type. */
  readonly type: number
  /** Where it begins, in bytes from the start of the image. */
  readonly start: number
  /** Where it ends, with its padding. */
  readonly end: number
}

/** The libxc records of a head, in order. A head that was read has no broken one. */
export function libxcRecords({ bytes, layerOffsets }: HeldHead): HeadRecord[] {
  const view = viewOf(bytes)
  const records: HeadRecord[] = []
  let start = (layerOffsets.libxc ?? bytes.length) + IMAGE_HEADER + DOMAIN_HEADER
  while (start < bytes.length) {
    const [type, length] = [view.getUint32(start, true), view.getUint32(start + 4, true)]
    const end = start + RECORD_HEAD + Math.ceil(length / 8) * 8
    records.push({ type, start, end })
    start = end
  }
  return records
}
