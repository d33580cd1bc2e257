/** Entries of policy records before releases and hosts: each fault with its place, its verdicts and its words. */
import { CpuPolicy, type HostPolicies } from '@xenlevel/core'
import { encodeLeaves, encodeMsrs } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { hostWith } from '../../../core/src/hosts.testing.js'
import { LEAVES, libxcHeaders, ROUND, record } from '../build.testing.js'
import { concat } from '../images.testing.js'
import type { ImageVerifierOptions } from './options.js'
import { hostFaults, releaseFaults, repeatedEntries } from './policy-faults.js'
import { ImageVerifier } from './verifier.js'

const leaf = (number: number, subleaf: number | null = null) => ({
  ...{ leaf: number, subleaf },
  ...{ a: 0, b: 0, c: 0, d: 0 },
})
const msr = (index: number, flags = 0, value = 0n) => ({ index, flags, value })
const entries = (leaves: ReturnType<typeof leaf>[], msrs: ReturnType<typeof msr>[] = []) => ({
  ...{ leaves, msrs, count: leaves.length + msrs.length },
})

const REFUSES = 'Xen refuses these policy records:'
const NOT_KEPT = 'Xen does not keep it.'
const TOO_MANY = 'E2BIG for the records: there are more entries than a policy has.'

describe('what a release refuses', () => {
  // The third sub-leaf of leaf 7 and the leaves from 0x8000001d on came after 4.14.0.
  const newer = entries([leaf(7, 2), leaf(0x50), leaf(1), leaf(0x8000_001e)])
  const both = {
    code: 'POLICY_OUT_OF_RANGE',
    index: 1,
    message: `${REFUSES} ERANGE for leaf 0x50: ${NOT_KEPT}`,
    rejects: ['verify', 'restore'],
  }
  const inOrder = [
    {
      code: 'POLICY_OUT_OF_RANGE',
      index: 0,
      message: `Xen 4.14.0: ${REFUSES} ERANGE for leaf 0x7, sub-leaf 0x2: ${NOT_KEPT}`,
      rejects: ['restore'],
    },
    both,
    {
      code: 'POLICY_OUT_OF_RANGE',
      index: 3,
      message: `Xen 4.14.0: ${REFUSES} ERANGE for leaf 0x8000001e: ${NOT_KEPT}`,
      rejects: ['restore'],
    },
  ]

  it('is that of the newest, and of the receiver where it is known', () => {
    expect(releaseFaults(newer, {})).toEqual([both])
    expect(releaseFaults(newer, { release: '4.22' })).toEqual([both])
    expect(releaseFaults(newer, { release: '4.14.0' })).toEqual(inOrder)
  })

  it('is that of the host that is given', () => {
    const xen = { release: '4.14.0', hvm: true, hap: true }
    expect(releaseFaults(newer, { host: hostWith('h', [], { xen }) })).toEqual(inOrder)
    expect(releaseFaults(newer, { host: hostOf({ release: '4.14.0' }) })).toEqual(inOrder)
    const unknown = hostWith('h', [], { xen: null })
    expect(releaseFaults(newer, { host: unknown })).toEqual([both])
    expect(releaseFaults(newer, { host: hostWith('h', [], { xen }), release: '4.22' })).toEqual([
      both,
    ])
  })

  it('is nothing where all is right, and their number before anything else', () => {
    expect(releaseFaults(entries([leaf(1), leaf(4, 0)], [msr(0xce)]), {})).toEqual([])
    const found = (msrs: ReturnType<typeof msr>[], release: string) =>
      releaseFaults(entries([], msrs), { release }).map(({ code, index, message, rejects }) => [
        ...[code, index, message, rejects.join()],
      ])
    const unknown = `${REFUSES} ERANGE for MSR 0x99: ${NOT_KEPT}`
    expect(found([msr(0x99), msr(0xce), msr(0xce)], '4.22')).toEqual([
      ['POLICY_TOO_MANY', null, `3 entries: ${REFUSES} ${TOO_MANY}`, 'verify,restore'],
      ['POLICY_OUT_OF_RANGE', 0, unknown, 'verify,restore'],
    ])
    expect(found([msr(0x99), msr(0x10a)], '4.14.0')).toEqual([
      ['POLICY_TOO_MANY', null, `Xen 4.14.0: 2 entries: ${REFUSES} ${TOO_MANY}`, 'restore'],
      ['POLICY_OUT_OF_RANGE', 0, unknown, 'verify,restore'],
      [
        'POLICY_OUT_OF_RANGE',
        1,
        `Xen 4.14.0: ${REFUSES} ERANGE for MSR 0x10a: ${NOT_KEPT}`,
        'restore',
      ],
    ])
  })

  it('has a code of its own for MSRs', () => {
    expect(
      releaseFaults(entries([], [msr(0xce, 1), msr(0xce, 0, 1n << 32n)]), {}).map(
        ({ code, index }) => [code, index],
      ),
    ).toEqual([
      ['POLICY_BAD_MSR', 0],
      ['POLICY_BAD_MSR', 1],
    ])
  })
})

