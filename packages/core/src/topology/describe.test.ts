/** What policies tell of processors: by hand, and of 356 real CPUs. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded } from '../../../../fixtures/recorded.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { randomPolicy } from '../policy/text.testing.js'
import { recordedCpus } from '../xen/levelling-caps.testing.js'
import { describeTopology } from './describe.js'
import { amdCpu, intelCpu, withLeaf, without } from './topology.testing.js'

const codes = (policy: CpuPolicy) => describeTopology(policy).findings.map(({ code }) => code)

describe('describeTopology', () => {
  it('tells nothing of nothing', () => {
    expect(describeTopology(CpuPolicy.empty)).toEqual({
      vendor: 'Unknown',
      sockets: null,
      cores: 1,
      threads: 1,
      threadsPerPackage: 1,
      counted: 'addressable',
      apicIds: { core: 0, package: 0 },
      caches: [],
      findings: [],
    })
  })

  it('takes what is there from leaf 0xb, and what might be from leaves 1 and 4', () => {
    expect(describeTopology(intelCpu())).toMatchObject({
      vendor: 'Intel',
      cores: 4,
      threads: 2,
      threadsPerPackage: 8,
      counted: 'present',
      apicIds: { core: 1, package: 4 },
      findings: [],
    })
    expect(describeTopology(intelCpu({ maxLeaf: 0xa }))).toMatchObject({
      cores: 8,
      threads: 2,
      threadsPerPackage: 16,
      counted: 'addressable',
      apicIds: { core: 1, package: 4 },
      findings: [],
    })
  })

  it('takes a bit away that no APIC ID of Xen’s uses', () => {
    const told = (policy: CpuPolicy) => describeTopology(policy, { apicIds: 'xen' })
    expect(told(intelCpu({ maxLeaf: 0xa }))).toMatchObject({ cores: 8, threads: 1 })
    const plain = withLeaf(intelCpu({ maxLeaf: 0xa }), { leaf: 1, b: 8 << 16 })
    expect(told(plain)).toMatchObject({ cores: 4, threads: 1 })
    expect(told(intelCpu())).toMatchObject({ cores: 4, threads: 2 })
    expect(told(amdCpu())).toMatchObject({ cores: 8, threads: 2 })
  })

  it('reads caches with size and sharing', () => {
    const kib = (policy: CpuPolicy) =>
      describeTopology(policy).caches.map(
        ({ level, type, sizeBytes, lineBytes, sharedBy, source }) =>
          `L${level} ${type} ${sizeBytes / 1024} KiB, ${lineBytes}, ${sharedBy}, ${source}`,
      )
    expect(kib(intelCpu())).toEqual([
      'L1 data 32 KiB, 64, 2, 4:0',
      'L1 instruction 32 KiB, 64, 2, 4:1',
      'L2 unified 32 KiB, 64, 2, 4:2',
      'L3 unified 32 KiB, 64, 16, 4:3',
    ])
    expect(kib(amdCpu())).toEqual([
      'L1 data 32 KiB, 64, 2, 0x80000005.ecx',
      'L1 instruction 32 KiB, 64, null, 0x80000005.edx',
      'L2 unified 512 KiB, 64, null, 0x80000006.ecx',
      'L3 unified 16384 KiB, 64, null, 0x80000006.edx',
    ])
    expect(kib(amdCpu({ features: [] }))[0]).toBe('L1 data 32 KiB, 64, null, 0x80000005.ecx')
  })

  it('counts on AMD by leaves 0x80000008 and 0x8000001e', () => {
    expect(describeTopology(amdCpu())).toMatchObject({
      vendor: 'AMD',
      cores: 8,
      threads: 2,
      threadsPerPackage: 16,
      counted: 'present',
      apicIds: { core: 1, package: 7 },
      findings: [],
    })
    // Without that feature and leaf 0xb nothing tells threads from cores; without leaf 0x80000008 leaf 1 counts.
    const old = amdCpu({ maxLeaf: 1, features: [] })
    expect(describeTopology(old)).toMatchObject({
      cores: 16,
      threads: 1,
      apicIds: { core: 0, package: 7 },
    })
    const older = amdCpu({ maxLeaf: 1, maxExtendedLeaf: 0x8000_0004 })
    expect(describeTopology(older)).toMatchObject({
      cores: 16,
      threads: 1,
      counted: 'addressable',
      apicIds: { package: 4 },
    })
  })

  it.each([
    ['TOPOLOGY_HTT_CLEAR', without(intelCpu({ maxLeaf: 0xa }), 'HTT')],
    ['TOPOLOGY_LEAF_4_DISAGREES', withLeaf(intelCpu({ maxLeaf: 0xa }), { leaf: 1, b: 4 << 16 })],
    [
      'TOPOLOGY_LEAF_4_DISAGREES',
      withLeaf(intelCpu({ maxLeaf: 0xa }), { leaf: 4, subleaf: 2, a: 0x143 }),
    ],
    ['TOPOLOGY_LEAF_4_DISAGREES', withLeaf(intelCpu(), { leaf: 0xb, subleaf: 0, a: 2 })],
    ['TOPOLOGY_LEAF_1_DISAGREES', withLeaf(intelCpu(), { leaf: 1, b: 32 << 16 })],
    ['TOPOLOGY_TOO_FEW_IDS', withLeaf(intelCpu(), { leaf: 0xb, subleaf: 1, b: 17 })],
    ['TOPOLOGY_UNEVEN', withLeaf(intelCpu(), { leaf: 0xb, subleaf: 1, b: 7 })],
    [
      'TOPOLOGY_CACHE_SHARING',
      withLeaf(intelCpu(), { leaf: 4, subleaf: 3, a: ((7 << 26) | (31 << 14) | 0x63) >>> 0 }),
    ],
    ['TOPOLOGY_HYBRID', intelCpu({ features: ['HYBRID'] })],
    ['TOPOLOGY_LEAF_1_DISAGREES', withLeaf(amdCpu(), { leaf: 1, b: 8 << 16 })],
    ['TOPOLOGY_HTT_CLEAR', without(amdCpu(), 'HTT')],
    ['TOPOLOGY_CMP_LEGACY_CLEAR', without(amdCpu(), 'CMP_LEGACY')],
    ['TOPOLOGY_THREADS_DISAGREE', withLeaf(amdCpu(), { leaf: 0x8000_001e, b: 0 })],
    ['TOPOLOGY_LEAF_B_DISAGREES', withLeaf(amdCpu(), { leaf: 0xb, subleaf: 1, a: 4 })],
  ])('%s', (code, policy) => {
    const findings = describeTopology(policy).findings.filter((finding) => finding.code === code)
    expect(findings).toHaveLength(1)
    const info = ['TOPOLOGY_HYBRID', 'TOPOLOGY_CMP_LEGACY_CLEAR']
    expect(findings[0]?.severity).toBe(info.includes(code) ? 'info' : 'warning')
    expect(codes(policy).every((found) => found.startsWith('TOPOLOGY_'))).toBe(true)
  })

  it('says more than one thing where there is more than one', () => {
    const few = withLeaf(withLeaf(amdCpu(), { leaf: 0x8000_0008, c: 0x300e }), {
      leaf: 1,
      b: 15 << 16,
    })
    expect(codes(few)).toEqual([
      'TOPOLOGY_UNEVEN',
      'TOPOLOGY_TOO_FEW_IDS',
      'TOPOLOGY_LEAF_B_DISAGREES',
    ])
    const many = withLeaf(withLeaf(intelCpu(), { leaf: 1, b: 255 << 16 }), {
      leaf: 0xb,
      subleaf: 1,
      a: 9,
    })
    expect(codes(many)).toEqual(['TOPOLOGY_SATURATED'])
  })

  it('knows that fields can be full', () => {
    // 128 cores of two threads: leaf 1 and leaf 4 hold their largest numbers.
    const full = withLeaf(
      withLeaf(withLeaf(intelCpu(), { leaf: 1, b: 255 << 16 }), {
        leaf: 0xb,
        subleaf: 1,
        a: 8,
        b: 256,
      }),
      { leaf: 4, subleaf: 0, a: 0xfc00_4021 },
    )
    const alike = [1, 2, 3].reduce(
      (policy, subleaf) => withLeaf(policy, { leaf: 4, subleaf, a: 0xfc00_4021 }),
      full,
    )
    expect(codes(alike)).toEqual([])
    expect(describeTopology(alike)).toMatchObject({ cores: 128, threads: 2 })
  })

  it('does not count by a level without processors', () => {
    for (const cpu of [intelCpu(), amdCpu({ features: [] })]) {
      const none = withLeaf(cpu, { leaf: 0xb, subleaf: 0, b: 0 })
      const without = withLeaf(none, { leaf: 0xb, subleaf: 0, b: 0, c: 0 })
      expect(describeTopology(none)).toEqual(describeTopology(without))
    }
  })

  it('answers for any policy, and does not change it', () => {
    const seed = fc.integer({ min: 0, max: 0xffff_ffff })
    fc.assert(
      fc.property(
        seed,
        fc.constantFrom('4.12.4', '4.17.7', '4.23-dev'),
        fc.boolean(),
        (from, release, amd) => {
          const vendor = (amd ? amdCpu() : intelCpu()).leaf(0)
          const policy = randomPolicy(from, release).withRecords([vendor])
          const before = policy.words()
          for (const apicIds of ['contiguous', 'xen'] as const) {
            const told = describeTopology(policy, { apicIds })
            expect(told.cores).toBeGreaterThanOrEqual(1)
            expect(told.threads).toBeGreaterThanOrEqual(1)
            expect(Number.isInteger(told.cores * told.threads)).toBe(true)
            expect(told.cores * told.threads).toBeGreaterThanOrEqual(told.threadsPerPackage)
          }
          expect(policy.words()).toEqual(before)
        },
      ),
      { numRuns: 500 },
    )
  })
})

/** Dumps of several CPUs that are no whole packages: how many there are, of how many that the leaves tell of. */
const PARTS: Readonly<Record<string, string>> = {
  // Leaf 1 tells of 64.
  'il-00607b1-kx7000-05': '8 of 96',
  'il-00a0655-cometlake-pcht-16th': '16 of 20',
  'lc-x86-64-skylake-intel-core-i9-10900k-cpu': '16 of 20',
  'il-00a0671-rocketlake-05': '12 of 16',
  'il-00b06a2-raptorlakep-02': '8 of 16',
  'il-00b06a3-raptorlakep-01': '4 of 12',
  'lc-x86-64-raptor-cove-13th-gen-intel-core-i7-1365u': '4 of 12',
  'lc-x86-64-skylake-intel-pentium-gold-g5400-cpu': '4 of 8',
}

