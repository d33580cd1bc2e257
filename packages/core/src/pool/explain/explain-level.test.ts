import { type FeatureName, Featureset, featureTable } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { hostWith } from '../../hosts.testing.js'
import type { LevelKind } from '../groups/host-group.js'
import { type LevelOptions, levelPool, type PoolLevel } from '../level.js'
import { parsePoolLevel } from '../read-level.js'
import { anyHost, hostOffering, recordedPools } from '../recorded-pools.testing.js'
import { explainLevel } from './explain-level.js'

/** Whether a level has a feature, by whatever name. */
function promises(level: PoolLevel, feature: FeatureName, guests: readonly LevelKind[]): boolean {
  const table = featureTable(level.release)
  return (
    table.feature(feature) !== undefined &&
    guests.every((kind) => level[kind].count > 0 && level[kind].default.has(feature, table))
  )
}

/** Every way to leave some hosts out, but not all. */
function* leavings(hosts: readonly HostSnapshot[]): Generator<HostSnapshot[]> {
  for (let set = 1; set < 2 ** hosts.length - 1; set++)
    yield hosts.filter((_, index) => ((set >>> index) & 1) === 0)
}

/** The fewest hosts that have to leave, by trying all ways. */
function fewest(
  hosts: readonly HostSnapshot[],
  options: LevelOptions,
  { feature, guests }: { readonly feature: FeatureName; readonly guests: readonly LevelKind[] },
): number | null {
  let best: number | null = null
  for (const staying of leavings(hosts)) {
    const count = hosts.length - staying.length
    if (best !== null && count >= best) continue
    if (promises(levelPool(staying, options), feature, guests)) best = count
  }
  return best
}

const set = (...names: string[]) => {
  const features = Featureset.fromNames(names)
  return { pvDefault: features, pvMax: features, hvmDefault: features, hvmMax: features }
}

describe('explainLevel', () => {
  it('names who keeps a feature back, what comes back with it, and what that means', () => {
    const base = ['FPU', 'FXSR', 'SSE', 'SSE2', 'LM', 'PAE', 'XSAVE', 'AVX']
    const pool = [
      hostWith('old', [], { featuresets: set(...base) }),
      hostWith('middle', [], {
        featuresets: set(...base, 'AVX2', 'FMA', 'IBRSB', 'RDCL_NO', 'ARCH_CAPS'),
      }),
      hostWith('new', [], {
        featuresets: set(...base, 'AVX2', 'FMA', 'SHA', 'IBRSB', 'RDCL_NO', 'ARCH_CAPS'),
      }),
    ]
    const { losses, costs, weights } = explainLevel(pool)
    const avx2 = losses.find(({ feature }) => feature === 'AVX2')
    expect(avx2?.departure).toMatchObject({ hosts: ['old'], count: 1, known: 'exact' })
    expect(avx2?.departure?.comesBack.map(({ feature }) => feature)).toEqual([
      'IBRSB',
      'AVX2',
      'ARCH_CAPS',
      'FMA',
      'RDCL_NO',
    ])
    expect(avx2?.message).toBe(
      'AVX2 is lost to guests: old lacks it. Numerical programs, codecs and databases compute with vectors of half the width. Without old it comes back, with IBRSB, ARCH_CAPS, FMA, RDCL_NO.',
    )
    const sha = losses.find(({ feature }) => feature === 'SHA')
    expect(sha?.departure).toMatchObject({ hosts: ['middle', 'old'], count: 2 })
    const immunity = losses.find(({ feature }) => feature === 'RDCL_NO')
    expect(immunity?.message).toContain('This is about security, not about speed.')
    expect(costs).toMatchObject([{ hosts: ['old'], count: 1 }])
    expect(weights).toEqual({ speed: 8 + 7 + 6, security: 9 + 8 + 4, function: 0 })
  })

  it('says that an old Xen keeps features back', () => {
    const words = (release: string, names: readonly string[]) => {
      const features = Featureset.fromNames(names, featureTable(release))
      return {
        xen: { release, hvm: true, hap: true },
        featuresets: {
          pvDefault: features,
          pvMax: features,
          hvmDefault: features,
          hvmMax: features,
        },
      }
    }
    const avx2 = ['FPU', 'FXSR', 'SSE', 'SSE2', 'XSAVE', 'AVX', 'AVX2']
    const { losses } = explainLevel([
      hostWith('old-1', [], words('4.16.0', avx2)),
      hostWith('old-2', [], words('4.16.0', avx2)),
      hostWith('new', [], words('4.18.0', [...avx2, 'AVX_IFMA'])),
    ])
    expect(losses).toMatchObject([
      {
        feature: 'AVX_IFMA',
        kind: 'not-carried',
        hosts: ['new'],
        departure: { hosts: ['old-1', 'old-2'], release: '4.18.0' },
      },
    ])
  })

  it('tells what guests hear of because of one host', () => {
    const { told } = explainLevel([
      hostWith('a', [], { featuresets: set('ARCH_CAPS', 'EIBRS', 'IBRSB', 'RRSBA', 'MD_CLEAR') }),
      hostWith('b', [], { featuresets: set('ARCH_CAPS', 'IBRSB') }),
    ])
    expect(told.map(({ feature, hosts }) => [feature, hosts])).toEqual([
      ['MD_CLEAR', ['a']],
      ['RSBA', ['a']],
    ])
  })

  it('says what is missing for the next level of the psABI, and where', () => {
    const v2 =
      'CMOV CX8 FPU FXSR MMX SYSCALL SSE SSE2 LM PAE CX16 LAHF_LM POPCNT SSE3 SSE4_1 SSE4_2 SSSE3'.split(
        ' ',
      )
    const v3 = [...v2, ...'AVX AVX2 BMI1 BMI2 F16C FMA ABM MOVBE XSAVE'.split(' ')]
    const { psabi } = explainLevel([
      hostWith('a', [], { featuresets: set(...v2) }),
      hostWith('b', [], { featuresets: set(...v3.filter((name) => name !== 'FMA')) }),
    ])
    expect(psabi.level).toBe('x86-64-v2')
    expect(psabi.missing.find(({ feature }) => feature === 'FMA')?.hosts).toEqual(['a', 'b'])
    expect(psabi.missing.find(({ feature }) => feature === 'AVX')?.hosts).toEqual(['a'])
  })

  it('explains a level that was read from its document in the same way', () => {
    const [pool] = recordedPools()
    const hosts = (pool?.featuresets ?? []).map((text, index) => hostOffering(`h${index}`, text))
    const level = levelPool(hosts)
    const { level: _, ...said } = explainLevel(parsePoolLevel(JSON.stringify(level)))
    const { level: __, ...expected } = explainLevel(level)
    expect(said).toEqual(expected)
  })

  it('says how many have to leave at least in a fleet in which that is all that is known', () => {
    const names =
      'SMEP INVPCID MOVBE POPCNT RDRAND RDSEED ADX CLFLUSHOPT PREFETCHWT1 FSGSBASE UMIP RDPID CLWB'.split(
        ' ',
      )
    const fleet = Array.from({ length: 5000 }, (_, index) =>
      hostWith(`h${index}`, [], {
        featuresets: set(...names.filter((_name, bit) => ((index >>> bit) & 1) === 0)),
      }),
    )
    const { losses } = explainLevel(fleet)
    const lacking = Array.from({ length: 5000 }, (_, index) => index).filter(
      (index) => (index & 1) === 1,
    )
    expect(losses.find(({ feature }) => feature === 'SMEP')?.departure).toMatchObject({
      count: lacking.length,
      known: 'at-least',
    })
  })
})

