/** The names of libxl's own table, release by release, and those of Xen's header beside it. */
import { featureTable, knownReleases, releaseHas } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { xlCpuidNames } from './names.js'
import { HEADER_NAMES, NAME_ROWS } from './names-table.js'
import { parseXlCpuid } from './parse.js'

describe('names', () => {
  // Counted in tools/libs/light/libxl_cpuid.c and tools/libxl/libxl_cpuid.c of these releases.
  it.each([
    ['4.7.0', 105],
    ['4.7.5', 108],
    ['4.7.6', 110],
    ['4.8.5', 111],
    ['4.9.0', 105],
    ['4.10.0', 145],
    ['4.10.4', 152],
    ['4.12.4', 155],
    ['4.13.0', 166],
    ['4.13.5', 181],
    ['4.14.4', 183],
    ['4.14.5', 185],
    ['4.15.0', 176],
    ['4.17.1', 202],
  ])('%s has %i of its own', (release, count) => {
    expect(xlCpuidNames(release).size).toBe(count)
  })

  it('takes the names of Xen’s header from then on', () => {
    for (const release of knownReleases()) {
      const names = xlCpuidNames(release)
      const all = featureTable(release).features.every(({ lowerName }) => names.has(lowerName))
      expect(all, release).toBe(releaseHas(release, HEADER_NAMES))
    }
  })

  it('has no row in vain, and no name twice in a release', () => {
    for (const { landed, until, same = '', fields = [] } of NAME_ROWS) {
      const inRow = [...same.split(/\s+/), ...fields.map(([name]) => name)].filter(
        (name) => name !== '',
      )
      expect(new Set(inRow).size).toBe(inRow.length)
      const release = knownReleases().find(
        (one) => releaseHas(one, landed) && (until === undefined || !releaseHas(one, until)),
      )
      expect(release).toBeDefined()
      for (const name of inRow) expect(xlCpuidNames(release ?? '').has(name), name).toBe(true)
    }
  })

  it('knows the slips of old tables', () => {
    expect(xlCpuidNames('4.9.0').get('osvw')).toMatchObject({ bit: 10 })
    expect(xlCpuidNames('4.10.0').get('osvw')).toMatchObject({ bit: 9 })
    expect(xlCpuidNames('4.16.0').get('tsxldtrk')).toMatchObject({ register: 'ecx' })
    expect(xlCpuidNames('4.16.1').get('tsxldtrk')).toMatchObject({ register: 'edx' })
    const [item] = parseXlCpuid(['osvw=1'], { language: 'libxl', release: '4.9' }).items
    expect(item?.finding?.code).toBe('name-other-meaning')
  })

  it('asks for bits of MSRs by name, where the release can', () => {
    expect(xlCpuidNames('4.17.7').get('rdcl-no')).toEqual({
      kind: 'msr',
      name: 'rdcl-no',
      index: 0x10a,
      bit: 0,
    })
    expect(xlCpuidNames('4.17.1').has('rdcl-no')).toBe(false)
  })

  it.each([
    ['monitorx', '4.17.1', undefined, 'To a later release it is MONITORX'],
    ['cx16', '4.17.1', 'cmpxchg16', 'What libvirt and QEMU call cx16'],
    ['movrs', '4.17.7', undefined, 'To a later release it is MOVRS'],
    ['eist', '4.17.1', 'est', 'In this release it is'],
  ])('says of %s in %s what is meant', (name, release, suggestion, reason) => {
    const [item] = parseXlCpuid([`${name}=1`], { language: 'libxl', release }).items
    expect(item?.rc).toBe(2)
    expect(item?.finding?.suggestion).toBe(suggestion)
    expect(item?.finding?.message).toContain(reason)
  })
})
