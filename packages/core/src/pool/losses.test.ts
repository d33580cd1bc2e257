/** What a level costs: which features, whom they are missed at, and in which order they are told. */
import { Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import type { HostSnapshot } from '../documents/snapshot.js'
import { hostWith } from '../hosts.testing.js'
import { FoldedLevel } from './folded-level.js'
import type { GroupOffer, OfferGroup } from './groups/host-group.js'
import { levelPool } from './level.js'
import { WholePools } from './whole/whole-pools.js'

/** A host whose Xen says what it offers PV guests and what HVM guests. */
function saying(
  name: string,
  [pv, hvm]: readonly [pv: readonly string[], hvm: readonly string[]],
  release = '4.22.0',
): HostSnapshot {
  const [forPv, forHvm] = [pv, hvm].map((some) => Featureset.fromNames(some, featureTable(release)))
  if (forPv === undefined || forHvm === undefined) throw new Error('there are two')
  return hostWith(name, [], {
    xen: { release, hvm: true, hap: true },
    featuresets: { pvDefault: forPv, pvMax: forPv, hvmDefault: forHvm, hvmMax: forHvm },
  })
}

const both = (...names: string[]): readonly [string[], string[]] => [names, names]
const lossesOf = (...hosts: readonly HostSnapshot[]) => levelPool(hosts).losses

describe('losses of a level', () => {
  it('come by bit, whichever guests they are for', () => {
    expect(
      lossesOf(
        saying('a', [['FPU'], ['FPU']]),
        saying('b', [
          ['FPU', 'TSC', 'NX'],
          ['FPU', 'TSC', 'NX', 'PAE', 'VME'],
        ]),
      ),
    ).toEqual([
      { feature: 'VME', hosts: ['a'], count: 1, kind: 'absent', guests: ['hvm'] },
      { feature: 'TSC', hosts: ['a'], count: 1, kind: 'absent', guests: ['pv', 'hvm'] },
      { feature: 'PAE', hosts: ['a'], count: 1, kind: 'absent', guests: ['hvm'] },
      { feature: 'NX', hosts: ['a'], count: 1, kind: 'absent', guests: ['pv', 'hvm'] },
    ])
  })

  it('end with what cannot be carried, and say who offers it', () => {
    expect(
      lossesOf(
        saying('old', both('TSC'), '4.16.0'),
        saying('a', both('TSC', 'FPU', 'NX', 'AVX_IFMA'), '4.18.0'),
        saying('b', [['TSC', 'FPU', 'NX', 'AVX_IFMA'], ['TSC']], '4.18.0'),
      ).map(({ feature, hosts, kind, guests }) => [feature, kind, hosts.join(), guests.join()]),
    ).toEqual([
      ['FPU', 'absent', 'old', 'pv'],
      ['FPU', 'absent', 'b,old', 'hvm'],
      ['NX', 'absent', 'old', 'pv'],
      ['NX', 'absent', 'b,old', 'hvm'],
      ['AVX_IFMA', 'not-carried', 'a,b', 'pv'],
      ['AVX_IFMA', 'not-carried', 'a', 'hvm'],
    ])
  })

  it('leave out what never counts, also where it cannot be carried', () => {
    expect(
      lossesOf(
        saying('old', both('FPU'), '4.16.0'),
        saying('new', both('FPU', 'ERMS', 'RFDS_CLEAR', 'AVX_IFMA'), '4.20.0'),
      ).map(({ feature }) => feature),
    ).toEqual(['AVX_IFMA'])
  })

  it('are told apart where one kind of guest lacks a feature and the other what it needs', () => {
    expect(
      lossesOf(
        saying('a', [['FPU'], ['FPU', 'AMD_SSBD']]),
        saying('b', both('FPU', 'IBRS', 'AMD_SSBD')),
      ).filter(({ feature }) => feature === 'AMD_SSBD'),
    ).toEqual([
      { feature: 'AMD_SSBD', hosts: ['a'], count: 1, kind: 'absent', guests: ['pv'] },
      { feature: 'AMD_SSBD', hosts: ['a'], count: 1, kind: 'dependency', guests: ['hvm'] },
    ])
  })

  it('are told apart where each kind of guest misses a feature at other hosts', () => {
    expect(
      lossesOf(
        saying('a', [['FPU'], ['FPU']]),
        saying('b', [['FPU'], ['FPU', 'NX']]),
        saying('c', [['FPU', 'NX'], ['FPU']]),
      ),
    ).toEqual([
      { feature: 'NX', hosts: ['a', 'b'], count: 2, kind: 'absent', guests: ['pv'] },
      { feature: 'NX', hosts: ['a', 'c'], count: 2, kind: 'absent', guests: ['hvm'] },
    ])
  })
})

describe('losses in a fleet', () => {
  const named = (...names: string[]) => Featureset.fromNames(names, featureTable('4.22'))
  const alike = (...names: string[]): GroupOffer => {
    const set = named(...names)
    return { default: { all: set, any: set }, max: { all: set, any: set }, mixed: [] }
  }
  const namesOf = (letter: string) => Array.from('0123456789abcdef', (digit) => letter + digit)

  /** Hosts of which 16 names are kept. */
  function group(
    letter: string,
    count: number,
    offers: Pick<OfferGroup, 'pv' | 'hvm'>,
  ): OfferGroup {
    return {
      traits: {
        vendor: 'Intel',
        physAddrBits: 46,
        xen: '4.22.0',
        table: '4.22.0',
        evidence: 'said',
        words: 18,
        wordsUnknown: false,
        unnamed: [],
      },
      hosts: { count, hosts: namesOf(letter) },
      ...offers,
      pending: null,
    }
  }

  const lossesOfGroups = (groups: readonly OfferGroup[]) =>
    new FoldedLevel({
      purpose: { asked: null, method: 'xenserver' },
      groups,
      wholes: new WholePools(),
    }).losses

  it('are told apart by how many hosts they concern, where the names kept are the same', () => {
    expect(
      lossesOfGroups([
        group('a', 3000, { pv: alike('FPU'), hvm: alike('FPU') }),
        group('b', 2000, { pv: alike('FPU'), hvm: alike('FPU', 'NX') }),
        group('c', 1000, { pv: alike('FPU', 'NX'), hvm: alike('FPU', 'NX') }),
      ]),
    ).toEqual([
      { feature: 'NX', hosts: namesOf('a'), count: 5000, kind: 'absent', guests: ['pv'] },
      { feature: 'NX', hosts: namesOf('a'), count: 3000, kind: 'absent', guests: ['hvm'] },
    ])
  })

  it('count at least those that lack one of the things a feature needs', () => {
    const table = featureTable('4.22')
    const any = named('FPU', 'XSAVE', 'AVX', 'AVX2')
    const offer = (hosts: Readonly<Record<string, string>>): GroupOffer => {
      const span = { all: any.andNot(named(...Object.keys(hosts))), any }
      const mixed = Object.entries(hosts).map(([feature, host]) => ({
        bit: table.feature(feature)?.bit ?? -1,
        lacking: { count: 1, hosts: [host] },
        having: { count: 4999, hosts: namesOf('a').filter((name) => name !== host) },
      }))
      return { default: span, max: span, mixed }
    }
    const losses = lossesOfGroups([
      group('a', 5000, {
        pv: offer({ XSAVE: 'a0' }),
        hvm: offer({ XSAVE: 'a0', AVX: 'a1' }),
      }),
    ])
    expect(losses.filter(({ feature }) => feature === 'AVX2')).toEqual([
      { feature: 'AVX2', hosts: ['a0'], count: 1, kind: 'dependency', guests: ['pv'] },
      { feature: 'AVX2', hosts: ['a0', 'a1'], count: 1, kind: 'dependency', guests: ['hvm'] },
    ])
  })
})