describe('the smallest set of hosts', () => {
  const pool = fc
    .array(anyHost(), { minLength: 2, maxLength: 6 })
    .map((hosts) => hosts.map((make, index) => make(`host-${index}`)))
  const options: fc.Arbitrary<LevelOptions> = fc.record(
    {
      release: fc.constantFrom('4.16.0', '4.20.3'),
      method: fc.constantFrom('intersection' as const),
    },
    { requiredKeys: [] },
  )

  it('brings the feature back, and no smaller one does', () => {
    let checked = 0
    let hopeless = 0
    fc.assert(
      fc.property(pool, options, (hosts, chosen) => {
        const { losses } = explainLevel(hosts, chosen)
        // Many features are kept back by the same hosts.
        const seen = new Set<string>()
        for (const { feature, guests, departure } of losses) {
          const key = `${departure?.hosts} ${guests}`
          if (seen.has(key)) continue
          seen.add(key)
          checked++
          const count = fewest(hosts, chosen, { feature, guests })
          expect([feature, departure?.count ?? null]).toEqual([feature, count])
          if (departure === null) {
            hopeless++
            continue
          }
          const staying = hosts.filter(({ name }) => !departure.hosts.includes(name))
          const after = levelPool(staying, chosen)
          expect(promises(after, feature, guests)).toBe(true)
          expect(after.release).toBe(departure.release)
          expect(departure.comesBack.map((one) => one.feature)).toContain(feature)
          for (const back of departure.comesBack)
            expect(promises(after, back.feature, back.guests)).toBe(true)
        }
      }),
      { numRuns: 120 },
    )
    expect(checked).toBeGreaterThan(200)
    expect(hopeless).toBeGreaterThan(0)
  }, 120_000)

  it('is right for every host alone: what comes back is what the others have more', () => {
    fc.assert(
      fc.property(pool, options, (hosts, chosen) => {
        const { level, costs } = explainLevel(hosts, chosen)
        for (const { hosts: leaving, features } of costs) {
          const after = levelPool(
            hosts.filter(({ name }) => !leaving.includes(name)),
            chosen,
          )
          for (const { feature, guests } of features) {
            expect(promises(after, feature, guests)).toBe(true)
            expect(guests.some((kind) => promises(level, feature, [kind]))).toBe(false)
          }
        }
        const known = explainLevel(hosts, chosen).losses.filter(
          ({ departure }) => departure?.count === 1,
        )
        for (const { feature, departure } of known) {
          const cost = costs.find((one) => one.hosts.join() === departure?.hosts.join())
          expect(cost?.features.map((one) => one.feature)).toContain(feature)
        }
      }),
      { numRuns: 150 },
    )
  })

  it('is found for all 65 recorded pools', () => {
    const pools = recordedPools()
    let features = 0
    for (const { featuresets } of pools) {
      const hosts = featuresets.map((text, index) => hostOffering(`h${index}`, text))
      const seen = new Set<string>()
      for (const { feature, guests, departure } of explainLevel(hosts).losses) {
        features++
        const key = `${departure?.hosts}`
        if (seen.has(key) || departure === null) continue
        seen.add(key)
        const staying = hosts.filter(({ name }) => !departure.hosts.includes(name))
        expect(promises(levelPool(staying), feature, guests)).toBe(true)
      }
    }
    expect(pools).toHaveLength(65)
    expect(features).toBeGreaterThan(1000)
  })
})
