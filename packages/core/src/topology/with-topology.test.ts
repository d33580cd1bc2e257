/** Topologies built, and told again. */
import { UnknownReleaseError } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GuestKind } from '../guest/kind.js'
import type { CpuPolicy } from '../policy/cpu-policy.js'
import { describeTopology } from './describe.js'
import { TOPOLOGY_REGISTERS } from './registers.js'
import { TopologyError } from './shape.js'
import { amdCpu, intelCpu, without } from './topology.testing.js'
import type { TopologyShape } from './types.js'
import { withTopology } from './with-topology.js'

const hex = (value: number) => `0x${(value >>> 0).toString(16)}`
const leafOf = (policy: CpuPolicy, leaf: number, subleaf?: number) => {
  const { a, b, c, d } = policy.leaf(leaf, subleaf)
  return [a, b, c, d].map(hex).join(' ')
}

describe('leaves of a shape', () => {
  it('are those of Intel', () => {
    const { policy, apicIds } = withTopology(intelCpu(), { sockets: 1, cores: 6, threads: 2 })
    expect(apicIds).toEqual({ core: 1, package: 4 })
    expect(hex(policy.leaf(1).b)).toBe('0xc0800')
    expect(policy.featureset.has('HTT')).toBe(true)
    // Caches of a core for its two IDs, the last one for all sixteen.
    expect([0, 1, 2, 3].map((subleaf) => hex(policy.leaf(4, subleaf).a))).toEqual([
      '0x14004021',
      '0x14004022',
      '0x14004043',
      '0x1403c063',
    ])
    expect(leafOf(policy, 0xb, 0)).toBe('0x1 0x2 0x100 0x0')
    expect(leafOf(policy, 0xb, 1)).toBe('0x4 0xc 0x201 0x0')
  })

  it('are those of AMD', () => {
    const { policy, apicIds } = withTopology(amdCpu(), { sockets: 2, cores: 6, threads: 2 })
    expect(apicIds).toEqual({ core: 1, package: 4 })
    expect(hex(policy.leaf(1).b)).toBe('0xc0800')
    expect(policy.featureset.names()).toEqual(['APIC', 'HTT', 'X2APIC', 'CMP_LEGACY', 'TOPOEXT'])
    expect(hex(policy.leaf(0x8000_0008).c)).toBe('0x400b')
    expect(hex(policy.leaf(0x8000_001d).a)).toBe('0x4021')
    expect(leafOf(policy, 0x8000_001e)).toBe('0x0 0x100 0x0 0x0')
    expect(leafOf(policy, 0xb, 1)).toBe('0x4 0xc 0x201 0x0')
  })

  it('have no HTT for a single processor', () => {
    for (const cpu of [intelCpu(), amdCpu()]) {
      const { policy } = withTopology(cpu, { sockets: 4, cores: 1, threads: 1 })
      expect(policy.featureset.has('HTT')).toBe(false)
      expect(policy.featureset.has('CMP_LEGACY')).toBe(false)
      expect((policy.leaf(1).b >>> 16) & 0xff).toBe(1)
      expect(policy.leaf(0x8000_0008).c & 0xf0ff).toBe(0)
    }
  })

  it('leave a bit for IDs that are twice the vCPU’s number', () => {
    const intel = withTopology(intelCpu(), { sockets: 1, cores: 4, threads: 2 }, { apicIds: 'xen' })
    expect(intel.apicIds).toEqual({ core: 2, package: 4 })
    expect(hex(intel.policy.leaf(1).b)).toBe('0x100800')
    expect(leafOf(intel.policy, 0xb, 0)).toBe('0x2 0x2 0x100 0x0')
    const amd = withTopology(amdCpu(), { sockets: 1, cores: 4, threads: 1 }, { apicIds: 'xen' })
    expect(hex(amd.policy.leaf(0x8000_0008).c)).toBe('0x3003')
    expect(amd.findings).toEqual([])
  })

  it('keep caches with the cores that they are of', () => {
    const before = intelCpu()
    const l2 = before.withRecords([
      { ...before.leaf(4, 2), a: 0x1c00_c043 + (4 << 14), subleaf: 2 },
    ])
    const of = (shape: TopologyShape) => {
      const { policy } = withTopology(l2, shape)
      return describeTopology(policy).caches.map(({ sharedBy }) => sharedBy)
    }
    // The second level was for eight IDs, four cores.
    expect(of({ sockets: 1, cores: 4, threads: 2 })).toEqual([2, 2, 8, 8])
    expect(of({ sockets: 1, cores: 16, threads: 1 })).toEqual([1, 1, 4, 16])
    expect(of({ sockets: 1, cores: 2, threads: 1 })).toEqual([1, 1, 2, 2])
    // A single core's policy tells by the level alone.
    const single = withTopology(l2, { sockets: 1, cores: 1, threads: 1 }).policy
    const again = withTopology(single, { sockets: 1, cores: 8, threads: 2 }).policy
    expect(describeTopology(again).caches.map(({ sharedBy }) => sharedBy)).toEqual([2, 2, 2, 16])
  })

  it('change nothing else, and not what they were given', () => {
    for (const cpu of [intelCpu(), amdCpu()]) {
      const before = cpu.words()
      const { policy } = withTopology(cpu, { sockets: 1, cores: 3, threads: 1 })
      expect(cpu.words()).toEqual(before)
      for (const { leaf, subleaf, a, b, c, d } of policy.toRecords().leaves) {
        const rows = TOPOLOGY_REGISTERS.filter(
          (row) => row.leaf === leaf && row.subleaf === subleaf,
        )
        const own = cpu.leaf(leaf, subleaf ?? undefined)
        ;[a ^ own.a, b ^ own.b, c ^ own.c, d ^ own.d].forEach((changed, at) => {
          const register = ['eax', 'ebx', 'ecx', 'edx'][at]
          const bits = rows
            .filter((row) => row.register === register)
            .reduce((all, row) => all | row.bits, 0)
          expect(hex(changed & ~bits), `${hex(leaf)}.${register}`).toBe('0x0')
        })
      }
    }
  })
})

