/** X86_PV_P2M_FRAMES: what is wrong with a range, and what with the frames in it. */
import { describe, expect, it } from 'vitest'
import { record, words } from '../build.testing.js'
import { concat } from '../images.testing.js'
import { ByteQueue } from '../input/queue.js'
import { Cursor } from '../walk.js'
import type { Fault } from './finding.js'
import { frames, PAGES, pages, pvImage } from './pv.testing.js'
import { P2mFrames } from './pv-frames.js'
import { PvPages } from './pv-pages.js'
import { ImageVerifier } from './verifier.js'

function judged(image: Uint8Array) {
  const verifier = new ImageVerifier()
  verifier.push(image)
  return verifier.end()
}

/** Verdicts and messages of what is wrong with frames. */
const saidOf = (records: Uint8Array) =>
  judged(pvImage({ frames: records }))
    .findings.filter(({ code }) => code === 'BAD_P2M_FRAMES')
    .map(({ rejects, message }) => [rejects.join(), message])

const BOTH = 'verify,restore'

describe('the range of a record', () => {
  it.each<[string, () => Uint8Array, string | null]>([
    [
      'whose first page is behind the last changes nothing',
      () => concat([frames(0, 9, 0), frames(600, 9, 99)]),
      'The first page, 600, is behind the last, 9',
    ],
    [
      'that is long for its frames changes nothing',
      () => concat([frames(0, 9, 0), frames(0, 512, 99)]),
      'Pages 0 to 512 need 2 frames of 8 bytes, and 8 bytes of them are there',
    ],
    [
      'of one page is a guest that Xen has no table for',
      () => concat([frames(0, 0, 0), frames(0, 9, 0)]),
      "A guest of one page: Xen's receiver writes to a table that it has not made",
    ],
    ['of one page may come later', () => concat([frames(0, 9, 0), frames(0, 0, 0)]), null],
    ['of one page may extend another', () => concat([frames(0, 9, 0), frames(512, 512, 2)]), null],
    ['may be lower than an earlier one', () => concat([frames(0, 9, 0), frames(0, 3, 0)]), null],
  ])('%s', (_, records, message) => {
    expect(saidOf(records())).toEqual(message === null ? [] : [[BOTH, message]])
    if (message === null) expect(judged(pvImage({ frames: records() })).findings).toEqual([])
  })
})

describe('a frame', () => {
  it.each<[string, () => Uint8Array, string, string]>([
    [
      'beyond the guest',
      () => frames(0, 9, 10),
      'Frame 0 of the p2m (page 0xa) is beyond the last page of the guest, 0x9',
      BOTH,
    ],
    [
      'above 2^32',
      () => record(3, words(0, 9, 5, 0x102)),
      'Frame 0 of the p2m (page 0x10200000005) is beyond the last page of the guest, 0x9',
      BOTH,
    ],
    [
      'that is a page table',
      () => frames(0, 9, 4),
      'Frame 0 of the p2m (page 0x4) is no plain page',
      BOTH,
    ],
    [
      'without its page',
      () => frames(0, 9, 8),
      'Frame 0 of the p2m (page 0x8) was never sent',
      'restore',
    ],
    ['in no record', () => frames(512, 1023, 0), 'Frame 0 of the p2m is in no record', BOTH],
  ])('%s', (_, records, message, rejects) => {
    expect(saidOf(records())).toEqual([[rejects, message]])
  })

  it('is said once of each kind, at the last record', () => {
    const image = pvImage({ frames: concat([frames(0, 9, 4), frames(0, 1535, 5, 4, 8)]) })
    const found = judged(image).findings.filter(({ code }) => code === 'BAD_P2M_FRAMES')
    const first = pvImage().indexOf(3, 40)
    expect(found.map(({ message }) => message)).toEqual([
      'Frame 0 of the p2m (page 0x5) is no plain page',
      'Frame 2 of the p2m (page 0x8) was never sent',
    ])
    expect(new Set(found.map(({ offset }) => offset))).toEqual(
      new Set([first + frames(0, 9, 4).length]),
    )
  })
})

it('an image without frames leaves nothing open', () => {
  expect(judged(pvImage({ frames: new Uint8Array() })).unseen).toEqual([])
})

it('the types of pages are those behind the first frames', () => {
  // A page that comes too early, or is beyond the guest as far as it is known, is none of its pages.
  const early = pages({ pfn: 0, type: 1 })
  const image = pvImage({
    frames: early,
    pages: concat([frames(0, 9, 0), pages(...PAGES.slice(1))]),
  })
  expect(
    judged(image).findings.flatMap(({ code, message }) =>
      code === 'BAD_P2M_FRAMES' ? message : [],
    ),
  ).toEqual(['Frame 0 of the p2m (page 0x0) was never sent'])
})

it.each([
  [2 ** 18, []],
  [2 ** 18 + 1, ['Which pages the frames of the p2m beyond the first 262144 are.']],
])('of %i frames the first 2^18 are looked at', (count, unseen) => {
  const said: string[] = []
  const found: Fault[] = []
  const read = new P2mFrames({
    options: {},
    cursor: new Cursor(new ByteQueue()),
    found: (fault) => found.push(fault),
    unseen: (sentence) => said.push(sentence),
  })
  const length = 8 + count * 8
  const body = new Uint8Array(length)
  const view = new DataView(body.buffer)
  view.setUint32(4, count * 512 - 1, true)
  view.setUint32(length - 8, 5, true)
  const piece = { type: 3, name: 'X', layer: 'libxc', offset: 0, length, size: length } as const
  const { reader } = read.read(piece, 8)
  reader.take(body)
  reader.end()
  const known = new PvPages()
  known.list(0, 0)
  known.list(5, 4)
  const faults = read.complete(known, true).map(({ message }) => message)
  expect(said).toEqual(unseen)
  expect([found, faults]).toEqual([
    [],
    unseen.length > 0 ? [] : [`Frame ${count - 1} of the p2m (page 0x5) is no plain page`],
  ])
})
