/** Drift: nothing between a snapshot and itself, the same in both directions, and a cause for whatever changed. */
import { Featureset, featureTable } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { hostWith } from '../../hosts.testing.js'
import { levelPool } from '../level.js'
import { hostOffering } from '../mobility/mobility.testing.js'
import { compareSnapshots } from './compare-snapshots.js'
import { explained, mirrored, plain } from './mirror.testing.js'
import type { SnapshotDrift } from './types.js'

describe('what a host says before and after', () => {
  const plainFeatures = ['FPU', 'MOVBE', 'LM', 'PAE', 'NX', 'XSAVE', 'AVX', 'AVX2', 'IBRSB']
  const host = hostWith('web', plainFeatures)
  const withRevision = (revision: number | null, more: readonly string[]): HostSnapshot => ({
    ...hostWith('web', [...plainFeatures, ...more]),
    cpu: { ...host.cpu, microcodeRevision: revision },
  })

  it('is nothing where it is the same', () => {
    expect(compareSnapshots(host, host)).toEqual({
      host: 'web',
      same: true,
      facts: [],
      features: [],
      fields: [],
      causes: [],
      guests: [],
      level: null,
      findings: [],
    })
  })

  it('puts what microcode brings down to it, by how much is known', () => {
    const drift = compareSnapshots(
      withRevision(0x1f, ['HLE', 'RTM']),
      withRevision(0x44, ['MD_CLEAR']),
    )
    expect(drift.facts).toMatchObject([{ fact: 'microcodeRevision', before: 0x1f, after: 0x44 }])
    expect(explained(drift)).toEqual([
      ['lost', 'HLE', 'likely microcode', 'possible software'],
      ['lost', 'RTM', 'likely microcode', 'possible software'],
      ['gained', 'MD_CLEAR', 'likely microcode'],
    ])
    expect(drift.features[0]?.message).toBe(
      'web lost HLE in what the CPU says, what PV guests may have, what HVM guests may have: likely, the microcode was 0x1f and is 0x44.',
    )
    expect(drift.causes).toMatchObject([
      { cause: 'microcode', certainty: 'likely', features: ['HLE', 'RTM', 'MD_CLEAR'] },
      { cause: 'software', certainty: 'possible', features: ['HLE', 'RTM'] },
    ])
    const unknown = compareSnapshots(withRevision(null, []), withRevision(0x44, ['MD_CLEAR']))
    expect(explained(unknown)).toEqual([['gained', 'MD_CLEAR', 'possible microcode']])
    const same = compareSnapshots(withRevision(0x44, []), withRevision(0x44, ['MD_CLEAR']))
    expect(explained(same)).toEqual([['gained', 'MD_CLEAR', 'possible unknown']])
  })

  it('names microcode that was updated and changed nothing', () => {
    const drift = compareSnapshots(withRevision(1, []), withRevision(2, []))
    expect(drift.causes).toEqual([
      {
        cause: 'microcode',
        certainty: 'certain',
        evidence: ['the microcode was 0x1 and is 0x2'],
        features: [],
        fields: [],
      },
    ])
  })

  it('knows another CPU, firmware, and another Xen', () => {
    const other = { ...host, cpu: { ...host.cpu, signature: 0x50654 } }
    const replaced = { ...other, featuresets: { raw: Featureset.fromNames(['FPU', 'SHA']) } }
    expect(compareSnapshots(host, replaced).causes[0]).toMatchObject({
      cause: 'cpu-replaced',
      certainty: 'certain',
    })
    const switched = compareSnapshots(withRevision(7, ['AESNI']), withRevision(7, []))
    expect(explained(switched)).toEqual([['lost', 'AESNI', 'likely firmware']])
    const narrower = { ...host, cpu: { ...host.cpu, physAddrBits: 43 } }
    expect(compareSnapshots(host, narrower).facts).toMatchObject([
      { fact: 'physAddrBits', before: 46, after: 43, explanations: [{ cause: 'firmware' }] },
    ])
    const vtOff = { ...host, xen: { release: '4.22.0', hvm: false, hap: false } }
    const off = compareSnapshots(host, vtOff)
    expect(off.facts.map(({ fact, explanations }) => [fact, explanations[0]?.cause])).toEqual([
      ['hvm', 'firmware'],
      ['hap', 'firmware'],
    ])
    expect(off.findings.map(({ code }) => code)).toEqual(['sets-on-one-side'])
    const aged = hostWith('web', [...plainFeatures, 'FSRM'], {
      xen: { release: '4.13.0', hvm: true, hap: true },
    })
    const young = { ...aged, xen: { release: '4.22.0', hvm: true, hap: true } }
    expect(explained(compareSnapshots(aged, young))).toEqual([
      ['gained', 'FSRM', 'certain xen-release'],
    ])
  })

  it('does not take what was not read for lost', () => {
    const partly = { ...host, unknownWords: [5], featuresets: { raw: Featureset.empty } }
    const short = { ...host, featuresets: { raw: Featureset.fromWords([1, 2]) } }
    const long = { ...host, featuresets: { raw: Featureset.fromWords([1, 2, 0, 0, 0, 8]) } }
    const raw = (drift: SnapshotDrift) => drift.features.filter(({ sets }) => sets.includes('raw'))
    expect(raw(compareSnapshots(short, long))).toEqual([])
    expect(compareSnapshots(short, long).findings.map(({ code }) => code)).toEqual(['words-unread'])
    expect(raw(compareSnapshots(long, { ...long, unknownWords: [5] }))).toEqual([])
    expect(raw(compareSnapshots(host, partly))).toEqual([])
  })

  it('puts what neither CPU nor Xen explains down to the command line', () => {
    const said = (name: string, features: readonly string[]) => {
      const { featuresets, ...rest } = hostOffering(name, features)
      return { ...rest, featuresets: { ...featuresets, raw: Featureset.fromNames(['FPU', 'NX']) } }
    }
    const drift = compareSnapshots(said('a', ['FPU', 'NX']), said('a', ['FPU']))
    expect(explained(drift)).toEqual([['lost', 'NX', 'likely command-line']])
    const commandLine = { before: 'x', after: 'x' }
    expect(
      explained(compareSnapshots(said('a', ['FPU', 'NX']), said('a', ['FPU']), { commandLine })),
    ).toEqual([['lost', 'NX', 'possible unknown']])
  })
})

