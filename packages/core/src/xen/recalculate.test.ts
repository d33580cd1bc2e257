/** What Xen makes anew in a policy, register by register: the leaves that it scrubs for each vendor, and the leaf of XSAVE. */
import { type FeatureName, Featureset } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { releaseFeatures } from '../policy/features.js'
import { EBX, POLICY_WORDS, REGISTERS, storedLeaves, xstate } from '../policy/layout.js'
import { isAmdLike, recalculateMisc, recalculateXstate, vendorOf } from './recalculate.js'
import { releaseRules } from './releases.js'

const VENDORS = {
  Intel: [0x756e_6547, 0x6c65_746e, 0x4965_6e69],
  AMD: [0x6874_7541, 0x444d_4163, 0x6974_6e65],
  Hygon: [0x6f67_7948, 0x656e_6975, 0x6e65_476e],
  Centaur: [0x746e_6543, 0x736c_7561, 0x4872_7561],
} as const

/** The registers that differ, each leaf by name; `zero` where a whole leaf is gone. */
function changed(before: Uint32Array, after: Uint32Array): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { leaf, subleaf, at } of storedLeaves()) {
    const name = `${leaf.toString(16)}${subleaf === null ? '' : `:${subleaf}`}`
    const differ = REGISTERS.filter((_, place) => before[at + place] !== after[at + place])
    if (differ.length === 4 && after.subarray(at, at + 4).every((word) => word === 0))
      found[name] = 'zero'
    else
      for (const register of differ) {
        const word = after[at + REGISTERS.indexOf(register)] ?? 0
        found[`${name}.${register}`] = word.toString(16)
      }
  }
  return found
}

const zero = (...leaves: readonly string[]) => Object.fromEntries(leaves.map((it) => [it, 'zero']))

describe('recalculateMisc', () => {
  /** What becomes of a policy in which every bit is set but those of the vendor and some of 1.edx. */
  function scrubbed(vendor: keyof typeof VENDORS): Record<string, string> {
    const before = new Uint32Array(POLICY_WORDS).fill(0xffff_ffff)
    before.set(VENDORS[vendor], EBX)
    before[4 + 3] = 0x0f0f_0f0f
    expect(vendorOf(before)).toBe(vendor)
    const after = before.slice()
    recalculateMisc(after)
    // The MSRs and the limits of the hypervisor leaves, which are no leaves of their own.
    expect(after.slice(-5)).toEqual(before.slice(-5))
    return changed(before, after)
  }

  const EVERYONE = {
    '1.eax': 'fff0fff',
    '1.ebx': 'ffffff',
    ...zero('5', '6', '8', 'c', 'b:0', 'b:1'),
    '80000001.edx': 'fe7c0c00',
    '80000007.eax': '0',
    '80000007.ebx': '0',
    '80000007.ecx': '0',
    '80000008.edx': '0',
  }
  const AMD = {
    ...EVERYONE,
    ...zero('2', '3', '4:0', '4:1', '4:2', '4:3', '4:4', '4:5', '9', 'a'),
    '80000001.eax': 'fff0fff',
    '80000001.ebx': 'ff00ffff',
    // What 1.edx has of the bits that repeat there.
    '80000001.edx': 'ff7f0f0f',
    '80000008.eax': 'ffff',
    '80000008.ecx': '3f0ff',
    ...zero('80000009', '8000000b', '8000000c', '8000000d', '8000000e', '8000000f'),
    ...zero('80000010', '80000011', '80000012', '80000013', '80000014', '80000015'),
    ...zero('80000016', '80000017', '80000018'),
    ...zero('8000001b', '8000001c', '8000001d', '8000001e', '8000001f', '80000020'),
    '80000021.ebx': '0',
    '80000021.edx': '0',
  }
  const named = ([ebx, ecx, edx]: readonly [number, number, number]) => ({
    '80000000.ebx': ebx.toString(16),
    '80000000.ecx': ecx.toString(16),
    '80000000.edx': edx.toString(16),
  })

  it('scrubs what no guest may see, whatever the vendor', () => {
    expect(scrubbed('Centaur')).toEqual(EVERYONE)
  })

  it('scrubs what Intel keeps to itself', () => {
    expect(scrubbed('Intel')).toEqual({
      ...EVERYONE,
      '2.eax': 'ffffff01',
      ...zero('3', '9', '80000005'),
      '80000000.ebx': '0',
      '80000000.ecx': '0',
      '80000000.edx': '0',
      '80000001.eax': '0',
      '80000001.ebx': '0',
      '80000006.eax': '0',
      '80000006.ebx': '0',
      '80000006.edx': '0',
      '80000008.eax': 'ffff',
      '80000008.ecx': '0',
    })
  })

  it('scrubs what AMD keeps to itself, and repeats leaves 0 and 1 in the extended ones', () => {
    expect(scrubbed('AMD')).toEqual({ ...AMD, ...named(VENDORS.AMD) })
    expect(scrubbed('Hygon')).toEqual({ ...AMD, ...named(VENDORS.Hygon) })
  })
})