describe('shapes', () => {
  const shape = fc.record({
    sockets: fc.integer({ min: 1, max: 8 }),
    cores: fc.integer({ min: 1, max: 64 }),
    threads: fc.integer({ min: 1, max: 8 }),
  })
  const scheme = fc.constantFrom('contiguous', 'xen')
  const fits = ({ cores, threads }: TopologyShape, doubled: number) =>
    cores * threads <= 255 &&
    2 ** Math.ceil(Math.log2(cores)) * 2 ** Math.ceil(Math.log2(threads)) * doubled <= 256

  it.each([
    ['Intel', intelCpu()],
    ['Intel without caches', intelCpu({ caches: false })],
    ['AMD', amdCpu()],
    ['AMD without leaf 0xb', amdCpu({ maxLeaf: 7 })],
    ['AMD without TOPOEXT', amdCpu({ features: [] })],
    [
      'Hygon',
      amdCpu().withRecords([
        { ...amdCpu().leaf(0), b: 0x6f67_7948, c: 0x656e_6975, d: 0x6e65_476e },
      ]),
    ],
  ])('are told again: %s', (_, cpu) => {
    fc.assert(
      fc.property(shape, scheme, (wanted, apicIds) => {
        fc.pre(fits(wanted, apicIds === 'xen' ? 2 : 1))
        const { policy, apicIds: shifts } = withTopology(cpu, wanted, { apicIds })
        const told = describeTopology(policy, { apicIds })
        expect(told).toMatchObject({
          cores: wanted.cores,
          threads: wanted.threads,
          threadsPerPackage: wanted.cores * wanted.threads,
          apicIds: shifts,
        })
        expect(told.findings).toEqual([])
      }),
      { numRuns: 400 },
    )
  })

  it('are told again by leaves 1 and 4 alone where threads are a power of two', () => {
    const cpu = intelCpu({ maxLeaf: 0xa })
    for (const apicIds of ['contiguous', 'xen'] as const) {
      for (let cores = 1; cores <= 64; cores++) {
        for (const threads of [1, 2, 4]) {
          const wanted = { sockets: 1, cores, threads }
          if (!fits(wanted, apicIds === 'xen' ? 2 : 1)) continue
          const { policy } = withTopology(cpu, wanted, { apicIds })
          const told = describeTopology(policy, { apicIds })
          expect([told.cores, told.threads, told.findings], JSON.stringify(wanted)).toEqual([
            cores,
            threads,
            [],
          ])
        }
      }
    }
  })

  it.each([
    ['cores 0', intelCpu(), { sockets: 1, cores: 0, threads: 1 }],
    ['cores 1.5', intelCpu(), { sockets: 1, cores: 1.5, threads: 1 }],
    ['cores NaN', intelCpu(), { sockets: 1, cores: Number.NaN, threads: 1 }],
    ['threads -1', intelCpu(), { sockets: 1, cores: 1, threads: -1 }],
    ['sockets Infinity', intelCpu(), { sockets: Number.POSITIVE_INFINITY, cores: 1, threads: 1 }],
    ['cores 65', intelCpu(), { sockets: 1, cores: 65, threads: 1 }],
    ['threads of a package 320', intelCpu(), { sockets: 1, cores: 64, threads: 5 }],
    ['bits of the APIC ID within a package 9', intelCpu(), { sockets: 1, cores: 33, threads: 5 }],
    ['threads of a package 256', amdCpu(), { sockets: 1, cores: 128, threads: 2 }],
    ['highest APIC ID 255', without(intelCpu(), 'X2APIC'), { sockets: 16, cores: 16, threads: 1 }],
    ['highest APIC ID 4294967295', amdCpu(), { sockets: 0x1_0000_0000, cores: 1, threads: 1 }],
  ])('that cannot be are refused: %s', (field, cpu, wanted) => {
    expect(() => withTopology(cpu, wanted)).toThrow(TopologyError)
    expect(() => withTopology(cpu, wanted)).toThrow(
      expect.objectContaining({
        code: 'TOPOLOGY_SHAPE',
        message: expect.stringContaining(`${field};`),
      }),
    )
  })

  it('fill the fields to their ends', () => {
    const largest = withTopology(intelCpu(), { sockets: 1, cores: 64, threads: 4 }).policy
    expect(largest.leaf(1).b >>> 16).toBe(255)
    expect(describeTopology(largest)).toMatchObject({ cores: 64, threads: 4, findings: [] })
    const amd = withTopology(amdCpu(), { sockets: 1, cores: 255, threads: 1 }).policy
    expect(describeTopology(amd)).toMatchObject({ cores: 255, threads: 1, apicIds: { package: 8 } })
    const last = withTopology(without(intelCpu(), 'X2APIC'), { sockets: 255, cores: 1, threads: 1 })
    expect(last.apicIds).toEqual({ core: 0, package: 0 })
  })

  it.each([
    [
      'no cache to tell cores by',
      intelCpu({ caches: false, maxLeaf: 0xa }),
      { sockets: 1, cores: 4, threads: 1 },
    ],
    [
      'threads that leaves 1 and 4 cannot tell',
      intelCpu({ maxLeaf: 0xa }),
      { sockets: 1, cores: 5, threads: 3 },
    ],
    [
      'no leaf for threads',
      amdCpu({ maxLeaf: 7, features: [] }),
      { sockets: 1, cores: 4, threads: 2 },
    ],
  ])('for which leaves are missing are refused: %s', (_, cpu, wanted) => {
    expect(() => withTopology(cpu, wanted)).toThrow(
      expect.objectContaining({
        code: 'TOPOLOGY_LEAVES',
        details: expect.objectContaining({ asked: wanted }),
      }),
    )
  })

  it('are for a release that there is', () => {
    const wanted = { sockets: 1, cores: 1, threads: 1 }
    expect(() => withTopology(intelCpu(), wanted, { release: '3.4' })).toThrow(UnknownReleaseError)
  })
})

