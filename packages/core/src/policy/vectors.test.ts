/** Policies as records, held against what Xen's own code answered. */
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { xenCompatible } from '../xen/audit.js'
import { CpuPolicy, PolicyRecordError } from './cpu-policy.js'
import {
  LABELS,
  leafOf,
  leafText,
  msrOf,
  msrText,
  policyOf,
  type RecordedPolicy,
} from './recorded.testing.js'

interface Failing {
  rc: string
  errLeaf?: string | null
  errSubleaf?: string | null
  errMsr?: string | null
}

const number = (text: string | null | undefined) =>
  text === null || text === undefined ? null : Number.parseInt(text, 16)

/** What a call answered: the errno and place of its error, or OK, and the policy it leaves. */
function outcome(call: () => CpuPolicy) {
  try {
    return { rc: 'OK', leaf: null, subleaf: null, msr: null, after: call() }
  } catch (error) {
    if (!(error instanceof PolicyRecordError)) throw error
    return {
      rc: error.errno,
      leaf: error.leaf,
      subleaf: error.subleaf,
      msr: error.msr,
      after: error.policy,
    }
  }
}

const expected = ({ rc, errLeaf, errSubleaf, errMsr }: Failing) => ({
  rc,
  leaf: number(errLeaf),
  subleaf: number(errSubleaf),
  msr: number(errMsr),
})

describe.each(LABELS)('%s', (label, release) => {
  const file = (name: string) => `policy/vectors/${name}-${label}.json`

  describeRecorded(file('copy-from-buffer'), () => {
    const { cpuid, msr } = readRecordedJson<{
      cpuid: (Failing & { before: RecordedPolicy; leaves: string[]; after: RecordedPolicy })[]
      msr: (Failing & { before: RecordedPolicy; msrs: string[]; after: RecordedPolicy })[]
    }>(file('copy-from-buffer'))

    it.each(cpuid.map((one, at) => ({ ...one, at })))(
      'leaves, case $at: $rc',
      ({ before, leaves, after, ...failing }) => {
        const { after: left, ...rest } = outcome(() =>
          policyOf(before, release).withRecords(leaves.map(leafOf)),
        )
        expect(rest).toEqual(expected(failing))
        expect(left.equals(policyOf(after, release))).toBe(true)
      },
    )

    it.each(msr.map((one, at) => ({ ...one, at })))(
      'MSRs, case $at: $rc',
      ({ before, msrs, after, ...failing }) => {
        const { after: left, ...rest } = outcome(() =>
          policyOf(before, release).withRecords([], msrs.map(msrOf)),
        )
        expect(rest).toEqual(expected(failing))
        expect(left.equals(policyOf(after, release))).toBe(true)
      },
    )
  })

  describeRecorded(file('copy-to-buffer'), () => {
    const { cases } = readRecordedJson<{
      cases: {
        policy: RecordedPolicy
        nr: number
        leaves: string[]
        msrs: string[]
        short: { capacity: number; rc: string }
        shortMsr: { capacity: number; rc: string }
      }[]
    }>(file('copy-to-buffer'))

    it.each(cases.map((one, at) => ({ ...one, at })))(
      'case $at',
      ({ policy, nr, leaves, msrs, short, shortMsr }) => {
        const ours = policyOf(policy, release)
        const records = ours.toRecords()
        expect(records.leaves.map(leafText)).toEqual(leaves)
        expect(records.leaves).toHaveLength(nr)
        expect(records.msrs.map(msrText)).toEqual(msrs)
        const room = (options: Parameters<CpuPolicy['toRecords']>[0]) =>
          outcome(() => {
            ours.toRecords(options)
            return ours
          }).rc
        expect(room({ maxLeaves: short.capacity })).toBe(short.rc)
        expect(room({ maxMsrs: shortMsr.capacity })).toBe(shortMsr.rc)
        expect(
          CpuPolicy.fromRecords(records.leaves, records.msrs, { release }).toRecords(),
        ).toEqual(records)
      },
    )
  })

  describeRecorded(file('clear-out-of-range'), () => {
    const { cases } = readRecordedJson<{ cases: { in: RecordedPolicy; out: RecordedPolicy }[] }>(
      file('clear-out-of-range'),
    )
    it.each(cases.map((one, at) => ({ ...one, at })))('case $at', ({ in: before, out }) => {
      expect(policyOf(before, release).clearOutOfRange().equals(policyOf(out, release))).toBe(true)
    })
  })

  describeRecorded(file('compatible'), () => {
    const { cases } = readRecordedJson<{
      cases: {
        host: RecordedPolicy
        guest: RecordedPolicy
        rc: string
        leaf: string | null
        subleaf: string | null
        msr: string | null
      }[]
    }>(file('compatible'))
    it.each(cases.map((one, at) => ({ ...one, at })))(
      'case $at: $rc',
      ({ host, guest, rc, leaf, subleaf, msr }) => {
        const { compatible, error } = xenCompatible(
          policyOf(host, release),
          policyOf(guest, release),
        )
        expect(compatible).toBe(rc === 'OK')
        expect(error).toEqual(
          rc === 'OK'
            ? null
            : { errno: rc, leaf: number(leaf), subleaf: number(subleaf), msr: number(msr) },
        )
      },
    )
  })

  describeRecorded(file('native'), () => {
    const native = readRecordedJson<{
      vendor: string
      leaves: string[]
      msrs: string[]
      featureset: string
    }>(file('native'))
    it('is read and written as that machine’s Xen does', () => {
      const policy = CpuPolicy.fromRecords(native.leaves.map(leafOf), native.msrs.map(msrOf), {
        release,
      })
      expect(policy.vendor).toBe(native.vendor)
      expect(policy.featureset.toString(':')).toBe(native.featureset)
      expect(policy.toRecords().leaves.map(leafText)).toEqual(native.leaves)
      expect(policy.toRecords().msrs.map(msrText)).toEqual(native.msrs)
    })
  })
})
