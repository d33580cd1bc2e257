/** The libxl stream: records that it does not have, what is whose, and the head before what a device model wrote. */
import { describe, expect, it } from 'vitest'
import { ascii, libxlHeader, record, words } from '../build.testing.js'
import { concat } from '../images.testing.js'
import {
  CHECKPOINT,
  CONTEXT,
  END,
  type Expected,
  expectFindings,
  judge,
  STATIC_END,
  V3,
} from './judged.testing.js'
import type { ImageVerifierOptions } from './options.js'
import { pvImage } from './pv.testing.js'

const HEADER = libxlHeader()
const IMAGE = concat([V3, STATIC_END, CONTEXT, END])
const EMULATOR = record(3, words(2, 0, 7))
const LONGEST = 0xffff_fff8

/** Records behind the image; their findings are told by their number, from 0. */
function behind(
  records: readonly Uint8Array[],
  expected: readonly Expected[],
  options: ImageVerifierOptions = {},
  image = IMAGE,
): void {
  expectFindings(
    [HEADER, record(1), image, ...records, END],
    expected.map(([code, part, at, says]) => [code, part + 3, at, says]),
    options,
  )
}

describe('records of libxl', () => {
  it('are those that it knows, whatever may be ignored', () =>
    behind(
      [record(0x2a), record(0x8000_0003)],
      [
        ['UNKNOWN_MANDATORY vr', 0, 0, / 0x2a$/],
        ['UNKNOWN_OPTIONAL r', 1, 0, / 0x80000003; .*refusing it$/],
      ],
    ))

  it('without a body have none', () =>
    void expectFindings(
      [HEADER, record(1, words(1, 2)), IMAGE, END],
      [['BAD_RECORD_LENGTH v', 1, 4, /^LIBXC_CONTEXT has a body of 8 bytes/]],
    ))

  it('that claim too much are not looked into', () => {
    const cut = (length: number) => [HEADER, record(1), IMAGE, words(0, length)]
    expectFindings(cut(LONGEST), [
      ['BAD_RECORD_LENGTH v', 3, 4, /^END has a body of 4294967288 bytes/],
      ['TRUNCATED vr', 4, 0, /./],
    ])
    expectFindings(cut(LONGEST + 1), [
      ['RECORD_TOO_LONG vr', 3, 0, /4294967289/],
      ['TRUNCATED vr', 4, 0, /./],
    ])
  })

  it('stand where they belong', () => {
    behind(
      [record(4), record(5, words(0))],
      [
        ['UNEXPECTED_RECORD vr', 0, 0, /^CHECKPOINT_END is only behind a CHECKPOINT/],
        ['UNEXPECTED_RECORD vr', 1, 0, /^CHECKPOINT_STATE is only .* COLO$/],
      ],
    )
    const round = concat([V3, STATIC_END, CONTEXT, CHECKPOINT])
    expectFindings(
      [HEADER, record(1), round, record(1), record(4)],
      [['UNEXPECTED_RECORD vr', 3, 0, /^LIBXC_CONTEXT is not behind a CHECKPOINT/]],
      { checkpointed: true },
    )
  })

  it('have a guest among them', () => {
    const { findings } = expectFindings(
      [HEADER, END],
      [['NO_LIBXC_CONTEXT v', 1, 0, /no LIBXC_CONTEXT/]],
    )
    expect(findings[0]?.path).toBe('libxl')
  })
})

describe('the device model', () => {
  it('is only that of an HVM guest', () => {
    const refused = (kind: string): readonly Expected[] => [
      ['UNEXPECTED_RECORD vr', 0, 0, new RegExp(`^EMULATOR_CONTEXT .* a ${kind} guest does not`)],
    ]
    behind([EMULATOR], [])
    behind([EMULATOR], [], { kind: 'hvm' })
    behind([EMULATOR], refused('PVH'), { kind: 'pvh' })
    behind([EMULATOR], refused('PV'), {}, pvImage())
    behind([EMULATOR], refused('PV'), { kind: 'pv' }, pvImage())
    behind([EMULATOR], refused('PV'), { kind: 'pv32' }, pvImage())
    // Of one that has no place, nothing else is said.
    behind([record(3, words(9))], refused('PVH'), { kind: 'pvh' })
  })

  it('is one of three, with a head before what it wrote', () =>
    behind(
      [record(3, words(2)), record(2, words(0)), record(3, words(3, 0)), record(3, words(2, 0))],
      [
        ['BAD_RECORD_LENGTH vr', 0, 4, /^EMULATOR_CONTEXT has 4 bytes, .* at least 8$/],
        ['BAD_RECORD_LENGTH vr', 1, 4, /^EMULATOR_XENSTORE_DATA has 4 bytes, .* at least 8$/],
        ['BAD_EMULATOR_ID v', 2, 8, /^Device model 3 is not known/],
      ],
    ))

  it('has xenstore data, whose faults are told by their place', () =>
    behind(
      [record(2, concat([words(7, 0), ascii('a\x001\0/b\0c\0')]))],
      [
        ['BAD_EMULATOR_ID v', 0, 8, /^Device model 7 is not known/],
        ['BAD_XENSTORE_DATA vr', 0, 20, /below the device model/],
      ],
    ))

  it('is read up to where the stream is cut', () => {
    const { findings } = judge(concat([HEADER, record(1), IMAGE, EMULATOR.subarray(0, 12)]))
    expect(findings.map(({ code }) => code)).toEqual(['TRUNCATED'])
  })
})
