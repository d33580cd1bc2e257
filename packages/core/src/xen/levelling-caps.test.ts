/** What a host can level, held against what real hypervisors said of themselves and what real CPUs say of their MSRs. */
import { knownReleases, releaseHas, UnknownReleaseError } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../../fixtures/boots.js'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { bootPolicy } from '../policy/recorded.testing.js'
import { levellingCaps, levellingCapsOfSysctl, publicLevellingCaps } from './levelling-caps.js'
import { type RecordedBoot, rawOf, recordedCpus } from './levelling-caps.testing.js'

describe.each(BOOTS)('%s', (boot) => {
  const file = bootFile(boot)
  describeRecorded(file, () => {
    const { xen, hypercalls } = readRecordedJson<RecordedBoot>(file)
    const raw = bootPolicy(hypercalls.policies.raw, xen)
    const caps = levellingCaps(raw, xen)

    it('is foreseen', () => {
      const said = hypercalls.levelling_caps
      if (typeof said === 'string') expect(publicLevellingCaps(caps)).toBe(Number(said))
      else {
        expect(said.err).toBe('ENOSYS')
        expect(publicLevellingCaps(caps)).toBeNull()
      }
    })

    it('comes back from what the hypervisor says', () => {
      const said = hypercalls.levelling_caps
      const told = levellingCapsOfSysctl(typeof said === 'string' ? Number(said) : 0, raw, xen)
      expect(told.caps).toEqual(typeof said === 'string' ? caps.caps : [])
      expect(told.assumes).toEqual([])
      if (typeof said === 'string') expect(told.masks).toEqual(caps.masks)
    })
  })
})

it('knows fifteen boots', () => expect(BOOTS).toHaveLength(15))

describeRecorded('hosts/index.json', () => {
  const cpus = recordedCpus('4.20.3')

  it('finds one way or none on each of 356 CPUs', () => {
    expect(cpus).toHaveLength(356)
    for (const { raw } of cpus) {
      const { caps, masks } = levellingCaps(raw, '4.20.3')
      expect(caps.includes('faulting') ? caps : masks.map(({ cap }) => cap)).toEqual(caps)
    }
  })

  it('has faulting on every Intel CPU from Ivy Bridge on, by what their MSRs say', () => {
    const tell = cpus.filter(({ msrs }) => msrs.has(0xce))
    const kinds = tell.map(({ raw, model }) => {
      const { caps } = levellingCaps(raw, '4.20.3')
      return { model, kind: caps.includes('faulting') ? 'faulting' : caps.join(' ') }
    })
    const of = (wanted: string) =>
      kinds.filter(({ kind }) => kind === wanted).map(({ model }) => model)
    expect(kinds).toHaveLength(73)
    expect(of('faulting')).toHaveLength(66)
    // Nehalem and Westmere, Dunnington, and two CPUs of the Core 2 generation that have nothing.
    expect(of('1cd e1cd')).toEqual([0x1a, 0x1a, 0x1a, 0x2c])
    expect(of('1cd')).toEqual([0x1d])
    expect(of('')).toEqual([0xf, 0xf])
    expect(Math.min(...of('faulting'))).toBeGreaterThan(0x2d)
  })
})