it('entries that come more than once are named with their place', () => {
  const twice = entries(
    [leaf(2), leaf(4, 1), leaf(2), leaf(4, 0), leaf(4, 1)],
    [msr(0xce), msr(0x10a), msr(0xce)],
  )
  expect(repeatedEntries(twice)).toEqual(
    (
      [
        ['Leaf 0x2', 2],
        ['Leaf 0x4, sub-leaf 1,', 4],
        ['MSR 0xce', 7],
      ] as const
    ).map(([name, index]) => ({
      code: 'DUPLICATE_LEAF',
      message: `${name} comes more than once; Xen takes the last`,
      index,
      rejects: ['verify'],
    })),
  )
})

/** A host that gives HVM guests {@link LEAVES}, and PV guests more leaves. */
function hostOf({ release = '4.22' } = {}): HostPolicies {
  const hvm = CpuPolicy.fromRecords(LEAVES, [], { release })
  const [first, ...others] = LEAVES
  const pv = CpuPolicy.fromRecords([{ ...leaf(0), ...first, a: 0xd }, ...others], [], { release })
  return {
    ...{ release, raw: pv, host: pv },
    ...{ pvMax: pv, pvDefault: pv, hvmMax: hvm, hvmDefault: hvm },
  }
}

/** {@link LEAVES} with a higher limit, or of another vendor. */
const changed = (changes: Partial<ReturnType<typeof leaf>>) =>
  LEAVES.map((each) => (each.leaf === 0 ? { ...each, ...changes } : each))
const AMD = { b: 0x6874_7541, c: 0x444d_4163, d: 0x6974_6e65 }
const HIGH = 'The guest has seen basic leaves up to 0x5 and the host gives 0x2: Xen refuses it.'
const FAULTING =
  'The guest has seen bits 0x80000000 of MSR 0xce (PLATFORM_INFO: CPUID faulting), which the host cannot give, and Xen refuses it.'

describe('what a host refuses', () => {
  const refused = (release: string, leaves: readonly ReturnType<typeof leaf>[] = LEAVES) =>
    hostFaults({ leaves, msrs: [] }, 'hvm', hostOf({ release }))

  it('is what its Xen audits, a sentence each', () => {
    expect(refused('4.22')).toEqual([])
    expect(refused('4.22', changed({ a: 5 }))).toEqual([HIGH])
    expect(refused('4.22', changed(AMD))).toHaveLength(1)
    // It lets them in, and they fail in silence.
    expect(refused('4.13', changed(AMD))).toEqual([])
  })
})

