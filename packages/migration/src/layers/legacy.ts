/**
 * Streams from before Xen 4.6, which have neither magic nor version: told by how they begin (tools/python/scripts/convert-legacy-stream
 * reads them), described, and refused with the name of the converter.
 */
import { type LegacyConverter, type LegacyImage, LegacyImageError } from '../errors.js'
import { type Cursor, type Steps, viewOf } from '../walk.js'

/** The beginning: the guest's size as a word, then what tells PV from HVM. */
const BEGINNING = 20
/** More pages than a guest of those days could have: 4 TiB. */
const TOO_MANY_PAGES = 2 ** 30
/** A batch of memory has at most so many pages; a count above is none. */
const MOST_PAGES_AT_ONCE = 1024
/** Counts of -1 to -18 announce something else than memory. */
const LOWEST_CHUNK = -18

/** What the beginning of a stream tells. */
type Beginnings = Pick<LegacyImage, 'width' | 'kind' | 'pages'>

const UNSEEN: Beginnings = { width: null, kind: null, pages: null }

type Wrapper = LegacyImage['wrapper']

/** What each way in which a stream is wrapped says to the converter: xenopsd's own was always a 32-bit program. */
const WRAPPED: Readonly<
  Record<Exclude<Wrapper, null>, { known: Partial<Beginnings>; arguments: readonly string[] }>
> = {
  xl: { known: {}, arguments: ['--format', 'libxl'] },
  libvirt: { known: {}, arguments: ['--format', 'libxl'] },
  xenopsd: { known: { width: 32 }, arguments: ['--format', 'libxc', '--skip-qemu'] },
}

/** What can be told of the old stream that begins here. */
export function* legacyImage(cursor: Cursor, wrapper: Exclude<Wrapper, null>): Steps<LegacyImage> {
  const seen = beginningOf(yield* cursor.peek(BEGINNING)) ?? UNSEEN
  return described({ ...seen, ...WRAPPED[wrapper].known }, wrapper, cursor.offset)
}

/** Refuses an input that begins as an old stream does; others pass. */
export function* refuseBareLegacy(cursor: Cursor): Steps<void> {
  const seen = beginningOf(yield* cursor.peek(BEGINNING))
  if (seen !== null) throw new LegacyImageError(described(seen, null, cursor.offset), 'legacy')
}

function described(seen: Beginnings, wrapper: Wrapper, offset: number): LegacyImage {
  const { width, kind } = seen
  const converter: LegacyConverter = {
    name: 'convert-legacy-stream',
    arguments: [
      ...(width === null ? [] : ['--width', `${width}`]),
      ...(kind === null ? [] : ['--guest-type', kind]),
      ...(wrapper === null ? [] : WRAPPED[wrapper].arguments),
    ],
  }
  return { ...seen, wrapper, offset, converter }
}

function beginningOf(bytes: Uint8Array): Beginnings | null {
  const [wide, narrow] = [beginningAt(bytes, 64), beginningAt(bytes, 32)]
  return wide ?? narrow
}

/** The beginning as a toolstack of that width writes it: size; then for PV a word of ones, for HVM the first count. */
function beginningAt(bytes: Uint8Array, width: 32 | 64): Beginnings | null {
  const word = width / 8
  if (bytes.length < 2 * word + 4) return null
  const view = viewOf(bytes)
  const wordAt = (at: number) =>
    width === 32 ? view.getUint32(at, true) : Number(view.getBigUint64(at, true))
  const pages = wordAt(0)
  if (pages === 0 || pages >= TOO_MANY_PAGES) return null
  const ones = bytes.subarray(word, 2 * word).every((byte) => byte === 0xff)
  // Behind the ones stands the length of the list of vCPU settings.
  if (ones && view.getUint32(2 * word, true) < 2 ** 16) return { width, kind: 'pv', pages }
  const count = view.getInt32(word, true)
  if (count === 0 || count < LOWEST_CHUNK || count > MOST_PAGES_AT_ONCE) return null
  // A count is followed by that many pfns of one word each; the first is no wild number.
  return count < 0 || wordAt(word + 4) % 2 ** 28 < pages || width === 32
    ? { width, kind: 'hvm', pages }
    : null
}
