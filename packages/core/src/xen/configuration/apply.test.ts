/** What the items of a configuration come to, and what is said of them: on hosts made for the purpose. */
import { type FeatureName, Featureset, featureTable } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { CpuPolicy } from '../../policy/cpu-policy.js'
import { initDomainPolicy, setDomainPolicy } from '../clamp.js'
import { type ApplyConfigOptions, applyConfig } from './apply.js'
import { testHost } from './hosts.testing.js'
import { parseXlCpuid } from './parse.js'

const NEWEST = '4.23-dev'
const intel = testHost(NEWEST)
const amd = testHost(NEWEST, 'AMD')
const hvm = { kind: 'hvm' } as const
const pv = { kind: 'pv' } as const
const table = featureTable()

const has = (policy: CpuPolicy, name: FeatureName) =>
  policy.featureset.has(name, featureTable(policy.release))
const apply = (options: Partial<ApplyConfigOptions>) =>
  applyConfig({ host: intel, domain: hvm, ...options })

/** The features of a new guest, as a featureset to change. */
const usual = initDomainPolicy(intel, hvm).policy.featureset.or(
  Featureset.fromNames(['HTT'], table),
)

describe('a configuration without a wish', () => {
  it.each([
    [intel, hvm],
    [amd, hvm],
    [intel, pv],
    [amd, { kind: 'pvh' }],
    [intel, { kind: 'pv32' }],
  ] as const)('is set at once and says nothing', (host, domain) => {
    const result = applyConfig({ host, domain })
    expect(result).toMatchObject({ ok: true, calls: 1 })
    expect(result.findings).toEqual([])
    expect(result.evidence).toBe('recorded')
  })

  it('gives an HVM guest twice the processors, and no cache that two share', () => {
    const { policy } = apply({})
    expect(has(policy, 'HTT')).toBe(true)
    expect((policy.leaf(1).b >>> 16) & 0xff).toBe(16)
    expect(policy.leaf(4, 0).a >>> 26).toBe(15)
    expect((policy.leaf(4, 0).a >>> 14) & 0xfff).toBe(0)
    const other = apply({ host: amd }).policy.leaf(0x8000_0008).c
    expect([other & 0xff, (other >>> 12) & 0xf]).toEqual([15, 4])
  })
})

