/** Levels made of groups: what they are made for, what they are merged from, and what they refuse. */
import type { FeatureName } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { hostWith } from '../hosts.testing.js'
import { levelGroupsOf, partsOf } from './folded-level.js'
import { levelPool, type PoolLevel } from './level.js'
import { host as made } from './whole/made.testing.js'

const a = hostWith('a', ['FPU', 'TSC'])
const b = hostWith('b', ['FPU'])

/** A host of which the whole policies are known. */
function whole(name: string, features: readonly FeatureName[]) {
  const { policies } = made(name, features, {}, { release: '4.22.0' })
  return hostWith(name, [], { policies })
}

describe('a level', () => {
  it('says whether its release was asked for', () => {
    expect(levelPool([a])).toMatchObject({ release: '4.22.0', releaseFrom: 'hosts' })
    expect(levelPool([a], { release: '4.17' })).toMatchObject({
      release: '4.17.7',
      releaseFrom: 'asked',
    })
    expect(levelPool([a], { release: '4.22.0' }).releaseFrom).toBe('asked')
  })

  it('has its groups in its own words', () => {
    const { table, groups, names } = levelGroupsOf(levelPool([a, b], { release: '4.17' }))
    expect(table.release).toBe('4.17.7')
    expect(groups.map(({ group, release }) => [group.hosts.hosts, release])).toEqual([
      [['a'], '4.22.0'],
      [['b'], '4.22.0'],
    ])
    expect(names).toBe(4096)
  })

  it('is made for nobody without hosts', () => {
    expect(() => levelPool([])).toThrow(
      expect.objectContaining({
        code: 'POOL_EMPTY',
        message: expect.stringContaining('at least one host'),
      }),
    )
  })

  it('is asked only where this library made it', () => {
    const foreign: PoolLevel = {
      ...levelPool([a]),
      losses: [],
      findings: [],
      merge: () => foreign,
      toJSON: () => ({}),
    }
    for (const ask of [levelGroupsOf, partsOf, (level: PoolLevel) => levelPool([a]).merge(level)])
      expect(() => ask(foreign)).toThrow(
        expect.objectContaining({
          code: 'POOL_LEVEL_FOREIGN',
          message: expect.stringContaining('parsePoolLevel'),
        }),
      )
  })
})

describe('levels that are merged', () => {
  it.each([
    [{}, { release: '4.22.0' }],
    [{ release: '4.17' }, { release: '4.22.0' }],
    [{ release: '4.17' }, {}],
    [{}, { method: 'intersection' }],
  ] as const)('were made for one purpose, not for %j and for %j', (own, theirs) => {
    const [one, other] = [levelPool([a], own), levelPool([b], theirs)]
    expect(() => one.merge(other)).toThrow(expect.objectContaining({ code: 'POOL_MERGE' }))
  })

  it('say what each was made for', () => {
    const one = levelPool([a])
    const other = levelPool([b], { release: '4.17', method: 'intersection' })
    expect(() => one.merge(other)).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(
          /for the oldest release of the hosts, xenserver and for 4\.17\.7, intersection/,
        ),
        details: { releases: [null, '4.17.7'], methods: ['xenserver', 'intersection'] },
      }),
    )
    expect(() => other.merge(one)).toThrow(
      expect.objectContaining({
        details: { releases: ['4.17.7', null], methods: ['intersection', 'xenserver'] },
      }),
    )
  })

  it('have one release where both were asked for the same', () => {
    const merged = levelPool([a], { release: '4.17' }).merge(levelPool([b], { release: '4.17.7' }))
    expect(merged).toMatchObject({ release: '4.17.7', releaseFrom: 'asked', hosts: ['a', 'b'] })
  })
})

describe('the whole policy of a level', () => {
  it('is for the level’s release, by its method', () => {
    const level = levelPool([whole('a', ['MD_CLEAR']), whole('b', [])], {
      release: '4.17',
      method: 'intersection',
    })
    expect(level.pv.whole).toMatchObject({
      release: '4.17.7',
      kind: 'pv',
      method: 'intersection',
      hosts: ['a', 'b'],
    })
    expect(level.pv.policy?.release).toBe('4.17.7')
  })
})
