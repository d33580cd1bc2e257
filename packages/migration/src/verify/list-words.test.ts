/** Lists as words of a machine of either order, with a copy only where one is needed. */
import { describe, expect, it } from 'vitest'
import { ListWords } from './list-words.js'

/** Bytes 1, 2, 3 and so on, which begin so many bytes behind a multiple of 8. */
function counting(length: number, shift: number): Uint8Array {
  const bytes = new Uint8Array(length + 8).subarray(shift, shift + length)
  for (let at = 0; at < length; at++) bytes[at] = at + 1
  return bytes
}

/** The same with the bytes of each word turned round: what a machine of the other order has in its memory. */
const TURNED = [4, 3, 2, 1, 8, 7, 6, 5, 12, 11, 10, 9, 16, 15, 14, 13]

function bytesOf(words: Int32Array, length: number): number[] {
  return [...new Uint8Array(words.buffer, words.byteOffset, length)]
}

describe('words', () => {
  it.each([0, 1, 4, 7])('have the values of a list %i bytes behind a multiple of 8', (shift) => {
    const list = counting(16, shift)
    const words = new ListWords().of(list)
    const view = new DataView(list.buffer, list.byteOffset)
    expect([...words.subarray(0, 4)]).toEqual([0, 4, 8, 12].map((at) => view.getInt32(at, true)))
  })

  it.each([0, 1, 4, 7])('of a machine of the other order are turned, %i bytes behind', (shift) => {
    const list = counting(16, shift)
    const words = new ListWords(false).of(list)
    expect(bytesOf(words, 16)).toEqual(TURNED)
    expect([...list], 'the list itself').toEqual([...counting(16, 0)])
  })

  it('are turned anew in room that a longer list left', () => {
    const words = new ListWords(false)
    words.of(counting(16, 0))
    expect(bytesOf(words.of(counting(8, 0)), 8)).toEqual(TURNED.slice(0, 8))
  })
})

describe('room', () => {
  it.each([0, 4])('is not needed for a list that is aligned, %i bytes behind', (shift) => {
    const list = counting(16, shift)
    const words = new ListWords(true).of(list)
    expect(words.buffer).toBe(list.buffer)
    expect([words.byteOffset, words.length]).toEqual([shift, 4])
  })

  it('is kept for the lists that fit into it, and made anew for a longer one', () => {
    const words = new ListWords()
    const room = words.of(counting(16, 1)).buffer
    expect(words.of(counting(16, 1)).buffer).toBe(room)
    expect(words.of(counting(8, 3)).buffer).toBe(room)
    expect(words.of(counting(24, 1)).length).toBeGreaterThanOrEqual(6)
    expect(words.of(counting(16, 1)).buffer).not.toBe(room)
  })
})
