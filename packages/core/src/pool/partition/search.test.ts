import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { closedLevels } from './closed-levels.js'
import { type Fleet, levelsOf, scoreOf } from './fleet.js'
import { fleets, hostOf, RECORDED, randomHosts, vendorsOf } from './fleets.testing.js'
import { readFleet } from './read-fleet.js'
import { byAllLevels, bySomeLevels, bySubsets } from './search.js'

function read(hosts: readonly HostSnapshot[], seed = 1): Fleet {
  return readFleet(hosts, {
    ...{ kind: 'pv', set: 'default', method: 'xenserver', vendors: 'apart', release: undefined },
    weights: () => 1,
    capacity: ({ name }) => 1 + ((name.charCodeAt(name.length - 1) * seed) % 7),
  }).fleet
}

/** Every pool is of one family. */
function isLegal(assignment: Int32Array, fleet: Fleet): boolean {
  const levels = levelsOf(assignment, fleet)
  return fleet.batches.every(
    ({ family }, at) => levels.get(assignment[at] ?? -1)?.family === family,
  )
}

describe('the three ways to search', () => {
  const question = (fleet: fc.Arbitrary<HostSnapshot[]>) =>
    fc.tuple(fleet, fc.nat({ max: 3 }), fc.nat()).map(([hosts, more, seed]) => ({
      fleet: read(hosts, seed),
      pools: vendorsOf(hosts).size + more,
    }))

  it('agree where all of them can be gone', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(question(fleets(10, ['4.17.7'])), ({ fleet, pools }) => {
        if (fleet.batches.length <= pools) return
        const best = bySubsets(fleet, pools)
        const levels = byAllLevels(fleet, pools)
        if (best === null || levels === null) throw new Error('there are few batches')
        const score = scoreOf(best.assignment, fleet)
        expect(scoreOf(levels.assignment, fleet)).toBe(score)
        expect(levels.bound).toBe(score)
      }),
      { numRuns: 200 },
    )
  })

  it('are within the bounds that they give, whatever the releases', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(question(fleets(10)), ({ fleet, pools }) => {
        if (fleet.batches.length <= pools) return
        const best = bySubsets(fleet, pools)
        const score = best === null ? 0 : scoreOf(best.assignment, fleet)
        for (const found of [best, byAllLevels(fleet, pools), bySomeLevels(fleet, pools)]) {
          if (found === null) throw new Error('there are few batches')
          expect(scoreOf(found.assignment, fleet)).toBeLessThanOrEqual(score)
          expect(found.bound).toBeGreaterThanOrEqual(score)
          expect(new Set(found.assignment).size).toBeLessThanOrEqual(pools)
          expect(isLegal(found.assignment, fleet)).toBe(true)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('prove the best of all recorded CPUs, and come near it without proof', () => {
    const hosts = RECORDED.map((cpu, at) => hostOf(`host-${at}`, cpu, '4.17.7'))
    const fleet = read(hosts)
    for (const pools of [2, 4, 8]) {
      const proven = byAllLevels(fleet, pools)
      const score = proven === null ? 0 : scoreOf(proven.assignment, fleet)
      expect(proven?.bound).toBe(score)
      const some = bySomeLevels(fleet, pools)
      expect(scoreOf(some.assignment, fleet)).toBeGreaterThan(0.98 * score)
      expect(some.bound).toBeGreaterThanOrEqual(score)
    }
  })

  it('give up what would be too much', () => {
    const fleet = read(randomHosts(40))
    expect(bySubsets(fleet, 4)).toBeNull()
    expect(byAllLevels(fleet, 4)).toBeNull()
    expect(closedLevels(fleet, 100)).toBeNull()
  })
})
