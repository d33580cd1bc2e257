/** Sizes and offsets against what the headers of twelve releases compile to. */
import { describe, expect, it } from 'vitest'
import { describeRecorded } from '../../../../fixtures/recorded.js'
import { abiFile, RECORDED_ABIS, readLayouts } from '../recorded.testing.js'
import { Abi, LAYOUTS, type Place } from './layouts.js'
import { hasLayouts, KNOWN_VERSIONS, PLATFORM_VERSION, versionsToTry } from './versions.js'

/** Every name in the tables. */
const NAMES: readonly string[] = Object.values(LAYOUTS).flatMap((table) => Object.keys(table))
const isPlace = (name: string): name is Place => NAMES.includes(name)

/** Recorded under names that a release has before the field means the same, or that nothing here uses. */
const ONLY_NAMED_LATER = new Set(['xen_domctl_createdomain.altp2m'])

/** How many sizes and offsets were recorded of each. */
const LINES: Readonly<Record<string, number>> = {
  '4.13.5': 49,
  '4.14.6': 49,
  '4.15.7': 50,
  '4.16.7': 51,
  '4.17.0': 53,
  '4.17.7': 53,
  '4.18.6': 58,
  '4.19.6': 58,
  '4.20.3': 62,
  '4.21.2': 63,
  '4.22.0': 62,
  master: 62,
}

describe('interface versions', () => {
  it('are looked for from the newest known one, each once, also beyond', () => {
    const tried = versionsToTry('domctl')
    expect(tried.slice(0, 3)).toEqual([0x18, 0x17, 0x16])
    expect(new Set(tried).size).toBe(tried.length)
    expect(tried).toContain(0x1a)
    expect(tried.filter((version) => hasLayouts('domctl', version)).length).toBe(
      KNOWN_VERSIONS.domctl.newest - KNOWN_VERSIONS.domctl.oldest + 1,
    )
  })

  it('refuse a place that they do not have', () => {
    const abi = new Abi({ sysctl: 0x12, domctl: 0x12 })
    expect(abi.find('xen_domctl_createdomain.grant_opts')).toBeUndefined()
    expect(() => abi.at('xen_domctl_createdomain.grant_opts')).toThrow(/grant_opts/)
  })
})

describe.each(RECORDED_ABIS)('%s', (release) => {
  describeRecorded(abiFile(release), () => {
    it('has the sizes and offsets of the tables, and they have all of its own', () => {
      const { versions, places, others } = readLayouts(release)
      expect(versions.platform).toBe(PLATFORM_VERSION)
      expect([
        hasLayouts('sysctl', versions.sysctl),
        hasLayouts('domctl', versions.domctl),
      ]).toEqual([true, true])
      const abi = new Abi(versions)
      const unknown = [...places.keys()].filter((name) => !isPlace(name))
      expect(unknown).toEqual([])
      const ours = Object.fromEntries(
        [...places.keys()].filter(isPlace).map((name) => [name, abi.find(name)]),
      )
      // Calls that a release does not have have no struct in its headers; those are probed.
      expect(ours).toEqual(Object.fromEntries(places))
      expect(places.size).toBe(LINES[release])
      expect(others.find((line) => line.startsWith('sizeof'))).toBe(
        'sizeof xen_cpuid_leaf_t=24 xen_msr_entry_t=16',
      )
      expect(others.find((line) => line.includes('handles'))).toBe(
        `sysctl cpu_policy handles off=${abi.at('xen_sysctl_cpu_policy.leaves')},${abi.at('xen_sysctl_cpu_policy.msrs')}`,
      )
    })

    it('has a field of createdomain exactly where the tables have it', () => {
      const { versions, places } = readLayouts(release)
      const abi = new Abi(versions)
      const there = NAMES.filter(isPlace).filter(
        (name) =>
          name.startsWith('xen_domctl_createdomain') &&
          !ONLY_NAMED_LATER.has(name) &&
          abi.find(name) !== undefined,
      )
      const recorded = [...places.keys()].filter(
        (name) => name.startsWith('xen_domctl_createdomain') && !ONLY_NAMED_LATER.has(name),
      )
      expect(there.toSorted()).toEqual(recorded.toSorted())
    })
  })
})
