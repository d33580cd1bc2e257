/** Policies given to domains of every kind, on hosts made by hand. */
import type { FeatureName } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { basic, EAX, EDX, extended, feature } from '../policy/layout.js'
import { clampPolicy, type DomainOptions, initDomainPolicy, setDomainPolicy } from './clamp.js'
import { hostOf, policyWith, USUAL } from './clamp-hosts.testing.js'

const RELEASE = '4.22.0'
const with64 = (...names: readonly FeatureName[]) => policyWith(RELEASE, [...USUAL, ...names])

describe('a domain of its kind', () => {
  const has = (name: FeatureName, domain: DomainOptions) =>
    initDomainPolicy(hostOf(with64('PCID', 'VMX')), domain).policy.featureset.has(name)

  it('has hardware-assisted paging unless it is told otherwise, PVH always', () => {
    expect(has('PCID', { kind: 'hvm' })).toBe(true)
    expect(has('PCID', { kind: 'hvm', hap: true })).toBe(true)
    expect(has('PCID', { kind: 'hvm', hap: false })).toBe(false)
    expect(has('PCID', { kind: 'pvh', hap: false })).toBe(true)
  })

  it('has VMX if nested virtualisation is asked for', () => {
    expect(has('VMX', { kind: 'hvm' })).toBe(false)
    expect(has('VMX', { kind: 'hvm', nestedVirt: false })).toBe(false)
    expect(has('VMX', { kind: 'hvm', nestedVirt: true })).toBe(true)
    expect(has('VMX', { kind: 'pvh', nestedVirt: true })).toBe(true)
  })

  it('takes the policies of its kind', () => {
    const [pv, hvm] = [with64('AVX'), with64('RDRAND')]
    const host = hostOf(with64(), { pvMax: pv, pvDefault: pv, hvmMax: hvm, hvmDefault: hvm })
    const names = (kind: DomainOptions['kind']) =>
      initDomainPolicy(host, { kind })
        .policy.featureset.names()
        .filter((name) => name === 'AVX' || name === 'RDRAND')
    expect(names('pv')).toEqual(['AVX'])
    expect(names('pv32')).toEqual(['AVX'])
    expect(names('hvm')).toEqual(['RDRAND'])
    expect(names('pvh')).toEqual(['RDRAND'])
  })

  it('sees the vPMU of its mode', () => {
    const policy = policyWith(RELEASE, USUAL, { [basic(0xa) + EAX]: 0x0730_0404 })
    const counters = (vpmuMode: 0 | 1 | 2 | 4, domain: Partial<DomainOptions> = {}) =>
      initDomainPolicy(hostOf(policy, { vpmuMode }), { kind: 'pv', ...domain }).policy.leaf(0xa).a
    expect(counters(0)).toBe(0)
    expect(counters(0, { hardwareDomain: true })).toBe(0)
    expect(counters(1)).toBe(0x0730_0404)
    expect(counters(2)).toBe(0x0730_0404)
    // "all" is for the hardware domain, which looks at everybody.
    expect(counters(4)).toBe(0)
    expect(counters(4, { hardwareDomain: false })).toBe(0)
    expect(counters(4, { hardwareDomain: true })).toBe(0x0730_0404)
    const { vpmuMode: _, ...silent } = hostOf(policy)
    expect(initDomainPolicy(silent, { kind: 'pv' }).policy.leaf(0xa).a).toBe(0)
  })

  it('has as wide addresses as its paging can have on the host', () => {
    const policy = (bits: number) =>
      policyWith(RELEASE, USUAL, { [extended(8) + EAX]: 0x3000 | bits })
    const width = (bits: number, domain: DomainOptions) =>
      initDomainPolicy(hostOf(policy(bits)), domain).policy.physAddrBits
    expect(width(52, { kind: 'hvm' })).toBe(48)
    expect(width(52, { kind: 'pvh' })).toBe(48)
    expect(width(52, { kind: 'hvm', hap: false })).toBe(44)
    expect(width(52, { kind: 'pvh', hap: false })).toBe(48)
    expect(width(52, { kind: 'pv' })).toBe(52)
    for (const kind of ['pv', 'hvm'] as const) {
      expect(width(40, { kind })).toBe(40)
      expect(width(52, { kind, maxPhysAddrBits: 42 })).toBe(42)
      expect(width(46, { kind, maxPhysAddrBits: 50 })).toBe(46)
    }
    expect(width(52, { kind: 'hvm', maxPhysAddrBits: 50 })).toBe(50)
    // What the guest's policy could have is no more than the host itself has.
    const host = hostOf(policy(52), { host: policy(39) })
    expect(initDomainPolicy(host, { kind: 'pv' }).policy.physAddrBits).toBe(39)
    expect(initDomainPolicy(host, { kind: 'hvm' }).policy.physAddrBits).toBe(39)
  })
})

