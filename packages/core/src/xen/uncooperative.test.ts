/** What PV guests see past Xen: by hand where a mask does more than hide, by property for every recorded boot and for random policies. */
import { COMMON_1D_FEATURES, Featureset } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../../fixtures/boots.js'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { storedLeaves } from '../policy/layout.js'
import { bootPolicy } from '../policy/recorded.testing.js'
import { randomPolicy } from '../policy/text.testing.js'
import { type LevellingCaps, levellingCaps } from './levelling-caps.js'
import { type RecordedBoot, rawOf } from './levelling-caps.testing.js'
import { MASKED_WORDS, SHOWN_ON_PURPOSE, uncooperativeView } from './uncooperative.js'

/** Leaves of which a register differs, as `leaf:subleaf`. */
function changedLeaves(a: CpuPolicy, b: CpuPolicy): string[] {
  const [x, y] = [CpuPolicy.peek(a), CpuPolicy.peek(b)]
  return storedLeaves()
    .filter(({ at }) => [0, 1, 2, 3].some((of) => x[at + of] !== y[at + of]))
    .map(({ leaf, subleaf }) => `${leaf.toString(16)}:${subleaf ?? '-'}`)
}

const names = (policy: CpuPolicy) => policy.featureset.names()

/** What holds of every view. */
function check(policy: CpuPolicy, caps: LevellingCaps): void {
  const view = uncooperativeView(policy, caps)
  for (const msr of [0xce, 0x10a]) expect(view.msr(msr)).toBe(policy.msr(msr))
  if (caps.caps.includes('faulting')) {
    expect(view.equals(policy)).toBe(true)
    return
  }
  const masked = caps.caps.flatMap((cap) => [...MASKED_WORDS[cap]])
  const leavesMasked = changedLeaves(view, caps.raw)
  const possible: Record<string, string> = {
    '1cd': '1:-',
    e1cd: '80000001:-',
    Da1: 'd:1',
    '6c': '6:-',
    '7ab0': '7:0',
  }
  const covered = caps.caps.map((cap) => possible[cap])
  expect(leavesMasked.filter((leaf) => !covered.includes(leaf))).toEqual([])
  const allowed = new Set<string>([...SHOWN_ON_PURPOSE, 'APIC', 'OSXSAVE', ...names(policy)])
  const table = caps.raw.featureset
  for (const [index, word] of view.featureset.words.entries()) {
    if (index >= 16) continue
    if (!masked.includes(index)) expect(word).toBe(caps.raw.featureset.words[index])
  }
  // Nothing comes in that the CPU has not, but HYPERVISOR where an MSR stands for the answer.
  const cpuid = (set: Featureset) =>
    Featureset.fromWords(set.words.map((word, at) => (at < 16 ? word : 0)))
  const extra = cpuid(view.featureset).andNot(table).names()
  expect(extra.filter((name) => name !== 'HYPERVISOR')).toEqual([])
  for (const name of names(view)) {
    const feature = Math.floor(Featureset.fromNames([name]).bits()[0] ?? 0) >>> 5
    if (masked.includes(feature)) expect(allowed).toContain(name)
  }
}

describe.each(BOOTS)('%s', (boot) => {
  const file = bootFile(boot)
  describeRecorded(file, () => {
    const { xen, hypercalls } = readRecordedJson<RecordedBoot>(file)
    const raw = bootPolicy(hypercalls.policies.raw, xen)
    const caps = levellingCaps(raw, xen)
    const pv = bootPolicy(hypercalls.policies.pv_default, xen)

    it('shows the policy, the CPU or what is between', () => {
      check(pv, caps)
      check(
        pv,
        levellingCaps(raw, xen, { cpuidFaulting: boot.includes('Skylake'), maskMsrs: false }),
      )
    })

    it('hides what the guest has not in the leaves that are masked', () => {
      const without = pv.withFeatureset(
        pv.featureset.andNot(Featureset.fromNames(['RDRAND', 'BMI1', 'SYSCALL', 'PCLMULQDQ'])),
      )
      const view = names(uncooperativeView(without, caps))
      const hidden = ['RDRAND', 'BMI1', 'SYSCALL', 'PCLMULQDQ'].filter(
        (name) => names(raw).some((has) => has === name) && !view.some((has) => has === name),
      )
      expect(hidden.length > 0).toBe(boot.includes('EPYC'))
    })
  })
})

