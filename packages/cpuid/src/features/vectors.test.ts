/** What Xen's own code answered about features, release by release. */
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import type { CpuRegisters } from '../dump/featureset.js'
import { Featureset } from '../featureset.js'
import { cpuSignature, cpuVendor } from '../signature.js'
import { hexWord, wordsOfBits } from '../words.js'
import { featuresetOfPolicy, policyWithFeatureset } from './registers.js'
import { featureTable } from './tables.js'

const LABELS = [
  ['head', '4.23-dev'],
  ['4.17', '4.17.7'],
] as const

interface PolicyText {
  leaves: string[]
  msrs: string[]
}

function registersOf({ leaves, msrs }: PolicyText): CpuRegisters {
  return {
    leaves: leaves.map((text) => {
      const [leaf = 0, subleaf = 0, a = 0, b = 0, c = 0, d = 0] = text
        .split(':')
        .map((word) => Number.parseInt(word, 16))
      return { leaf, subleaf: subleaf === 0xffff_ffff ? null : subleaf, a, b, c, d }
    }),
    msrs: msrs.map((text) => {
      const [index = '', value = ''] = text.split(':')
      return { index: Number.parseInt(index, 16), flags: 0, value: BigInt(`0x${value}`) }
    }),
  }
}

/** As the vectors compare policies: missing leaves and MSRs are zero. */
function comparable({ leaves, msrs }: CpuRegisters): Record<string, string> {
  const entries = [
    ...leaves.map(({ leaf, subleaf, a, b, c, d }): [string, string] => [
      `${hexWord(leaf)}:${hexWord(subleaf ?? 0xffff_ffff)}`,
      [a, b, c, d].map(hexWord).join(':'),
    ]),
    ...msrs.map(({ index, value }): [string, string] => [
      hexWord(index),
      value.toString(16).padStart(16, '0'),
    ]),
  ]
  return Object.fromEntries(entries.filter(([, text]) => /[1-9a-f]/.test(text)))
}

describe.each(LABELS)('%s', (label, release) => {
  const table = featureTable(release)

  const deepDeps = `policy/vectors/deep-deps-${label}.json`
  describeRecorded(deepDeps, () => {
    const recorded = readRecordedJson<{
      known: string
      closure: Record<string, string>
      cases: { in: string; disable: number[]; out: string; sanitised: string }[]
    }>(deepDeps)

    it('has the same known bits and closures', () => {
      expect(table.mask('known').toString(':')).toBe(recorded.known)
      const all = Featureset.fromWords(table.words.map(() => 0xffff_ffff))
      for (const [bit, closure] of Object.entries(recorded.closure)) {
        const without = all.andNot(Featureset.fromWords(wordsOfBits([Number(bit)])))
        expect(without.andNot(table.clearDependents(without)).toString(':')).toBe(closure)
      }
    })

    it(`clears all ${recorded.cases.length} alike`, () => {
      for (const { in: before, disable, out, sanitised } of recorded.cases) {
        const left = Featureset.parse(before).andNot(Featureset.fromWords(wordsOfBits(disable)))
        expect(table.clearDependents(left).toString(':', table.words.length)).toBe(out)
        expect(
          table.clearDependents(left.and(table.mask('known'))).toString(':', table.words.length),
        ).toBe(sanitised)
      }
      expect(recorded.cases.length).toBeGreaterThan(1000)
    })
  })

  const roundTrip = `policy/vectors/featureset-roundtrip-${label}.json`
  describeRecorded(roundTrip, () => {
    const { cases } = readRecordedJson<{
      cases: { policy: PolicyText; featureset: string; apply: string; result: PolicyText }[]
    }>(roundTrip)

    it.each(cases.map((one, at) => ({ ...one, at })))(
      'case $at',
      ({ policy, featureset, apply, result }) => {
        const registers = registersOf(policy)
        expect(featuresetOfPolicy(registers, table).toString(':')).toBe(featureset)
        const applied = policyWithFeatureset(registers, Featureset.parse(apply), table)
        expect(comparable(applied)).toEqual(comparable(registersOf(result)))
        expect(featuresetOfPolicy(applied, table).toString(':')).toBe(apply)
      },
    )
  })

  const vendors = `policy/vectors/vendor-fms-${label}.json`
  describeRecorded(vendors, () => {
    const { vendor, fms } = readRecordedJson<{
      vendor: { ebx: string; ecx: string; edx: string; vendor: string }[]
      fms: { raw: string; family: number; model: number; stepping: number }[]
    }>(vendors)

    it.each(vendor)(
      'vendor of $ebx $edx $ecx is $vendor',
      ({ ebx, ecx, edx, vendor: expected }) => {
        expect(cpuVendor(Number(ebx), Number(ecx), Number(edx))).toBe(expected)
      },
    )

    it.each(fms)('signature $raw', ({ raw, family, model, stepping }) => {
      expect(cpuSignature(Number(raw))).toEqual({ family, model, stepping })
    })
  })
})
