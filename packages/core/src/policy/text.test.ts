import { knownReleases, XenlevelError } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { CpuPolicy } from './cpu-policy.js'
import { formatPolicyText, PolicyTextError, parsePolicyText } from './text.js'
import { policiesOf, randomPolicy, SYSTEM_POLICIES, type SystemPolicies } from './text.testing.js'

const recordedPolicies = () => policiesOf(readRecordedJson<SystemPolicies>(SYSTEM_POLICIES))
const anyPolicy = fc
  .tuple(fc.integer({ min: 0, max: 0xffff_ffff }), fc.constantFrom(...knownReleases()))
  .map(([seed, release]) => randomPolicy(seed, release))

const HEADER = 'xenlevel/cpu-policy 1, Xen 4.17.7'
const LEAF = '00000007:00000000 -> 00000001:00010000:00000000:00000000'

function thrown(text: string): PolicyTextError {
  try {
    parsePolicyText(text)
  } catch (error) {
    if (error instanceof PolicyTextError) return error
    throw error
  }
  return expect.unreachable('nothing was thrown')
}

describe('policy text', () => {
  it('comes back as it was, in every release, also beyond the limits', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(anyPolicy, (before) => {
        const after = parsePolicyText(formatPolicyText(before))
        expect(after.equals(before)).toBe(true)
        expect(after.release).toBe(before.release)
      }),
      { numRuns: 1000 },
    )
  })

  it('says what it is, with features beside their registers', () => {
    const policy = CpuPolicy.fromRecords(
      [
        { leaf: 0, subleaf: null, a: 0xd, b: 0x756e6547, c: 0x6c65746e, d: 0x49656e69 },
        { leaf: 7, subleaf: 0, a: 0, b: 0x1_0020, c: 0, d: 0x2000_0000 },
        { leaf: 0x4000_0100, subleaf: null, a: 4, b: 0, c: 0, d: 0 },
      ],
      [{ index: 0x10a, flags: 0, value: 0x1_0000_0005n }],
      { release: '4.17.7-xcp' },
    )
    expect(formatPolicyText(policy)).toBe(`xenlevel/cpu-policy 1, Xen 4.17.7-xcp
# Intel, family 0, model 0, stepping 0
# leaf:subleaf -> eax:ebx:ecx:edx
00000000:ffffffff -> 0000000d:756e6547:6c65746e:49656e69
00000007:00000000 -> 00000000:00010020:00000000:20000000
#   7:0.ebx: AVX2 AVX512F
#   7:0.edx: ARCH_CAPS
40000100:ffffffff -> 00000004:00000000:00000000:00000000
# MSR -> value
0000010a -> 0000000100000005
#   MSR 0x10a.eax: RDCL_NO RSBA
`)
    expect(parsePolicyText(formatPolicyText(policy)).equals(policy)).toBe(true)
  })

  it('takes any order, line ends, blanks and comments', () => {
    const text = `\r\n# mine\r\n ${HEADER} # ours\r\n0000010a -> 000000000000000A\r\n\r\n\t${LEAF}#x\r\n`
    const policy = parsePolicyText(text)
    expect(policy.release).toBe('4.17.7')
    expect(policy.leaf(7, 0)).toMatchObject({ a: 1, b: 0x1_0000 })
    expect(policy.msr(0x10a)).toBe(10n)
    expect(parsePolicyText(HEADER).equals(CpuPolicy.empty)).toBe(true)
  })

  it.each([
    ['nothing', '', 1, 0, 'no line "xenlevel/cpu-policy 1'],
    ['comments alone', '# one\n# two', 1, 0, 'no line "xenlevel/cpu-policy 1'],
    ['no header', LEAF, 1, 0, 'expected "xenlevel/cpu-policy 1'],
    ['a later version', 'xenlevel/cpu-policy 2, Xen 4.17.7', 1, 0, 'only version 1'],
    ['an unknown release', '\n xenlevel/cpu-policy 1, Xen 9.1', 2, 2, 'no Xen release "9.1"'],
    ['a damaged line', `${HEADER}\n  ${LEAF}0`, 2, 36, 'is neither a leaf'],
    ['a short MSR', `${HEADER}\n0000010a -> 1`, 2, 34, 'nor an MSR'],
    ['a second header', `${HEADER}\n${HEADER}`, 2, 34, 'is neither a leaf'],
    ['a leaf twice', `${HEADER}\n${LEAF}\n${LEAF}`, 3, 91, 'leaf 0x7, sub-leaf 0 twice'],
    ['a leaf that no policy has', `${HEADER}\n${LEAF.replace('7:', 'e:')}`, 2, 34, 'no leaf 0xe'],
    [
      'a leaf without its sub-leaf',
      `${HEADER}\n${LEAF.replace(':00000000', ':ffffffff')}`,
      2,
      34,
      'no leaf 0x7.',
    ],
    [
      'a leaf that this release does not keep',
      `xenlevel/cpu-policy 1, Xen 4.12.0\n${LEAF.replace(':00000000', ':00000001')}`,
      2,
      34,
      'Xen 4.12.0 has no leaf 0x7, sub-leaf 1',
    ],
    [
      'a limit that does not fit',
      `${HEADER}\n40000000:ffffffff -> 00000100:00000000:00000000:00000000`,
      2,
      34,
      'low 8 bits of eax',
    ],
    [
      'a limit with more than eax',
      `${HEADER}\n40000100:ffffffff -> 00000001:00000000:00000000:00000001`,
      2,
      34,
      'low 8 bits of eax',
    ],
    ['an MSR that no policy has', `${HEADER}\n000000cf -> 0000000000000001`, 2, 34, 'no MSR 0xcf'],
    ['an MSR too wide', `${HEADER}\n000000ce -> 0000000100000000`, 2, 34, 'holds 32 bits'],
    [
      'an MSR that this release does not keep',
      'xenlevel/cpu-policy 1, Xen 4.12.0\n0000010a -> 0000000000000001',
      2,
      34,
      'Xen 4.12.0 has no MSR 0x10a',
    ],
  ])('refuses %s', (_, text, line, offset, message) => {
    const error = thrown(text)
    expect(error.message).toContain(message)
    expect(error).toMatchObject({ code: 'POLICY_TEXT_INVALID', path: `line ${line}`, offset })
  })

  it('refuses what it cannot read with its own error, whatever it is', () => {
    const text = formatPolicyText(CpuPolicy.fromRecords([], [], { release: '4.17.7' })) + LEAF
    const edit = fc.tuple(fc.nat({ max: text.length }), fc.nat({ max: 9 }), fc.string())
    fc.assert(
      fc.property(edit, ([at, cut, more]) => {
        const edited = text.slice(0, at) + more + text.slice(at + cut)
        try {
          parsePolicyText(edited)
        } catch (error) {
          if (!(error instanceof PolicyTextError)) throw error
          expect(error.offset).toBeLessThanOrEqual(edited.length)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('does not write what it could not read back', () => {
    const beyond = CpuPolicy.fromRecords([{ leaf: 7, subleaf: 2, a: 0, b: 0, c: 0, d: 1 }])
    for (const policy of [
      beyond.withRecords([], [], { release: '4.12.0' }),
      CpuPolicy.fromRecords([], [], { release: 'mine' }),
      CpuPolicy.fromRecords([], [], { release: '4.17.7 # ours' }),
    ]) {
      expect(() => formatPolicyText(policy)).toThrow(XenlevelError)
      expect(() => formatPolicyText(policy)).toThrow(/leaf 0x7, sub-leaf 2|no Xen release/)
    }
  })
})

describeRecorded(SYSTEM_POLICIES, () => {
  it('brings every recorded policy back', () => {
    const policies = recordedPolicies()
    for (const { policy } of policies) {
      const text = formatPolicyText(policy)
      expect(parsePolicyText(text).equals(policy)).toBe(true)
      expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(110)
    }
    expect(policies).toHaveLength(252)
  })
})