describe('uncooperativeView', () => {
  const sandyBridge = rawOf(
    {
      vendor: 'Intel',
      family: 6,
      model: 0x2d,
      features: [
        'SSE3',
        'PCLMULQDQ',
        'VMX',
        'XSAVE',
        'OSXSAVE',
        'X2APIC',
        'AVX',
        'APIC',
        'HTT',
        'FPU',
        'LM',
        'NX',
        'XSAVEOPT',
        'ERMS',
      ],
    },
    '4.17.7',
  )
  const guest = (...features: Parameters<typeof Featureset.fromNames>[0][]) =>
    sandyBridge.withFeatureset(Featureset.fromNames(features.flatMap((list) => [...list])))

  it('is a logical and with what Intel masks can cover', () => {
    const caps = levellingCaps(sandyBridge, '4.17.7')
    expect(caps.caps).toEqual(['1cd', 'e1cd', 'Da1'])
    // ERMS is of leaf 7, which no mask covers; HYPERVISOR is not in the CPU.
    const seen = (features: string[]) => names(uncooperativeView(guest(features), caps))
    expect(seen(['FPU', 'SSE3', 'XSAVE', 'XSAVEOPT', 'LM', 'HYPERVISOR'])).toEqual([
      'FPU',
      'APIC',
      'HTT',
      'SSE3',
      'X2APIC',
      'XSAVE',
      'OSXSAVE',
      'LM',
      'XSAVEOPT',
      'ERMS',
    ])
    expect(seen([])).toEqual(['APIC', 'HTT', 'X2APIC', 'ERMS'])
  })

  it('shows the CPU where there is nothing', () => {
    const caps = levellingCaps(sandyBridge, '4.17.7', { maskMsrs: false })
    const policy = guest(['FPU']).withRecords([], [{ index: 0x10a, flags: 0, value: 5n }])
    const view = uncooperativeView(policy, caps)
    expect(names(view)).toEqual(
      names(sandyBridge.withRecords([], [{ index: 0x10a, flags: 0, value: 5n }])),
    )
    expect(changedLeaves(view, sandyBridge)).toEqual([])
    expect(view.msr(0x10a)).toBe(5n)
  })

  it('hid OSXSAVE and APIC in 4.7.0', () => {
    const seen = (release: string) =>
      names(uncooperativeView(guest(['XSAVE']), levellingCaps(sandyBridge, release)))
    expect(seen('4.7.0')).toEqual(['HTT', 'X2APIC', 'XSAVE', 'ERMS'])
    expect(seen('4.7.1')).toEqual(['APIC', 'HTT', 'X2APIC', 'XSAVE', 'OSXSAVE', 'ERMS'])
  })

  describe('on AMD', () => {
    const cpu = (release: string) =>
      rawOf(
        {
          vendor: 'AMD',
          family: 0x15,
          model: 2,
          thermal: 1,
          features: [
            'FPU',
            'APIC',
            'SSE3',
            'XSAVE',
            'HTT',
            'CMP_LEGACY',
            'SVM',
            'LM',
            'BMI1',
            'SMEP',
          ],
        },
        release,
      ).withRecords([{ leaf: 7, subleaf: 0, a: 0, b: (1 << 3) | (1 << 7), c: 0, d: 0 }], [])
    const view = (release: string, features: string[], maxSubleaf = 0) => {
      const raw = cpu(release)
      const policy = raw.withFeatureset(Featureset.fromNames(features)).withRecords(
        [
          { ...raw.leaf(6), c: 0 },
          { ...raw.leaf(7, 0), a: maxSubleaf, b: Featureset.fromNames(features).words[5] ?? 0 },
        ],
        [],
      )
      return uncooperativeView(policy, levellingCaps(raw, release))
    }

    it('can show what the CPU has not: HYPERVISOR, and the number of sub-leaves', () => {
      expect(names(view('4.17.7', ['FPU', 'SSE3', 'HYPERVISOR', 'BMI1', 'AVX2']))).toEqual([
        'FPU',
        'APIC',
        'HTT',
        'SSE3',
        'HYPERVISOR',
        'CMP_LEGACY',
        'BMI1',
      ])
      expect(names(view('4.13.0', ['HYPERVISOR']))).toEqual(['APIC', 'HTT', 'CMP_LEGACY'])
      expect(view('4.17.7', [], 2).leaf(7, 0).a).toBe(2)
      expect(view('4.12.1', [], 2).leaf(7, 0).a).toBe(0)
    })

    it('masks leaf 6 and the copies of leaf 1', () => {
      expect(view('4.17.7', []).leaf(6).c).toBe(0)
      const raw = cpu('4.17.7').withRecords(
        [{ ...cpu('4.17.7').leaf(0x8000_0001), d: 0xffff_ffff }],
        [],
      )
      const caps = levellingCaps(raw, '4.17.7')
      const seen = (policy: CpuPolicy) => uncooperativeView(policy, caps).leaf(0x8000_0001).d
      const all = raw.withRecords([{ ...raw.leaf(0x8000_0001), d: 0xffff_ffff }], [])
      expect(seen(all)).toBe(0xffff_ffff)
      const intel = all.withRecords(
        [{ leaf: 0, subleaf: null, a: 0xd, b: 0x756e_6547, c: 0x6c65_746e, d: 0x4965_6e69 }],
        [],
      )
      expect(seen(intel)).toBe((~COMMON_1D_FEATURES | (1 << 9)) >>> 0)
    })
  })

  it('keeps its rules for any CPU and any policy', () => {
    const seed = fc.integer({ min: 0, max: 0xffff_ffff })
    const cpu = fc.constantFrom(
      { vendor: 'Intel', family: 6, model: 0x2a },
      { vendor: 'Intel', family: 6, model: 0x1e },
      { vendor: 'Intel', family: 6, model: 0x55 },
      { vendor: 'AMD', family: 0x15, model: 2, thermal: 1 },
      { vendor: 'Hygon', family: 0x18, model: 1 },
      { vendor: 'Centaur', family: 6, model: 0xf },
    ) satisfies fc.Arbitrary<Parameters<typeof rawOf>[0]>
    const release = fc.constantFrom('4.12.4', '4.13.5', '4.17.7', '4.22.0', '4.23-dev')
    fc.assert(
      fc.property(seed, seed, cpu, release, fc.boolean(), (a, b, which, xen, faulting) => {
        const made = rawOf(which, xen)
        const raw = randomPolicy(a, xen).withRecords([made.leaf(0), made.leaf(1)], [])
        check(randomPolicy(b, xen), levellingCaps(raw, xen, { cpuidFaulting: faulting }))
      }),
      { numRuns: 300 },
    )
  })
})
