import { readdirSync, readFileSync } from 'node:fs'
import { Featureset } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type HostSnapshot, parseHostSnapshot } from '../documents/snapshot.js'
import { hostWith } from '../testing.js'
import { levelPool, PoolError } from './level.js'

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
      { feature: 'NX', hosts: ['old'], kind: 'absent', guests: ['pv', 'hvm'] },
      { feature: 'AVX2', hosts: ['old'], kind: 'absent', guests: ['pv', 'hvm'] },
      { feature: 'SMAP', hosts: ['old'], kind: 'absent', guests: ['hvm'] },
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
      { feature: 'IBRS', hosts: ['a'], kind: 'absent', guests: ['pv', 'hvm'] },
      { feature: 'AMD_SSBD', hosts: ['a'], kind: 'dependency', guests: ['pv', 'hvm'] },
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
      hosts: ['old', 'amd'],
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
      release: '4.23-dev',
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
