/** Where findings are told to be, what both verdicts make of them, and how a walk ends. */
import { describe, expect, it } from 'vitest'
import { bigWords, libxcHeaders, libxl, libxlHeader, record, words } from '../build.testing.js'
import { concat } from '../images.testing.js'
import {
  CHECKPOINT,
  CONTEXT,
  codesOf,
  END,
  expectFindings,
  judge,
  MEMORY,
  STATIC_END,
  TSC,
  V3,
} from './judged.testing.js'

describe('the place of a finding', () => {
  const placed = (image: Uint8Array) =>
    judge(image).findings.map(({ code, layer, record: number }) => [code, layer, number])

  it('is the record that is read, none in a header, and no form behind the image', () => {
    const image = concat([libxcHeaders({ type: 7 }), record(0x10, words(1)), CONTEXT, END])
    expect(placed(concat([image, Uint8Array.of(1, 2, 3)]))).toEqual([
      ['BAD_DOMAIN_TYPE', 'libxc', null],
      ['BAD_RECORD_LENGTH', 'libxc', 0],
      ['TRAILING_DATA', null, null],
    ])
  })

  it('is the record of its form, and none between two', () => {
    const tooLong = words(3, 0xffff_fff9)
    expect(placed(concat([libxl().subarray(0, -8), record(0x2a), tooLong])).slice(1)).toEqual([
      ['UNKNOWN_MANDATORY', 'libxl', 2],
      ['RECORD_TOO_LONG', 'libxl', null],
      ['TRUNCATED', 'libxl', 3],
    ])
  })

  it('is said once for each list of pages', () => {
    const list = record(1, words(2, 0, 0, 0xf010_0000, 1, 0xf020_0000))
    expectFindings(
      [V3, STATIC_END, list, list, CONTEXT, END],
      [
        ['RESERVED_BITS v', 2, 16, /^Bits 52 to 59/],
        ['RESERVED_BITS v', 3, 16, /^Bits 52 to 59/],
      ],
    )
  })
})

describe('the end of an image', () => {
  it('may be before that of the input', () => {
    const report = expectFindings(
      [V3, STATIC_END, CONTEXT, END, Uint8Array.of(1, 2, 3)],
      [['TRAILING_DATA v', 4, 0, /^3 bytes/]],
    )
    expect([report.trailing, report.findings[0]?.path]).toEqual([3, 'image'])
    // What has only one verdict against it is not right.
    expect([report.ok, report.verify.ok, report.restore.ok]).toEqual([false, false, true])
  })

  it('is against it, whichever verdict refuses', () => {
    const param = record(0xa, words(1, 0, 39, 0, 1, 0))
    const report = judge(concat([V3, STATIC_END, param, CONTEXT, END]))
    expect(codesOf(report)).toEqual(['BAD_HVM_PARAM r'])
    expect([report.ok, report.verify.ok, report.restore.ok]).toEqual([false, true, false])
  })

  it('may be behind a checkpoint, but only by a cut', () => {
    const first = [libxlHeader(), record(1), V3, STATIC_END, CONTEXT, CHECKPOINT, record(4)]
    const options = { checkpointed: true }
    expectFindings([...first, TSC.subarray(0, 4)], [['FAILOVER ', 8, 0, /./]], options)
    // A second image, of a version that there is not.
    const strange = concat([new Uint8Array(8).fill(0xff), bigWords(0x5845_4e46, 9, 0, 0)])
    expectFindings(
      [...first, END, record(1), strange],
      [['BAD_VERSION v', 9, 12, /^Version 9/]],
      options,
    )
  })
})

it('a comparison begins a round of pages', () => {
  const image = concat([V3, STATIC_END, MEMORY, CONTEXT, record(0xd), MEMORY, END])
  expect(judge(image).pages.rounds).toEqual([
    { listed: 1, withData: 1, resent: 0 },
    { listed: 1, withData: 1, resent: 1 },
  ])
})