describe('levellingCaps', () => {
  const intel = (model: number, more = {}) =>
    ({ vendor: 'Intel', family: 6, model, ...more }) as const
  const amd = (family: number, more = {}) => ({ vendor: 'AMD', family, model: 1, ...more }) as const

  it.each([
    ['Penryn', '4.7.0', intel(0x17), '1cd 0x478'],
    ['Nehalem', '4.13.5', intel(0x1a), '1cd 0x130, e1cd 0x131'],
    ['Westmere-EX', '4.22.0', intel(0x2f), '1cd 0x130, e1cd 0x131'],
    ['Sandy Bridge-EP', '4.17.7', intel(0x2d), '1cd 0x132, e1cd 0x133, Da1 0x134'],
    ['Haswell without faulting', '4.17.7', intel(0x3f), ''],
    ['a model of another family', '4.17.7', { ...intel(0x1a), family: 0xf }, ''],
    ['Shanghai', '4.17.7', amd(0x10, { maxLeaf: 5 }), '1cd 0xc0011004, e1cd 0xc0011005'],
    ['Griffin', '4.17.7', amd(0x11), ''],
    ['a K8 up to 4.21', '4.21.2', amd(0xf, { maxLeaf: 1 }), '1cd 0xc0011004, e1cd 0xc0011005'],
    ['a K8 before revision E', '4.22.0', { ...amd(0xf, { maxLeaf: 1 }), model: 0x1f }, ''],
    [
      'a K8 later',
      '4.22.0',
      { ...amd(0xf), model: 0x20, maxLeaf: 1 },
      '1cd 0xc0011004, e1cd 0xc0011005',
    ],
    [
      'Piledriver',
      '4.17.7',
      amd(0x15, { thermal: 1 }),
      '1cd 0xc0011004, e1cd 0xc0011005, 7ab0 0xc0011002, 6c 0xc0011003',
    ],
    [
      'the same without leaf 6',
      '4.17.7',
      amd(0x15, { maxLeaf: 5, thermal: 1 }),
      '1cd 0xc0011004, e1cd 0xc0011005',
    ],
    [
      'Dhyana',
      '4.17.7',
      { ...amd(0x18), vendor: 'Hygon' },
      '1cd 0xc0011004, e1cd 0xc0011005, 7ab0 0xc0011002',
    ],
    ['Dhyana before it was known', '4.12.4', { ...amd(0x18), vendor: 'Hygon' }, ''],
    ['Centaur', '4.17.7', { ...amd(6), vendor: 'Centaur' }, ''],
  ] as const)('masks of %s on %s', (_, release, cpu, expected) => {
    const { masks, caps, assumes } = levellingCaps(rawOf(cpu, release), release)
    expect(masks.map(({ cap, msr }) => `${cap} 0x${msr.toString(16)}`).join(', ')).toBe(expected)
    expect(caps).toEqual(masks.map(({ cap }) => cap))
    expect(masks.every(({ kind }) => kind === (cpu.vendor === 'Intel' ? 'and' : 'override'))).toBe(
      true,
    )
    expect(assumes.filter(({ cap }) => cap !== 'faulting').map(({ cap }) => cap)).toEqual(caps)
  })

  it.each([
    ['Intel by PLATFORM_INFO', '4.7.0', intel(0x3e, { platformInfo: 0x8000_0000 }), true],
    ['Intel, and masks no more', '4.22.0', intel(0x2a, { platformInfo: 0xffff_ffff }), true],
    ['Intel without', '4.22.0', intel(0x3e, { platformInfo: 0x7fff_ffff }), false],
    ['AMD on its own', '4.22.0', amd(0x17, { platformInfo: 0x8000_0000 }), false],
    [
      'AMD under a hypervisor',
      '4.22.0',
      amd(0x17, { platformInfo: 0x8000_0000, features: ['HYPERVISOR'] }),
      true,
    ],
    [
      'the same before the shim',
      '4.10.0',
      amd(0x17, { platformInfo: 0x8000_0000, features: ['HYPERVISOR'] }),
      false,
    ],
    ['AMD with CpuidUserDis', '4.18.0', amd(0x19, { features: ['CPUID_USER_DIS'] }), true],
    ['the same before it was used', '4.17.7', amd(0x19, { features: ['CPUID_USER_DIS'] }), false],
    ['Centaur', '4.22.0', { ...amd(6, { platformInfo: 0x8000_0000 }), vendor: 'Centaur' }, false],
  ] as const)('faulting: %s, %s', (_, release, cpu, expected) => {
    const { caps, masks } = levellingCaps(rawOf(cpu, release), release)
    expect(caps.includes('faulting')).toBe(expected)
    if (expected) expect([caps, masks]).toEqual([['faulting'], []])
  })

  it('says what a raw policy cannot tell', () => {
    const said = (cpu: Parameters<typeof rawOf>[0], options = {}) =>
      levellingCaps(rawOf(cpu, '4.20.3'), '4.20.3', options).assumes.map(
        ({ cap, assumed, reason }) => `${cap} ${assumed}: ${reason}`,
      )
    const none = 'the raw policy has nothing in MSR 0xce, which a dump without MSRs has not either'
    expect(said(intel(0x3f))).toEqual([`faulting false: ${none}`])
    expect(said(intel(0x3f, { platformInfo: 0x8000_0000 }))).toEqual([
      'faulting true: MISC_FEATURES_ENABLES, MSR 0x140, can be read where MSR 0xce has bit 31',
    ])
    expect(said(intel(0x17))).toEqual([
      `faulting false: ${none}`,
      '1cd true: MSR 0x478 can be read and written',
    ])
    expect(said(amd(0x10, { maxLeaf: 5, features: ['HYPERVISOR'] }))).toEqual([
      `faulting false: ${none}`,
      '1cd true: MSR 0xc0011004 can be read and written, which few hypervisors allow, and Xen runs under one',
      'e1cd true: MSR 0xc0011005 can be read and written, which few hypervisors allow, and Xen runs under one',
    ])
    expect(said(amd(0x10, { maxLeaf: 5 }))).toHaveLength(2)
    expect(said(amd(0x19, { features: ['CPUID_USER_DIS'] }))).toEqual([])
    expect(said(intel(0x17), { cpuidFaulting: false, maskMsrs: true })).toEqual([])
  })

  it('believes what it is told', () => {
    const westmere = rawOf(intel(0x2c), '4.20.3')
    expect(levellingCaps(westmere, '4.20.3', { cpuidFaulting: true }).caps).toEqual(['faulting'])
    expect(levellingCaps(westmere, '4.20.3', { maskMsrs: false })).toMatchObject({
      caps: [],
      masks: [],
    })
    const haswell = rawOf(intel(0x3f, { platformInfo: 0x8000_0000 }), '4.20.3')
    expect(levellingCaps(haswell, '4.20.3', { cpuidFaulting: false })).toMatchObject({
      caps: [],
      assumes: [],
    })
  })

  it('names the point release, and refuses a release that there is no table for', () => {
    const raw = rawOf(intel(0x3f), '4.20.3')
    expect(levellingCaps(raw, '4.17').release).toBe('4.17.7')
    expect(() => levellingCaps(raw, '3.4')).toThrow(UnknownReleaseError)
    expect(() => levellingCapsOfSysctl(0, raw, 'xen')).toThrow(UnknownReleaseError)
  })
})

describe('publicLevellingCaps', () => {
  it('is an answer up to 4.21 and none from 4.22 on', () => {
    const raw = rawOf({ vendor: 'Intel', family: 6, model: 0x2a }, '4.20.3')
    for (const release of knownReleases()) {
      const bits = publicLevellingCaps(levellingCaps(raw, release))
      expect(bits, release).toBe(releaseHas(release, ['4.22.0']) ? null : 0b0_0011_1110)
    }
  })

  it('has a bit for each register', () => {
    const raw = rawOf({ vendor: 'AMD', family: 0x15, model: 2, thermal: 1 }, '4.17.7')
    const caps = levellingCaps(raw, '4.17.7')
    expect(publicLevellingCaps(caps)).toBe(0b1_1101_1110)
    expect(levellingCapsOfSysctl(0b1_1101_1110, raw, '4.17.7').caps).toEqual([
      '1cd',
      'e1cd',
      '6c',
      '7ab0',
    ])
    // Xen has a mask for both registers of a leaf or for none; and there is no bit 9.
    expect(levellingCapsOfSysctl(0b10_1100_1010, raw, '4.17.7').caps).toEqual(['6c'])
  })
})
