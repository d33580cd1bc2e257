/** Bodies in pieces: their beginning, a head with something behind it, and items of one size. */
import { describe, expect, it } from 'vitest'
import { Beginnings, HeadedBody, Items } from './rules.js'

const bytesOf = ({ buffer, byteOffset, byteLength }: DataView) => [
  ...new Uint8Array(buffer, byteOffset, byteLength),
]

describe('the beginning of a body', () => {
  const seen = (most: number, ...pieces: readonly (readonly number[])[]) => {
    const looks: number[][] = []
    const beginning = new Beginnings(most, (view) => looks.push(bytesOf(view)))
    for (const piece of pieces) beginning.take(Uint8Array.from(piece))
    beginning.end()
    return looks
  }

  it('is as long as asked for, or as there is', () => {
    expect(seen(4, [1], [2, 3])).toEqual([[1, 2, 3]])
    expect(seen(4, [1], [2, 3, 4])).toEqual([[1, 2, 3, 4]])
    expect(seen(4, [1, 2, 3], [4, 5, 6], [7])).toEqual([[1, 2, 3, 4]])
  })
})

describe('a body with a head', () => {
  const seen = (...pieces: readonly (readonly number[])[]) => {
    const steps: [string, ...(readonly number[])][] = []
    const body = new HeadedBody(2, (view) => steps.push(['head', ...bytesOf(view)]), {
      take: (bytes) => steps.push(['rest', ...bytes]),
      end: () => steps.push(['end']),
    })
    for (const piece of pieces) body.take(Uint8Array.from(piece))
    body.end()
    return steps
  }

  it('shows the head once, then only what is behind it', () => {
    expect(seen([1], [2], [3, 4], [5])).toEqual([
      ['head', 1, 2],
      ['rest', 3, 4],
      ['rest', 5],
      ['end'],
    ])
    expect(seen([1, 2, 3], [4])).toEqual([['head', 1, 2], ['rest', 3], ['rest', 4], ['end']])
    expect(seen([1])).toEqual([['end']])
  })
})

describe('items', () => {
  it.each([
    ['whole', [6]],
    ['byte by byte', [1, 1, 1, 1, 1, 1]],
    ['cut once', [2, 4]],
    ['cut twice', [1, 4, 1]],
    ['with one cut in three', [1, 1, 3, 1]],
  ])('%s', (_, lengths) => {
    const taken: [number, ...(readonly number[])[]][] = []
    const items = new Items(3, (view, at, index) =>
      taken.push([index, [view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2)]]),
    )
    let from = 0
    for (const length of lengths) {
      items.take(Uint8Array.of(1, 2, 3, 4, 5, 6).subarray(from, from + length))
      from += length
    }
    expect(taken).toEqual([
      [0, [1, 2, 3]],
      [1, [4, 5, 6]],
    ])
  })

  it('that are whole in a piece are shown where they lie', () => {
    const piece = Uint8Array.of(1, 2, 3, 4, 5, 6)
    const buffers: unknown[] = []
    new Items(3, ({ buffer }) => buffers.push(buffer)).take(piece)
    expect(buffers.map((buffer) => buffer === piece.buffer)).toEqual([true, true])
  })
})
