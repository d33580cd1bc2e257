import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sumWords } from './bytes.js'

function naive(bytes: Uint8Array, offset: number, count: number): number {
  let sum = 0n
  for (let i = 0; i < 4 * count; i++) sum += BigInt(bytes[offset + i] ?? 0) << BigInt(8 * (i % 4))
  return Number(sum & 0xffff_ffffn)
}

describe('sumWords', () => {
  it('is the sum of the words wherever they lie, also at the very end of a buffer', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 0, maxLength: 300 }),
        fc.nat({ max: 7 }),
        fc.nat({ max: 7 }),
        (content, before, offset) => {
          const buffer = new Uint8Array(new ArrayBuffer(before + content.length))
          buffer.set(content, before)
          const bytes = buffer.subarray(before)
          if (offset > bytes.length) return
          const count = (bytes.length - offset) >> 2
          expect(sumWords(bytes, offset, count)).toBe(naive(bytes, offset, count))
        },
      ),
    )
  })

  it('refuses words that are not there', () => {
    expect(() => sumWords(new Uint8Array(8), 1, 2)).toThrow(RangeError)
    expect(() => sumWords(new Uint8Array(8), 9, 0)).toThrow(RangeError)
  })
})
