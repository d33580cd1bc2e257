import { type FeatureName, Featureset, featureTable } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../../fixtures/recorded.js'
import { hostWith } from '../../hosts.testing.js'
import { levelPool } from '../level.js'
import { anyHost, hostOffering, recordedPools } from '../recorded-pools.testing.js'
import { GENERATIONS } from './generated/generations.js'
import { namedLevel, namedLevels } from './named-level.js'
import { pinLevel } from './pin-level.js'
import { psabiLevel, psabiLevelNames } from './psabi.js'

const set = (...names: string[]) => Featureset.fromNames(names)

describe('namedLevel', () => {
  it.each(psabiLevelNames())('%s reaches the level that it is called by, and no higher', (name) => {
    const { featureset, governs, kind, vendor } = namedLevel(name)
    expect([kind, vendor]).toEqual(['psabi', null])
    expect(psabiLevel(featureset).level).toBe(name)
    expect(featureset.isSubsetOf(governs)).toBe(true)
    expect(featureTable().clearDependents(featureset).equals(featureset)).toBe(true)
  })

  it.each([
    [
      'Haswell',
      'Intel',
      'x86-64-v3',
      ['AESNI', 'RDRAND', 'ERMS', 'INVPCID'],
      ['RDSEED', 'ADX', 'AVX512F'],
    ],
    ['skylake-server', 'Intel', 'x86-64-v4', ['CLWB', 'RTM'], ['AVX512_VNNI', 'VAES', 'SHA']],
    [
      'Cascadelake-Server',
      'Intel',
      'x86-64-v4',
      ['AVX512_VNNI', 'RDCL_NO'],
      ['AVX512_BF16', 'SHA'],
    ],
    ['Zen2', 'AMD', 'x86-64-v3', ['SHA', 'CLWB', 'RDPID', 'UMIP'], ['VAES', 'PKU', 'AVX512F']],
    ['ZEN4', 'AMD', 'x86-64-v4', ['VAES', 'AVX512_BF16', 'AUTO_IBRS'], ['AVX512_FP16', 'AMX_TILE']],
    ['SapphireRapids', 'Intel', 'x86-64-v4', ['AMX_TILE', 'AVX512_FP16'], ['AMX_FP16']],
    ['Nehalem', 'Intel', 'x86-64-v2', ['SSE4_2', 'POPCNT'], ['AESNI', 'AVX']],
  ] as const)('%s is what recorded CPUs have in common', (name, vendor, psabi, has, lacks) => {
    const level = namedLevel(name)
    expect(level).toMatchObject({ kind: 'generation', vendor })
    expect(psabiLevel(level.featureset).level).toBe(psabi)
    const names: readonly FeatureName[] = level.featureset.names()
    for (const feature of has) expect(names).toContain(feature)
    for (const feature of lacks) expect(names).not.toContain(feature)
    expect(level.source).toMatch(/recorded CPUs? ha/)
  })

  it('keeps what microcode and firmware decide apart', () => {
    expect(namedLevel('Haswell').varying.names()).toContain('IBRSB')
    expect(namedLevel('Haswell').varying.names()).not.toContain('AVX2')
    expect(namedLevel('Haswell').featureset.has('IBRSB')).toBe(false)
  })

  it('takes one of one’s own, and refuses a name that no level has', () => {
    const own = namedLevel({ name: 'ours', featureset: set('AVX') })
    expect(own).toMatchObject({ name: 'ours', kind: 'custom', vendor: null })
    expect(() => namedLevel('Haswel')).toThrow(
      expect.objectContaining({ code: 'LEVEL_NAME_UNKNOWN' }),
    )
    expect(new Set(namedLevels()).size).toBe(namedLevels().length)
    expect(namedLevels()).toHaveLength(4 + 47)
  })
})

describeRecorded('hosts/index.json', () => {
  const { hosts } = readRecordedJson<{ hosts: { name: string; file: string }[] }>(
    'hosts/index.json',
  )

  it('holds for every recorded CPU of a generation that is no Pentium or Celeron', () => {
    let checked = 0
    const labels = new Map<string, string>([
      ['Haswell-E/EP', 'Haswell-Server'],
      ['Skylake-SP/X', 'Skylake-Server'],
      ['Cascade Lake', 'Cascadelake-Server'],
      ['Zen 2', 'Zen2'],
      ['Zen 4/4c', 'Zen4'],
      ['Sapphire Rapids', 'SapphireRapids'],
    ])
    for (const { file } of hosts) {
      const cpu = readRecordedJson<{
        generation: string
        brand: string
        featureset: string
        hypervisorBit: boolean
        incompleteWords: number[]
        heterogeneousWords: number[]
      }>(`hosts/${file}`)
      const name = labels.get(cpu.generation)
      if (name === undefined || cpu.hypervisorBit || /Pentium|Celeron/.test(cpu.brand)) continue
      const untold = [...cpu.incompleteWords, ...cpu.heterogeneousWords]
      const level = namedLevel(name)
      const missing = level.featureset
        .andNot(Featureset.parse(cpu.featureset))
        .bits()
        // The dumps of 32-bit programs do not show SYSCALL.
        .filter((bit) => !untold.includes(bit >>> 5) && bit !== 2 * 32 + 11)
      expect([file, missing]).toEqual([file, []])
      checked++
    }
    expect(checked).toBeGreaterThan(45)
  })
})

