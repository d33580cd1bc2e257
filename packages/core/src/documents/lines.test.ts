import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Line, LineSplitter } from './lines.js'

const encoder = new TextEncoder()

function split(chunks: readonly Uint8Array[], longest?: number): Line[] {
  const splitter = new LineSplitter('fleet', longest)
  const lines: Line[] = []
  for (const chunk of chunks) for (const part of splitter.push(chunk)) lines.push(...part)
  return [...lines, ...splitter.end()]
}

/** The same bytes in pieces that end at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort(
    (a, b) => a - b,
  )
  return ends.map((end, at) => bytes.subarray(ends[at - 1] ?? 0, end))
}

describe('LineSplitter', () => {
  it('gives the same lines wherever the bytes are broken', () => {
    const line = fc
      .string({ unit: 'grapheme', maxLength: 12 })
      .filter((text) => !/[\r\n\ufeff]/.test(text))
    fc.assert(
      fc.property(
        fc.array(line),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 6 }),
        (texts, end, ends, places) => {
          const bytes = encoder.encode(texts.join(end) + (ends ? end : ''))
          const expected = texts.flatMap((text, at) =>
            text.trim() === '' ? [] : [{ line: at + 1, text }],
          )
          expect(split(cut(bytes, places))).toEqual(expected)
        },
      ),
    )
  })

  it('passes over a byte order mark at the beginning, and over no other', () => {
    expect(split([encoder.encode('\ufeffa\n\ufeffb\nc')])).toEqual([
      { line: 1, text: 'a' },
      { line: 2, text: '\ufeffb' },
      { line: 3, text: 'c' },
    ])
  })

  it('tells bytes that are no text by their line, and goes on', () => {
    const bytes = Uint8Array.from([
      0x61, 10, 0xff, 10, 10, 0x62, 10, 0xc3, 10, 0x63, 10, 0xe2, 0x82,
    ])
    for (const places of [[], [1], [2], [3], [7], [8], [9], [2, 3, 8]]) {
      const lines = split(cut(bytes, places))
      expect(lines.map(({ line, text, error }) => [line, text ?? error?.code])).toEqual([
        [1, 'a'],
        [2, 'LINE_ENCODING'],
        [4, 'b'],
        [5, 'LINE_ENCODING'],
        [6, 'c'],
        [7, 'LINE_ENCODING'],
      ])
      expect(lines[1]?.error?.message).toBe('fleet line 2 has bytes that are no UTF-8.')
      expect(lines[1]?.error?.path).toBe('line 2')
    }
  })

  it('does not keep a line that is too long', () => {
    const chunk = encoder.encode('x'.repeat(40))
    const lines = split(
      [encoder.encode('a\n'), ...Array.from({ length: 100 }, () => chunk), encoder.encode('\nb')],
      99,
    )
    expect(lines.map(({ line, text, error }) => [line, text ?? error?.message])).toEqual([
      [1, 'a'],
      [2, 'fleet line 2 has more than 99 characters.'],
      [3, 'b'],
    ])
    expect(split([encoder.encode(`${'y'.repeat(100)}\nb\n`)], 99)[0]?.error?.code).toBe(
      'LINE_TOO_LONG',
    )
    expect(
      split([encoder.encode(`a\n${'y'.repeat(100)}\nb\n`)], 99).map(({ line }) => line),
    ).toEqual([1, 2, 3])
    expect(split([encoder.encode('y'.repeat(99))], 99)).toHaveLength(1)
  })

  it('does not mind that memory is used again', () => {
    const bytes = new Uint8Array(2)
    const splitter = new LineSplitter('fleet')
    const lines: Line[] = []
    for (const byte of encoder.encode('one\ntwo\n')) {
      bytes[0] = byte
      for (const part of splitter.push(bytes.subarray(0, 1))) lines.push(...part)
    }
    expect(lines.map(({ text }) => text)).toEqual(['one', 'two'])
  })
})
