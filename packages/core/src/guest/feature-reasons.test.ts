/** Features that go missing: which reason each has, and what it says of the features it needs. */
import { type FeatureName, Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { hostWith } from '../hosts.testing.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { fpuGained, missingFeatures } from './feature-reasons.js'
import { encounter } from './receiver.js'

const met = encounter({ name: 'web-1', kind: 'pv32' }, hostWith('other', []), {})
const set = (...names: FeatureName[]) => Featureset.fromNames(names)

interface Sets {
  readonly seen: Featureset
  readonly coherent?: Featureset
  readonly given?: Featureset
  readonly max?: Featureset
}

const setsOf = ({ seen, coherent = seen, given = set(), max = set() }: Sets) => ({
  seen,
  coherent: () => coherent,
  given,
  max: () => max,
})

const missing = (sets: Sets) => missingFeatures(setsOf(sets), met)

describe('a feature that is missing', () => {
  const lost = (feature: FeatureName, bit: number, why: string) => ({
    code: 'feature-missing',
    grade: 'lost',
    message: `web-1 has seen ${why}.`,
    host: 'other',
    bit,
    feature,
  })

  it('is named with the reason why it is', () => {
    const fma = set('FMA')
    expect(missing({ seen: fma }).reasons).toStrictEqual([
      lost('FMA', 44, 'FMA (1.ecx bit 12), which other cannot offer'),
    ])
    expect(missing({ seen: fma, max: fma }).reasons).toStrictEqual([
      lost('FMA', 44, 'FMA (1.ecx bit 12), which needs XSAVE, AVX, absent on other'),
    ])
    expect(missing({ seen: fma, max: fma, given: set('XSAVE') }).reasons).toStrictEqual([
      lost('FMA', 44, 'FMA (1.ecx bit 12), which needs AVX, absent on other'),
    ])
    expect(missing({ seen: fma, max: fma, given: set('XSAVE', 'AVX') }).reasons).toStrictEqual([
      lost('FMA', 44, 'FMA (1.ecx bit 12), which Xen takes from this PV32 guest on other'),
    ])
  })

  it('is none if it is given', () => {
    expect(missing({ seen: set('FMA'), given: set('FMA', 'AVX') })).toEqual({
      reasons: [],
      uncounted: [],
    })
  })

  it('is a contradiction of the guest where every Xen drops it', () => {
    const told = (seen: Featureset, coherent: Featureset) =>
      missing({ seen, coherent, given: coherent, max: seen }).reasons
    const contradiction = (feature: FeatureName, bit: number, what: string) => ({
      code: 'contradiction',
      grade: 'degraded',
      message: `The policy of web-1 contradicts itself: it has ${what}, which that needs, and Xen drops it.`,
      host: 'other',
      bit,
      feature,
    })
    // Absent altogether, one of two, there but dropped for what it needs itself, and needing nothing but the leaf.
    expect(told(set('FMA'), set())).toStrictEqual([
      contradiction('FMA', 44, 'FMA (1.ecx bit 12) without XSAVE, AVX'),
    ])
    const [, ...dropped] = told(set('FMA', 'AVX', 'AVX2'), set())
    expect([...dropped.map(({ feature }) => feature)]).toEqual(['AVX', 'AVX2'])
    expect(told(set('FMA', 'AVX'), set())[0]).toStrictEqual(
      contradiction('FMA', 44, 'FMA (1.ecx bit 12) without XSAVE'),
    )
    expect(told(set('FMA', 'XSAVE', 'AVX'), set('XSAVE'))[0]).toStrictEqual(
      contradiction('FMA', 44, 'FMA (1.ecx bit 12) without AVX'),
    )
    expect(told(set('XSAVE'), set())).toStrictEqual([
      contradiction('XSAVE', 58, 'XSAVE (1.ecx bit 26) without leaf 0xd'),
    ])
  })

  it('may have no name', () => {
    expect(missing({ seen: Featureset.fromWords([1 << 10]) }).reasons).toStrictEqual([
      {
        code: 'bit-missing',
        grade: 'lost',
        message: 'web-1 has seen the unnamed 1.edx bit 10, which other cannot offer.',
        host: 'other',
        bit: 10,
      },
    ])
  })

  it('is not known to be missing in a word that the snapshot is without', () => {
    const sets = setsOf({ seen: set('RDCL_NO', 'FMA') })
    expect(missingFeatures(sets, { ...met, unknownWords: [16] }).reasons).toMatchObject([
      { code: 'feature-missing', feature: 'FMA' },
      {
        code: 'word-unknown',
        grade: 'lost',
        message:
          'web-1 has seen RDCL_NO (MSR 0x10a.eax bit 0), and the snapshot of other does not say whether it has that: take it again on the host.',
        bit: 512,
        feature: 'RDCL_NO',
      },
    ])
  })
})

describe('a bit that does not count', () => {
  it('is told with its reason, and with its name if it has one', () => {
    const seen = set('HTT').or(Featureset.fromWords([0, 0, 1]))
    expect(missing({ seen })).toStrictEqual({
      reasons: [],
      uncounted: [
        {
          bit: 28,
          feature: 'HTT',
          reason:
            'belong to the topology that the toolstack gives the guest; every max policy has them',
        },
        { bit: 64, reason: 'repeats a bit of leaf 1, where Intel has none' },
      ],
    })
  })

  it('counts where the policies of the host are known and are without it', () => {
    const { empty } = CpuPolicy
    const policies = {
      release: '4.22.0',
      ...{ host: empty, pvMax: empty, pvDefault: empty, hvmMax: empty, hvmDefault: empty },
    }
    const codes = (known: typeof policies | null) =>
      missingFeatures(setsOf({ seen: set('RSBA') }), { ...met, policies: known }).reasons.map(
        ({ code }) => code,
      )
    expect(codes(null)).toEqual([])
    expect(codes(policies)).toEqual(['feature-missing'])
  })
})

describe.each([
  ['FDP_EXCP_ONLY', 166],
  ['NO_FPU_SEL', 173],
] as const)('%s', (name, bit) => {
  const table = featureTable()

  it('says more than expected where it goes', () => {
    expect(table.feature(name)?.bit).toBe(bit)
    expect(missing({ seen: set(name) }).reasons).toStrictEqual([
      {
        code: 'fpu-behaviour',
        grade: 'cosmetic',
        message: `web-1 has run with ${name} and other is without it: x87 state says more than it expects, which does no harm.`,
        host: 'other',
        feature: name,
        bit,
      },
    ])
  })

  it('takes something away where it comes', () => {
    const gained = (seen: Featureset, given: Featureset) => fpuGained(setsOf({ seen, given }), met)
    expect(gained(set(), set(name, 'FMA'))).toStrictEqual([
      {
        code: 'fpu-behaviour',
        grade: 'degraded',
        message: `web-1 has run without ${name} and other has it, so some fields of saved x87 state are no longer written: software that reads them, as emulators of old systems do, fails.`,
        host: 'other',
        feature: name,
        bit,
      },
    ])
    expect(gained(set(name), set(name))).toEqual([])
    expect(gained(set(name), set())).toEqual([])
  })
})
