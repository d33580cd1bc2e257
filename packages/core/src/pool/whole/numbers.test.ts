/** What a level takes as one from one host, and what it makes of numbers. */
import { describe, expect, it } from 'vitest'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { releaseFeatures } from '../../policy/features.js'
import {
  basic,
  EAX,
  EBX,
  ECX,
  EDX,
  extended,
  HYPERVISOR_LIMIT,
  PLATFORM_INFO,
} from '../../policy/layout.js'
import { levelPolicies } from './level-policies.js'
import { amd, host, NEWEST, withWords, word } from './made.testing.js'
import { changeOn } from './pools.testing.js'

describe('what a level takes as one', () => {
  it('takes the identity of the oldest CPU whole, in whatever order', () => {
    const netburst = host('netburst', [], {
      [basic(1) + EAX]: 0x0f43,
      [basic(1) + EBX]: 0x0020_0800,
    })
    const haswell = host('haswell', [], { [basic(1) + EAX]: 0x0003_06f2, [basic(2) + EBX]: 0x1234 })
    const skylake = host('skylake', [], {
      [basic(1) + EAX]: 0x0005_0654,
      [extended(2)]: 0x6c65_746e,
    })
    for (const hosts of [
      [skylake, haswell],
      [haswell, skylake],
    ]) {
      const { policy, identity } = levelPolicies(hosts, { kind: 'pv' })
      expect(identity).toEqual(['haswell'])
      expect([basic(1) + EAX, basic(2) + EBX, extended(2)].map((at) => word(policy, at))).toEqual([
        0x0003_06f2, 0x1234, 0,
      ])
    }
    const oldest = levelPolicies([skylake, netburst, haswell], { kind: 'pv' })
    expect(oldest.identity).toEqual(['netburst'])
    expect(((word(oldest.policy, basic(1) + EBX) ?? 0) >>> 16) & 0xff).toBe(0x20)
    const twins = [haswell, { ...haswell, name: 'twin' }]
    expect(levelPolicies(twins, { kind: 'pv' }).identity).toEqual(['haswell', 'twin'])
  })

  it('combines counters by what each number means', () => {
    const counters = (eax: number, ebx: number, edx: number) => ({
      [basic(0xa) + EAX]: eax,
      [basic(0xa) + EBX]: ebx,
      [basic(0xa) + EDX]: edx,
    })
    const some = [
      host('a', [], counters(0x0730_0804, 0b0000_0001, 0x8603), { vpmuMode: 2 }),
      host('b', [], counters(0x0830_0405, 0b0100_0000, 0x0604), { vpmuMode: 1 }),
    ]
    const level = levelPolicies(some, { kind: 'hvm' })
    expect(level.policy?.leaf(0xa)).toMatchObject({ a: 0x0730_0404, b: 0b0100_0001, d: 0x8603 })
    for (const vpmuMode of [0, 4] as const) {
      const off = host('off', [], counters(0x0830_0405, 0, 0x0604), { vpmuMode })
      const without = levelPolicies([...some, off], { kind: 'hvm' })
      expect(without.policy?.leaf(0xa)).toMatchObject({ a: 0, b: 0, c: 0, d: 0 })
      expect(changeOn(without.nearest, off, { kind: 'hvm' })).toBeNull()
      expect(without.losses).toEqual([
        { field: 'basic.pmu_version', kind: 'narrowed', level: 0, most: 5, hosts: ['off'] },
      ])
    }
  })

  it('combines the SVM leaf of guests that may nest', () => {
    const svm = (name: string, leaf: Readonly<Record<number, number>>) => {
      const made = amd(name, ['SVM'])
      const bits = releaseFeatures(NEWEST)
      const words = bits.read(made.policies.hvmDefault.words())
      bits.put(words, 'SVM', true)
      const policy = made.policies.hvmDefault.words()
      bits.write(policy, words)
      const given = { ...leaf, [extended(1) + ECX]: policy[extended(1) + ECX] ?? 0 }
      return withWords(made, ['hvmDefault', 'hvmMax'], given)
    }
    const hosts = [
      svm('a', {
        [extended(0xa)]: 2,
        [extended(0xa) + EBX]: 0x8000,
        [extended(0xa) + EDX]: 0b1011,
      }),
      svm('b', { [extended(0xa)]: 1, [extended(0xa) + EBX]: 0x40, [extended(0xa) + EDX]: 0b1101 }),
    ]
    const nested = levelPolicies(hosts, { kind: 'hvm', domain: { nestedVirt: true } })
    expect(nested.policy?.leaf(0x8000_000a)).toMatchObject({ a: 1, b: 0x40, c: 0, d: 0b1001 })
    const usual = levelPolicies(hosts, { kind: 'hvm' })
    expect(usual.policy?.leaf(0x8000_000a)).toMatchObject({ a: 0, b: 0, c: 0, d: 0 })
  })

  it('takes the least of what default policies say, also where the max policy says more', () => {
    const a = withWords(host('a', [], { [basic(1) + EAX]: 0x000a_0671 }), ['hvmDefault'], {
      [extended(8) + EAX]: 0x3028,
      [PLATFORM_INFO]: 0,
      [HYPERVISOR_LIMIT]: 4,
    })
    const b = withWords(host('b', []), ['hvmDefault'], { [HYPERVISOR_LIMIT]: 0 })
    const { policy, losses } = levelPolicies([b, a], { kind: 'hvm' })
    expect(policy?.physAddrBits).toBe(40)
    expect(policy?.msr(0xce)).toBe(0n)
    expect(policy?.hypervisorLimits).toEqual([4, 0])
    expect(losses).toEqual([
      { field: 'extd.maxphysaddr', kind: 'narrowed', level: 40, most: 46, hosts: ['a'] },
      { field: 'platform_info.cpuid_faulting', kind: 'narrowed', level: 0, most: 1, hosts: ['a'] },
    ])
  })

  it('limits the address width as each kind of domain is limited', () => {
    const wide = [host('wide', [], { [extended(8) + EAX]: 0x3034 })]
    const width = (kind: 'pv' | 'hvm' | 'pvh', domain = {}) =>
      levelPolicies(wide, { kind, domain }).policy?.physAddrBits
    expect(width('pv')).toBe(52)
    expect(width('hvm')).toBe(48)
    expect(width('hvm', { hap: false })).toBe(44)
    expect(width('pvh', { hap: false })).toBe(48)
    expect(width('pv', { maxPhysAddrBits: 30 })).toBe(36)
  })

  it('has no leaf 1 to copy from where the limit is 0', () => {
    const hosts = [amd('none', [], { [basic(0)]: 0 })]
    const { policy } = levelPolicies(hosts, { kind: 'pv' })
    expect(policy?.leaf(0x8000_0001)).toMatchObject({ a: 0 })
    for (const one of hosts)
      expect(changeOn(policy ?? CpuPolicy.empty, one, { kind: 'pv' })).toBeNull()
  })
})
