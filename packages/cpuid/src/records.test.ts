import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import {
  decodeLeaves,
  decodeMsrs,
  encodeLeaves,
  encodeMsrs,
  RecordsLengthError,
} from './records.js'

const word = fc.integer({ min: 0, max: 0xffff_ffff })
const leaf = fc.record({
  leaf: word,
  subleaf: fc.oneof(fc.constant(null), fc.integer({ min: 0, max: 0xffff_fffe })),
  a: word,
  b: word,
  c: word,
  d: word,
})
const msr = fc.record({
  index: word,
  flags: word,
  value: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
})

it('lays a leaf and an MSR out as Xen does', () => {
  const bytes = encodeLeaves([{ leaf: 7, subleaf: 0, a: 1, b: 0x12345678, c: 0xffff_ffff, d: 4 }])
  expect([...bytes]).toEqual([
    ...[7, 0, 0, 0],
    ...[0, 0, 0, 0],
    ...[1, 0, 0, 0],
    ...[0x78, 0x56, 0x34, 0x12],
    ...[255, 255, 255, 255],
    ...[4, 0, 0, 0],
  ])
  expect(
    [...encodeLeaves([{ leaf: 0, subleaf: null, a: 0, b: 0, c: 0, d: 0 }])].slice(4, 8),
  ).toEqual([255, 255, 255, 255])
  expect([...encodeMsrs([{ index: 0x10a, flags: 0, value: 0x0102_0304_0506_0708n }])]).toEqual([
    ...[0x0a, 1, 0, 0],
    ...[0, 0, 0, 0],
    ...[8, 7, 6, 5, 4, 3, 2, 1],
  ])
})

it('decodes what it encoded, wherever the bytes begin', () => {
  fc.assert(
    fc.property(fc.array(leaf), fc.array(msr), fc.nat(7), (leaves, msrs, offset) => {
      const moved = (bytes: Uint8Array) => {
        const whole = new Uint8Array(bytes.length + offset)
        whole.set(bytes, offset)
        return whole.subarray(offset)
      }
      expect(decodeLeaves(moved(encodeLeaves(leaves)))).toEqual(leaves)
      expect(decodeMsrs(moved(encodeMsrs(msrs)))).toEqual(msrs)
    }),
  )
})

it('refuses bytes that are no whole number of records, and says where the last one ends', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      for (const [decode, size] of [
        [decodeLeaves, 24],
        [decodeMsrs, 16],
      ] as const) {
        if (bytes.length % size === 0) expect(decode(bytes)).toHaveLength(bytes.length / size)
        else {
          expect(() => decode(bytes)).toThrow(RecordsLengthError)
          expect(() => decode(bytes)).toThrow(
            expect.objectContaining({ offset: bytes.length - (bytes.length % size) }),
          )
        }
      }
    }),
  )
})

it('says which record is broken off', () => {
  const caseOf = (decode: (bytes: Uint8Array) => unknown, length: number) => () =>
    decode(new Uint8Array(length))
  expect(caseOf(decodeLeaves, 50)).toThrow(
    expect.objectContaining({
      code: 'RECORDS_LENGTH',
      offset: 48,
      path: 'leaves[2]',
      message: expect.stringMatching(/^50 bytes .* leaves of 24 bytes: 2 /),
      details: { length: 50, size: 24, offset: 48, path: 'leaves[2]' },
    }),
  )
  expect(caseOf(decodeMsrs, 31)).toThrow(
    expect.objectContaining({
      path: 'MSRs[1]',
      message: expect.stringMatching(/^31 bytes .* MSRs of 16 bytes: 15 /),
    }),
  )
})

/** Words as a big-endian machine keeps them. */
function bigEndianWords(length: number): object {
  const view = new DataView(new ArrayBuffer(length * 4))
  const at = (index: number) => view.getUint32(index * 4, false)
  const words = {
    buffer: view.buffer,
    forEach: (each: (word: number, index: number) => void) => {
      for (let index = 0; index < length; index++) each(at(index), index)
    },
    *[Symbol.iterator]() {
      for (let index = 0; index < length; index++) yield at(index)
    },
  }
  return new Proxy(words, {
    set: (_, index, value) => {
      const place = Number(index)
      if (place < length) view.setUint32(place * 4, value, false)
      return true
    },
  })
}

it('writes the same bytes on a big-endian machine', () => {
  const leaves = [
    { leaf: 0x8000_0001, subleaf: null, a: 0x00a6_0f12, b: 1, c: 0x0102_0304, d: 0xffff_fffe },
    { leaf: 7, subleaf: 1, a: 2, b: 3, c: 4, d: 5 },
  ]
  const encode = () => [encodeLeaves([]), encodeLeaves(leaves)].map((bytes) => [...bytes])
  const expected = encode()
  vi.stubGlobal('Uint32Array', function BigEndian(length: number) {
    return bigEndianWords(length)
  })
  try {
    expect(encode()).toEqual(expected)
  } finally {
    vi.unstubAllGlobals()
  }
})
