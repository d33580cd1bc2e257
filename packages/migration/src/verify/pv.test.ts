/** What a receiver of a PV guest finds out at the end of the stream, or never: found in the image. */
import { describe, expect, it } from 'vitest'
import { record, words } from '../build.testing.js'
import { concat } from '../images.testing.js'
import type { ImageVerifierOptions } from './options.js'
import { basic, frames, PAGES, page, pages, pvImage } from './pv.testing.js'
import type { ImageReport } from './report.js'
import { ImageVerifier } from './verifier.js'

function judge(image: Uint8Array, options: ImageVerifierOptions = {}): ImageReport {
  const verifier = new ImageVerifier(options)
  verifier.push(image)
  return verifier.end()
}

const CODES = ({ findings }: ImageReport) =>
  findings.map(({ code, rejects }) =>
    [code, rejects.map((verdict) => verdict[0]).join('')].join(' '),
  )

/** All pages, one of them otherwise. */
const withPage = (changed: (typeof PAGES)[number]) =>
  pages(...PAGES.map((known) => (known.pfn === changed.pfn ? changed : known)))

it('a PV guest without a fault has none', () => {
  expect(judge(pvImage())).toMatchObject({ ok: true, findings: [], unseen: [], kind: 'pv' })
})

const CASES: readonly {
  what: string
  image: Uint8Array
  found: readonly string[]
  says?: RegExp
}[] = [
  {
    what: 'a start info beyond the guest',
    image: pvImage({ vcpus: basic({ edx: 10 }) }),
    found: ['DEEP r'],
    says: /its start info is page 0xa, which is beyond the last of the guest, 0x9/,
  },
  {
    what: 'a start info that is a page table',
    image: pvImage({ vcpus: basic({ edx: 4 }) }),
    found: ['DEEP r'],
    says: /no plain page but of type 1/,
  },
  {
    what: 'a start info that was never sent',
    image: pvImage({ vcpus: basic({ edx: 8 }) }),
    found: ['DEEP r'],
    says: /page 0x8, which was never sent/,
  },
  {
    what: 'a start info that a page table alone refers to: Xen makes it of zeros',
    image: pvImage({ vcpus: basic({ edx: 9 }) }),
    found: [],
  },
  {
    what: 'a start info whose console the guest does not have',
    image: pvImage({ pages: withPage({ pfn: 1, type: 0, content: page({ 7: 2, 9: 10 }) }) }),
    found: ['DEEP r'],
    says: /xenstore or the console/,
  },
  {
    what: 'a cr3 that is no table',
    image: pvImage({ vcpus: basic({ cr3: 4 * 4096 }) }),
    found: ['DEEP r'],
    says: /cr3 is page 0x4, which is no page table of level 4/,
  },
  {
    what: 'a cr3 near 2^64',
    image: pvImage({ vcpus: basic({ cr3: 2 ** 64 - 4096 }) }),
    found: ['DEEP r'],
    says: /cr3 is page 0xffff/,
  },
  {
    what: 'a cr1 that counts, and is wrong',
    image: pvImage({ vcpus: basic({ cr1: 2 * 4096 + 1 }) }),
    found: ['DEEP r'],
    says: /cr1 is page 0x2/,
  },
  {
    what: 'a cr1 that does not count',
    image: pvImage({ vcpus: basic({ cr1: 2 * 4096 }) }),
    found: [],
  },
  {
    what: 'a GDT in a plain page',
    image: pvImage({ vcpus: basic({ gdtEntries: 32, gdtFrames: 6 }) }),
    found: [],
  },
  {
    what: 'a GDT in a page table, and too long',
    image: pvImage({ vcpus: basic({ gdtEntries: 7169, gdtFrames: 4 }) }),
    found: ['DEEP r', 'DEEP r'],
    says: /7169 entries/,
  },
  {
    what: 'a page table that refers to a page beyond the guest, several times',
    image: pvImage({
      pages: withPage({ pfn: 4, type: 1, content: page({ 1: 10 * 4096 + 1, 2: 2 ** 51 + 1 }) }),
    }),
    found: ['PTE_OUT_OF_RANGE r'],
    says: /page 0x4 refers to page 0xa/,
  },
  {
    what: 'an entry that is not present',
    image: pvImage({ pages: withPage({ pfn: 4, type: 1, content: page({ 0: 2 ** 40 }) }) }),
    found: [],
  },
  {
    what: 'pfn 2^52 - 1',
    image: pvImage({ more: pages({ pfn: 2 ** 52 - 1, type: 0xf }) }),
    found: ['PFN_OUT_OF_RANGE vr'],
  },
  {
    what: 'a frame of the p2m that is no plain page',
    image: pvImage({ frames: frames(0, 9, 5) }),
    found: ['BAD_P2M_FRAMES vr'],
    says: /Frame 0 of the p2m \(page 0x5\) is no plain page/,
  },
  {
    what: 'a frame of the p2m that was never sent',
    image: pvImage({ frames: frames(0, 9, 8) }),
    found: ['BAD_P2M_FRAMES r'],
  },
  {
    what: 'a p2m whose beginning is in no record',
    image: pvImage({ frames: frames(512, 1023, 0) }),
    found: ['BAD_P2M_FRAMES vr'],
    says: /Frame 0 of the p2m is in no record/,
  },
  {
    what: 'a p2m that grows',
    image: pvImage({ more: concat([frames(0, 1023, 0, 2), pages({ pfn: 1000, type: 0xf })]) }),
    found: [],
  },
  {
    what: 'a guest of one page, for which Xen makes no table',
    image: pvImage({ frames: frames(0, 0, 0), pages: new Uint8Array() }),
    found: ['BAD_P2M_FRAMES vr'],
  },
  {
    what: 'a range of 2^32 - 1 pages with one frame',
    image: pvImage({ frames: frames(0, 0xffff_ffff, 0), pages: new Uint8Array() }),
    found: ['BAD_P2M_FRAMES vr'],
  },
  {
    what: 'a vCPU that comes twice, and one whose number nobody looks at',
    image: pvImage({
      vcpus: concat([basic({ edx: 4 }), basic(), record(5, words(0xffff_ffff, 0))]),
    }),
    found: ['DUPLICATE_RECORD v'],
  },
  {
    what: 'no vCPU 0',
    image: pvImage({ vcpus: basic({}, 1) }),
    found: ['MISSING_RECORD vr'],
    says: /vCPU 0/,
  },
]

