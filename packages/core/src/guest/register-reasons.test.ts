/** What a guest has seen outside features and limits, each reason on both sides of its bound. */
import { describe, expect, it } from 'vitest'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { releaseFeatures } from '../policy/features.js'
import {
  basic,
  cache,
  EAX,
  EBX,
  ECX,
  EDX,
  extended,
  feature,
  PLATFORM_INFO,
  POLICY_WORDS,
  topology,
  XSTATE_LEAVES,
  xstate,
} from '../policy/layout.js'
import type { GuestCpu } from './reasons.js'
import { encounter } from './receiver.js'
import { registerReasons } from './register-reasons.js'

type Registers = Readonly<Record<number, number>>

function words(registers: Registers): Uint32Array {
  const made = new Uint32Array(POLICY_WORDS)
  for (const [at, value] of Object.entries(registers)) made[Number(at)] = value
  return made
}

function reasons(seen: Registers, given: Registers, guest: Partial<GuestCpu> = {}) {
  const nothing = CpuPolicy.empty
  const host = {
    release: '4.23-dev',
    host: nothing,
    pvMax: nothing,
    pvDefault: nothing,
    hvmMax: nothing,
    hvmDefault: nothing,
  }
  const met = encounter({ name: 'web-1', kind: 'hvm', ...guest }, host, { hostName: 'other' })
  return registerReasons(
    { seen: words(seen), given: words(given) },
    met,
    releaseFeatures('4.23-dev'),
  )
}

describe('xstate components', () => {
  const component = (number: number, [size, offset, flags]: readonly [number, number, number]) => ({
    [xstate(number) + EAX]: size,
    [xstate(number) + EBX]: offset,
    [xstate(number) + ECX]: flags,
  })

  it('refuses the state of a running guest that may use one that is not there', () => {
    const seen = component(2, [256, 576, 0])
    const refused = {
      code: 'xstate-missing',
      grade: 'refused',
      message:
        'web-1 may have switched on xstate component 2 (the upper halves of the YMM registers), which other does not give: Xen refuses the state of a vCPU that has.',
      host: 'other',
      leaf: 0xd,
      subleaf: 2,
    }
    expect(reasons(seen, {})).toEqual([refused])
    expect(reasons(seen, {}, { running: true })).toEqual([refused])
    expect(reasons(seen, {}, { running: false })).toEqual([
      {
        ...refused,
        grade: 'lost',
        message:
          'web-1 was promised xstate component 2 (the upper halves of the YMM registers), which other does not give.',
      },
    ])
  })

  it.each([
    [3, 'the MPX bounds registers'],
    [4, 'the MPX configuration'],
    [5, 'the AVX-512 opmasks'],
    [6, 'the upper halves of ZMM0 to ZMM15'],
    [7, 'ZMM16 to ZMM31'],
    [9, 'the protection keys'],
    [17, 'the AMX tile configuration'],
    [18, 'the AMX tiles'],
    [11, 'its registers'],
    [62, 'its registers'],
  ])('says what is in component %d: %s', (number, what) => {
    const [missing] = reasons(component(number, [64, 1024, 0]), {})
    expect(missing?.message).toContain(`component ${number} (${what}), which`)
    const [moved] = reasons(component(number, [64, 1024, 0]), component(number, [64, 1088, 0]))
    expect(moved?.message).toContain(`component ${number} (${what}) as`)
  })

  it.each([
    ['elsewhere', [256, 832, 1], '256 bytes at 832'],
    ['larger', [320, 576, 1], '320 bytes at 576'],
    ['aligned', [256, 576, 3], '256 bytes at 576, aligned otherwise'],
  ] as const)('sees one that is %s', (_, there, layout) => {
    expect(reasons(component(2, [256, 576, 1]), component(2, there))).toEqual([
      {
        code: 'xstate-layout',
        grade: 'lost',
        message: `web-1 keeps xstate component 2 (the upper halves of the YMM registers) as 256 bytes at 576 of its XSAVE areas and other as ${layout}: areas of the guest that hold it are read wrongly.`,
        host: 'other',
        leaf: 0xd,
        subleaf: 2,
      },
    ])
  })

  it('has nothing against one that is the same, that the guest has not seen, or x87 and SSE', () => {
    const layout = [256, 576, 1] as const
    expect(reasons(component(2, layout), component(2, layout))).toEqual([])
    expect(reasons({}, component(2, layout))).toEqual([])
    expect(reasons({ [xstate(0) + EAX]: 7 }, { [xstate(0) + EAX]: 3 })).toEqual([])
    expect(reasons({ [xstate(1) + EBX]: 832 }, { [xstate(1) + EBX]: 576 })).toEqual([])
    expect(reasons({ [xstate(2) + EDX]: 1 }, {})).toEqual([])
    expect(reasons({ [xstate(XSTATE_LEAVES - 1) + EDX]: 1 }, {})).toEqual([])
  })
})