describe('isAmdLike', () => {
  it('is true of AMD and Hygon alone', () => {
    const all = ['Intel', 'AMD', 'Centaur', 'Shanghai', 'Hygon', 'Unknown'] as const
    expect(all.filter(isAmdLike)).toEqual(['AMD', 'Hygon'])
  })
})

describe('recalculateXstate', () => {
  /** A CPU whose component n has n * 16 bytes at n * 256, with all flags. */
  const raw = new Uint32Array(POLICY_WORDS)
  for (let component = 2; component < 63; component++)
    raw.set([component * 16, component * 256, 0xffff_ffff, 0xffff_ffff], xstate(component))

  /** Leaf 0xd of a policy with these features. */
  function made(release: string, names: readonly FeatureName[]) {
    const features = releaseFeatures(release)
    const policy = new Uint32Array(POLICY_WORDS)
    features.write(policy, Featureset.fromNames(names, features.table).words)
    const before = policy.slice()
    // Something in each of its registers that has to go.
    policy.fill(0xdead_beef, xstate(2), xstate(63))
    policy.set([0xdead_beef, 0xdead_beef, 0xdead_beef, 0xdead_beef], xstate(0))
    policy.fill(0xdead_beef, xstate(1) + EBX, xstate(2))
    recalculateXstate(policy, raw, features, releaseRules(release))
    return changed(before, policy)
  }

  const component = (number: number, flags = 0) => ({
    [`d:${number}.eax`]: (number * 16).toString(16),
    [`d:${number}.ebx`]: (number * 256).toString(16),
    ...(flags === 0 ? {} : { [`d:${number}.ecx`]: flags.toString(16) }),
  })

  it('is empty without XSAVE', () => {
    expect(made('4.23-dev', ['AVX'])).toEqual({})
    expect(made('4.23-dev', ['AVX', 'XSAVEC'])).toEqual({ 'd:1.eax': '0' })
  })

  it('has the legacy area and no component without further features', () => {
    expect(made('4.23-dev', ['XSAVE'])).toEqual({ 'd:0.eax': '3', 'd:0.ecx': '240' })
  })

  it('has each feature’s components, with the sizes of the CPU', () => {
    const size = (last: number) => (last * 16 + last * 256).toString(16)
    expect(made('4.23-dev', ['XSAVE', 'AVX'])).toEqual({
      'd:0.eax': '7',
      'd:0.ecx': Math.max(576, 2 * 272).toString(16),
      ...component(2),
    })
    expect(made('4.23-dev', ['XSAVE', 'MPX'])).toEqual({
      'd:0.eax': '1b',
      'd:0.ecx': size(4),
      ...component(3),
      ...component(4),
    })
    expect(made('4.23-dev', ['XSAVE', 'AVX512F', 'PKU'])).toEqual({
      'd:0.eax': '2e3',
      'd:0.ecx': size(9),
      ...component(5),
      ...component(6),
      ...component(7),
      ...component(9),
    })
  })

  it('has those of AMX from Xen 4.20 on', () => {
    const amx = { 'd:0.eax': '60003', 'd:0.ecx': (18 * 272).toString(16) }
    expect(made('4.20.0', ['XSAVE', 'AMX_TILE'])).toEqual({
      ...amx,
      ...component(17),
      ...component(18),
    })
    expect(made('4.19.0', ['XSAVE', 'AMX_TILE'])).toEqual({ 'd:0.eax': '3', 'd:0.ecx': '240' })
  })

  it('has the flags that XSAVEC and XSAVES make meaningful', () => {
    const flags = (...names: FeatureName[]) =>
      made('4.18.0', ['XSAVE', 'AVX', ...names])['d:2.ecx'] ?? '0'
    expect(flags()).toBe('0')
    expect(flags('XSAVEC')).toBe('2')
    expect(flags('XSAVES')).toBe('1')
    expect(flags('XSAVEC', 'XSAVES')).toBe('3')
  })

  it('has the flag of alignment alone, and always, before Xen 4.18', () => {
    for (const more of [[], ['XSAVEC', 'XSAVES']] as const)
      expect(made('4.17.7', ['XSAVE', 'AVX', ...more])['d:2.ecx']).toBe('2')
  })
})
