import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type FeatureTable, UnknownFeatureError } from './features/table.js'
import { featureTable } from './features/tables.js'
import { Featureset, FeaturesetRangeError } from './featureset.js'
import { FeaturesetSyntaxError } from './featureset-text.js'

const word = fc.integer({ min: 0, max: 0xffff_ffff })
const featureset = fc.array(word, { maxLength: 24 }).map((words) => Featureset.fromWords(words))

describe('Featureset.parse', () => {
  it.each([
    ['', []],
    ['0', [0]],
    ['1789c3f5-f6fa3223', [0x1789c3f5, 0xf6fa3223]],
    ['1789c3f5:f6fa3223', [0x1789c3f5, 0xf6fa3223]],
    ['0x1789C3F5:0Xf6fa3223:2', [0x1789c3f5, 0xf6fa3223, 2]],
    ['ffffffff-0-0', [0xffffffff, 0, 0]],
  ])('reads %j', (text, words) => {
    expect(Featureset.parse(text).words).toEqual(words)
  })

  it.each([
    ['-1234', 0, 0],
    ['1234-', 5, 1],
    ['1234--5678', 5, 1],
    ['0123-foo', 6, 1],
    ['foo bar baz', 1, 0],
    ['fgfg-1234', 1, 0],
    ['123456789', 8, 0],
    ['0x-1', 2, 0],
    ['1234 ', 4, 0],
    [' 1234', 0, 0],
    ['1234-5678:9abc', 9, 1],
    ['1234-0x', 7, 1],
    ['１２', 0, 0],
  ])('refuses %j at character %i, word %i', (text, offset, badWord) => {
    const attempt = () => Featureset.parse(text)
    expect(attempt).toThrow(FeaturesetSyntaxError)
    expect(attempt).toThrow(
      expect.objectContaining({ code: 'FEATURESET_SYNTAX', offset, path: `word ${badWord}` }),
    )
  })

  it('says where, what and what to do', () => {
    expect(() => Featureset.parse('1789c3f5-f6fag223')).toThrow(
      'Not a featureset: unexpected "g" at character 13 (word 1) of "1789c3f5-f6fag223". Expected words of up to eight hexadecimal digits joined by "-" or ":", such as "1789c3f5-f6fa3223".',
    )
  })

  it('gives an answer or one typed error for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0fFx-: g') })),
        (text) => {
          try {
            const read = Featureset.parse(text)
            expect(Featureset.parse(read.toString()).words).toEqual(read.words)
          } catch (error) {
            expect(error).toBeInstanceOf(FeaturesetSyntaxError)
          }
        },
      ),
    )
  })
})

describe('Featureset forms', () => {
  it('round-trips text, words, bigint and JSON', () => {
    fc.assert(
      fc.property(featureset, fc.constantFrom('-' as const, ':' as const), (set, separator) => {
        expect(Featureset.parse(set.toString(separator)).words).toEqual(set.words)
        expect(Featureset.fromBigInt(set.toBigInt()).equals(set)).toBe(true)
        expect(JSON.parse(JSON.stringify({ set }))).toEqual({ set: set.toString() })
        expect(Featureset.fromWords(set.words).equals(set)).toBe(true)
      }),
    )
  })

  it('puts word 0 into the lowest bits of the bigint', () => {
    expect(Featureset.parse('00000001-80000000').toBigInt()).toBe(0x8000_0000_0000_0001n)
    expect(Featureset.empty.toBigInt()).toBe(0n)
    expect(Featureset.fromBigInt(1n << 32n).words).toEqual([0, 1])
    expect(Featureset.fromBigInt((1n << 32n) - 1n).words).toEqual([0xffff_ffff])
    expect(() => Featureset.fromBigInt(-1n)).toThrow(FeaturesetRangeError)
    expect(() => Featureset.fromBigInt(-1n)).toThrow(
      expect.objectContaining({
        code: 'FEATURESET_RANGE',
        message: expect.stringContaining('-1 '),
        details: { value: -1n },
      }),
    )
  })

  it('writes as many words as asked and never cuts off a bit', () => {
    const set = Featureset.fromWords([1, 2, 0])
    expect(set.toString()).toBe('00000001-00000002-00000000')
    expect(set.toString(':', 2)).toBe('00000001:00000002')
    expect(set.toString('-', 4)).toBe('00000001-00000002-00000000-00000000')
    expect(() => set.toString('-', 1)).toThrow(FeaturesetRangeError)
    expect(() => set.toString('-', 1)).toThrow(
      expect.objectContaining({
        code: 'FEATURESET_RANGE',
        message: expect.stringMatching(/ word 1,.* in 1 words/),
        details: { words: 1, significantWords: 2 },
      }),
    )
    expect(() => set.toString('-', 2.5)).toThrow(FeaturesetRangeError)
  })

  it.each([[-1], [0x1_0000_0000], [1.5], [Number.NaN]])('refuses the word %d', (bad) => {
    expect(() => Featureset.fromWords([0, bad])).toThrow(FeaturesetRangeError)
    expect(() => Featureset.fromWords([0, bad])).toThrow(/^Word 1 of the featureset is /)
    expect(() => Featureset.fromWords([0, bad])).toThrow(
      expect.objectContaining({ code: 'FEATURESET_RANGE', details: { word: 1, value: bad } }),
    )
  })

  it('says what to do about a word that & or | made negative, and only about such a one', () => {
    expect(() => Featureset.fromWords([0x8000_0000 | 0])).toThrow('">>> 0"')
    for (const other of [[1.5], [2 ** 32], { length: 1 }]) {
      expect(() => Featureset.fromWords(other)).toThrow(/from 0 to 0xffffffff\.$/)
    }
  })

  it('is immutable and does not keep the caller’s array', () => {
    const words = [1, 2]
    const set = Featureset.fromWords(words)
    words[0] = 7
    expect(set.words).toEqual([1, 2])
    expect(Object.isFrozen(set.words)).toBe(true)
    expect(Object.isFrozen(Featureset.parse('1-2').words)).toBe(true)
  })
})

