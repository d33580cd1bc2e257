/** Records before a release that keeps less, and what a guest has seen by those it has. */
import { describe, expect, it } from 'vitest'
import { hostWith } from '../hosts.testing.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { fault } from '../policy/errors.js'
import { basic, EBX, ECX, EDX, extended, POLICY_WORDS } from '../policy/layout.js'
import { mostLeaves } from '../policy/records.js'
import { releaseRules } from '../xen/releases.js'
import { encounter } from './receiver.js'
import { putRecords, recordReason } from './record-reasons.js'
import { seenPolicy } from './seen-policy.js'

const leafOf = (leaf: number, values: Partial<Record<'a' | 'b' | 'c' | 'd', number>> = {}) => ({
  leaf,
  subleaf: null,
  ...{ a: 0, b: 0, c: 0, d: 0 },
  ...values,
})

describe('putRecords', () => {
  const rules = releaseRules('4.22.0')
  const put = (count: number) =>
    putRecords(
      new Uint32Array(POLICY_WORDS),
      // The last of them is one that no Xen keeps.
      { leaves: [...Array(count - 1).fill(leafOf(1)), leafOf(0x1234)], msrs: [] },
      rules,
    )

  it('counts the leaves', () => {
    const most = mostLeaves(rules)
    expect(put(most)).toEqual([fault('ERANGE', { leaf: 0x1234 })])
    expect(put(most + 1)).toEqual([fault('E2BIG'), fault('ERANGE', { leaf: 0x1234 })])
  })

  it('counts the MSRs', () => {
    const msr = { index: 0xce, flags: 0, value: 0n }
    const words = new Uint32Array(POLICY_WORDS)
    const putMsrs = (msrs: (typeof msr)[]) => putRecords(words, { leaves: [], msrs }, rules)
    expect(putMsrs([msr, msr])).toEqual([])
    expect(putMsrs([msr, { ...msr, index: 0x99 }])).toEqual([fault('ERANGE', { msr: 0x99 })])
    expect(putMsrs([msr, msr, msr])).toEqual([fault('E2BIG')])
  })
})

describe('recordReason', () => {
  const met = encounter({ name: 'web-1', kind: 'hvm' }, hostWith('other', []), {})
  const refused = (errno: 'E2BIG' | 'ERANGE', what: string, place: object) => ({
    code: 'record-refused',
    grade: 'refused',
    message: `Xen 4.22.0 on other refuses the policy of web-1: ${errno} for ${what}.`,
    host: 'other',
    errno,
    ...place,
  })

  it('says where, as far as there is a place', () => {
    expect(recordReason(fault('E2BIG'), met)).toStrictEqual(
      refused('E2BIG', 'the records: there are more entries than a policy has', {}),
    )
    expect(recordReason(fault('ERANGE', { leaf: 7, subleaf: 2 }), met)).toStrictEqual(
      refused('ERANGE', 'leaf 0x7, sub-leaf 0x2: Xen does not keep it', { leaf: 7, subleaf: 2 }),
    )
    expect(recordReason(fault('ERANGE', { msr: 0x10a }), met)).toStrictEqual(
      refused('ERANGE', 'MSR 0x10a: Xen does not keep it', { msr: 0x10a }),
    )
  })
})

describe('seenPolicy', () => {
  const kind = 'hvm'

  it('knows whether the records hold everything', () => {
    const { empty } = CpuPolicy
    expect(seenPolicy({ kind }, '4.22.0')).toBeNull()
    expect(seenPolicy({ kind, policy: empty }, '4.22.0')?.complete).toBe(true)
    const records = { leaves: [leafOf(1)], msrs: [] }
    expect(seenPolicy({ kind, policy: empty, records }, '4.22.0')?.complete).toBe(false)
  })

  it('knows no vendor where leaf 0 names none', () => {
    const vendor = (registers: Record<number, number>) => {
      const words = new Uint32Array(POLICY_WORDS)
      for (const [at, value] of Object.entries(registers)) words[Number(at)] = value
      return seenPolicy({ kind, policy: CpuPolicy.fromWords(words, '4.22.0') }, '4.22.0')?.vendor
    }
    const INTEL = { [EBX]: 0x756e_6547, [EDX]: 0x4965_6e69, [ECX]: 0x6c65_746e }
    expect(vendor({})).toBeUndefined()
    expect(vendor({ [basic(1) + EBX]: 1 })).toBeUndefined()
    expect(vendor(INTEL)).toBe('Intel')
    for (const at of [EBX, ECX, EDX]) {
      // One register that says something makes it a vendor, if not one of those that are known.
      expect(vendor({ [at]: 1 })).toBeDefined()
      expect(vendor({ ...INTEL, [at]: 0 })).toBeDefined()
    }
  })

  it("has SVM's leaf with SVM alone", () => {
    const svm = (c: number) => {
      const leaves = [
        leafOf(0x8000_0000, { a: 0x8000_000a }),
        leafOf(0x8000_0001, { a: 0xffff_fffb, c }),
        leafOf(0x8000_000a, { a: 1, b: 8, d: 9 }),
      ]
      const records = { leaves, msrs: [] }
      const seen = seenPolicy({ kind, records }, '4.22.0')
      return seen?.policy.words().slice(extended(0xa), extended(0xb))
    }
    expect(svm(4)).toEqual(Uint32Array.of(1, 8, 0, 9))
    expect(svm(0xffff_fffb)).toEqual(Uint32Array.of(0, 0, 0, 0))
  })
})