it.each(CASES)('$what', ({ image, found, says }) => {
  const report = judge(image)
  expect(CODES(report)).toEqual(found)
  if (says !== undefined)
    expect(report.findings.map(({ message }) => message).join('\n')).toMatch(says)
  for (const finding of report.findings) expect(finding.offset).toBeLessThan(image.length)
})

it('a guest of 32 bits turns the number of its table around', () => {
  const state = new Uint8Array(2800)
  const view = new DataView(state.buffer)
  view.setUint32(524, 1, true)
  view.setUint32(2728, 5 << 12, true)
  const parts = {
    info: record(2, Uint8Array.of(4, 3, 0, 0, 0, 0, 0, 0)),
    frames: frames(0, 9, 0),
    pages: withPage({ pfn: 5, type: 0xb, content: page() }),
    vcpus: record(4, concat([words(0, 0), state])),
  }
  expect(CODES(judge(pvImage(parts)))).toEqual([])
  // Page 0x100005 would be 0x05000001.
  view.setUint32(2728, 0x0000_5001, true)
  const turned = { ...parts, vcpus: record(4, concat([words(0, 0), state])) }
  expect(judge(pvImage(turned)).findings[0]?.message).toContain('cr3 is page 0x100005')
})

describe('without the contents of pages', () => {
  it('what is not looked into is said, and what can be seen is judged', () => {
    const torn = pages(
      ...PAGES.map((known) => ({
        ...known,
        ...(known.type === 1 ? { content: page({ 0: 2 ** 51 + 1 }) } : {}),
      })),
    )
    const report = judge(pvImage({ pages: torn }), { pageTables: false })
    expect(report).toMatchObject({ ok: true, findings: [] })
    expect(report.unseen.join(' ')).toContain('page tables')
    const wrong = judge(pvImage({ vcpus: basic({ cr3: 4 * 4096 }) }), { pageTables: false })
    expect(CODES(wrong)).toEqual(['DEEP r'])
  })

  it('pages are asked to be passed over', () => {
    const image = pvImage()
    const verifier = new ImageVerifier({ pageTables: false })
    let passed = 0
    for (let at = 0; at < image.length; ) {
      const need = verifier.need
      if (need === null) break
      if (need.do === 'pass') {
        passed += need.bytes
        verifier.pass(need.bytes)
      } else verifier.push(image.subarray(at, at + need.bytes))
      at += need.bytes
    }
    expect(passed).toBeGreaterThan(PAGES.length * 4096 - 4097)
    expect(verifier.end()).toEqual(judge(image, { pageTables: false }))
  })
})

describe('behind a checkpoint', () => {
  const round = concat([record(0xe)])
  const vcpus = (changes: Parameters<typeof basic>[0]) =>
    concat([record(7, new Uint8Array(4096)), basic(changes)])
  const judged = (more: Uint8Array) =>
    judge(concat([pvImage({ end: round }), more]), { checkpointed: true })

  it('a round that is not complete changes nothing for a restore', () => {
    const report = judged(concat([pages({ pfn: 5, type: 0, content: page() }), vcpus({ edx: 99 })]))
    expect([report.verify.ok, report.restore.ok]).toEqual([true, true])
    expect(CODES(report)).toEqual(['FAILOVER '])
    expect(report.checkpoints).toEqual({ complete: 1, lastEnd: pvImage({ end: round }).length })
  })

  it('one that is complete counts', () => {
    const changed = pages({ pfn: 5, type: 0, content: page() })
    expect(CODES(judged(concat([changed, vcpus({}), round])))).toEqual(['DEEP r'])
    expect(
      CODES(
        judged(
          concat([
            changed,
            vcpus({ cr3: 4096 * 8 }),
            pages({ pfn: 8, type: 4, content: page() }),
            round,
          ]),
        ),
      ),
    ).toEqual([])
  })

  it('frames that came and were dropped leave it open', () => {
    const report = judged(concat([frames(0, 1023, 0, 2), vcpus({ edx: 4 })]))
    expect([report.restore.ok, CODES(report)]).toEqual([true, ['FAILOVER ']])
    expect(report.unseen).toHaveLength(1)
  })

  it('a later round without its state is the fault of its producer alone', () => {
    const report = judged(concat([pages({ pfn: 8, type: 0, content: page() }), round]))
    expect(CODES(report)).toEqual(['MISSING_RECORD v'])
  })
})