describe('Featureset names', () => {
  it('takes either spelling and gives Xen’s', () => {
    const set = Featureset.fromNames(['avx512f', 'SSE4_1', 'sse4-2', '3DNOW'])
    expect(set.names()).toEqual(['SSE4_1', 'SSE4_2', '3DNOW', 'AVX512F'])
    expect(set.words).toHaveLength(19)
    expect(set.has('AVX512F')).toBe(true)
    expect(set.has('AVX2')).toBe(false)
    expect(set.has(176)).toBe(true)
    expect(set.has(32 * 500)).toBe(false)
  })

  it('takes a bit by its number, as far as numbers go', () => {
    const set = Featureset.fromWords([0b101, 0x8000_0000])
    expect([0, 1, 2, 31, 32, 62, 63, 64].filter((bit) => set.has(bit))).toEqual([0, 2, 63])
    // Bit 0 again for arithmetic on 32 bits.
    expect(set.has(2 ** 32)).toBe(false)
    expect(set.has(2 ** 37)).toBe(false)
  })

  it('refuses unknown names and impossible bits', () => {
    expect(() => Featureset.fromNames(['AVX', 'AVX1024'])).toThrow(UnknownFeatureError)
    expect(() => Featureset.fromNames(['AVX1024'])).toThrow(
      /^Xen 4\.23-dev has no feature named "AVX1024"/,
    )
    const table: FeatureTable<string> = featureTable()
    expect(() => Featureset.empty.has('AVX1024', table)).toThrow(UnknownFeatureError)
    expect(() => Featureset.empty.has(-1)).toThrow(FeaturesetRangeError)
    expect(() => Featureset.empty.has(-1)).toThrow(
      expect.objectContaining({
        code: 'FEATURESET_RANGE',
        message: expect.stringContaining(' -1:'),
        details: { bit: -1 },
      }),
    )
    expect(() => Featureset.empty.has(2 ** 60)).toThrow(FeaturesetRangeError)
  })

  it('keeps bits without a name apart', () => {
    const set = Featureset.fromNames(['FPU']).or(Featureset.fromWords([1 << 10, 0, 1]))
    expect(set.names()).toEqual(['FPU'])
    expect(set.unknownBits()).toEqual([10, 64])
    expect(set.bits()).toEqual([0, 10, 64])
  })
})

describe('Featureset operations', () => {
  it('take a missing word for zero when they look for a subset', () => {
    const [set, longer] = [Featureset.fromWords([0b101]), Featureset.fromWords([0b111, 1])]
    expect([set.isSubsetOf(longer), set.isSubsetOf(set), longer.isSubsetOf(set)]).toEqual([
      ...[true, true, false],
    ])
    expect(Featureset.fromWords([0b101, 0]).isSubsetOf(set)).toBe(true)
    expect(Featureset.fromWords([1, 1]).isSubsetOf(set)).toBe(false)
  })

  it('agree with the same operations on whole numbers, at any lengths', () => {
    fc.assert(
      fc.property(featureset, featureset, (a, b) => {
        const [x, y] = [a.toBigInt(), b.toBigInt()]
        expect(a.and(b).toBigInt()).toBe(x & y)
        expect(a.or(b).toBigInt()).toBe(x | y)
        expect(a.xor(b).toBigInt()).toBe(x ^ y)
        expect(a.andNot(b).toBigInt()).toBe(x & ~y)
        expect(a.isSubsetOf(b)).toBe((x & ~y) === 0n)
        expect(a.equals(b)).toBe(x === y)
        expect(a.isEmpty).toBe(x === 0n)
        expect(a.and(b).words).toHaveLength(Math.max(a.words.length, b.words.length))
      }),
    )
  })
})
