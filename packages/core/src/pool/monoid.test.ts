/** A level is a commutative monoid: how its hosts are parted, ordered, kept and merged does not matter. */
import { featureTable } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded } from '../../../../fixtures/recorded.js'
import { formatHostSnapshot, type HostSnapshot } from '../documents/snapshot.js'
import { hostWith } from '../hosts.testing.js'
import { type LevelOptions, levelPool, type PoolLevel } from './level.js'
import { PoolLeveller } from './leveller.js'
import { parsePoolLevel } from './read-level.js'
import { anyHost, hostOffering, recordedPools } from './recorded-pools.testing.js'
import { recordedSnapshot } from './recorded-snapshots.testing.js'

/** Everything that a level says. */
const text = (level: PoolLevel) => JSON.stringify(level)

/** Through JSON and back. */
const kept = (level: PoolLevel) => parsePoolLevel(text(level))

function parts<Item>(items: readonly Item[], cuts: readonly number[]): Item[][] {
  const places = [...new Set(cuts.map((cut) => cut % items.length))].sort((a, b) => a - b)
  const bounds = [0, ...places, items.length]
  return bounds
    .slice(1)
    .map((end, index) => items.slice(bounds[index] ?? 0, end))
    .filter((part) => part.length > 0)
}

function mergeAll(levels: readonly PoolLevel[]): PoolLevel {
  const [first, ...others] = levels
  if (first === undefined) throw new Error('there is one')
  return others.reduce((merged, level) => merged.merge(level), first)
}

const options: fc.Arbitrary<LevelOptions> = fc
  .record(
    {
      release: fc.constantFrom('4.7', '4.16.0', '4.17', '4.20.3', '4.23-dev'),
      method: fc.constantFrom('xenserver' as const, 'intersection' as const),
    },
    { requiredKeys: [] },
  )
  .map((some) => some)

describe('the recorded pools', () => {
  const pools = recordedPools()

  it.each(pools.map((pool, at) => ({ ...pool, at })))(
    'pool $at, $kind: any parts in any order give the recorded level',
    ({ hosts, featuresets, peerCombine, rawAnd }) => {
      const snapshots = featuresets.map((set, index) =>
        hostOffering(`${hosts[index]} ${index}`, set),
      )
      fc.assert(
        fc.property(
          fc.shuffledSubarray(snapshots, { minLength: snapshots.length }),
          fc.array(fc.nat(), { maxLength: 4 }),
          fc.boolean(),
          (pool, cuts, keep) => {
            for (const [method, expected] of [
              ['xenserver', peerCombine],
              ['intersection', rawAnd],
            ] as const) {
              const all = levelPool(snapshots, { method })
              const levels = parts(pool, cuts)
                .map((part) => levelPool(part, { method }))
                .map((level) => (keep ? kept(level) : level))
              const merged = mergeAll(levels)
              expect(merged.hvm.default.toString()).toBe(expected)
              expect(merged.pv.max.toString()).toBe(expected)
              expect(text(merged)).toBe(text(all))
            }
          },
        ),
        { numRuns: 4 },
      )
    },
  )

  it('are 65', () => expect(pools).toHaveLength(65))
})

