import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { boundByParts } from './bound.js'
import { type Fleet, scoreOf } from './fleet.js'
import { fleets, hostOf, RECORDED, randomHosts, vendorsOf } from './fleets.testing.js'
import { readFleet } from './read-fleet.js'
import { byAllLevels } from './search.js'
import { bestBySubsets } from './subsets.js'

function read(hosts: readonly HostSnapshot[], seed = 1): Fleet {
  return readFleet(hosts, {
    ...{ kind: 'hvm', set: 'default', method: 'xenserver', vendors: 'apart', release: undefined },
    weights: {},
    capacity: ({ name }) => (name.charCodeAt(name.length - 1) * seed) % 7,
  }).fleet
}

describe('boundByParts', () => {
  it('is never below the best, into however many parts a fleet is dealt', {
    timeout: 60_000,
  }, () => {
    const question = fc.tuple(fleets(11), fc.nat({ max: 3 }), fc.nat(), fc.constantFrom(2, 4, 8))
    fc.assert(
      fc.property(question, ([hosts, more, seed, parts]) => {
        const fleet = read(hosts, seed)
        const pools = vendorsOf(hosts).size + more
        const best = bestBySubsets(fleet, pools)
        const score = best === null ? Number.NaN : scoreOf(best, fleet)
        expect(boundByParts(fleet, pools)).toBeGreaterThanOrEqual(score)
        expect(boundByParts(fleet, pools, parts)).toBeGreaterThanOrEqual(score)
      }),
      { numRuns: 300 },
    )
  })

  it('is near the best of recorded CPUs, and below what hosts have alone', () => {
    const fleet = read(RECORDED.map((cpu, at) => hostOf(`host-${at}`, cpu, '4.17.7')))
    const proven = byAllLevels(fleet, 4)
    const score = proven === null ? Number.NaN : scoreOf(proven.assignment, fleet)
    const [few, many] = [boundByParts(fleet, 4), boundByParts(fleet, 4, 8)]
    expect(few).toBeGreaterThanOrEqual(score)
    expect(few).toBeLessThan(1.05 * score)
    expect(many).toBeGreaterThan(few)
  })

  it('is found of hosts that have nothing in common', () => {
    const fleet = read(randomHosts(70))
    const alone = scoreOf(Int32Array.from(fleet.batches.keys()), fleet)
    expect(boundByParts(fleet, 4)).toBeLessThan(alone)
  })
})
