import { Featureset, XenlevelError } from '@xenlevel/cpuid'
import { describe, expect, it, vi } from 'vitest'
import { CpuPolicy, PolicyRecordError } from './cpu-policy.js'

const leaf = (number: number, a: number) => ({ leaf: number, subleaf: null, a, b: 0, c: 0, d: 0 })

describe('CpuPolicy', () => {
  it.each([-1, 0.5, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses %d as a register instead of cutting it to size',
    (register) => {
      expect(() => CpuPolicy.fromRecords([leaf(1, register)])).toThrow(PolicyRecordError)
      expect(() => CpuPolicy.fromRecords([leaf(1, register)])).toThrow('EOVERFLOW for leaf 0x1')
    },
  )

  it.each([-1n, 1n << 64n])('refuses %d as the value of an MSR', (value) => {
    const msrs = [{ index: 0x10a, flags: 0, value }]
    expect(() => CpuPolicy.fromRecords([], msrs)).toThrow('EOVERFLOW for MSR 0x10a')
  })

  it('takes a release with what a distribution has added to it', () => {
    const leaves = [leaf(1, 0x306f2), { ...leaf(1, 0x306f2), d: 1 }]
    const policy = CpuPolicy.fromRecords(leaves, [], { release: '4.17.7-xcp' })
    expect(policy.featureset.names()).toEqual(['FPU'])
    expect(policy.signature).toEqual({ family: 6, model: 0x3f, stepping: 2 })
  })

  it('shows the limits of the hypervisor leaves as a leaf too', () => {
    const policy = CpuPolicy.fromRecords([leaf(0x4000_0000, 5), leaf(0x4000_0100, 6)])
    expect(policy.hypervisorLimits).toEqual([5, 6])
    expect(policy.leaf(0x4000_0100)).toEqual({ ...leaf(0x4000_0100, 6) })
  })

  it('does not change when what was made from it does', () => {
    const first = CpuPolicy.fromRecords([leaf(0, 0xd)])
    const second = first.withRecords([leaf(0, 7)])
    expect([first.maxLeaf, second.maxLeaf]).toEqual([0xd, 7])
    expect(first.equals(second)).toBe(false)
  })
})

describe('a policy of another copy of this package, as where one process loads its ESM and its CommonJS form', async () => {
  vi.resetModules()
  const { CpuPolicy: OtherPolicy } = await import('./cpu-policy.js')
  const own = CpuPolicy.fromRecords([leaf(0, 0xd), leaf(1, 0x306f2)])
  const other = OtherPolicy.fromRecords([leaf(0, 0xd), leaf(1, 0x306f2)])

  it.each<[string, () => unknown]>([
    ['comparing', () => own.equals(other)],
    ['reading its words', () => CpuPolicy.peek(other)],
    ['reading its features', () => CpuPolicy.featureWords(other)],
    ['telling it from a featureset', () => CpuPolicy.isPolicy(other)],
  ])('is refused by a sentence that says what to do: %s', (_, act) => {
    expect(act).toThrow(XenlevelError)
    expect(act).toThrow(expect.objectContaining({ code: 'POLICY_FOREIGN' }))
    expect(act).toThrow('import the package one way')
  })

  it('can be handed over as records, as the sentence says', () => {
    const { leaves, msrs } = other.toRecords()
    expect(CpuPolicy.fromRecords(leaves, msrs).equals(own)).toBe(true)
  })

  it('is told from a policy of this copy and from a featureset', () => {
    expect(CpuPolicy.isPolicy(own)).toBe(true)
    expect(CpuPolicy.isPolicy(Featureset.empty)).toBe(false)
  })
})
