/** Bits that say nothing about the CPU: which they are, by vendor, release and what is compared. */
import { type CpuVendor, Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { type Compared, compatibilityMask, compatibilityReason } from './compatibility-bits.js'

const NEWEST = featureTable()

describe('compatibilityMask', () => {
  const mask = (vendor: CpuVendor | null, compared?: Compared, table = NEWEST) =>
    compatibilityMask(vendor, table, compared)

  /** Of AMD's CPUs, whose word 2 has features of its own. */
  const NAMED = [
    ...['HTT', 'X2APIC', 'VMX', 'CMP_LEGACY', 'SVM', 'IBS', 'LWP', 'ERMS', 'NO_LMSL'],
    ...['RTM_ALWAYS_ABORT', 'MD_CLEAR', 'VERW_CLEAR', 'RSBA', 'FB_CLEAR', 'RRSBA', 'RFDS_CLEAR'],
  ]

  it('is what old Xens gave away, and nothing else', () => {
    expect(mask('AMD').names().toSorted()).toEqual(NAMED.toSorted())
    expect(mask('AMD', 'featuresets').equals(mask('AMD'))).toBe(true)
    expect(mask('Hygon').equals(mask('AMD'))).toBe(true)
  })

  it.each(['Intel', 'Centaur', 'Shanghai', 'Unknown', null] as const)(
    'has the copies of leaf 1 too where they are no features: %s',
    (vendor) => {
      const copies = mask(vendor).andNot(mask('AMD'))
      expect(copies.equals(Featureset.fromWords([0, 0, 0x0183_f3ff]))).toBe(true)
      expect(mask('AMD').andNot(mask(vendor)).isEmpty).toBe(true)
    },
  )

  it('counts RSBA and RRSBA where the whole policies of the host are known', () => {
    for (const vendor of ['Intel', 'AMD'] as const) {
      const counted = mask(vendor).andNot(mask(vendor, 'policies'))
      expect(counted.names()).toEqual(['RSBA', 'RRSBA'])
      expect(mask(vendor, 'policies').andNot(mask(vendor)).isEmpty).toBe(true)
    }
  })

  it('leaves out what a release has no name for', () => {
    const old = featureTable('4.7.0')
    expect(mask('AMD', 'featuresets', old).names(old)).toEqual([
      'HTT',
      'VMX',
      'X2APIC',
      'CMP_LEGACY',
      'SVM',
      'IBS',
      'LWP',
      'ERMS',
    ])
  })

  it('is made once for each question', () => {
    expect(mask('Intel', 'policies')).toBe(mask('Intel', 'policies'))
    expect(mask('Intel')).not.toBe(mask('Intel', 'policies'))
    expect(mask(null)).not.toBe(mask('AMD'))
  })
})

describe('compatibilityReason', () => {
  it('is that of the bit', () => {
    expect(compatibilityReason('HTT')).toMatch(/^belong to the topology/)
    expect(compatibilityReason('X2APIC')).toBe('Xen emulates it for every guest')
    expect(compatibilityReason('SVM')).toMatch(/^old XenServer releases advertised them/)
  })

  it('is that it is a copy of one without a name, or that no row names', () => {
    const copy = 'repeats a bit of leaf 1, where Intel has none'
    expect(compatibilityReason(undefined)).toBe(copy)
    expect(compatibilityReason('FPU')).toBe(copy)
  })
})
