/** The libxc image as a whole: records that have no place in it, lengths, when its policy counts, images cut short. */
import { encodeLeaves } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import {
  LEAVES,
  libxcHeaders,
  libxl,
  libxlHeader,
  POLICY,
  pageData,
  record,
  words,
} from '../build.testing.js'
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
  V2,
  V3,
} from './judged.testing.js'
import { basic, frames, PAGES, pages, pvImage } from './pv.testing.js'

const LONGEST = 128 * 2 ** 20
const INFO = record(2, Uint8Array.of(8, 4, 0, 0, 0, 0, 0, 0))

describe('records that have no place', () => {
  it('are not looked into', () => {
    expectFindings(
      [V3, STATIC_END, record(7, new Uint8Array(8)), record(0xb), record(0x2a), CONTEXT, END],
      [
        ['UNEXPECTED_RECORD vr', 2, 0, /^SHARED_INFO is for PV guests.* of type HVM$/],
        ['UNEXPECTED_RECORD vr', 3, 0, /^TOOLSTACK is in no image/],
        ['UNKNOWN_MANDATORY vr', 4, 0, / 0x2a; none may ignore it$/],
      ],
    )
    expectFindings(
      [libxcHeaders({ type: 1 }), INFO, STATIC_END, CONTEXT, frames(0, 9, 0)].concat(
        pages(...PAGES),
        TSC,
        record(7, new Uint8Array(4096)),
        basic(),
        END,
      ),
      [['UNEXPECTED_RECORD vr', 3, 0, /^HVM_CONTEXT is for HVM guests.* of type PV$/]],
    )
  })

  it('have no version', () =>
    void expectFindings(
      [V2, MEMORY, record(0x8000_0041), CONTEXT, END],
      [['UNKNOWN_OPTIONAL ', 2, 0, / 0x80000041; this one may be ignored$/]],
    ))

  it('may be left out, which Xen does not do behind a checkpoint', () => {
    const optional = record(0x8000_0041)
    expectFindings(
      [V3, STATIC_END, optional, CONTEXT, CHECKPOINT, optional, record(0x2a), CONTEXT, CHECKPOINT],
      [
        ['UNKNOWN_OPTIONAL ', 2, 0, / 0x80000041; this one may be ignored$/],
        ['UNKNOWN_OPTIONAL ', 5, 0, /this one may be ignored, which .* behind a checkpoint/],
        ['UNKNOWN_MANDATORY vr', 6, 0, / 0x2a; none may ignore it$/],
      ],
      { checkpointed: true },
    )
  })
})

describe('the kind of guest', () => {
  it('may be none, of which all records may be', () =>
    void expectFindings(
      [libxcHeaders({ type: 7 }), INFO, STATIC_END, CONTEXT, END],
      [['BAD_DOMAIN_TYPE vr', 0, 24, /Domain type 7/]],
    ))

  it('is that which the receiver is told, where it is none', () => {
    expectFindings(
      [libxcHeaders({ type: 7 }), STATIC_END, END],
      [
        ['BAD_DOMAIN_TYPE vr', 0, 24, /Domain type 7/],
        ['MISSING_RECORD vr', 2, 0, /HVM_CONTEXT/],
      ],
      { kind: 'pvh' },
    )
  })

  it('is not another one than the receiver is told', () => {
    const mismatch = (says: RegExp) => [['TYPE_MISMATCH vr', 0, 24, says]] as const
    const parts = [V3, STATIC_END, CONTEXT, END]
    expectFindings(parts, mismatch(/of type HVM, .* that it is pv32$/), { kind: 'pv32' })
    expectFindings([pvImage()], mismatch(/of type PV, .* that it is pvh$/), { kind: 'pvh' })
    expectFindings(parts, [], { kind: 'pvh' })
  })

  it('is that of the second image in a second image', () => {
    const second = concat([V3, STATIC_END, pageData([0]).fill(64, 16, 17), CONTEXT, END])
    const report = judge(concat([libxlHeader(), record(1), pvImage(), record(1), second, END]))
    expect(codesOf(report)).toEqual(['DUPLICATE_RECORD vr', 'DUPLICATE_STATIC_DATA_END vr'])
    expect(report.findings[0]?.message).toMatch(/second image/)
    expect(report.findings[0]?.path).toBe('libxl.libxc')
  })
})

describe('lengths', () => {
  it('are said with what they have to be', () =>
    void expectFindings(
      [V3, record(0x10, new Uint8Array(8)), record(8, new Uint8Array(16)), CONTEXT, END],
      [
        ['BAD_RECORD_LENGTH v', 1, 4, /^STATIC_DATA_END has 8 bytes, and has to have no body$/],
        ['BAD_RECORD_LENGTH vr', 2, 4, /^X86_TSC_INFO has 16 bytes, .* exactly 24 bytes$/],
      ],
    ))

  it('are those of a record up to 128 MiB', () => {
    expectFindings(
      [V3, STATIC_END, words(8, LONGEST)],
      [
        ['BAD_RECORD_LENGTH vr', 2, 4, /^X86_TSC_INFO has 134217728 bytes/],
        ['TRUNCATED vr', 3, 0, /./],
      ],
    )
    expectFindings(
      [V3, STATIC_END, words(8, LONGEST + 8)],
      [
        ['RECORD_TOO_LONG vr', 2, 0, /134217736/],
        ['TRUNCATED vr', 3, 0, /./],
      ],
    )
  })
})

describe('the policy', () => {
  const strange = record(
    0x11,
    encodeLeaves([...LEAVES, { leaf: 0x5000_0000, subleaf: null, a: 1, b: 0, c: 0, d: 0 }]),
  )
  const [cpuid = new Uint8Array()] = POLICY

  it('is judged for a receiver when the static part ends', () => {
    const outOfRange = ['POLICY_OUT_OF_RANGE vr', 1, 104, /0x50000000/] as const
    expectFindings([V3, strange, STATIC_END, CONTEXT, END], [outOfRange])
    expectFindings([V3, strange, STATIC_END], [outOfRange, ['TRUNCATED vr', 3, 0, /./]])
  })

  it("is only its producer's matter where it never counts", () => {
    const outOfRange = ['POLICY_OUT_OF_RANGE v', 1, 104, /0x50000000/] as const
    expectFindings([V3, strange], [outOfRange, ['TRUNCATED vr', 2, 0, /./]])
    expectFindings(
      [V3, strange, cpuid, STATIC_END, CONTEXT, END],
      [outOfRange, ['DUPLICATE_RECORD v', 2, 0, /^X86_CPUID_POLICY/]],
    )
  })
})

describe('what is missing', () => {
  it('is not asked of an image that is cut', () =>
    void expectFindings([V3, STATIC_END], [['TRUNCATED vr', 2, 0, /./]]))

  it('is found at its END, by the name of the image', () => {
    const image = concat([V3, STATIC_END, END])
    const { findings } = judge(libxl(image))
    expect(findings).toEqual([
      {
        code: 'MISSING_RECORD',
        severity: 'error',
        message: expect.stringMatching(/HVM_CONTEXT/),
        offset: 16 + 8 + image.length - 8,
        path: 'libxl.libxc',
        layer: null,
        record: null,
        rejects: ['verify', 'restore'],
      },
    ])
    expectFindings([image], [['MISSING_RECORD vr', 0, image.length - 8, /HVM_CONTEXT/]])
  })
})
