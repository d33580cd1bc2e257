/** What is seen in the pages of a PV guest: entries of page tables with their places, and start infos; however the image is cut. */
import { describe, expect, it } from 'vitest'
import { libxcHeaders, record } from '../build.testing.js'
import { concat } from '../images.testing.js'
import type { ImageVerifierOptions } from './options.js'
import { basic, frames, PAGES, type Page, page, pages, pvImage } from './pv.testing.js'
import type { ImageReport } from './report.js'
import { ImageVerifier } from './verifier.js'

function judge(
  image: Uint8Array,
  piece = image.length,
  options: ImageVerifierOptions = {},
): ImageReport {
  const verifier = new ImageVerifier(options)
  for (let at = 0; at < image.length; at += piece) verifier.push(image.subarray(at, at + piece))
  return verifier.end()
}

const PAGE = 4096
/** Where the pages of {@link pvImage} begin: PAGE_DATA behind the headers, X86_PV_INFO, STATIC_DATA_END and the frames. */
const PAGE_DATA_AT = libxcHeaders().length + 16 + 8 + frames(0, 9, 0).length
const withPages = (...changed: readonly Page[]) =>
  pages(...PAGES.map((known) => changed.find(({ pfn }) => pfn === known.pfn) ?? known))
const START = 'vCPU 0: its start info, page'
const NO_PAGES = 'has pages for xenstore or the console that the guest does not have'
const messages = ({ findings }: ImageReport) => findings.map(({ message }) => message)

describe('an entry of a page table beyond the guest', () => {
  const image = () =>
    pvImage({
      pages: withPages({
        pfn: 4,
        type: 1,
        content: page({ 3: 2 ** 44 + 10 * PAGE + 1, 5: 2 ** 50 + 1 }),
      }),
    })
  // Pages 0 to 3 come before it; 8 entries in the list.
  const offset = PAGE_DATA_AT + 8 + 8 + 8 * PAGES.length + 4 * PAGE + 3 * 8

  it('is found where it is, the first of its record', () => {
    expect(judge(image()).findings).toMatchObject([
      {
        code: 'PTE_OUT_OF_RANGE',
        offset,
        rejects: ['restore'],
        message: `The page table in page 0x4 refers to page 0x10000000a, beyond the last of the guest, 0x9; Xen's receiver aborts`,
      },
    ])
  })

  it.each([7, 50, 1000, 4095, 4097])('is found in pieces of %i bytes', (piece) => {
    expect(judge(image(), piece)).toEqual(judge(image()))
  })

  it('is found in a table beyond the guest as well', () => {
    const more = pages({ pfn: 2 ** 32 + 4, type: 1, content: page({ 0: 10 * PAGE + 1 }) })
    expect(messages(judge(pvImage({ more })))).toContainEqual(
      expect.stringContaining('The page table in page 0x100000004 refers to page 0xa,'),
    )
  })

  it('is no fault where the last page of the guest is not known', () => {
    const early = pages({ pfn: 4, type: 1, content: page({ 3: 10 * PAGE + 1 }) })
    const codes = judge(pvImage({ frames: concat([early, frames(0, 9, 0)]) })).findings
    expect(codes.map(({ code }) => code)).not.toContain('PTE_OUT_OF_RANGE')
  })
})

describe('a start info', () => {
  const startAt = (pfn: number, entries: Readonly<Record<number, number>>, piece?: number) => {
    const known = PAGES.some((each) => each.pfn === pfn)
    const start = { pfn, type: 0, content: page(entries) }
    const listed = known ? withPages(start) : concat([withPages(), pages(start)])
    return messages(judge(pvImage({ pages: listed, vcpus: basic({ edx: pfn }) }), piece))
  }

  it.each<[string, number, Record<number, number>]>([
    ['xenstore', 1, { 7: 10, 9: 3 }],
    ['the console', 1, { 7: 2, 9: 10 }],
    ['a console above 2^32', 1, { 7: 2, 9: 2 ** 32 + 3 }],
    ['a xenstore above 2^32', 1, { 7: 2 ** 33 + 2, 9: 3 }],
    ['the console, in the last page of the guest,', 9, { 7: 2, 9: 10 }],
  ])('without a page for %s', (_, pfn, entries) => {
    expect(startAt(pfn, entries)).toEqual([`${START} 0x${pfn.toString(16)}, ${NO_PAGES}`])
    expect(startAt(pfn, entries, 50)).toEqual(startAt(pfn, entries))
  })

  it('may name the last page', () => {
    expect(startAt(1, { 7: 9, 9: 9 })).toEqual([])
    expect(startAt(9, { 7: 9, 9: 9 })).toEqual([])
  })

  // Its content counts for nothing, and a page table that refers to it makes it of zeros.
  it('that comes before the frames was not looked at', () => {
    const early = pages({ pfn: 1, type: 0, content: page({ 7: 99, 9: 99 }) })
    const tables = [
      ...PAGES.filter(({ pfn }) => pfn !== 1 && pfn !== 4),
      { pfn: 4, type: 1, content: page({ 0: PAGE + 1 }) },
    ]
    const image = pvImage({ frames: concat([early, frames(0, 9, 0)]), pages: pages(...tables) })
    expect(judge(image).counts.DEEP).toBeUndefined()
  })

  it('that was beyond the guest when it came was not looked at', () => {
    const beyond = pages({ pfn: 10, type: 0, content: page({ 7: 99, 9: 99 }) })
    const more = concat([
      beyond,
      frames(0, 20, 0),
      pages({ pfn: 4, type: 1, content: page({ 0: 10 * PAGE + 1 }) }),
    ])
    expect(judge(pvImage({ more, vcpus: basic({ edx: 10 }) })).counts.DEEP).toBeUndefined()
  })
})

it('the type of a page that was beyond the guest when it came is not known', () => {
  const more = concat([
    pages({ pfn: 10, type: 1, content: page() }),
    frames(0, 20, 0),
    pages({ pfn: 4, type: 1, content: page({ 0: 10 * PAGE + 1 }) }),
  ])
  expect(judge(pvImage({ more, vcpus: basic({ edx: 10 }) })).counts.DEEP).toBeUndefined()
})

describe('X86_PV_INFO', () => {
  const said = (...bytes: readonly number[]) =>
    judge(pvImage({ info: record(2, Uint8Array.from(bytes)) })).findings.map(
      ({ code, message }) => [code, message] as const,
    )

  it.each([[5], [3, 3, 0, 0], []])('of too few bytes is not looked into', (...bytes) => {
    expect(said(...bytes).map(([code]) => code)).toEqual(['BAD_RECORD_LENGTH'])
  })

  it('has a width and the levels that go with it', () => {
    expect(said(8, 3, 0, 0, 0, 0, 0, 0)).toEqual([
      [
        'BAD_PV_INFO',
        'A width of 8 bytes with 3 levels of page tables; there are 8 with 4, and 4 with 3',
      ],
    ])
  })
})

it.each([1, 3, 7])('PAGE_DATA of %i bytes is not looked into', (bytes) => {
  const more = record(1, new Uint8Array(bytes))
  expect(judge(pvImage({ more })).findings.map(({ code }) => code)).toContain('BAD_PAGE_DATA')
})

it('frames behind the last checkpoint leave open whether its state fits its pages', () => {
  const image = concat([pvImage({ end: record(0xe) }), frames(0, 1023, 0, 2)])
  expect(judge(image, image.length, { checkpointed: true }).unseen).toEqual([
    'Whether the state of the last checkpoint fits its pages: too much came behind it.',
  ])
})
