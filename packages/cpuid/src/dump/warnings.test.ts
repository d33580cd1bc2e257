import { describe, expect, it } from 'vitest'
import type { CpuidLeaf } from '../leaves.js'
import type { DumpCpu } from './types.js'
import { dumpWarnings } from './warnings.js'

const leaf = (number: number, a: number, rest: Partial<CpuidLeaf> = {}): CpuidLeaf => ({
  leaf: number,
  subleaf: 0,
  a,
  b: 0,
  c: 0,
  d: 0,
  ...rest,
})

function find(code: string, ...cpus: readonly Omit<DumpCpu, 'id'>[]) {
  const dump = { cpus: cpus.map((cpu, id) => ({ id, ...cpu })), subleafMarks: true }
  return dumpWarnings(dump).find((warning) => warning.code === code)
}

describe('echoes', () => {
  const echoes = (...leaves: CpuidLeaf[]) => find('echoes', { leaves, msrs: [] })?.message

  it('are data beyond the last leaf of a range', () => {
    expect(echoes(leaf(0, 2), leaf(2, 1), leaf(3, 1))).toBe(
      "Leaf 0x3 holds data beyond the CPU's own limits, where Intel CPUs repeat their last basic leaf: no feature is read there.",
    )
    expect(echoes(leaf(0, 2), leaf(0x8000_0000, 0x8000_0001), leaf(0x8000_0002, 1))).toMatch(
      /^Leaf 0x80000002 holds/,
    )
  })

  it('are all of a range whose first leaf is no limit for it', () => {
    expect(echoes(leaf(0, 2), leaf(0x8000_0000, 1), leaf(0x8000_0001, 1))).toMatch(
      /^Leaf 0x80000000 and 1 more hold/,
    )
  })

  it('are not zeros, nor leaves of a range of which the first leaf is not known', () => {
    expect(echoes(leaf(0, 2), leaf(3, 0), leaf(0x8fff_ffff, 1))).toBeUndefined()
  })

  it('are not the leaves of a hypervisor', () => {
    const hypervisor = [leaf(0x4000_0000, 0), leaf(0x4000_0001, 5)]
    expect(echoes(leaf(0, 2), leaf(1, 0, { c: 0x8000_0000 }), ...hypervisor)).toBeUndefined()
    expect(echoes(leaf(0, 2), leaf(1, 0), ...hypervisor)).toMatch(/^Leaf 0x40000001 holds/)
  })

  it('are found on any CPU, and not where leaves are made of flags', () => {
    const plain = { leaves: [leaf(0, 2)], msrs: [] }
    const echoing = { leaves: [leaf(0, 2), leaf(7, 1)], msrs: [] }
    expect(find('echoes', plain, echoing)).toMatchObject({ severity: 'info' })
    expect(find('echoes', { ...echoing, omits: 'clear-bits' })).toBeUndefined()
  })
})

describe('a suspicious MSR', () => {
  const withMsr = (value: bigint, enumerated = true) => ({
    leaves: [leaf(0, 7), leaf(7, 0, { d: enumerated ? 0x2000_0000 : 0 })],
    msrs: [{ index: 0x10a, flags: 0, value }],
  })

  it('has many bits that no release names', () => {
    expect(find('suspicious-msr', withMsr(0x2bn), withMsr(0x001a_8c7f_a080_036bn))).toEqual({
      code: 'suspicious-msr',
      severity: 'warning',
      message:
        'MSR_ARCH_CAPABILITIES (0x10a) of CPU 1 is 0x001a8c7fa080036b, of which 13 bits have no meaning: it cannot be right. Read the MSR again; until then trust nothing in featureset word 16, 17.',
      words: [16, 17],
    })
    expect(find('suspicious-msr', withMsr(0xffff_ffff_ffff_ffffn))).toBeDefined()
  })

  it('is not one with a few, or one that the CPU does not have', () => {
    expect(find('suspicious-msr', withMsr(0x8000_002bn))).toBeUndefined()
    expect(find('suspicious-msr', withMsr(0x0000_003e_ffff_ffffn))).toBeUndefined()
    expect(find('suspicious-msr', withMsr(0xffff_ffff_ffff_ffffn, false))).toBeUndefined()
  })
})
