import { readdirSync, readFileSync } from 'node:fs'
import { Featureset, featureTable } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { type HostSnapshot, parseHostSnapshot } from '../documents/snapshot.js'
import type { GuestCpu } from '../guest/reasons.js'
import { hostWith } from '../hosts.testing.js'
import { PoolError } from './errors.js'
import { levelPool } from './level.js'

const folder = new URL('../../../../fixtures/hosts/', import.meta.url)
const recorded = readdirSync(folder).map((file) =>
  parseHostSnapshot(readFileSync(new URL(file, folder), 'utf8'), file),
)

const old = hostWith('old', ['FPU', 'FXSR', 'SSE', 'SSE2', 'LM', 'PAE', 'XSAVE', 'AVX', 'SMEP'])
const young = hostWith('young', [
  'FPU',
  'FXSR',
  'SSE',
  'SSE2',
  'LM',
  'PAE',
  'XSAVE',
  'AVX',
  'SMEP',
  'AVX2',
  'SMAP',
  'NX',
  'ERMS',
  'VMX',
])

describe('levelPool', () => {
  it('keeps what all have and names what it costs, and whom', () => {
    const level = levelPool([old, young])
    expect(level.vendor).toBe('Intel')
    expect(level.hosts).toEqual(['old', 'young'])
    expect(level.physAddrBits).toBe(46)
    expect(level.hvm.default.names()).toEqual([
      'FPU',
      'PAE',
      'FXSR',
      'SSE',
      'SSE2',
      'XSAVE',
      'AVX',
      'LM',
      'SMEP',
    ])
    expect(level.pv.default.names()).toEqual([
      'FPU',
      'PAE',
      'FXSR',
      'SSE',
      'SSE2',
      'XSAVE',
      'AVX',
      'LM',
    ])
    expect(level.losses).toEqual([
      { feature: 'NX', hosts: ['old'], count: 1, kind: 'absent', guests: ['pv', 'hvm'] },
      { feature: 'AVX2', hosts: ['old'], count: 1, kind: 'absent', guests: ['pv', 'hvm'] },
      { feature: 'SMAP', hosts: ['old'], count: 1, kind: 'absent', guests: ['hvm'] },
    ])
  })

  it('keeps what is for boot apart from what is accepted', () => {
    const level = levelPool([young])
    expect(level.hvm.default.has('VMX')).toBe(false)
    expect(level.hvm.max.has('VMX')).toBe(true)
  })

  it('uses what a host’s own Xen said where it said it', () => {
    const set = Featureset.fromNames(['FPU'])
    const said = hostWith('said', [], { featuresets: { pvDefault: set, pvMax: set } })
    const level = levelPool([said])
    expect(level.pv.default.names()).toEqual(['FPU'])
    expect(level.hvm.hosts).toEqual([])
    expect(level.findings.map(({ code }) => code)).toEqual(['host-without-hvm'])
  })

  it('says when a feature went because of what another host lacks underneath it', () => {
    const set = (...names: string[]) => {
      const features = Featureset.fromNames(names)
      return { pvDefault: features, pvMax: features, hvmDefault: features, hvmMax: features }
    }
    const level = levelPool([
      hostWith('a', [], { featuresets: set('IBRSB', 'AMD_SSBD') }),
      hostWith('b', [], { featuresets: set('IBRSB', 'AMD_SSBD', 'IBRS') }),
    ])
    expect(level.losses).toEqual([
      { feature: 'IBRS', hosts: ['a'], count: 1, kind: 'absent', guests: ['pv', 'hvm'] },
      { feature: 'AMD_SSBD', hosts: ['a'], count: 1, kind: 'dependency', guests: ['pv', 'hvm'] },
    ])
  })

  it('levels hosts of different vendors and says that no guest can move', () => {
    const amd = {
      ...old,
      name: 'amd',
      cpu: { ...old.cpu, vendor: 'AMD' as const, physAddrBits: 44 },
    }
    const level = levelPool([old, amd])
    expect(level.vendor).toBeNull()
    expect(level.physAddrBits).toBe(44)
    expect(level.findings.find(({ code }) => code === 'vendors-differ')).toMatchObject({
      severity: 'error',
      hosts: ['amd', 'old'],
    })
  })

  it('says which snapshots leave words out', () => {
    const level = levelPool([hostWith('blind', ['FPU'], { unknownWords: [16, 17] })])
    expect(level.findings.find(({ code }) => code === 'words-unknown')?.hosts).toEqual(['blind'])
  })

  it('refuses a pool without hosts and two hosts of one name', () => {
    expect(() => levelPool([])).toThrow(expect.objectContaining({ code: 'POOL_EMPTY' }))
    expect(() => levelPool([old, old])).toThrow(PoolError)
    expect(() => levelPool([old, old])).toThrow('Two hosts are named "old"')
  })

  it('becomes a document', () => {
    const document = JSON.parse(JSON.stringify(levelPool([old, young])))
    expect(document).toMatchObject({
      format: 'xenlevel/pool-level',
      version: 1,
      release: '4.22.0',
      method: 'xenserver',
    })
    expect(document.pv.default).toBe(levelPool([old, young]).pv.default.toString())
  })

  it('merges levels made alike, and no others', () => {
    expect(
      levelPool([old])
        .merge(levelPool([young]))
        .toJSON(),
    ).toEqual(levelPool([old, young]).toJSON())
    expect(() => levelPool([old]).merge(levelPool([young], { method: 'intersection' }))).toThrow(
      expect.objectContaining({ code: 'POOL_MERGE' }),
    )
  })
})

