/** A set of pfns by its blocks: which there are, that none is part of another, and the highest pfn. */
import { describe, expect, it } from 'vitest'
import { PfnSet } from './pfn-set.js'

describe('the highest pfn', () => {
  it('is -1 where there is none', () => {
    expect(new PfnSet().highest()).toBe(-1)
    const set = new PfnSet()
    set.block(0, 3)
    expect(set.highest(), 'of a block without one').toBe(-1)
  })

  it.each<[number, number, number, number, number]>([
    [0, 0, 0, 0, 0],
    [0, 0, 0, 5, 5],
    [0, 0, 1, 0, 32],
    [0, 2, 0, 31, 65_567],
    [0, 2, 1023, 31, 98_303],
    [1, 0, 0, 0, 2 ** 32],
    [2 ** 20 - 1, 2 ** 17 - 1, 1023, 31, 2 ** 52 - 1],
  ])('of block %i, %i with bit %i:%i is %i', (high, low, word, bit, pfn) => {
    const set = new PfnSet()
    const block = set.block(high, low)
    if (block !== null) block[word] = 1 << bit
    expect(set.highest()).toBe(pfn)
  })
})

describe('blocks', () => {
  it('are apart and whole, and are found again', () => {
    const set = new PfnSet()
    const lows = Array.from({ length: 200 }, (_, low) => low)
    for (const low of lows) set.block(0, low)?.fill(low + 1)
    for (const low of lows) {
      const block = set.block(0, low)
      expect(block).toHaveLength(1024)
      expect(
        block?.every((word) => word === low + 1),
        `block ${low}`,
      ).toBe(true)
    }
  })

  it('are no more than they may be', () => {
    const set = new PfnSet(2)
    const first = set.block(0, 7)
    expect([first, set.block(1, 7)]).not.toContain(null)
    expect(set.block(2, 7)).toBeNull()
    expect(set.block(0, 7)).toBe(first)
  })
})
