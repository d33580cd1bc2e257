/** What is remembered of the pages of a PV guest: how much of it, and what becomes of a round that is dropped. */
import { describe, expect, it } from 'vitest'
import { PvPages } from './pv-pages.js'

describe('a page', () => {
  it.each<[string, number, boolean]>([
    ['a plain one', 0, true],
    ['a pinned table', 0xc, true],
    ['one that is allocated empty', 0xe, true],
    ['a broken one', 0xd, false],
    ['an absent one', 0xf, false],
  ])('has memory by its type: %s', (_, type, backed) => {
    const pages = new PvPages()
    pages.list(7, type)
    expect([pages.type(7), pages.isBacked(7)]).toEqual([type, backed])
  })

  it('is remembered up to 64 GiB', () => {
    const pages = new PvPages()
    const last = 2 ** 24 - 1
    pages.list(last, 4)
    pages.list(last + 1, 4)
    expect([pages.knows(last), pages.type(last)]).toEqual([true, 4])
    expect([pages.knows(last + 1), pages.type(last + 1)]).toEqual([false, 0])
  })
})

describe('a round behind a checkpoint', () => {
  it('is dropped, or counts', () => {
    const pages = new PvPages()
    pages.list(5, 4)
    pages.commit()
    pages.list(5, 0)
    expect(pages.type(5)).toBe(0)
    pages.drop()
    expect(pages.type(5)).toBe(4)
    pages.list(5, 1)
    pages.commit()
    pages.drop()
    expect([pages.type(5), pages.known]).toEqual([1, true])
  })

  it('is remembered apart up to 2^17 pages, and what is not known of more is said', () => {
    const pages = new PvPages()
    const most = 2 ** 17
    pages.commit()
    for (let pfn = 0; pfn < most; pfn++) pages.list(pfn, 2)
    pages.list(0, 1)
    expect([pages.known, pages.type(0)]).toEqual([true, 1])
    pages.list(most, 3)
    expect([pages.known, pages.type(most)]).toEqual([false, 3])
    pages.drop()
    expect([pages.known, pages.type(0), pages.type(most)]).toEqual([false, 0, 3])
    pages.commit()
    expect(pages.known).toBe(true)
  })
})
