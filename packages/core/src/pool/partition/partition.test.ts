import { Featureset } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { hostWith } from '../../hosts.testing.js'
import { levelPool } from '../level.js'
import { fleets, hostOf, RECORDED, randomHosts, vendorsOf } from './fleets.testing.js'
import { type FleetPartition, type PartitionOptions, partitionFleet } from './partition.js'
import { bestScore, poolScore } from './partition.testing.js'

const few = fleets(7)
const cores = (seed: number) => (one: HostSnapshot) => (one.name.charCodeAt(5) * seed) % 5

describe('partitionFleet', () => {
  it('is as good as the best of all partitions, and no better', { timeout: 60_000 }, () => {
    const question = fc.record({
      more: fc.nat({ max: 4 }),
      seed: fc.nat(),
      kind: fc.constantFrom('hvm' as const, 'pv' as const),
      set: fc.constantFrom('default' as const, 'max' as const),
      vendors: fc.constantFrom('apart' as const, 'together' as const),
      method: fc.constantFrom('xenserver' as const, 'intersection' as const),
      release: fc.constantFrom(undefined, '4.15'),
      weights: fc.constantFrom({}, { AVX512F: 7, LM: 0, AVX2: 2.5 }, () => 1),
    })
    fc.assert(
      fc.property(few, question, (hosts, { more, seed, release, ...question }) => {
        const pools = (question.vendors === 'apart' ? vendorsOf(hosts).size : 1) + more
        const options: PartitionOptions = {
          ...{ pools, capacity: cores(seed), ...question },
          ...(release === undefined ? {} : { release }),
        }
        const partition = partitionFleet(hosts, options)
        expect(partition.exact).toBe(true)
        expect(partition.bound).toBe(partition.score)
        expect(partition.score).toBeCloseTo(bestScore(hosts, options), 6)
        expect(partition.pools.length).toBeLessThanOrEqual(pools)
      }),
      { numRuns: 150 },
    )
  })

  it('says of each pool what levelPool says', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(few, fc.nat({ max: 3 }), (hosts, more) => {
        const options: PartitionOptions = { pools: vendorsOf(hosts).size + more }
        const { pools, score, onePool, poolPerVendor, alone, gain } = partitionFleet(hosts, options)
        const byName = new Map(hosts.map((one) => [one.name, one]))
        const members = pools.map((pool) => pool.hosts.flatMap((name) => byName.get(name) ?? []))
        expect(members.flat().length).toBe(hosts.length)
        pools.forEach((pool, at) => {
          const level = levelPool(members[at] ?? [])
          expect(pool.level.toJSON()).toEqual(level.toJSON())
          expect(pool.featureset.equals(level.hvm.default)).toBe(true)
          expect(pool.weight * pool.capacity).toBe(poolScore(members[at] ?? [], options))
          expect(pool.losses.map(({ host }) => host)).toEqual(pool.hosts)
          pool.losses.forEach((loss, place) => {
            const own = members[at]?.[place]
            const left = (own === undefined ? 0 : poolScore([own], options)) - loss.weight
            // By the rules of an older release a host may have what it lacks by those of its own.
            if (level.release === own?.xen?.release) expect(left).toBe(pool.weight)
            else expect(left).toBeLessThanOrEqual(pool.weight)
          })
        })
        const sum = (parts: readonly HostSnapshot[][]) =>
          parts.reduce((total, part) => total + poolScore(part, options), 0)
        const perVendor = [...vendorsOf(hosts)].map((vendor) =>
          hosts.filter(({ cpu }) => cpu.vendor === vendor),
        )
        expect(score).toBe(sum(members))
        expect(onePool).toBe(poolScore(hosts, options))
        expect(gain).toBe(score - onePool)
        expect(poolPerVendor).toBe(sum(perVendor))
        expect(alone).toBe(sum(hosts.map((one) => [one])))
        expect(score).toBeGreaterThanOrEqual(poolPerVendor)
        expect(score).toBeLessThanOrEqual(alone)
      }),
      { numRuns: 150 },
    )
  })

  it('does not depend on the order of hosts, nor on their names', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fleets(30), fc.nat({ max: 3 }), (hosts, more) => {
        const options = { pools: vendorsOf(hosts).size + more }
        const partition = partitionFleet(hosts, options)
        const again = partitionFleet([...hosts].reverse(), options)
        expect(JSON.stringify(again)).toBe(JSON.stringify(partition))
        const renamed = hosts.map((one, at) => ({ ...one, name: `zz-${99 - at}` }))
        const groups = (all: FleetPartition, rename: (name: string) => string) =>
          all.pools.map((pool) => pool.hosts.map(rename).sort()).sort()
        const names = new Map(hosts.map(({ name }, at) => [`zz-${99 - at}`, name]))
        expect(groups(partitionFleet(renamed, options), (name) => names.get(name) ?? name)).toEqual(
          groups(partition, (name) => name),
        )
      }),
      { numRuns: 60 },
    )
  })

  it('is no worse with more pools, and loses nothing with as many as there are hosts', () => {
    const hosts = RECORDED.filter((_, at) => at % 9 === 0).map((cpu, at) =>
      hostOf(`host-${at}`, cpu, at % 2 === 0 ? '4.17.7' : '4.19.6'),
    )
    let before = 0
    for (let pools = 2; pools < 8; pools++) {
      const { score, exact, search } = partitionFleet(hosts, { pools })
      expect([exact, search]).toEqual([true, 'branch-and-bound'])
      expect(score).toBeGreaterThan(before)
      before = score
    }
    const most = partitionFleet(hosts, { pools: hosts.length })
    expect(most.score).toBe(most.alone)
    expect(most.pools.flatMap(({ losses }) => losses.flatMap(({ features }) => features))).toEqual(
      [],
    )
  })

  it('puts hosts where their weight and capacity say', () => {
    const host = (name: string, features: string[]) =>
      hostWith(name, ['FPU', 'LM', 'VMX', ...features])
    const crypto = host('crypto', ['AESNI', 'SSE2', 'SSE', 'FXSR'])
    const plain = host('plain', ['SSE', 'FXSR'])
    const vector = host('vector', ['SSE2', 'SSE', 'FXSR', 'SSE4_2', 'SSE4_1', 'SSSE3', 'SSE3'])
    const groups = (options: Partial<PartitionOptions>) =>
      partitionFleet([crypto, plain, vector], { pools: 2, ...options }).pools.map(
        ({ hosts }) => hosts,
      )
    expect(groups({ weights: () => 1 })).toEqual([['vector'], ['crypto', 'plain']])
    expect(groups({ weights: { AESNI: 50 } })).toEqual([['crypto'], ['plain', 'vector']])
    const big = (name: string) => (one: HostSnapshot) => (one.name === name ? 100 : 1)
    expect(groups({ weights: () => 1, capacity: big('crypto') })).toEqual([
      ['crypto'],
      ['plain', 'vector'],
    ])
    // What weighs nothing is no reason for a pool.
    expect(groups({ weights: () => 0 })).toEqual([['crypto', 'plain', 'vector']])
    // Nor is a host without capacity.
    expect(groups({ capacity: (one) => (one.name === 'vector' ? 1 : 0) })).toEqual([
      ['vector'],
      ['crypto', 'plain'],
    ])
  })

  it('leaves out hosts that count for no level, and says why', () => {
    const hosts = [
      hostWith('pv-only', ['FPU'], { xen: { release: '4.17.7', hvm: false, hap: false } }),
      hostWith('silent', [], { featuresets: {} }),
      hostWith('usual', ['FPU', 'VMX']),
    ]
    const partition = partitionFleet(hosts, { pools: 3 })
    expect(partition.pools.map((pool) => pool.hosts)).toEqual([['usual']])
    expect(partition.unplaced).toEqual([
      { host: 'pv-only', reason: 'no-hvm' },
      { host: 'silent', reason: 'unknown' },
    ])
    expect(partitionFleet(hosts, { pools: 3, kind: 'pv' }).unplaced).toEqual([
      { host: 'silent', reason: 'unknown' },
    ])
  })

  it('reads alike hosts once, whatever says what they offer', () => {
    const set = Featureset.fromNames(['FPU', 'LM'])
    const said = { pvDefault: set, pvMax: set, hvmDefault: set, hvmMax: set }
    const hosts = Array.from({ length: 40 }, (_, at) =>
      hostWith(`host-${at}`, [], { featuresets: at % 2 === 0 ? said : { raw: set } }),
    )
    const { differentHosts, pools } = partitionFleet(hosts, { pools: 2, kind: 'pv' })
    expect(differentHosts).toBe(1)
    expect(pools).toHaveLength(1)
  })

  it('gives a bound where it has no proof', { timeout: 60_000 }, () => {
    const hosts = randomHosts(60)
    const { score, bound, exact, search, poolPerVendor, alone } = partitionFleet(hosts, {
      pools: 4,
    })
    expect([exact, search]).toEqual([false, 'local-search'])
    expect(score).toBeGreaterThan(poolPerVendor)
    expect(bound).toBeGreaterThan(score)
    expect(bound).toBeLessThan(alone)
  })

  it.each<[string, readonly HostSnapshot[], PartitionOptions, string, RegExp]>([
    ['no hosts', [], { pools: 1 }, 'POOL_EMPTY', /give at least one host/],
    [
      'hosts that say nothing',
      [hostWith('a', [], { featuresets: {} })],
      { pools: 1 },
      'POOL_EMPTY',
      /None of the 1 hosts/,
    ],
    [
      'two of a name',
      [hostWith('a', []), hostWith('a', [])],
      { pools: 1 },
      'POOL_DUPLICATE_HOST',
      /"a"/,
    ],
    ['no pools', [hostWith('a', ['VMX'])], { pools: 0 }, 'POOL_COUNT', /into 0 pools/],
    ['half a pool', [hostWith('a', ['VMX'])], { pools: 1.5 }, 'POOL_COUNT', /into 1\.5 pools/],
    [
      'more vendors than pools',
      [RECORDED[0], RECORDED.at(-1)].flatMap((cpu, at) =>
        cpu === undefined ? [] : hostOf(`h-${at}`, cpu, '4.17'),
      ),
      { pools: 1 },
      'POOL_COUNT',
      /2 vendors \(AMD, Intel\) do not fit into 1 pool/,
    ],
    [
      'capacity',
      [hostWith('a', ['VMX'])],
      { pools: 1, capacity: () => Number.NaN },
      'POOL_CAPACITY',
      /capacity of a is given as NaN/,
    ],
    [
      'weights',
      [hostWith('a', ['VMX'])],
      { pools: 1, weights: { AVX2: -1 } },
      'POOL_WEIGHT',
      /AVX2 cannot weigh -1/,
    ],
  ])('refuses %s', (_, hosts, options, code, message) => {
    expect(() => partitionFleet(hosts, options)).toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    )
  })
})