describeRecorded('hosts/index.json', () => {
  const cpus = recordedCpus('4.23-dev').map((cpu) => ({ ...cpu, told: describeTopology(cpu.raw) }))

  it('counts what 356 dumps have', () => {
    const equal = cpus.filter(({ logicalCpus, told }) => logicalCpus === told.threadsPerPackage)
    const packages = cpus.filter(
      ({ logicalCpus, told }) =>
        logicalCpus > told.threadsPerPackage && logicalCpus % told.threadsPerPackage === 0,
    )
    const others = cpus.filter((cpu) => !equal.includes(cpu) && !packages.includes(cpu))
    const alone = others.filter(({ logicalCpus }) => logicalCpus === 1)
    const parts = others.filter(({ logicalCpus }) => logicalCpus > 1)
    const told = (cpu: (typeof cpus)[number]) =>
      `${cpu.logicalCpus} of ${cpu.told.threadsPerPackage}`
    expect(Object.fromEntries(parts.map((cpu) => [cpu.name, told(cpu)]))).toEqual(PARTS)
    expect([cpus.length, equal.length, packages.length, alone.length, parts.length]).toEqual([
      356, 288, 29, 31, 8,
    ])
  })

  it('finds contradictions in two of them alone', () => {
    const wrong = cpus.flatMap(({ name, told }) =>
      told.findings
        .filter(({ severity }) => severity === 'warning')
        .map(({ code }) => [name, code]),
    )
    expect(wrong).toEqual([
      ['il-00607b1-kx7000-05', 'TOPOLOGY_LEAF_1_DISAGREES'],
      ['lc-isaiah-via-nano-processor', 'TOPOLOGY_HTT_CLEAR'],
    ])
  })

  it('reads caches of every one but those that tell of none', () => {
    expect(cpus.filter(({ told }) => told.caches.length === 0).map(({ name }) => name)).toEqual([])
  })
})