describe('pinLevel', () => {
  const v3 = namedLevel('x86-64-v3').featureset.names()
  const offering = (name: string, ...features: string[]) => {
    const all = set(...features)
    return hostWith(name, [], {
      featuresets: { pvDefault: all, pvMax: all, hvmDefault: all, hvmMax: all },
    })
  }

  it('gives up what a lower level of the psABI does not have, and nothing else', () => {
    const level = levelPool([offering('a', ...v3, 'AESNI', 'IBRSB', 'SMEP', 'VAES', 'AVX_VNNI')])
    const pinned = pinLevel(level, 'x86-64-v2')
    expect(psabiLevel(pinned.hvm.default).level).toBe('x86-64-v2')
    expect(pinned.givenUp.map(({ feature }) => feature).sort()).toEqual(
      [
        'ABM',
        'AVX',
        'AVX2',
        'AVX_VNNI',
        'BMI1',
        'BMI2',
        'F16C',
        'FMA',
        'MOVBE',
        'VAES',
        'XSAVE',
      ].sort(),
    )
    for (const kept of ['AESNI', 'IBRSB', 'SMEP'] as const)
      expect(pinned.hvm.default.has(kept)).toBe(true)
    expect(pinned.hvm.max.equals(level.hvm.max)).toBe(true)
    expect(pinned.notGiven).toEqual([])
    expect(pinned.weights.security).toBe(0)
  })

  it('says what of the target the pool cannot give, and which hosts do not', () => {
    const level = levelPool([
      offering('new', ...v3),
      offering('old', ...v3.filter((name) => !['AVX2', 'FMA'].includes(name))),
    ])
    const pinned = pinLevel(level, 'x86-64-v3')
    expect(pinned.notGiven).toMatchObject([
      { feature: 'AVX2', hosts: ['old'], guests: ['pv', 'hvm'] },
      { feature: 'FMA', hosts: ['old'] },
    ])
    expect(pinned.givenUp).toEqual([])
  })

  it('keeps the mitigations that come with microcode for a generation, unless told otherwise', () => {
    const haswell = namedLevel('Haswell').featureset.names()
    const level = levelPool([offering('new', ...haswell, 'IBRSB', 'STIBP', 'RDSEED', 'HYPERVISOR')])
    const pinned = pinLevel(level, 'haswell')
    expect(pinned.expected).toEqual(['IBRSB', 'STIBP'])
    expect(pinned.givenUp).toMatchObject([{ feature: 'RDSEED', kind: 'beyond' }])
    expect(pinned.hvm.default.has('HYPERVISOR')).toBe(true)
    const strict = pinLevel(level, 'Haswell', { varying: 'none' })
    expect(strict.givenUp.map(({ feature, kind }) => [feature, kind])).toEqual([
      ['IBRSB', 'varies'],
      ['STIBP', 'varies'],
      ['RDSEED', 'beyond'],
    ])
    expect(strict.weights.security).toBe(15)
    expect(pinLevel(level, 'Haswell', { varying: 'all' }).givenUp).toHaveLength(1)
  })

  it('says that the vendor differs, and which words nothing is known of', () => {
    const level = levelPool([offering('a', ...v3)])
    const codes = (target: string) => pinLevel(level, target).findings.map(({ code }) => code)
    expect(codes('Zen2')).toEqual(['target-vendor-differs'])
    expect(codes('Icelake-Server')).toEqual(['target-words-unknown'])
    expect(codes('Haswell')).toEqual([])
  })

  it('gives a pool of the recorded CPUs nothing more than it had, and nothing beyond the target', () => {
    const pools = fc.constantFrom(...recordedPools())
    const target = fc.constantFrom(...namedLevels())
    const varying = fc.constantFrom('mitigations' as const, 'none' as const, 'all' as const)
    fc.assert(
      fc.property(pools, target, varying, ({ featuresets }, name, keep) => {
        const level = levelPool(featuresets.map((text, index) => hostOffering(`h${index}`, text)))
        const pinned = pinLevel(level, name, { varying: keep })
        const { featureset, varying: some, governs } = pinned.target
        const held = pinned.hvm.default
        expect(held.isSubsetOf(level.hvm.default)).toBe(true)
        const over = held.and(governs).andNot(featureset)
        expect(keep === 'none' ? over.isEmpty : over.isSubsetOf(some)).toBe(true)
        expect(featureTable().clearDependents(held).equals(held)).toBe(true)
        const again = pinLevel(levelPool([hostOffering('x', held.toString())]), name, {
          varying: keep,
        })
        expect(again.givenUp).toEqual([])
      }),
      { numRuns: 200 },
    )
  })

  it('lets a host of the target join without taking anything from who runs', () => {
    fc.assert(
      fc.property(fc.constantFrom(...GENERATIONS), anyHost(), ({ name }, make) => {
        const level = levelPool([make('a')], { release: '4.23-dev' })
        const target = namedLevel(name)
        const { hvm } = pinLevel(level, target, { varying: 'none' })
        const governed = hvm.default.and(target.governs)
        expect(governed.isSubsetOf(target.featureset)).toBe(true)
      }),
    )
  })
})