describe('any pool', () => {
  const pool = fc
    .array(anyHost(), { minLength: 1, maxLength: 12 })
    .map((hosts) => hosts.map((make, index) => make(`host-${index}`)))

  it('is the same however it is parted, ordered, kept and merged', () => {
    fc.assert(
      fc.property(
        pool,
        options,
        fc.array(fc.nat(), { maxLength: 5 }),
        fc.nat(),
        (hosts, chosen, cuts, seed) => {
          const all = text(levelPool(hosts, chosen))
          const turned = [
            ...hosts.slice(seed % hosts.length),
            ...hosts.slice(0, seed % hosts.length),
          ]
          const levels = parts(turned, cuts).map((part) => levelPool(part, chosen))
          expect(text(mergeAll(levels))).toBe(all)
          expect(text(mergeAll([...levels].reverse()))).toBe(all)
          expect(text(mergeAll(levels.map(kept)))).toBe(all)
          const halves = [levels.slice(0, 2), levels.slice(2)].filter((some) => some.length > 0)
          expect(text(mergeAll(halves.map((some) => kept(mergeAll(some)))))).toBe(all)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('is the same from a leveller, from snapshots, texts, levellers and levels', () => {
    fc.assert(
      fc.property(pool, options, fc.nat(), (hosts, chosen, seed) => {
        const leveller = new PoolLeveller(chosen)
        const other = new PoolLeveller(chosen)
        hosts.forEach((host, index) => {
          const way = (index + seed) % 4
          if (way === 0) leveller.add(host)
          else if (way === 1) leveller.addText(formatHostSnapshot(host))
          else if (way === 2) other.addText(formatHostSnapshot(host))
          else leveller.merge(kept(levelPool([host], chosen)))
        })
        leveller.merge(other)
        expect(text(leveller.level())).toBe(text(levelPool(hosts, chosen)))
      }),
      { numRuns: 200 },
    )
  })

  it('is taken apart by no host that comes twice', () => {
    const a = levelPool([hostWith('a', ['FPU'])])
    expect(() => a.merge(kept(a))).toThrow(expect.objectContaining({ code: 'POOL_DUPLICATE_HOST' }))
  })
})

describe('a fleet of more than 4,096 hosts', () => {
  // None of them needs another.
  const names =
    'SMEP INVPCID MOVBE POPCNT RDRAND RDSEED ADX CLFLUSHOPT PREFETCHWT1 FSGSBASE UMIP RDPID CLWB'.split(
      ' ',
    )

  /** A fleet of which each host lacks what the bits of its number say. */
  function fleet(size: number, kinds: number): HostSnapshot[] {
    return Array.from({ length: size }, (_, index) => {
      const lacking = index % kinds
      const has = names.filter((_, bit) => ((lacking >>> bit) & 1) === 0)
      return hostWith(`host-${(index * 7919) % size}`, [], offering(has, lacking))
    })
  }

  function offering(has: readonly string[], width: number): Partial<HostSnapshot> {
    const set = hostWith('', has).featuresets.raw
    if (set === undefined) return {}
    const featuresets = { pvDefault: set, pvMax: set, hvmDefault: set, hvmMax: set }
    return width % 2 === 0
      ? { featuresets }
      : { featuresets, xen: { release: '4.17.7', hvm: true, hap: true } }
  }

  it.each([
    ['keeps every different offer', 5000, 2 ** 6, 6],
    ['keeps what hosts of a kind have in common', 9000, 2 ** 13, 13],
  ])('%s', (_, size, kinds, lost) => {
    const hosts = fleet(size, kinds)
    const all = levelPool(hosts)
    expect(all.count).toBe(size)
    expect(all.hosts).toHaveLength(16)
    expect(all.hosts).toEqual(
      hosts
        .map(({ name }) => name)
        .sort()
        .slice(0, 16),
    )
    for (const { feature, hosts: some, count } of all.losses) {
      const bit = featureTable('4.17').feature(feature)?.bit ?? -1
      const lacking = hosts
        .filter(({ featuresets }) => featuresets.pvDefault?.has(bit) === false)
        .map(({ name }) => name)
        .sort()
      expect([feature, count, some]).toEqual([feature, lacking.length, lacking.slice(0, 16)])
    }
    expect(all.losses).toHaveLength(lost)
    const thirds = parts(hosts, [1000, 4500]).map((part) => levelPool(part))
    for (const levels of [thirds, [...thirds].reverse(), thirds.map(kept)])
      expect(text(mergeAll(levels))).toBe(text(all))
    expect(text(kept(all))).toBe(text(all))
  })

  it('wants to know the release where raw words say too little', () => {
    const raw = (index: number) =>
      hostWith(
        `host-${index}`,
        names.filter((_, bit) => ((index >>> bit) & 1) === 0),
        {
          xen: null,
          cpu: { ...hostWith('', []).cpu, physAddrBits: 40 + (index >>> 12) },
        },
      )
    const hosts = Array.from({ length: 4097 }, (_, index) => raw(index))
    expect(() => levelPool(hosts)).toThrow(expect.objectContaining({ code: 'POOL_RELEASE_NEEDED' }))
    expect(levelPool(hosts, { release: '4.17' }).count).toBe(4097)
  })
})

const BOOTS = {
  EPYC: ['4.13.5', '4.17.0', '4.20.3', '4.22.0'].map((release) => `${release}-EPYC`),
  'Skylake-Server': [
    ...['4.13.5', '4.17.0', '4.20.3', '4.22.0'].map((release) => `${release}-Skylake-Server`),
    '4.17-debian-Haswell',
  ],
}

describe.each(Object.entries(BOOTS))('whole policies of %s', (_, boots) => {
  describeRecorded(
    boots.map((boot) => `xen/hosts/${boot}.json`),
    () => {
      it('are the same in any parts and any order', () => {
        const hosts = boots.map((boot) => recordedSnapshot(boot, boot))
        const all = levelPool(hosts)
        expect(all.pv.policy).not.toBeNull()
        fc.assert(
          fc.property(
            fc.shuffledSubarray(hosts, { minLength: hosts.length }),
            fc.array(fc.nat(), { maxLength: 4 }),
            (pool, cuts) => {
              const levels = parts(pool, cuts).map((part) => levelPool(part))
              expect(text(mergeAll(levels))).toBe(text(all))
            },
          ),
          { numRuns: 12 },
        )
      })
    },
  )
})