describe('the width of physical addresses', () => {
  const width = (bits: number) => ({ [extended(8) + EAX]: 0x3000 | bits })
  const judge = (wide: number, narrow: number, guest: Partial<GuestCpu> = {}) =>
    reasons(width(wide), width(narrow), guest)
  const about = { code: 'address-width', host: 'other', leaf: 0x8000_0008, subleaf: null }

  it.each(['hvm', 'pvh'] as const)('harms %s guests whose memory lies above it', (kind) => {
    const numbers = { seen: 46, given: 40 }
    const what = 'web-1 has seen physical addresses of 46 bits and other gives it 40'
    const reserved = 'page-table entries with the bits between are reserved there'
    expect(judge(46, 40, { kind })).toEqual([
      {
        ...about,
        ...numbers,
        grade: 'degraded',
        message: `${what}: ${reserved}. It does no harm unless memory or devices of the guest lie so high: say where its memory ends.`,
      },
    ])
    expect(judge(46, 40, { kind, memoryEnd: 1n << 40n })).toEqual([
      {
        ...about,
        ...numbers,
        grade: 'degraded',
        message: `${what}: ${reserved}, but its memory ends below.`,
      },
    ])
    expect(judge(46, 40, { kind, memoryEnd: (1n << 40n) + 0x1000n })).toEqual([
      {
        ...about,
        ...numbers,
        grade: 'lost',
        message: `${what}, and its memory ends at 0x10000001000: what lies above is out of reach.`,
      },
    ])
  })

  it.each(['pv', 'pv32'] as const)('does not matter to %s guests', (kind) => {
    expect(judge(46, 40, { kind, memoryEnd: 1n << 45n })).toEqual([
      {
        ...about,
        seen: 46,
        given: 40,
        grade: 'cosmetic',
        message:
          'web-1 has seen physical addresses of 46 bits and other gives it 40: a PV guest has its page tables checked by Xen.',
      },
    ])
  })

  it.each(['hvm', 'pv'] as const)('may grow for %s guests', (kind) => {
    expect(judge(40, 46, { kind })).toEqual([
      {
        ...about,
        seen: 40,
        given: 46,
        grade: 'cosmetic',
        message:
          'web-1 has seen physical addresses of 40 bits and other gives it 46: all it knows still holds.',
      },
    ])
  })

  it('is not judged where it is the same, or was not said', () => {
    expect(judge(46, 46)).toEqual([])
    expect(reasons({}, { [extended(8) + EAX]: 46 })).toEqual([])
  })
})

describe('the size of cache lines', () => {
  const lines = (bytes: number) => ({ [basic(1) + EBX]: (bytes / 8) << 8 })
  const about = { code: 'cache-line-size', host: 'other', leaf: 1, subleaf: null }

  it('may not shrink', () => {
    expect(reasons(lines(128), lines(64))).toEqual([
      {
        ...about,
        grade: 'lost',
        message:
          'web-1 flushes cache lines of 128 bytes and other has lines of 64: it misses some.',
        seen: 128,
        given: 64,
      },
    ])
  })

  it('may grow', () => {
    expect(reasons(lines(64), lines(128))).toEqual([
      {
        ...about,
        grade: 'cosmetic',
        message:
          'web-1 flushes cache lines of 64 bytes and other has lines of 128: it flushes more often than it needs to.',
        seen: 64,
        given: 128,
      },
    ])
  })

  it('is not judged where it is the same, or was not said', () => {
    expect(reasons(lines(64), lines(64))).toEqual([])
    expect(reasons({}, lines(64))).toEqual([])
  })
})

describe('other registers', () => {
  const changed = (registers: string, leaf: number, subleaf: number | null = null) => ({
    code: 'register-changed',
    grade: 'cosmetic',
    message: `web-1 will see other values in ${registers} on other.`,
    host: 'other',
    leaf,
    subleaf,
  })

  it('are named by leaf, in order', () => {
    expect(
      reasons(
        {
          [extended(4) + EDX]: 0x7a65_6f4e,
          [basic(2) + EAX]: 0x10,
          [basic(2) + EDX]: 0x20,
          [cache(1) + ECX]: 63,
        },
        { [topology(1) + EBX]: 8, [basic(2) + EAX]: 0x30 },
      ),
    ).toEqual([
      changed('2.eax, 2.edx', 2),
      changed('4:1.ecx', 4, 1),
      changed('0xb:1.ebx', 0xb, 1),
      changed('0x80000004.edx', 0x8000_0004),
    ])
  })

  it('count where no reason of their own speaks of them', () => {
    // Limits are audited, and these have a byte each of their own.
    for (const at of [basic(0) + EAX, feature(0) + EAX, extended(0) + EAX])
      expect(reasons({ [at]: 7 }, { [at]: 4 })).toEqual([])
    const brand = basic(1) + EBX
    expect(reasons({ [brand]: 0x0800 }, { [brand]: 0x0801 })).toEqual([changed('1.ebx', 1)])
    const widths = extended(8) + EAX
    expect(reasons({ [widths]: 0x3028 }, { [widths]: 0x3928 })).toEqual([])
    expect(reasons({ [widths]: 0x1_3028 }, { [widths]: 0x3028 })).toEqual([
      changed('0x80000008.eax', 0x8000_0008),
    ])
  })

  it('are neither features nor MSRs', () => {
    expect(reasons({ [basic(1) + EDX]: 1 }, {})).toEqual([])
    expect(reasons({ [PLATFORM_INFO]: 0x8000_0000 }, {})).toEqual([])
    expect(reasons({ [basic(5) + EAX]: 64 }, { [basic(5) + EAX]: 64 })).toEqual([])
  })

  it('are performance counters if leaf 0xa becomes empty', () => {
    const counters = { [basic(0xa) + EAX]: 0x0730_0404 }
    expect(reasons({ ...counters, [basic(0xa) + EDX]: 0x603 }, {})).toEqual([
      {
        code: 'performance-counters',
        grade: 'degraded',
        message:
          'web-1 has seen performance counters (leaf 0xa) and other gives it none: profiling stops working.',
        host: 'other',
        leaf: 0xa,
        subleaf: null,
      },
    ])
    expect(reasons(counters, { [basic(0xa) + EAX]: 0x0830_0404 })).toEqual([
      changed('0xa.eax', 0xa),
    ])
  })
})
