import { type FeatureName, Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { combineFeaturesets } from '../pool/combine.js'
import {
  featuresetOfLibvirtNames,
  libvirtFeature,
  libvirtFeatures,
  libvirtNameOf,
  libvirtNamesOf,
} from './libvirt-names.js'

interface NameRow {
  libvirt: string
  xenBit: number | null
  xenName: FeatureName | null
  libxlName: string | null
  libvirtTranslatesTo: string
  libxlAcceptsTranslation: boolean
  migratable: 'yes' | 'no'
}

describeRecorded('levelling/name-map-libvirt-xen.json', () => {
  const { map } = readRecordedJson<{ map: NameRow[] }>('levelling/name-map-libvirt-xen.json')

  it.each(map)('$libvirt', (row) => {
    const feature = libvirtFeature(row.libvirt)
    expect(feature).toMatchObject({
      name: row.libvirt,
      bit: row.xenBit,
      feature: row.xenName,
      writtenForLibxl: row.libvirtTranslatesTo,
      acceptedByLibxl: row.libxlAcceptsTranslation,
      migratable: row.migratable === 'yes',
    })
    if (row.xenName === null) return
    expect(libvirtNameOf(row.xenName)).toBe(row.libvirt)
    expect(featureTable().feature(row.xenName)?.lowerName).toBe(row.libxlName)
  })

  it('has every row and no other', () => {
    expect(
      libvirtFeatures()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(map.map(({ libvirt }) => libvirt).sort())
  })

  it('finds the names that libxl takes for another feature, which the record does not tell', () => {
    const mistaken = libvirtFeatures().filter(
      ({ feature, acceptedByLibxl, libxlFeature }) => acceptedByLibxl && feature !== libxlFeature,
    )
    expect(
      mistaken.map(({ name, feature, libxlFeature }) => [name, feature, libxlFeature]),
    ).toEqual([['ssb-no', 'INTEL_SSB_NO', 'SSB_NO']])
  })
})

interface RecordedHost {
  name: string
  featureset: string
  syscallHiddenBy32bitDump: boolean
}

/**
 * libvirt was given each host's features one by one, so the features of its answer, whatever model it hung them on, are its
 * intersection, and must be ours but for three differences that the test takes out:
 *
 * - SYSCALL, which dumps of 32-bit programs do not show on Intel: the models that libvirt was given have it, so the hosts get it here;
 * - bits that libvirt has no name for, of which its answer can say nothing;
 * - its names for what is in no featureset word (`arat`, `npt`, …), of which ours can say nothing.
 */
describeRecorded(
  ['levelling/libvirt-baseline.json', 'levelling/pools.json', 'hosts/index.json'],
  () => {
    const { results } = readRecordedJson<{
      results: {
        kind: string
        hosts: string[]
        require: string[]
        disable: string[]
        expanded: string[]
        error: string | null
      }[]
    }>('levelling/libvirt-baseline.json')
    const { pools } = readRecordedJson<{ pools: { hosts: string[]; featuresets: string[] }[] }>(
      'levelling/pools.json',
    )
    const hosts = new Map(
      readRecordedJson<{ hosts: RecordedHost[] }>('hosts/index.json').hosts.map((host) => [
        host.name,
        host,
      ]),
    )
    const cases = results.map((result, at) => ({ ...result, at, featuresets: pools[at] }))

    it('is about the same pools', () => {
      expect(results.map((result) => result.hosts)).toEqual(pools.map((pool) => pool.hosts))
    })

    it.each(cases.filter(({ error }) => error === null))(
      'pool $at, $kind',
      ({ hosts: names, featuresets, expanded, require, disable }) => {
        const theirs = featuresetOfLibvirtNames(expanded)
        expect(theirs.unknown).toEqual([])
        const sets = names.map((name, at) => {
          const set = Featureset.parse(featuresets?.featuresets[at] ?? '')
          const hidden = hosts.get(name)?.syscallHiddenBy32bitDump === true
          return hidden ? set.or(Featureset.fromNames(['SYSCALL'])) : set
        })
        const ours = libvirtNamesOf(combineFeaturesets(sets, { method: 'intersection' }))
        expect(ours.names).toEqual(libvirtNamesOf(theirs.featureset).names)
        expect(theirs.outside.every((name) => libvirtFeature(name)?.bit === null)).toBe(true)
        // The answer holds together: what is required is in it, what is disabled is not.
        expect(expanded).toEqual(expect.arrayContaining(require))
        expect(expanded.filter((name) => disable.includes(name))).toEqual([])
      },
    )

    it('libvirt refuses the pools of different vendors', () => {
      const refused = cases.filter(({ error }) => error !== null)
      expect(refused.map(({ kind }) => kind)).toEqual([
        'mixed-vendor-3',
        'mixed-vendor-5',
        'mixed-vendor-10',
      ])
      for (const { error } of refused) expect(error).toContain('CPU vendors do not match')
    })
  },
)

/** The models of these cases are defined in libvirt alone, so only names and the migratable mark can be held against ours. */
describeRecorded('levelling/libvirt-upstream-baseline-tests.json', () => {
  interface Answer {
    require?: string[]
    disable?: string[]
  }
  const { cases } = readRecordedJson<{
    cases: {
      name: string
      hosts?: { features?: string[] }[]
      result: Answer
      migratableResult?: Answer
    }[]
  }>('levelling/libvirt-upstream-baseline-tests.json')

  it.each(cases)('$name: every feature is known', ({ hosts = [], result, migratableResult }) => {
    const names = [result, migratableResult].flatMap((answer) => [
      ...(answer?.require ?? []),
      ...(answer?.disable ?? []),
    ])
    const given = hosts.flatMap(({ features = [] }) => features)
    expect(featuresetOfLibvirtNames([...names, ...given]).unknown).toEqual([])
  })

  it.each(cases.filter(({ migratableResult }) => migratableResult !== undefined))(
    '$name: what may migrate lacks just what cannot',
    ({ result, migratableResult }) => {
      const movable = (result.require ?? []).filter((name) => libvirtFeature(name)?.migratable)
      expect(movable.length).toBeLessThan(result.require?.length ?? 0)
      expect([...(migratableResult?.require ?? [])].sort()).toEqual(movable.sort())
    },
  )
})

describe('libvirt’s names', () => {
  it('tells what becomes of a name on the way to Xen', () => {
    expect(libvirtFeature('sha-ni')).toEqual({
      name: 'sha-ni',
      bit: 189,
      feature: 'SHA',
      writtenForLibxl: 'sha-ni',
      acceptedByLibxl: false,
      libxlFeature: null,
      migratable: true,
    })
    expect(libvirtFeature('cx16')).toMatchObject({
      feature: 'CX16',
      writtenForLibxl: 'cmpxchg16',
      libxlFeature: 'CX16',
    })
    expect(libvirtFeature('SHA')).toBeUndefined()
  })

  it('says what it cannot translate', () => {
    const { names, nameless } = libvirtNamesOf(Featureset.fromNames(['SSE3', 'FSRS', 'AESNI']))
    expect(names).toEqual(['pni', 'aes'])
    expect(nameless).toEqual([featureTable().feature('FSRS')?.bit])
    expect(libvirtNameOf('FSRS')).toBeNull()

    const read = featuresetOfLibvirtNames(['pni', 'npt', 'aes', 'warp-drive'])
    expect(read.featureset.names()).toEqual(['SSE3', 'AESNI'])
    expect(read.outside).toEqual(['npt'])
    expect(read.unknown).toEqual(['warp-drive'])
  })

  it('goes there and back for every feature that it names', () => {
    const named = libvirtFeatures().flatMap(({ bit, name }) => (bit === null ? [] : [name]))
    const { featureset } = featuresetOfLibvirtNames(named)
    expect([...libvirtNamesOf(featureset).names].sort()).toEqual(named.sort())
  })
})