describe('wishes by name', () => {
  it('are set', () => {
    const { policy, ok, calls, findings } = apply({ cpuid: ['avx2=0', 'rdcl-no=0', 'pae=0'] })
    expect([ok, calls]).toEqual([true, 3])
    expect(has(policy, 'AVX2')).toBe(false)
    expect(has(policy, 'PAE')).toBe(false)
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
  })

  it('are dropped by name, with the reason and the item', () => {
    const { findings } = apply({
      host: testHost(NEWEST, 'Intel', ['SHA']),
      cpuid: ['avx512f=0', 'sha=1'],
    })
    expect(findings).toMatchObject([
      {
        code: 'feature-dropped',
        features: ['SHA'],
        item: 1,
        leaf: 7,
        register: 'ebx',
        message: expect.stringContaining('max policy of this host'),
      },
    ])
  })

  it.each([
    ['vmx=1', 'VMX', 'created without nested virtualisation'],
    ['maxleaf=0xc', 'XSAVE', 'the policy ends before leaf 0xd'],
  ])('%s: %s', (item, feature, reason) => {
    // Another bit of the register that XSAVE is in, so that it is asked for too.
    const { findings, policy } = apply({ cpuid: [item, 'xsave=1'] })
    expect(has(policy, feature === 'VMX' ? 'VMX' : 'XSAVE')).toBe(false)
    expect(findings.find(({ features }) => features?.[0] === feature)?.message).toContain(reason)
  })

  it('contradict one another', () => {
    const { findings } = apply({ cpuid: ['avx=0', 'avx2=1'] })
    expect(findings.filter(({ code }) => code === 'contradiction')).toMatchObject([
      { severity: 'error', features: ['AVX2', 'AVX'], item: 1 },
    ])
    expect(findings.find(({ code }) => code === 'feature-dropped')?.message).toContain('needs AVX,')
  })

  it('contradict what no CPU has', () => {
    const tsx = apply({ cpuid: ['rtm=1', 'rtm-always-abort=1'] })
    expect(tsx.findings).toMatchObject([
      { code: 'contradiction', features: ['RTM', 'RTM_ALWAYS_ABORT'], severity: 'warning' },
    ])
  })

  it('keep what Xen shows as the host has it', () => {
    const host = testHost(NEWEST)
    const { findings, policy } = apply({ host, cpuid: ['no-fpu-sel=1'] })
    const kept = has(host.host, 'NO_FPU_SEL')
    expect(has(policy, 'NO_FPU_SEL')).toBe(kept)
    expect(findings.some(({ code }) => code === 'feature-dropped')).toBe(!kept)
  })

  it.each([
    ['svm_npt=0', 'leaf-missing', 0x8000_000a],
    ['svm_npt=maybe', 'leaf-missing', 0x8000_000a],
    ['nscb=0', 'leaf-missing', 0x8000_0021],
  ])('%s fails where the leaf is missing, even if it is refused itself', (item, code, leaf) => {
    const result = apply({ cpuid: ['avx2=0', item] })
    expect(result).toMatchObject({
      ok: false,
      calls: 1,
      error: { errno: 'EINVAL', leaf: null, subleaf: null, msr: null },
    })
    expect(has(result.policy, 'AVX2')).toBe(true)
    expect(result.findings.find((one) => one.code === code)).toMatchObject({ leaf, item: 1 })
  })

  it('fail where Xen’s audit does, and say which limit', () => {
    const result = apply({ cpuid: ['maxleaf=0x20'] })
    expect(result).toMatchObject({ ok: false, calls: 2, error: { errno: 'EINVAL', leaf: 0 } })
    expect(result.findings).toMatchObject([
      {
        code: 'policy-refused',
        item: 0,
        message: expect.stringContaining(
          'would be 0x20, and guests of this kind can have 0xd at most',
        ),
      },
    ])
    const other = apply({
      language: 'xend',
      cpuid: [`0:ebx=${'0'.repeat(32)}`],
    })
    expect(other.findings.at(-1)?.message).toContain('the vendor is not that of the host')
  })

  it('reach fields that Xen does not keep as asked', () => {
    const { findings } = apply({ cpuid: ['clflush=4', 'maxhvleaf=4', 'arat=1', 'localapicid=7'] })
    expect(
      findings.flatMap(({ code, message, item }) =>
        code === 'field-not-as-asked' ? [[item, message]] : [],
      ),
    ).toEqual([
      [0, "1.ebx, bits 11 to 10: 0x400 is asked for, but Xen always shows the max policy's."],
      [
        3,
        '1.ebx, bits 26 to 24: 0x7000000 is asked for, but Xen clears it for all guests, or makes it anew for each.',
      ],
      [
        2,
        '6.eax, bit 2: 0x4 is asked for, but Xen clears it for all guests, or makes it anew for each.',
      ],
    ])
  })
})

