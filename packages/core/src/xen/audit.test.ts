/** What Xen's audit compares, bound by bound. */
import { describe, expect, it } from 'vitest'
import { CpuPolicy } from '../policy/cpu-policy.js'
import {
  EAX,
  EBX,
  ECX,
  EDX,
  extended,
  feature,
  PLATFORM_INFO,
  POLICY_WORDS,
} from '../policy/layout.js'
import { auditAll, xenCompatible } from './audit.js'
import { releaseRules } from './releases.js'

const HOST = { [EAX]: 0xd, [EBX]: 0x756e_6547, [ECX]: 0x6c65_746e, [EDX]: 0x4965_6e69 }
const LIMITS = { [feature(0) + EAX]: 1, [extended(0) + EAX]: 0x8000_0008, [PLATFORM_INFO]: 0xf0 }

const words = (changes: Record<number, number> = {}) => {
  const made = new Uint32Array(POLICY_WORDS)
  for (const [at, value] of Object.entries({ ...HOST, ...LIMITS, ...changes }))
    made[Number(at)] = value
  return made
}

const policyOf = (release: string, changes: Record<number, number> = {}) =>
  CpuPolicy.fromWords(words(changes), release)

/** The first fault of a guest that differs from the host by so much. */
const first = (release: string, changes: Record<number, number>) => {
  const { compatible, error } = xenCompatible(policyOf(release), policyOf(release, changes))
  expect(compatible).toBe(error === null)
  return error
}

const at = (leaf: number | null, subleaf: number | null = null, msr: number | null = null) => ({
  errno: 'EINVAL',
  leaf,
  subleaf,
  msr,
})

describe('xenCompatible', () => {
  it.each([
    ['ebx', EBX],
    ['ecx', ECX],
    ['edx', EDX],
  ] as const)('refuses a vendor that differs in %s alone, from Xen 4.22 on', (_, register) => {
    expect(first('4.22.0', { [register]: 0 })).toEqual(at(0))
    expect(first('4.21.0', { [register]: 0 })).toBeNull()
  })

  it.each([
    ['leaf', EAX, at(0)],
    ['sub-leaf of leaf 7', feature(0) + EAX, at(7, 0)],
    ['extended leaf', extended(0) + EAX, at(0x8000_0000)],
  ] as const)('refuses a last %s beyond the host’s', (_, place, error) => {
    const last = words()[place] ?? 0
    expect(first('4.22.0', { [place]: last + 1 })).toEqual(error)
    expect(first('4.22.0', { [place]: last })).toBeNull()
    expect(first('4.22.0', { [place]: last - 1 })).toBeNull()
  })

  it('refuses bits of PLATFORM_INFO that the host lacks', () => {
    expect(first('4.22.0', { [PLATFORM_INFO]: 0x1f0 })).toEqual(at(null, null, 0xce))
    expect(first('4.22.0', { [PLATFORM_INFO]: 0x0f })).toEqual(at(null, null, 0xce))
    expect(first('4.22.0', { [PLATFORM_INFO]: 0x30 })).toBeNull()
  })

  it('compares nothing else', () => {
    const other = new Uint32Array(POLICY_WORDS).fill(0xffff_ffff)
    for (const place of [...Object.keys(HOST), ...Object.keys(LIMITS)].map(Number))
      other[place] = words()[place] ?? 0
    const guest = CpuPolicy.fromWords(other, '4.22.0')
    expect(xenCompatible(policyOf('4.22.0'), guest)).toEqual({ compatible: true, error: null })
  })

  it('goes by the rules that are asked for', () => {
    const [host, guest] = [policyOf('4.17.7'), policyOf('4.17.7', { [EBX]: 0 })]
    expect(xenCompatible(host, guest).compatible).toBe(true)
    expect(xenCompatible(host, guest, '4.22.0').compatible).toBe(false)
  })
})

describe('auditAll', () => {
  it('finds what Xen would have come to later too, in its order', () => {
    const all = {
      ...{ [EBX]: 0, [EAX]: 0xe, [feature(0) + EAX]: 2 },
      ...{ [extended(0) + EAX]: 0x8000_0009, [PLATFORM_INFO]: 1 },
    }
    const faults = [at(0), at(0), at(7, 0), at(0x8000_0000), at(null, null, 0xce)]
    expect(auditAll(words(), words(all), releaseRules('4.22.0'))).toEqual(faults)
    expect(auditAll(words(), words(all), releaseRules('4.21.0'))).toEqual(faults.slice(1))
    expect(auditAll(words(), words(), releaseRules('4.22.0'))).toEqual([])
  })
})
