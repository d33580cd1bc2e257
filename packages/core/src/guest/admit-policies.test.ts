/** Admission over whole policies: what it promises, on recorded hosts. */

import { Featureset, featureTable } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded } from '../../../../fixtures/recorded.js'
import { formatHostSnapshot, type HostSnapshot, parseHostSnapshot } from '../documents/snapshot.js'
import { hostWith } from '../hosts.testing.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { clampPolicy, initDomainPolicy } from '../xen/clamp.js'
import type { HostPolicies } from '../xen/derive.js'
import { admitGuest } from './admit.js'
import type { GuestKind } from './kind.js'
import { recordedHost } from './recorded.testing.js'

const BOOTS = [
  '4.13.5-EPYC',
  '4.13.5-Skylake-Server',
  '4.15.7-EPYC',
  '4.17-debian-EPYC',
  '4.17-debian-Haswell',
  '4.17-debian-Skylake-Server',
  '4.18.6-Skylake-Server',
  '4.20.3-EPYC',
  '4.22.0-EPYC',
  '4.22.0-Skylake-Server',
]

describeRecorded(
  BOOTS.map((boot) => `xen/hosts/${boot}.json`),
  () => {
    const hosts = BOOTS.map((boot) => ({ boot, host: recordedHost(boot) }))
    const host = (boot: string) => recordedHost(boot)

    it.each(hosts)('$boot takes the policies that it gives by default', ({ host }) => {
      for (const kind of ['pv', 'pv32', 'hvm', 'pvh'] as const) {
        const { policy } = initDomainPolicy(host, { kind })
        const answer = admitGuest({ kind, policy }, host)
        const runs = kind.startsWith('pv') && kind !== 'pvh' ? true : host.hvmMax.maxLeaf > 0
        expect([
          answer.admitted,
          answer.reasons.filter(({ grade }) => grade !== 'refused'),
        ]).toEqual([runs, []])
      }
    })

    it('says what would make it yes, and that is true', () => {
      const table = featureTable()
      fc.assert(
        fc.property(
          fc.constantFrom(...hosts),
          fc.constantFrom(...hosts),
          fc.constantFrom<GuestKind>('pv', 'pv32', 'hvm', 'pvh'),
          fc.uniqueArray(fc.constantFrom(...table.features.map(({ bit }) => bit)), {
            maxLength: 40,
          }),
          fc.boolean(),
          (from, to, kind, bits, max) => {
            const hvm = kind === 'hvm' || kind === 'pvh'
            const base = hvm
              ? from.host[max ? 'hvmMax' : 'hvmDefault']
              : from.host[max ? 'pvMax' : 'pvDefault']
            const more = Featureset.fromBigInt(
              bits.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n),
            )
            const policy = base.withFeatureset(base.featureset.xor(more))
            const { admitted, reasons, levelTo, advice, xen } = admitGuest(
              { kind, policy },
              to.host,
            )
            expect(admitted).toBe(
              !reasons.some(({ grade }) => grade === 'refused' || grade === 'lost'),
            )
            expect(advice === null).toBe(admitted)
            if (levelTo === null) return
            const again = admitGuest(
              { kind, policy: levelTo.policy ?? CpuPolicy.empty, running: false },
              to.host,
            )
            expect(again.reasons.filter(({ grade }) => grade !== 'cosmetic')).toEqual([])
            expect(
              levelTo.featureset
                .andNot(policy.featureset)
                .names()
                .filter((name) => !['FDP_EXCP_ONLY', 'NO_FPU_SEL'].includes(name)),
            ).toEqual([])
            expect(xen).not.toBeNull()
          },
        ),
        { numRuns: 300 },
      )
    })

    it('names every bit that the clamp takes, and no other', () => {
      fc.assert(
        fc.property(
          fc.constantFrom(...hosts),
          fc.constantFrom(...hosts),
          fc.bigInt({ min: 0n, max: 2n ** 608n - 1n }),
          (from, to, bits) => {
            const policy = from.host.pvMax.withFeatureset(Featureset.fromBigInt(bits))
            const given = clampPolicy(policy, to.host, { kind: 'pv' }).policy
            const table = featureTable()
            const { reasons, uncounted } = admitGuest({ kind: 'pv', policy }, to.host)
            const own = (made: CpuPolicy) =>
              CpuPolicy.fromWords(made.words(), table.release).featureset
            const said = [
              ...reasons.filter(({ code }) => code !== 'feature-unguarded'),
              ...uncounted,
            ]
              .flatMap(({ bit }) => bit ?? [])
              .sort((a, b) => a - b)
            const known = featureTable(to.host.release).words.length * 32
            const gone = own(policy.clearOutOfRange()).andNot(own(given)).bits()
            const gained = reasons.filter(
              ({ code, grade }) => code === 'fpu-behaviour' && grade === 'degraded',
            )
            const lost = said.filter((bit) => !gained.some((reason) => reason.bit === bit))
            expect(lost.filter((bit) => bit < known)).toEqual(gone.filter((bit) => bit < known))
          },
        ),
        { numRuns: 200 },
      )
    })

    it('lists every fault of an audit of which Xen tells the first', () => {
      const there = host('4.17-debian-Haswell')
      const guest = there.pvDefault
      const words = guest.words()
      words[0] = 0x20
      const odd = CpuPolicy.fromWords(words, '4.23-dev').withRecords(
        [
          { leaf: 7, subleaf: 0, a: 2, b: 0, c: 0, d: 0 },
          { leaf: 0x8000_0000, subleaf: null, a: 0x8000_0021, b: 0, c: 0, d: 0 },
        ],
        [{ index: 0xce, flags: 0, value: 0x8000_0000n }],
      )
      const { reasons, xen } = admitGuest({ kind: 'pv', policy: odd, name: 'odd' }, there, {
        hostName: 'haswell-1',
      })
      expect(xen?.error).toEqual({ errno: 'EINVAL', leaf: 0, subleaf: null, msr: null })
      expect(
        reasons
          .filter(({ grade }) => grade === 'refused')
          .map(({ code, message }) => [code, message]),
      ).toEqual([
        [
          'leaf-limit',
          'odd has seen basic leaves up to 0x20 and haswell-1 gives 0xd: Xen refuses it.',
        ],
        [
          'leaf-limit',
          'odd has seen extended leaves up to 0x80000021 and haswell-1 gives 0x80000008: Xen refuses it.',
        ],
        [
          'msr-bits',
          'odd has seen bits 0x80000000 of MSR 0xce (PLATFORM_INFO: CPUID faulting), which haswell-1 cannot give, and Xen refuses it.',
        ],
      ])
    })

    it('names records that an older Xen does not keep', () => {
      const there = host('4.13.5-EPYC')
      const { reasons, admitted } = admitGuest(
        { kind: 'pv', policy: host('4.22.0-EPYC').pvMax },
        there,
      )
      expect(admitted).toBe(false)
      const refused = reasons.filter(({ code }) => code === 'record-refused')
      expect(refused.map(({ errno, leaf, subleaf, msr }) => [errno, leaf, subleaf, msr])).toEqual([
        ['ERANGE', 7, 2, undefined],
        ...[0x1d, 0x1e, 0x1f, 0x20, 0x21].map((leaf) => [
          'ERANGE',
          0x8000_0000 + leaf,
          null,
          undefined,
        ]),
      ])
    })

    it('judges address width by where the memory ends', () => {
      const there = host('4.22.0-EPYC')
      const wide = there.hvmDefault.withRecords([
        { ...there.hvmDefault.leaf(0x8000_0008), a: 0x3034 },
      ])
      const grade = (memoryEnd?: bigint) =>
        admitGuest(
          { kind: 'hvm', policy: wide, ...(memoryEnd === undefined ? {} : { memoryEnd }) },
          there,
        ).reasons.map((reason) => [reason.code, reason.grade, reason.seen, reason.given])
      expect(grade()).toEqual([['address-width', 'degraded', 52, 40]])
      expect(grade(1n << 32n)).toEqual([['address-width', 'degraded', 52, 40]])
      expect(grade(1n << 40n)).toEqual([['address-width', 'degraded', 52, 40]])
      expect(grade((1n << 40n) + 1n)).toEqual([['address-width', 'lost', 52, 40]])
    })

    it('sees components that are elsewhere in the XSAVE area, and those that are not there', () => {
      const there = host('4.22.0-EPYC')
      const moved: HostPolicies = {
        ...there,
        raw: (there.raw ?? there.host).withRecords([
          { ...(there.raw ?? there.host).leaf(0xd, 2), subleaf: 2, a: 0x100, b: 0x340 },
        ]),
      }
      const answer = admitGuest({ kind: 'hvm', policy: there.hvmDefault, name: 'web-1' }, moved, {
        hostName: 'other',
      })
      expect(answer.reasons).toMatchObject([
        { code: 'xstate-layout', grade: 'lost', leaf: 0xd, subleaf: 2 },
      ])
      expect(answer.reasons[0]?.message).toBe(
        'web-1 keeps xstate component 2 (the upper halves of the YMM registers) as 256 bytes at 576 of its XSAVE areas and other as 256 bytes at 832: areas of the guest that hold it are read wrongly.',
      )
      const without = Featureset.fromNames(['AVX'])
      const noAvx = {
        ...there,
        hvmMax: there.hvmMax.withFeatureset(
          featureTable('4.22').clearDependents(there.hvmMax.featureset.andNot(without)),
        ),
      }
      const codes = (running: boolean) =>
        admitGuest({ kind: 'hvm', policy: there.hvmDefault, running }, noAvx)
          .reasons.filter(({ code }) => code === 'xstate-missing')
          .map(({ grade, subleaf }) => [grade, subleaf])
      expect(codes(true)).toEqual([['refused', 2]])
      expect(codes(false)).toEqual([['lost', 2]])
    })

    it('judges by the policies of a snapshot, written and read', () => {
      const there = host('4.17-debian-Haswell')
      const { release, raw, host: own, pvMax, pvDefault } = there
      const snapshot: HostSnapshot = hostWith('haswell-1', [], {
        xen: { release, hvm: false, hap: false },
        featuresets: {},
        policies: { ...(raw === undefined ? {} : { raw }), host: own, pvMax, pvDefault },
      })
      const read = parseHostSnapshot(formatHostSnapshot(snapshot))
      const skylake = host('4.17-debian-Skylake-Server').pvDefault
      const answer = admitGuest({ kind: 'pv', policy: skylake, name: 'web-1' }, read)
      expect(answer).toMatchObject({ admitted: false, judged: 'policy', evidence: 'said' })
      expect(answer.reasons.map(({ message }) => message)).toEqual([
        'web-1 has seen XGETBV1 (0xd:1.eax bit 2), which haswell-1 cannot offer.',
        'web-1 has seen ADX (7:0.ebx bit 19), which haswell-1 cannot offer.',
        'web-1 has seen CLFLUSHOPT (7:0.ebx bit 23), which haswell-1 cannot offer.',
      ])
      expect(answer.levelTo?.without).toEqual(['XGETBV1', 'ADX', 'CLFLUSHOPT'])
      expect(admitGuest({ kind: 'hvm', policy: skylake }, read).reasons).toMatchObject([
        { code: 'host-without-hvm' },
      ])
      const derived: HostSnapshot = {
        ...read,
        policies: { ...(raw === undefined ? {} : { raw }) },
        featuresets: { host: own.featureset },
      }
      expect(admitGuest({ kind: 'pv', policy: skylake, name: 'web-1' }, derived)).toMatchObject({
        judged: 'policy',
        evidence: 'estimated',
        reasons: answer.reasons,
      })
    })
  },
)

describe('a guest told by its records', () => {
  it('is judged without the policies of the host as far as that goes', () => {
    const there = hostWith('old', ['FPU'], { xen: { release: '4.13.5', hvm: true, hap: true } })
    const { reasons, judged } = admitGuest(
      {
        kind: 'hvm',
        records: {
          leaves: [
            { leaf: 0, subleaf: null, a: 0xd, b: 0x756e_6547, c: 0x6c65_746e, d: 0x4965_6e69 },
            { leaf: 1, subleaf: null, a: 0, b: 0, c: 0, d: 3 },
            { leaf: 7, subleaf: 2, a: 0, b: 0, c: 0, d: 0 },
            { leaf: 0x1234, subleaf: null, a: 0, b: 0, c: 0, d: 0 },
          ],
          msrs: [{ index: 0x99, flags: 0, value: 0n }],
        },
      },
      there,
    )
    expect(judged).toBe('featureset')
    expect(reasons.map(({ code, feature, leaf, msr }) => [code, feature ?? leaf ?? msr])).toEqual([
      ['record-refused', 7],
      ['record-refused', 0x1234],
      ['record-refused', 0x99],
      ['feature-missing', 'VME'],
    ])
  })
})