describe('whom it concerns', () => {
  const before = hostOffering('h', ['FPU', 'NX', 'MOVBE'])
  const after = hostOffering('h', ['FPU', 'NX'])
  const guests = [
    { name: 'uses-it', kind: 'pv', featureset: Featureset.fromNames(['FPU', 'MOVBE']) },
    { name: 'does-not', kind: 'pv', featureset: Featureset.fromNames(['FPU']) },
    { name: 'other-kind', kind: 'hvm', featureset: Featureset.fromNames(['FPU']) },
  ] as const

  it('names guests that do not fit any more, and what the next start is without', () => {
    const drift = compareSnapshots(before, after, { guests })
    expect(
      drift.guests.map(({ guest, fits, reasons, nextBoot }) => [
        guest,
        fits,
        reasons.map(({ feature }) => feature),
        nextBoot,
      ]),
    ).toEqual([
      ['uses-it', 'no-longer', ['MOVBE'], { lost: ['MOVBE'], gained: [] }],
      ['does-not', 'as-before', [], { lost: ['MOVBE'], gained: [] }],
    ])
  })

  it('says what the level of the pool loses, which is what the next start gives', () => {
    const pool = [before, hostOffering('other', ['FPU', 'NX', 'MOVBE'])]
    const drift = compareSnapshots(before, after, { guests, pool })
    expect(drift.level).toMatchObject({
      pv: { default: { lost: ['MOVBE'], gained: [] }, max: { lost: ['MOVBE'], gained: [] } },
      hvm: { default: { lost: [], gained: [] } },
      physAddrBits: null,
      release: null,
    })
    const poor = [hostOffering('other', ['FPU'])]
    const none = compareSnapshots(before, after, { guests, pool: poor })
    expect(none.level?.pv.default).toEqual({ lost: [], gained: [] })
    expect(none.guests.map(({ guest }) => guest)).toEqual(['uses-it'])
    const alone = levelPool([after]).pv.default
    expect(compareSnapshots(before, after, { pool: [] }).level?.pv.default.lost).toEqual(
      levelPool([before]).pv.default.andNot(alone).names(),
    )
  })
})

