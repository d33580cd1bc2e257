/** Little-endian words in bytes, and the sum that Intel and AMD put over their microcode. */

/** Whether a Uint32Array reads memory as microcode is written. */
const LITTLE_ENDIAN = /* @__PURE__ */ (() => new Uint8Array(new Uint32Array([1]).buffer)[0] === 1)()

/** The same bytes for {@link DataView} readers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** A stretch of an input that is read as one file: the whole input, or a member of an archive. Offsets count in the whole input. */
export interface Region {
  /** The whole input. */
  readonly bytes: Uint8Array
  /** The same for readers of words. */
  readonly view: DataView
  /** The first byte of the stretch. */
  readonly start: number
  /** The byte behind its last. */
  readonly end: number
  /** {@link sumWords} over the whole input; several readers of one file may share what it found. */
  readonly sum: (offset: number, count: number) => number
}

/** The whole of an input. */
export function wholeOf(bytes: Uint8Array): Region {
  const sum = (offset: number, count: number) => sumWords(bytes, offset, count)
  return { bytes, view: viewOf(bytes), start: 0, end: bytes.length, sum }
}

/** The same region, with sums remembered: for judging one file by several rules. */
export function rememberingSums(region: Region): Region {
  const known = new Map<string, number>()
  const sum = (offset: number, count: number) => {
    const key = `${offset}+${count}`
    const value = known.get(key) ?? region.sum(offset, count)
    known.set(key, value)
    return value
  }
  return { ...region, sum }
}

/** Parts one behind the other, as bytes of their own. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** How many bytes remain, for messages. */
export function leftText(count: number): string {
  return count === 1 ? '1 byte is left' : `${count} bytes are left`
}

/** A number as messages show it. */
export function hex(value: number, digits = 1): string {
  return `0x${value.toString(16).padStart(digits, '0')}`
}

/** The sum of `count` words from `offset` on, modulo 2^32, as an unsigned number. The words must lie inside `bytes`. */
export function sumWords(bytes: Uint8Array, offset: number, count: number): number {
  if (offset < 0 || count < 0 || offset + 4 * count > bytes.length) {
    throw new RangeError(`${count} words at ${offset} do not lie in ${bytes.length} bytes`)
  }
  const start = bytes.byteOffset + offset
  const skew = start & 3
  if (!LITTLE_ENDIAN || count === 0) return sumOneByOne(viewOf(bytes), offset, count)
  if (skew === 0) return sumAligned(new Uint32Array(bytes.buffer, start, count)) >>> 0
  // The last word may need the aligned word behind it, which a buffer's end can cut off.
  const whole = Math.max(count - 1, 0)
  const words = new Uint32Array(bytes.buffer, start - skew, whole + 1)
  const rest = sumOneByOne(viewOf(bytes), offset + 4 * whole, count - whole)
  return (sumSkewed(words, whole, 8 * skew) + rest) >>> 0
}

/** Four sums side by side, since each addition otherwise waits for the one before it. */
function sumAligned(words: Uint32Array): number {
  const even = words.length & ~7
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  for (let i = 0; i < even; i += 8) {
    a = (a + at(words, i) + at(words, i + 4)) | 0
    b = (b + at(words, i + 1) + at(words, i + 5)) | 0
    c = (c + at(words, i + 2) + at(words, i + 6)) | 0
    d = (d + at(words, i + 3) + at(words, i + 7)) | 0
  }
  let sum = (a + b + c + d) | 0
  for (let i = even; i < words.length; i++) sum = (sum + at(words, i)) | 0
  return sum
}

/**
 * The sum of words that lie `shift` bits into aligned ones: each is the high part of one and the low part of the next, and the low parts
 * can be summed before they are shifted.
 */
function sumSkewed(words: Uint32Array, count: number, shift: number): number {
  const even = count & ~1
  let high = 0
  let highToo = 0
  let low = 0
  let lowToo = 0
  for (let i = 0; i < even; i += 2) {
    high = (high + (at(words, i) >>> shift)) | 0
    low = (low + at(words, i + 1)) | 0
    highToo = (highToo + (at(words, i + 1) >>> shift)) | 0
    lowToo = (lowToo + at(words, i + 2)) | 0
  }
  if (even < count) {
    high = (high + (at(words, even) >>> shift)) | 0
    low = (low + at(words, even + 1)) | 0
  }
  return (high + highToo + ((low + lowToo) << (32 - shift))) | 0
}

function sumOneByOne(view: DataView, offset: number, count: number): number {
  let sum = 0
  for (let i = 0; i < count; i++) sum = (sum + view.getUint32(offset + 4 * i, true)) | 0
  return sum
}

/** Every index above is inside the array. */
function at(words: Uint32Array, index: number): number {
  return words[index] ?? 0
}
