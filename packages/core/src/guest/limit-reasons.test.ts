/** Limits and MSR bits above the host's, each with its numbers, and what the clamp lowers. */
import { describe, expect, it } from 'vitest'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { fault } from '../policy/errors.js'
import { EAX, extended, feature, PLATFORM_INFO, POLICY_WORDS } from '../policy/layout.js'
import { xenCompatible } from '../xen/audit.js'
import { admitGuest } from './admit.js'
import { limitReasons, loweredLimits } from './limit-reasons.js'
import { encounter } from './receiver.js'

interface Limits {
  readonly leaf?: number
  readonly subleaf?: number
  readonly last?: number
  readonly platform?: number
}

function policy({ leaf = 0xd, subleaf = 1, last = 0x8000_0008, platform = 0 }: Limits = {}) {
  const words = new Uint32Array(POLICY_WORDS)
  words[EAX] = leaf
  words[feature(0) + EAX] = subleaf
  words[extended(0) + EAX] = last
  words[PLATFORM_INFO] = platform
  return CpuPolicy.fromWords(words, '4.22.0')
}

const max = policy()
const host = {
  release: '4.22.0',
  host: max,
  pvMax: max,
  pvDefault: max,
  hvmMax: max,
  hvmDefault: max,
}
const met = encounter({ name: 'web-1', kind: 'hvm' }, host, { hostName: 'other' })

const EVERY_FAULT = [
  fault('EINVAL', { leaf: 0 }),
  fault('EINVAL', { leaf: 7, subleaf: 0 }),
  fault('EINVAL', { leaf: 0x8000_0000 }),
]

describe('limitReasons', () => {
  it.each([
    [{ leaf: 0xe }, 'basic leaves up to 0xe', '0xd', { leaf: 0, subleaf: null, seen: 0xe }],
    [{ subleaf: 2 }, 'sub-leaves of leaf 7 up to 0x2', '0x1', { leaf: 7, subleaf: 0, seen: 2 }],
    [
      { last: 0x8000_0009 },
      'extended leaves up to 0x80000009',
      '0x80000008',
      { leaf: 0x8000_0000, subleaf: null, seen: 0x8000_0009 },
    ],
  ])('%o', (limits, seen, given, place) => {
    const wanted = policy(limits)
    const { error } = xenCompatible(max, wanted)
    expect(error).not.toBeNull()
    // The others are faults without being above: of that kind is the vendor.
    expect(limitReasons(EVERY_FAULT, wanted, max, met)).toEqual([
      {
        code: 'leaf-limit',
        grade: 'refused',
        message: `web-1 has seen ${seen} and other gives ${given}: Xen refuses it.`,
        host: 'other',
        errno: 'EINVAL',
        given: Number(given),
        ...place,
      },
    ])
    expect(limitReasons([], wanted, max, met)).toEqual([])
  })

  it.each([
    [0x8000_0000, '0x80000000', ': CPUID faulting'],
    [0x8000_0100, '0x80000100', ': CPUID faulting'],
    [0x0000_0100, '0x100', ''],
  ])('says which bits of PLATFORM_INFO are too many: %d', (platform, bits, name) => {
    const found = [fault('EINVAL', { msr: 0xce })]
    const least = policy({ platform: 1 })
    expect(limitReasons(found, policy({ platform: platform | 1 }), least, met)).toEqual([
      {
        code: 'msr-bits',
        grade: 'refused',
        message: `web-1 has seen bits ${bits} of MSR 0xce (PLATFORM_INFO${name}), which other cannot give, and Xen refuses it.`,
        host: 'other',
        errno: 'EINVAL',
        msr: 0xce,
      },
    ])
  })

  it('has nothing to say of faults elsewhere', () => {
    const high = policy({ leaf: 0xe, subleaf: 2, last: 0x8000_0009 })
    expect(limitReasons([fault('E2BIG'), fault('ERANGE', { leaf: 1 })], high, max, met)).toEqual([])
  })

  it('names a limit once where the vendor is a fault of leaf 0 as well', () => {
    const words = policy({ leaf: 0xe }).words()
    words.set([0x6874_7541, 0x444d_4163, 0x6974_6e65], 1)
    const amd = CpuPolicy.fromWords(words, '4.22.0')
    const { reasons } = admitGuest({ kind: 'hvm', policy: amd, vendor: 'Intel' }, host)
    expect(reasons.filter(({ grade }) => grade === 'refused').map(({ code }) => code)).toEqual([
      'vendor-differs',
      'leaf-limit',
    ])
  })
})

describe('loweredLimits', () => {
  it.each([
    [{ leaf: 0xe }, 'basic leaves up to 0xe', '0xd', { leaf: 0, subleaf: null, seen: 0xe }],
    [{ subleaf: 2 }, 'sub-leaves of leaf 7 up to 0x2', '0x1', { leaf: 7, subleaf: 0, seen: 2 }],
    [
      { last: 0x8000_0009 },
      'extended leaves up to 0x80000009',
      '0x80000008',
      { leaf: 0x8000_0000, subleaf: null, seen: 0x8000_0009 },
    ],
  ])('%o', (limits, seen, cut, place) => {
    const wanted = policy(limits)
    const lowered = {
      code: 'leaf-limit',
      grade: 'degraded',
      message: `web-1 has seen ${seen} and Xen cuts that to ${cut} on other.`,
      host: 'other',
      given: Number(cut),
      ...place,
    }
    expect(loweredLimits(wanted, max, [], met)).toEqual([lowered])
    const [own, ...others] = [...EVERY_FAULT].sort(
      (a, b) => Number(b.leaf === place.leaf) - Number(a.leaf === place.leaf),
    )
    expect(loweredLimits(wanted, max, others, met)).toEqual([lowered])
    // What is refused is not lowered.
    expect(loweredLimits(wanted, max, own === undefined ? [] : [own, ...others], met)).toEqual([])
  })

  it('says nothing of limits that stay or grow', () => {
    expect(loweredLimits(max, max, [], met)).toEqual([])
    expect(loweredLimits(policy({ leaf: 0xb }), max, [], met)).toEqual([])
  })
})