describe('recorded hosts', () => {
  const pools = fc.shuffledSubarray(recorded, { minLength: 1 })
  const sets = (level: ReturnType<typeof levelPool>) =>
    [level.pv.default, level.pv.max, level.hvm.default, level.hvm.max].map(String)

  it('level the same in any order', () => {
    fc.assert(
      fc.property(pools, (pool) => {
        expect(sets(levelPool(pool))).toEqual(sets(levelPool([...pool].reverse())))
      }),
    )
  })

  it('lose exactly what some host offers alone and the level lacks', () => {
    fc.assert(
      fc.property(pools, (pool: HostSnapshot[]) => {
        const level = levelPool(pool)
        for (const { feature, hosts, kind, guests } of level.losses) {
          expect(kind).toBe('absent')
          for (const guest of guests) {
            expect(level[guest].default.has(feature)).toBe(false)
            for (const host of pool) {
              const alone = levelPool([host])[guest].default.has(feature)
              expect(alone).toBe(!hosts.includes(host.name))
            }
          }
        }
      }),
    )
  })
})

describe('a pool over releases', () => {
  const said = (release: string, names: readonly string[], words?: number) => {
    const set = Featureset.fromNames(names, featureTable(release))
    const text = words === undefined ? set : Featureset.parse(set.toString('-', words))
    return {
      xen: { release, hvm: true, hap: true },
      featuresets: { pvDefault: text, pvMax: text, hvmDefault: text, hvmMax: text },
    }
  }
  const host = (name: string, release: string, names: readonly string[], words?: number) =>
    hostWith(name, [], said(release, names, words))

  it('is levelled in the words of the oldest, by name', () => {
    const level = levelPool([
      host('young', '4.18.0', ['FPU', 'TSXLDTRK', 'RTM', 'AVX_IFMA']),
      host('old', '4.16.0', ['FPU', 'TSXLDTRK', 'RTM']),
    ])
    const table = featureTable('4.16.0')
    expect(level.release).toBe('4.16.0')
    expect(level.hvm.default.names(table)).toEqual(['FPU', 'RTM', 'TSXLDTRK'])
    expect(level.hvm.default.words).toHaveLength(12)
    expect(level.losses).toEqual([
      {
        feature: 'AVX_IFMA',
        hosts: ['young'],
        count: 1,
        kind: 'not-carried',
        guests: ['pv', 'hvm'],
      },
    ])
    expect(level.findings.map(({ code }) => code)).toEqual(['releases-differ'])
  })

  it('takes the release that it is told to', () => {
    const level = levelPool([host('old', '4.16.0', ['FPU', 'TSXLDTRK'])], { release: '4.18' })
    expect(level.release).toBe('4.18.6')
    expect(level.pv.max.names(featureTable('4.18'))).toEqual(['FPU'])
    expect(level.pv.max.has(304)).toBe(false)
  })

  it('accumulates by the newest marks where the release has none', () => {
    const level = levelPool([
      host('a', '4.17.7', ['FPU', 'MD_CLEAR']),
      host('b', '4.17.7', ['FPU']),
    ])
    expect(level.hvm.default.names(featureTable('4.17'))).toEqual(['FPU', 'MD_CLEAR'])
  })

  it('knows a distribution’s release and a newer point release by their branch', () => {
    for (const release of ['4.17.7-2.xcp', '4.17.99', '4.17']) {
      const level = levelPool([
        { ...host('a', '4.17.7', ['FPU']), xen: { release, hvm: true, hap: true } },
      ])
      expect(level.release).toBe('4.17.7')
      expect(level.findings).toEqual([])
    }
    const strange = levelPool([
      { ...host('a', '4.17.7', ['FPU']), xen: { release: '5.1', hvm: true, hap: true } },
    ])
    expect(strange.release).toBe('4.23-dev')
    expect(strange.findings.map(({ code }) => code)).toEqual(['release-unknown'])
  })

  it('says which bits have no name and which featuresets are shorter', () => {
    const odd = host('odd', '4.18.0', ['FPU'])
    const bits = Featureset.fromBigInt(1n | (1n << 545n))
    const level = levelPool([
      { ...odd, featuresets: { pvDefault: bits, pvMax: bits } },
      host('short', '4.18.0', ['FPU'], 1),
      host('old', '4.16.0', ['FPU']),
    ])
    expect(level.findings.map(({ code, hosts }) => [code, hosts])).toEqual([
      ['host-without-hvm', ['odd']],
      ['releases-differ', ['odd', 'old', 'short']],
      ['lengths-differ', ['short']],
      ['bits-unnamed', ['odd']],
    ])
  })

  it('does not count a host that told nothing', () => {
    const level = levelPool([
      hostWith('mute', [], { featuresets: {} }),
      host('a', '4.17.7', ['FPU']),
    ])
    expect(level.hvm.hosts).toEqual(['a'])
    expect(level.hvm.default.names()).toEqual(['FPU'])
    expect(level.findings.map(({ code, hosts }) => [code, hosts])).toEqual([
      ['featuresets-unknown', ['mute']],
    ])
  })
})

describe('the types', () => {
  it('keep what is for boot apart from what is accepted', () => {
    const level = levelPool([old])
    expectTypeOf(level.hvm.default).not.toExtend<typeof level.hvm.max>()
    expectTypeOf(level.hvm.max).not.toExtend<typeof level.hvm.default>()
    expectTypeOf(level.hvm.max).not.toExtend<GuestCpu['featureset']>()
    expectTypeOf(level.hvm.default).toExtend<GuestCpu['featureset']>()
    expectTypeOf(Featureset.empty).toExtend<GuestCpu['featureset']>()
    expect(level.hvm.default).toBeInstanceOf(Featureset)
  })
})
