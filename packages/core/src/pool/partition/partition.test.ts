import { Featureset, featureTable } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readRecordedJson } from '../../../../../fixtures/recorded.js'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { hostWith } from '../../hosts.testing.js'
import { levelPool } from '../level.js'
import { type PartitionOptions, partitionFleet } from './partition.js'
import { bestScore, poolScore } from './partition.testing.js'

const { pools: recorded } = readRecordedJson<{ pools: { kind: string; featuresets: string[] }[] }>(
  'levelling/pools.json',
)
const real = (['Intel', 'AMD'] as const).flatMap((vendor) =>
  recorded
    .filter(({ kind }) => kind.startsWith(vendor.toLowerCase()))
    .flatMap(({ featuresets }) => featuresets)
    .map((text) => ({ vendor, raw: Featureset.parse(text) })),
)

const names = featureTable()
  .features.map(({ name }) => name)
  .filter((_, at) => at % 3 === 0)
const made = fc.record({
  vendor: fc.constantFrom('Intel' as const, 'AMD' as const),
  raw: fc
    .subarray(['LM', 'FPU', 'VMX', 'SVM', 'AVX', 'AVX2', 'AVX512F', 'XSAVE', ...names])
    .map((some) => Featureset.fromNames(some)),
})
const release = fc.constantFrom('4.13.0', '4.17.7', '4.20.3')

function host(name: string, { vendor, raw }: (typeof real)[number], xen: string): HostSnapshot {
  const plain = hostWith(name, [])
  return {
    ...plain,
    cpu: { ...plain.cpu, vendor },
    xen: { release: xen, hvm: true, hap: true },
    featuresets: { raw },
  }
}

const fleet = fc
  .array(fc.tuple(fc.oneof(fc.constantFrom(...real), made), release), {
    minLength: 1,
    maxLength: 7,
  })
  .map((rows) => rows.map(([cpu, xen], at) => host(`host-${at}`, cpu, xen)))
const cores = (seed: number) => (one: HostSnapshot) => 1 + ((one.name.charCodeAt(5) * seed) % 5)
const vendorsOf = (hosts: readonly HostSnapshot[]) => new Set(hosts.map(({ cpu }) => cpu.vendor))

describe('partitionFleet', () => {
  it('is as good as the best of all partitions, and no better', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fleet,
        fc.nat({ max: 4 }),
        fc.nat(),
        fc.constantFrom('hvm' as const, 'pv' as const),
        fc.constantFrom('default' as const, 'max' as const),
        fc.constantFrom('apart' as const, 'together' as const),
        (hosts, more, seed, kind, set, vendors) => {
          const pools = (vendors === 'apart' ? vendorsOf(hosts).size : 1) + more
          const weights = { AVX512F: 7, LM: 0, AVX2: 2.5 }
          const options = { pools, capacity: cores(seed), kind, set, vendors, weights }
          const partition = partitionFleet(hosts, options)
          expect(partition.exact).toBe(true)
          expect(partition.score).toBeCloseTo(bestScore(hosts, options), 6)
          expect(partition.pools.length).toBeLessThanOrEqual(pools)
        },
      ),
      { numRuns: 150 },
    )
  })

  it('says of each pool what levelPool says', () => {
    fc.assert(
      fc.property(fleet, fc.nat({ max: 3 }), (hosts, more) => {
        const options: PartitionOptions = { pools: vendorsOf(hosts).size + more }
        const { pools, score, onePool, poolPerVendor, alone } = partitionFleet(hosts, options)
        const byName = new Map(hosts.map((one) => [one.name, one]))
        const members = pools.map((pool) => pool.hosts.flatMap((name) => byName.get(name) ?? []))
        expect(members.flat().length).toBe(hosts.length)
        pools.forEach((pool, at) => {
          const level = levelPool(members[at] ?? [])
          expect(pool.level.toJSON()).toEqual(level.toJSON())
          expect(pool.featureset.equals(level.hvm.default)).toBe(true)
          expect(pool.weight * pool.capacity).toBe(poolScore(members[at] ?? [], options))
          pool.losses.forEach((loss, place) => {
            const own = members[at]?.[place]
            expect(loss.host).toBe(own?.name)
            expect(poolScore(own === undefined ? [] : [own], options) - loss.weight).toBe(
              pool.weight,
            )
          })
        })
        expect(pools.reduce((sum, { weight, capacity }) => sum + weight * capacity, 0)).toBe(score)
        expect(onePool).toBe(poolScore(hosts, options))
        const perVendor = [...vendorsOf(hosts)].map((vendor) =>
          hosts.filter(({ cpu }) => cpu.vendor === vendor),
        )
        const sum = (parts: readonly HostSnapshot[][]) =>
          parts.reduce((total, part) => total + poolScore(part, options), 0)
        expect(poolPerVendor).toBe(sum(perVendor))
        expect(score).toBeGreaterThanOrEqual(poolPerVendor)
        expect(alone).toBe(sum(hosts.map((one) => [one])))
        expect(score).toBeLessThanOrEqual(alone)
      }),
      { numRuns: 150 },
    )
  })

  it('does not depend on the order of hosts, nor on their names', () => {
    fc.assert(
      fc.property(fleet, fc.nat({ max: 3 }), (hosts, more) => {
        const options = { pools: vendorsOf(hosts).size + more }
        const partition = partitionFleet(hosts, options)
        const again = partitionFleet([...hosts].reverse(), options)
        expect(JSON.stringify(again)).toBe(JSON.stringify(partition))
        const renamed = hosts.map((one, at) => ({ ...one, name: `zz-${99 - at}` }))
        const groups = (all: typeof partition, rename: (name: string) => string) =>
          all.pools.map((pool) => pool.hosts.map(rename).sort()).sort()
        const names = new Map(hosts.map(({ name }, at) => [`zz-${99 - at}`, name]))
        expect(groups(partitionFleet(renamed, options), (name) => names.get(name) ?? name)).toEqual(
          groups(partition, (name) => name),
        )
      }),
      { numRuns: 100 },
    )
  })
})