describe('vCPUs', () => {
  const misplaced = (
    shape: TopologyShape,
    apicIds: 'contiguous' | 'xen',
    kind: GuestKind = 'hvm',
  ) =>
    withTopology(intelCpu(), shape, { apicIds, kind }).findings.map(
      ({ message }) => message.split(' has ')[0],
    )

  it('are where they should be with powers of two, and Xen’s scheme', () => {
    expect(misplaced({ sockets: 2, cores: 4, threads: 2 }, 'xen')).toEqual([])
    expect(misplaced({ sockets: 1, cores: 6, threads: 2 }, 'xen')).toEqual([])
    expect(misplaced({ sockets: 2, cores: 6, threads: 1 }, 'xen')).toEqual(['vCPU 6'])
    expect(misplaced({ sockets: 1, cores: 4, threads: 3 }, 'xen')).toEqual(['vCPU 3'])
  })

  it('are not with the other', () => {
    expect(misplaced({ sockets: 1, cores: 4, threads: 1 }, 'contiguous')).toEqual(['vCPU 1'])
    expect(misplaced({ sockets: 1, cores: 4, threads: 2 }, 'contiguous')).toEqual(['vCPU 1'])
    expect(misplaced({ sockets: 1, cores: 1, threads: 1 }, 'contiguous')).toEqual([])
    expect(misplaced({ sockets: 1, cores: 4, threads: 2 }, 'contiguous', 'pv')).toEqual([])
  })
})