describe('a max policy of another release', () => {
  // What Xen 4.13 knows ends before 7:1.edx, which Xen 4.22 gives to guests.
  const changes = { [feature(0) + EAX]: 1, [feature(1) + EDX]: 1 << 4 }
  const wanted = policyWith(RELEASE, [...USUAL, 'AVX', 'AVX2', 'AVX_VNNI_INT8'], changes)

  it('limits by its registers, in the words of the host’s release', () => {
    const older = CpuPolicy.fromWords(wanted.words(), '4.13.5')
    expect(older.featureset.has('AVX_VNNI_INT8')).toBe(false)
    const host = hostOf(wanted, { pvMax: older })
    const { policy } = clampPolicy(wanted, host, { kind: 'pv' })
    expect(policy.featureset.has('AVX_VNNI_INT8')).toBe(true)
    expect(policy.equals(clampPolicy(wanted, hostOf(wanted), { kind: 'pv' }).policy)).toBe(true)
  })
})

describe('setDomainPolicy', () => {
  const current = with64('RDRAND')
  const host = hostOf(with64('RDRAND'))
  const kept = clampPolicy(current, host, { kind: 'pv' }).policy
  const set = (update: Parameters<typeof setDomainPolicy>[1]) => {
    const answer = setDomainPolicy(current, update, host, { kind: 'pv' })
    return answer.ok ? answer.policy : answer.error
  }

  it('leaves the domain what it is not told to change', () => {
    expect(set({})).toEqual(kept)
    expect(set({ leaves: [] })).toEqual(kept)
    expect(set({ msrs: [] })).toEqual(kept)
    const features = { ...current.leaf(1), d: current.leaf(1).d & ~(1 << 4) }
    expect(set({ leaves: [features] })).toEqual(
      clampPolicy(current.withRecords([features]), host, { kind: 'pv' }).policy,
    )
    expect(set({ msrs: [{ index: 0xce, flags: 0, value: 0n }] })).toEqual(kept)
  })

  it('answers Xen’s errno and place, of leaves before MSRs', () => {
    const wrong = { index: 0xcf, flags: 0, value: 0n }
    const none = { errno: 'ERANGE', leaf: null, subleaf: null, msr: null }
    expect(set({ msrs: [wrong] })).toEqual({ ...none, msr: 0xcf })
    expect(set({ leaves: [{ ...current.leaf(0xe), subleaf: null }], msrs: [wrong] })).toEqual({
      ...none,
      leaf: 0xe,
    })
  })

  it('refuses what lies beyond the max policy of the kind', () => {
    const wide = policyWith(RELEASE, USUAL, { [extended(0) + EAX]: 0x8000_0021 })
    const update = { leaves: [wide.leaf(0x8000_0000)] }
    const narrow = hostOf(with64(), { hvmMax: wide })
    expect(setDomainPolicy(current, update, narrow, { kind: 'hvm' }).ok).toBe(true)
    expect(setDomainPolicy(current, update, narrow, { kind: 'pv' })).toEqual({
      ok: false,
      error: { errno: 'EINVAL', leaf: 0x8000_0000, subleaf: null, msr: null },
    })
  })
})