const bits = featureTable().features.map(({ bit }) => bit)
const words = fc
  .subarray(bits, { maxLength: 40 })
  .map((some) => Featureset.fromBigInt(some.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n)))
const anyHost: fc.Arbitrary<HostSnapshot> = fc
  .record({
    raw: fc.option(words),
    said: fc.option(fc.tuple(words, words)),
    release: fc.constantFrom('4.13.5', '4.17.7', '4.20.3', '4.22.0', '9.9', null),
    revision: fc.constantFrom(null, 1, 2),
    brand: fc.constantFrom('one', 'two'),
    signature: fc.constantFrom(0x306f2, 0x50654),
    vendor: fc.constantFrom('Intel' as const, 'AMD' as const),
    hvm: fc.boolean(),
    physAddrBits: fc.constantFrom(46, 48),
    unknownWords: fc.constantFrom<number[]>([], [3], [16, 17]),
    commandLine: fc.constantFrom(undefined, 'no-x', 'cpuid=no-avx'),
    notes: fc.constantFrom<string[]>([], ['A note.']),
  })
  .map(
    ({
      raw,
      said,
      release,
      revision,
      brand,
      signature,
      vendor,
      hvm,
      physAddrBits,
      commandLine,
      ...rest
    }) => ({
      format: 'xenlevel/host-snapshot',
      version: 1,
      name: 'host',
      cpu: { vendor, brand, signature, physAddrBits, microcodeRevision: revision },
      xen:
        release === null
          ? null
          : { release, hvm, hap: hvm, ...(commandLine === undefined ? {} : { commandLine }) },
      featuresets: {
        ...(raw === null ? {} : { raw }),
        ...(said === null ? {} : { pvDefault: said[0].and(said[1]), pvMax: said[1] }),
      },
      ...rest,
    }),
  )

describe('drift of any two snapshots', () => {
  const guests = [
    { name: 'a', kind: 'pv', featureset: Featureset.fromNames(['FPU', 'NX']) },
    { name: 'b', kind: 'hvm', featureset: Featureset.fromNames(['FPU', 'AVX2']) },
  ] as const

  it('is empty from one to itself', () => {
    fc.assert(
      fc.property(anyHost, (host) => {
        const drift = compareSnapshots(host, host, { guests, pool: [] })
        expect([drift.same, drift.features, drift.causes, drift.guests]).toEqual([true, [], [], []])
      }),
      { numRuns: 100 },
    )
  })

  it('is the mirror image of the other direction', () => {
    fc.assert(
      fc.property(anyHost, anyHost, (a, b) => {
        const options = { guests, pool: [hostWith('other', ['FPU', 'NX'])] }
        expect(mirrored(compareSnapshots(b, a, options))).toEqual(
          plain(compareSnapshots(a, b, options)),
        )
      }),
      { numRuns: 100 },
    )
  })

  it('explains every feature', () => {
    fc.assert(
      fc.property(anyHost, anyHost, (a, b) => {
        for (const { explanations, sets } of compareSnapshots(a, b).features)
          expect([explanations.length > 0, sets.length > 0]).toEqual([true, true])
      }),
      { numRuns: 100 },
    )
  })
})