describe('parsed configurations', () => {
  it('are the same as their items', () => {
    const items = ['avx2=0', 'rdcl-no=1', 'family=15']
    const whole = apply({ cpuid: items })
    const parsed = apply({ cpuid: parseXlCpuid(items, { language: 'libxl' }) })
    expect(parsed.policy.equals(whole.policy)).toBe(true)
    expect(parsed.calls).toBe(whole.calls)
    // Without the items nothing can be said of them.
    expect(parsed.findings.map(({ code }) => code)).toEqual(whole.findings.map(({ code }) => code))
  })

  it('can ask for MSRs that no name reaches', () => {
    const of = (index: number, policy: string) =>
      apply({ cpuid: { cpuid: [], msr: [{ index, policy }] } })
    const all = 'x'.repeat(63)
    expect(of(0xce, `${all}1`)).toMatchObject({
      ok: false,
      calls: 2,
      error: { errno: 'EINVAL', msr: 0xce },
    })
    expect(of(0xce, `1${all}`)).toMatchObject({
      ok: false,
      calls: 2,
      error: { errno: 'EOVERFLOW', msr: 0xce },
    })
    expect(of(0x122, `${all}1`)).toMatchObject({
      ok: false,
      calls: 1,
      error: { errno: 'ENOENT', msr: null },
    })
    expect(of(0x10a, `${all}s`)).toMatchObject({
      ok: false,
      calls: 1,
      error: { errno: 'EINVAL', msr: null },
    })
    expect(of(0x10a, `${all}`)).toMatchObject({ ok: false, calls: 1, error: { errno: 'EINVAL' } })
    expect(of(0x10a, `${all}1`)).toMatchObject({ ok: true, calls: 2 })
    for (const [index, policy, code] of [
      [0xce, `${all}1`, 'policy-refused'],
      [0xce, `1${all}`, 'policy-refused'],
      [0x122, `${all}1`, 'msr-missing'],
      [0x10a, `${all}s`, 'character-unknown'],
    ] as const)
      expect(of(index, policy).findings.at(-1)?.code).toBe(code)
  })
})

const items = fc.array(
  fc
    .tuple(
      fc.constantFrom(
        ...table.features.map(({ lowerName }) => lowerName),
        'maxleaf',
        'family',
        'nc',
        'svm_npt',
      ),
      fc.constantFrom('0', '1', 'x', 'k', 's', '13', ''),
    )
    .map(([name, value]) => `${name}=${value}`),
  { maxLength: 6 },
)
const options = fc.record({
  host: fc.constantFrom(
    intel,
    amd,
    testHost('4.17.7'),
    testHost('4.14.6', 'AMD'),
    testHost('4.13.5'),
  ),
  domain: fc.record({
    kind: fc.constantFrom('pv', 'pv32', 'hvm', 'pvh'),
    hap: fc.boolean(),
    nestedVirt: fc.boolean(),
  }),
  restore: fc.boolean(),
  pae: fc.boolean(),
  itsc: fc.boolean(),
  nestedVirt: fc.boolean(),
  cpuid: items,
})

describe('any configuration', () => {
  it('leaves a policy that can be written and set again, and says what it says once', () => {
    fc.assert(
      fc.property(options, fc.option(fc.bigInt({ min: 0n, max: 1n << 610n })), (given, bits) => {
        const featureset = bits === null ? {} : { featureset: Featureset.fromBigInt(bits) }
        const result = applyConfig({ ...given, ...featureset })
        const again = setDomainPolicy(
          result.policy,
          result.policy.toRecords(),
          given.host,
          given.domain,
        )
        expect(again.ok && again.policy.toRecords()).toEqual(result.policy.toRecords())
        for (const { message, item, severity } of result.findings) {
          expect(message).not.toMatch(/undefined|NaN|\[object|0x-/)
          expect(['error', 'warning', 'info']).toContain(severity)
          if (item !== undefined) expect(item).toBeLessThan(given.cpuid.length)
        }
        expect(result.findings).toBe(result.findings)
        if (!result.ok)
          expect(result.findings.some(({ severity }) => severity === 'error')).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('changes no input', () => {
    const before = JSON.stringify(intel.host.toRecords(), (_, value) =>
      typeof value === 'bigint' ? String(value) : value,
    )
    const featureset = usual
    apply({ featureset, restore: true, cpuid: Object.freeze(['avx2=0', 'rdcl-no=1']) })
    expect(
      JSON.stringify(intel.host.toRecords(), (_, value) =>
        typeof value === 'bigint' ? String(value) : value,
      ),
    ).toBe(before)
  })
})
