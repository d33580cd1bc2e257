/** SHA-256 (FIPS 180-4) over bytes in memory: at once and everywhere, where Node has `node:crypto` and browsers an asynchronous one only. */
import { viewOf } from './bytes.js'

/** Bytes of a block. */
const BLOCK = 64
/** Bytes at the end of the last block that hold the length. */
const LENGTH = 8

/** The first 32 bits of the fractional parts of the cube roots of the first 64 primes (section 4.2.2). */
const ROUND: Uint32Array = /* @__PURE__ */ (() =>
  Uint32Array.from(firstPrimes(64), (prime) => fraction(Math.cbrt(prime))))()

/** The same of the square roots of the first eight: what the hash begins with (section 5.3.3). */
const START: Uint32Array = /* @__PURE__ */ (() =>
  Uint32Array.from(firstPrimes(8), (prime) => fraction(Math.sqrt(prime))))()

function firstPrimes(count: number): number[] {
  const primes: number[] = []
  for (let n = 2; primes.length < count; n++)
    if (primes.every((prime) => n % prime !== 0)) primes.push(n)
  return primes
}

/** A double keeps 53 bits: enough for the integer part of these roots and 32 bits behind it. */
function fraction(root: number): number {
  return Math.floor((root % 1) * 2 ** 32)
}

/** The SHA-256 of some bytes, in lower-case hex. */
export function sha256(bytes: Uint8Array): string {
  const state = new Uint32Array(START)
  const schedule = new Uint32Array(64)
  const whole = bytes.length - (bytes.length % BLOCK)
  const view = viewOf(bytes)
  for (let at = 0; at < whole; at += BLOCK) mix(state, schedule, view, at)
  const tail = lastBlocks(bytes.subarray(whole), bytes.length)
  for (let at = 0; at < tail.byteLength; at += BLOCK) mix(state, schedule, tail, at)
  return Array.from(state, (word) => word.toString(16).padStart(8, '0')).join('')
}

/** What is left over, a one bit, zeros, and the length of the whole in bits: one block or two. */
function lastBlocks(rest: Uint8Array, length: number): DataView {
  const blocks = rest.length + 1 + LENGTH > BLOCK ? 2 : 1
  const bytes = new Uint8Array(blocks * BLOCK)
  bytes.set(rest)
  bytes[rest.length] = 0x80
  const view = viewOf(bytes)
  view.setUint32(bytes.length - 8, Math.floor(length / 2 ** 29))
  view.setUint32(bytes.length - 4, length << 3)
  return view
}

/** Takes one block into the state (section 6.2.2). */
function mix(state: Uint32Array, schedule: Uint32Array, block: DataView, offset: number): void {
  for (let i = 0; i < 16; i++) schedule[i] = block.getUint32(offset + 4 * i)
  for (let i = 16; i < 64; i++) {
    const [early, late] = [at(schedule, i - 15), at(schedule, i - 2)]
    const small = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3)
    const large = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10)
    schedule[i] = at(schedule, i - 16) + small + at(schedule, i - 7) + large
  }
  let [a, b, c, d] = [at(state, 0), at(state, 1), at(state, 2), at(state, 3)]
  let [e, f, g, h] = [at(state, 4), at(state, 5), at(state, 6), at(state, 7)]
  for (let i = 0; i < 64; i++) {
    const choice = (e & f) ^ (~e & g)
    const majority = (a & b) ^ (a & c) ^ (b & c)
    const one = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + at(ROUND, i)
    const first = (one + at(schedule, i)) | 0
    const second = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority) | 0
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  const added = [a, b, c, d, e, f, g, h]
  for (let i = 0; i < 8; i++) state[i] = at(state, i) + (added[i] ?? 0)
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits))
}

/** Every index above is inside the array. */
function at(words: Uint32Array, index: number): number {
  return words[index] ?? 0
}
