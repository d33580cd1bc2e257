/** The text form read into room that is there already, as pools do for thousands of hosts. */
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { Featureset } from './featureset.js'
import { FeaturesetSyntaxError, parseWordsInto, WordReader } from './featureset-text.js'

/** What is in the room afterwards; 7 where nothing was written. */
function readInto(text: string, room: number): number[] {
  const words = new Uint32Array(room).fill(7)
  const count = parseWordsInto(text, words)
  expect([...words.subarray(count)].every((word) => word === 7)).toBe(true)
  return [...words.subarray(0, count)]
}

describe('parseWordsInto', () => {
  it.each([
    ['1789c3f5', [0x1789c3f5]],
    ['1789c3f5-f6fa3223', [0x1789c3f5, 0xf6fa3223]],
    ['1789c3f5:f6fa3223', [0x1789c3f5, 0xf6fa3223]],
    ['89ABCDEF-00000000-0123abcf', [0x89abcdef, 0, 0x0123abcf]],
  ])('reads %j, the form in which toolstacks write, without going word by word', (text, words) => {
    const slow = vi.spyOn(WordReader.prototype, 'next')
    const read = [words.length, words.length + 3].map((room) => readInto(text, room))
    const calls = slow.mock.calls.length
    slow.mockRestore()
    expect(read).toEqual([words, words])
    expect(calls).toBe(0)
  })

  it.each([
    ['', []],
    ['0', [0]],
    ['1-2', [1, 2]],
    ['A-a0F', [10, 0xa0f]],
    ['0x1789c3f5', [0x1789c3f5]],
    ['1789c3f5:f6fa322', [0x1789c3f5, 0xf6fa322]],
    // As long as a text of the usual form, yet none.
    ['0x1:2:3:', null],
    ['0x12345:f6fa3223', [0x12345, 0xf6fa3223]],
  ])('reads %j, or refuses it, as Featureset.parse does', (text, words) => {
    if (words === null) expect(() => readInto(text, 4)).toThrow(FeaturesetSyntaxError)
    else expect(readInto(text, words.length)).toEqual(words)
  })

  it.each([
    ['12345678x12345678', 8, 0],
    ['12345678-12345678:12345678', 17, 1],
    ['12345678:12345678-12345678', 17, 1],
    ['12345678-1234567g', 16, 1],
    ['zzzzzzzz', 0, 0],
    ['12345678-', 9, 1],
    ['12345678 12345678', 8, 0],
    // The low seven bits of U+00B0 are those of "0".
    ['1234567\u00b0', 7, 0],
  ])('refuses %j at character %i, word %i', (text, offset, word) => {
    expect(() => readInto(text, 4)).toThrow(
      expect.objectContaining({ code: 'FEATURESET_SYNTAX', offset, path: `word ${word}` }),
    )
  })

  it.each(['00000001-00000002-00000003', '1-2-3'])(
    'refuses %j where there is room for two words',
    (text) => {
      expect(() => readInto(text, 2)).toThrow(
        expect.objectContaining({
          code: 'FEATURESET_SYNTAX',
          offset: text.length,
          path: 'word 2',
          message: expect.stringContaining('more than 2 words'),
        }),
      )
      expect(readInto(text, 3)).toEqual([1, 2, 3])
    },
  )

  it('gives the words or the error that Featureset.parse gives', () => {
    const word = fc.stringMatching(/^(0[xX])?[0-9a-fA-F]{1,8}$/)
    const usual = fc.stringMatching(/^[0-9a-f]{8}$/)
    const piece = fc.oneof(usual, word, fc.constantFrom('g', '', '123456789', '\u00b0'))
    const text = fc
      .tuple(fc.oneof(fc.array(usual), fc.array(piece)), fc.constantFrom('-', ':', '-:'))
      .map(([pieces, separator]) => pieces.join(separator))
    const outcome = (read: () => readonly number[]) => {
      try {
        return read()
      } catch (error) {
        return error instanceof FeaturesetSyntaxError ? error.details : error
      }
    }
    fc.assert(
      fc.property(text, (one) => {
        expect(outcome(() => readInto(one, 16))).toEqual(outcome(() => Featureset.parse(one).words))
      }),
    )
  })
})

describe('FeaturesetSyntaxError', () => {
  it.each([
    ['123456789', 'eight digits', 8, 0],
    ['1-x', '"x" where', 2, 1],
    ['1234-', 'the end where', 5, 1],
    ['1-2:3', '":" after', 3, 1],
  ])('of %j says that %s', (text, part, offset, word) => {
    expect(() => Featureset.parse(text)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(part),
        details: { text: JSON.stringify(text), word, offset, path: `word ${word}` },
      }),
    )
  })

  it('keeps 400 characters of the text', () => {
    const text = `g${'0'.repeat(500)}`
    const details = expect.objectContaining({ text: JSON.stringify(`${text.slice(0, 400)}…`) })
    expect(() => Featureset.parse(text)).toThrow(expect.objectContaining({ details }))
  })

  it.each(['1x12', 'fx0'])('refuses %j: only 0x begins a word', (text) => {
    expect(() => Featureset.parse(text)).toThrow(expect.objectContaining({ offset: 1 }))
  })
})
