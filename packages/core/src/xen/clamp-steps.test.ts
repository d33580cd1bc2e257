/** The steps of a clamp, each where it decides alone. */
import type { FeatureName } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import type { CpuPolicy } from '../policy/cpu-policy.js'
import {
  basic,
  CACHE_LEAVES,
  cache,
  EAX,
  EBX,
  ECX,
  EDX,
  extended,
  feature,
} from '../policy/layout.js'
import { clampPolicy, type DomainOptions } from './clamp.js'
import { hostOf, policyWith, type Registers, USUAL, VENDORS } from './clamp-hosts.testing.js'

const RELEASE = '4.22.0'
const PV: DomainOptions = { kind: 'pv' }

const clamp = (wanted: CpuPolicy, max = wanted, domain = PV) =>
  clampPolicy(wanted, hostOf(max), domain).policy

const without = (...gone: readonly FeatureName[]) => USUAL.filter((name) => !gone.includes(name))

describe('limits', () => {
  const limits = (registers: Registers, most: Registers) => {
    const policy = clamp(policyWith(RELEASE, USUAL, registers), policyWith(RELEASE, USUAL, most))
    return [policy.maxLeaf, policy.maxSubleaf, policy.maxExtendedLeaf]
  }
  const last = (leaf: number, subleaf: number, more: number) => ({
    [basic(0) + EAX]: leaf,
    [feature(0) + EAX]: subleaf,
    [extended(0) + EAX]: 0x8000_0000 + more,
  })

  it('are the lower ones', () => {
    expect(limits(last(0xd, 2, 8), last(7, 1, 8))).toEqual([7, 1, 0x8000_0008])
    expect(limits(last(7, 0, 4), last(0xd, 2, 8))).toEqual([7, 0, 0x8000_0004])
  })

  it('end where the vendor’s extended leaves do', () => {
    const many = last(0xd, 2, 0x21)
    expect(limits(many, many)).toEqual([0xd, 2, 0x8000_0008])
    const amd = { ...many, ...VENDORS.AMD }
    expect(limits(amd, amd)).toEqual([0xd, 2, 0x8000_0021])
    const more = { ...amd, ...last(0xd, 2, 0x22) }
    expect(limits(more, more)).toEqual([0xd, 2, 0x8000_0021])
  })
})

describe('what is not in the max policy', () => {
  const TOPOLOGY = ['HTT', 'X2APIC', 'CMP_LEGACY'] as const
  const left = (release: string) => {
    const wanted = policyWith(release, [...USUAL, ...TOPOLOGY, 'RDRAND'])
    const { featureset } = clamp(wanted, policyWith(release, USUAL))
    return [...TOPOLOGY, 'RDRAND' as const].filter((name) => featureset.has(name))
  }

  it('goes, but for the bits of the topology where max policies are without them', () => {
    expect(left('4.17.3')).toEqual(TOPOLOGY)
    expect(left('4.17.4')).toEqual([])
    expect(left(RELEASE)).toEqual([])
  })
})

describe('a 32-bit PV guest', () => {
  const left = (vendor: Registers, kind: DomainOptions['kind']) => {
    const policy = policyWith(RELEASE, USUAL, vendor)
    const { featureset } = clamp(policy, policy, { kind })
    return (['LM', 'SYSCALL'] as const).filter((name) => featureset.has(name))
  }

  it('has no long mode, and SYSCALL on AMD’s CPUs alone', () => {
    expect(left(VENDORS.Intel, 'pv32')).toEqual([])
    expect(left(VENDORS.Centaur, 'pv32')).toEqual([])
    expect(left(VENDORS.AMD, 'pv32')).toEqual(['SYSCALL'])
    for (const kind of ['pv', 'hvm', 'pvh'] as const)
      expect(left(VENDORS.Intel, kind)).toEqual(['LM', 'SYSCALL'])
  })
})

describe('address widths', () => {
  const eax = (names: readonly FeatureName[], value: number, vendor: Registers = {}) =>
    clamp(policyWith(RELEASE, names, { ...vendor, [extended(8) + EAX]: value })).leaf(0x8000_0008).a

  it('are no smaller than the paging modes of the guest need', () => {
    expect(eax(USUAL, 0x3014)).toBe(0x3024)
    expect(eax(without('PAE', 'LM'), 0x3014)).toBe(0x2020)
    expect(eax([...without('PAE', 'LM'), 'PSE', 'PSE36'], 0x3014)).toBe(0x2024)
    expect(eax(without('LM'), 0x3014)).toBe(0x2024)
    expect(eax(USUAL, 0x302e)).toBe(0x302e)
  })

  it('leave the upper half of the register, which goes with the vendor’s scrubbing', () => {
    expect(eax(USUAL, 0xabcd_302e)).toBe(0x302e)
    expect(eax(USUAL, 0xabcd_302e, VENDORS.Centaur)).toBe(0xabcd_302e)
  })
})

describe('cache leaves', () => {
  const ALL = 0xffff_ffff
  const caches = (types: readonly number[]) => {
    const registers: Record<number, number> = { [feature(0) + EAX]: 2 }
    types.forEach((type, subleaf) => {
      registers[cache(subleaf) + EAX] = (ALL & ~0x1f) | type
      for (const register of [EBX, ECX, EDX]) registers[cache(subleaf) + register] = ALL
    })
    return clamp(policyWith(RELEASE, [...USUAL, 'ARCH_CAPS', 'MD_CLEAR'], registers))
  }
  const seen = (type: number) => ({ a: 0xffff_c3e0 | type, b: ALL, c: ALL, d: 7 })

  it('lose reserved fields, and end before the first that is none', () => {
    const policy = caches([1, 2, 3, 0, 3, 2])
    for (const [subleaf, type] of [1, 2, 3].entries()) {
      const { a, b, c, d } = seen(type)
      expect(policy.leaf(4, subleaf)).toEqual({ leaf: 4, subleaf, a: a >>> 0, b, c, d })
    }
    for (const subleaf of [3, 4, 5])
      expect(policy.leaf(4, subleaf)).toEqual({ leaf: 4, subleaf, a: 0, b: 0, c: 0, d: 0 })
    expect(caches([4, 1]).leaf(4, 0).a).toBe(0)
    expect(caches([4, 1]).leaf(4, 1).a).toBe(0)
  })

  it('may be as many as there is room for, and nothing behind them changes', () => {
    const policy = caches([1, 2, 3, 1, 2, 3])
    expect(policy.leaf(4, CACHE_LEAVES - 1).d).toBe(7)
    // Leaf 7 lies behind them, and its limit looks like a type of cache.
    expect(policy.maxSubleaf).toBe(2)
    expect(policy.featureset.has('MD_CLEAR')).toBe(true)
    expect(policy.featureset.has('ARCH_CAPS')).toBe(true)
  })
})