describe('policy records in an image', () => {
  /** Findings of policies: code, offset, verdicts, message. */
  function found(image: Uint8Array, options: ImageVerifierOptions = {}) {
    const verifier = new ImageVerifier(options)
    verifier.push(image)
    return verifier
      .end()
      .findings.filter(({ code }) => code.startsWith('POLICY') || code === 'DUPLICATE_LEAF')
      .map(({ code, offset, rejects, message }) => [code, offset, rejects.join(), message])
  }
  const HEAD = libxcHeaders().length
  const hvm = (...parts: readonly Uint8Array[]) =>
    concat([libxcHeaders(), ...parts, record(0x10), ROUND, record(0)])
  const cpuid = (...leaves: readonly ReturnType<typeof leaf>[]) =>
    record(0x11, encodeLeaves(leaves))
  const msrs = (...all: readonly ReturnType<typeof msr>[]) => record(0x12, encodeMsrs(all))
  const fault = (number: number) =>
    `${REFUSES} ERANGE for leaf 0x${number.toString(16)}: ${NOT_KEPT}`
  const BOTH = 'verify,restore'

  it('are judged entry by entry, each with its place', () => {
    const first = cpuid(leaf(0), leaf(1), leaf(0x51), leaf(1))
    expect(found(hvm(first, msrs(msr(0xce), msr(0x98))))).toEqual([
      ['POLICY_OUT_OF_RANGE', HEAD + 8 + 2 * 24, BOTH, fault(0x51)],
      [
        'DUPLICATE_LEAF',
        HEAD + 8 + 3 * 24,
        'verify',
        'Leaf 0x1 comes more than once; Xen takes the last',
      ],
      [
        'POLICY_OUT_OF_RANGE',
        HEAD + first.length + 8 + 16,
        BOTH,
        `${REFUSES} ERANGE for MSR 0x98: ${NOT_KEPT}`,
      ],
    ])
  })

  it('that are too many are counted, and the first 512 of them looked at', () => {
    const leaves = Array.from({ length: 600 }, (_, index) => leaf(0x1000 + index))
    const all = found(hvm(cpuid(...leaves)))
    expect(all).toHaveLength(513)
    expect(all[0]).toEqual([
      'POLICY_TOO_MANY',
      HEAD + 8,
      BOTH,
      `600 entries: ${REFUSES} ${TOO_MANY}`,
    ])
    expect(all.at(-1)?.[1]).toBe(HEAD + 8 + 511 * 24)
  })

  it('that are replaced are their producer’s fault, of which 15 are looked at', () => {
    const bad = cpuid(leaf(0x51))
    const all = found(hvm(...Array.from({ length: 20 }, () => bad)))
    expect(all.map(([, offset, rejects]) => [offset, rejects])).toEqual([
      ...Array.from({ length: 15 }, (_, index) => [HEAD + index * bad.length + 8, 'verify']),
      [HEAD + 19 * bad.length + 8, BOTH],
    ])
  })

  it('are not replaced by an empty one', () => {
    expect(found(hvm(cpuid(leaf(0x51)), record(0x11)))).toEqual([
      ['POLICY_OUT_OF_RANGE', HEAD + 8, BOTH, fault(0x51)],
    ])
  })

  it('are never applied where the image ends before its static part does', () => {
    expect(found(concat([libxcHeaders(), cpuid(leaf(0x51))]))).toEqual([
      ['POLICY_OUT_OF_RANGE', HEAD + 8, 'verify', fault(0x51)],
    ])
  })

  it('are held against the host by the kind of guest', () => {
    const host = hostOf()
    const high = cpuid(...changed({ a: 5 }))
    const faulting = msrs(msr(0xce, 0, 0x8000_0000n))
    const refusal = (offset: number, message: string) => [
      ...['POLICY_INCOMPATIBLE', offset, 'restore', message],
    ]
    expect(found(hvm(high), { host })).toEqual([refusal(HEAD, HIGH)])
    expect(found(hvm(high), { host, kind: 'pvh' })).toEqual([refusal(HEAD, HIGH)])
    expect(found(hvm(faulting), { host })).toEqual([refusal(HEAD, FAULTING)])
    expect(found(hvm(faulting, high), { host })).toEqual([
      refusal(HEAD + faulting.length, HIGH),
      refusal(HEAD + faulting.length, FAULTING),
    ])
    expect(found(hvm(), { host })).toEqual([])
    expect(found(hvm(high))).toEqual([])
  })

  it('of a guest of no kind are held against no host', () => {
    const image = hvm(cpuid(...changed({ a: 0x50 })))
    image[24] = 3
    expect(found(image, { host: hostOf() })).toEqual([])
    expect(found(image, { host: hostOf(), kind: 'hvm' })).toHaveLength(1)
  })
})
