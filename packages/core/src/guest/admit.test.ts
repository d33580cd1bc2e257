import { Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { hostWith } from '../hosts.testing.js'
import { levelPool } from '../pool/level.js'
import { compatibilityMask } from '../xen/compatibility-bits.js'
import { admitGuest } from './admit.js'
import type { GuestCpu } from './reasons.js'

const guest = (features: readonly string[], more: Partial<GuestCpu> = {}): GuestCpu => ({
  name: 'web-1',
  kind: 'hvm',
  vendor: 'Intel',
  featureset: Featureset.fromNames(features),
  ...more,
})

describe('admitGuest', () => {
  const host = hostWith('haswell-1', ['FPU', 'FXSR', 'SSE', 'SSE2', 'XSAVE', 'AVX', 'AVX2'])

  it('says yes without a reason', () => {
    expect(admitGuest(guest(['FPU', 'XSAVE', 'AVX']), host)).toEqual({
      admitted: true,
      reasons: [],
      uncounted: [],
      evidence: 'estimated',
      judged: 'featureset',
      xen: null,
      advice: null,
      levelTo: null,
    })
  })

  it('names every missing feature with its register', () => {
    const { admitted, reasons } = admitGuest(
      guest(['AVX2', 'AVX512F', 'ADX', 'RDSEED', 'SHA']),
      host,
    )
    expect(admitted).toBe(false)
    expect(reasons.map(({ feature }) => feature)).toEqual(['AVX512F', 'RDSEED', 'ADX', 'SHA'])
    expect(reasons[0]).toEqual({
      code: 'feature-missing',
      grade: 'lost',
      message: 'web-1 has seen AVX512F (7:0.ebx bit 16), which haswell-1 cannot offer.',
      host: 'haswell-1',
      feature: 'AVX512F',
      bit: 176,
    })
  })

  it('does not count bits that max sets carry for compatibility', () => {
    const carried = [
      'HTT',
      'CMP_LEGACY',
      'X2APIC',
      'ERMS',
      'RTM_ALWAYS_ABORT',
      'RSBA',
      'RRSBA',
      'MD_CLEAR',
      'VMX',
      'SVM',
    ]
    expect(admitGuest(guest(carried), host).reasons).toEqual([])
    expect(
      admitGuest(guest(carried), host)
        .uncounted.map(({ feature }) => feature)
        .sort(),
    ).toEqual([...carried].sort())
    const copies = guest([], { featureset: Featureset.fromWords([0, 0, 0x0183_f3ff]) })
    expect(admitGuest(copies, host).reasons).toEqual([])
    expect(admitGuest(copies, { ...host, cpu: { ...host.cpu, vendor: 'AMD' } }).admitted).toBe(
      false,
    )
  })

  it('judges a bit without a name and words beyond the table', () => {
    const odd = guest([], { featureset: Featureset.fromBigInt((1n << 10n) | (1n << 700n)) })
    expect(
      admitGuest(odd, host).reasons.map(({ code, bit, message }) => [code, bit, message]),
    ).toEqual([
      ['bit-missing', 10, 'web-1 has seen the unnamed 1.edx bit 10, which haswell-1 cannot offer.'],
      [
        'bit-missing',
        700,
        'web-1 has seen the unnamed featureset bit 700, beyond the words of Xen 4.23-dev, which haswell-1 cannot offer.',
      ],
    ])
  })

  it('says when the snapshot cannot tell', () => {
    const blind = hostWith('blind', ['FPU', 'ARCH_CAPS'], { unknownWords: [16, 17] })
    expect(admitGuest(guest(['ARCH_CAPS', 'RDCL_NO']), blind).reasons).toMatchObject([
      { code: 'word-unknown', grade: 'lost', feature: 'RDCL_NO' },
    ])
  })

  it.each([
    ['4.22.0', 'Intel', 'AMD', 'refused'],
    ['4.22.0', 'AMD', 'Intel', 'refused'],
    ['4.23-dev', 'AMD', 'Intel', 'refused'],
    ['4.21.2', 'AMD', 'Intel', 'lost'],
    ['4.17.7', 'AMD', 'Intel', 'lost'],
    ['4.17.7', 'AMD', 'Hygon', 'lost'],
    // The state of its vCPUs holds machine-check capabilities that only Intel hosts take.
    ['4.17.7', 'Intel', 'AMD', 'refused'],
  ] as const)('on Xen %s grades a guest of %s on %s as %s', (release, from, to, grade) => {
    const there = hostWith('there', ['FPU'], { xen: { release, hvm: true, hap: true } })
    const elsewhere = { ...there, cpu: { ...there.cpu, vendor: to } }
    const answer = admitGuest(guest(['FPU'], { vendor: from }), elsewhere)
    expect(answer).toMatchObject({
      admitted: false,
      reasons: [{ code: 'vendor-differs', grade }],
      advice: 'No level helps: choose a host of the same vendor.',
      levelTo: null,
    })
    expect(admitGuest({ kind: 'hvm', featureset: Featureset.empty }, elsewhere).admitted).toBe(true)
  })

  it('lets a guest of another vendor start anew where Xen does not look', () => {
    const there = hostWith('there', ['FPU'], { xen: { release: '4.17.7', hvm: true, hap: true } })
    const elsewhere = { ...there, cpu: { ...there.cpu, vendor: 'AMD' as const } }
    expect(admitGuest(guest(['FPU'], { running: false }), elsewhere).reasons).toMatchObject([
      { code: 'vendor-differs', grade: 'lost' },
    ])
  })

  it('refuses a running guest of which nothing is known, and lets one start', () => {
    expect(admitGuest({ kind: 'hvm' }, host)).toMatchObject({
      admitted: false,
      reasons: [{ code: 'guest-unknown', grade: 'lost' }],
    })
    expect(admitGuest({ kind: 'hvm', running: false }, host)).toMatchObject({
      admitted: true,
      reasons: [],
    })
  })

  it('names the level at which the host takes it', () => {
    const { advice, levelTo } = admitGuest(guest(['FPU', 'XSAVE', 'AVX', 'SHA', 'ERMS']), host)
    expect(levelTo).toMatchObject({ without: ['SHA'], policy: null })
    expect(levelTo?.featureset.names()).toEqual(['FPU', 'XSAVE', 'AVX', 'ERMS'])
    expect(advice).toBe(
      `Start web-1 anew at the level ${levelTo?.featureset}, which leaves out SHA, and haswell-1 takes it.`,
    )
  })

  it('refuses HVM and PVH guests where there is no HVM, and takes PV ones', () => {
    const flat = hostWith('flat', ['FPU'], { xen: { release: '4.17.7', hvm: false, hap: false } })
    for (const kind of ['hvm', 'pvh'] as const) {
      expect(admitGuest(guest(['FPU'], { kind }), flat).reasons).toMatchObject([
        { code: 'host-without-hvm', grade: 'refused' },
      ])
    }
    for (const kind of ['pv', 'pv32'] as const)
      expect(admitGuest(guest(['FPU'], { kind }), flat).admitted).toBe(true)
    const noPv = { release: '4.17.7', pv: false, hvm: true, hap: true }
    expect(
      admitGuest(guest(['FPU'], { kind: 'pv' }), { ...flat, xen: noPv }).reasons,
    ).toMatchObject([{ code: 'host-without-pv' }])
    expect(
      admitGuest(guest(['FPU'], { kind: 'pv32' }), {
        ...flat,
        xen: { ...noPv, pv: true, pv32: false },
      }).reasons,
    ).toMatchObject([{ code: 'host-without-pv32' }])
  })

  it('admits a guest that booted at the level of a pool to every host of it', () => {
    const pool = [
      host,
      hostWith('old', ['FPU', 'XSAVE', 'AVX']),
      hostWith('new', ['FPU', 'XSAVE', 'AVX', 'SMEP']),
    ]
    const level = levelPool(pool)
    for (const there of pool) {
      expect(admitGuest(guest([], { featureset: level.hvm.default }), there).reasons).toEqual([])
      expect(
        admitGuest(guest([], { kind: 'pv', featureset: level.pv.default }), there).reasons,
      ).toEqual([])
    }
  })
})

describeRecorded('levelling/pair-compat.json', () => {
  const pairs = readRecordedJson<
    {
      vm: string
      host: string
      missing: string
      peerMessage: string
      subset: boolean
      vmFeatures: string
      hostFeatures: string
    }[]
  >('levelling/pair-compat.json')

  it.each(pairs)(
    '$vm on $host: what the peer says of it is a part of ours',
    ({ missing, peerMessage }) => {
      const lacking = Featureset.parse(missing)
      const first = lacking.words.findIndex((word) => word !== 0)
      const names = lacking
        .bits()
        .filter((bit) => bit >>> 5 === first)
        .map((bit) => featureTable().feature(bit)?.name ?? `<${first}*32+${bit & 31}>`)
      // The peer names the first word that differs, in a buffer of 128 characters, with a blank before each name.
      expect(names.length === 0 ? 'OK' : names.join(' ').slice(0, 126)).toBe(peerMessage)
    },
  )

  it.each(pairs)('$vm on $host', ({ missing, subset, vmFeatures, hostFeatures }) => {
    const max = Featureset.parse(hostFeatures)
    const there = hostWith('host', [], {
      featuresets: { pvDefault: max, pvMax: max, hvmDefault: max, hvmMax: max },
    })
    const vm = Featureset.parse(vmFeatures)
    expect(vm.isSubsetOf(max)).toBe(subset)
    const { reasons, uncounted } = admitGuest({ kind: 'hvm', featureset: vm }, there)
    const named = [...reasons, ...uncounted].flatMap(({ bit }) => bit ?? [])
    expect(named.sort((a, b) => a - b)).toEqual(Featureset.parse(missing).bits())
    const counted = Featureset.parse(missing).andNot(compatibilityMask('Intel', featureTable()))
    expect(reasons.map(({ bit }) => bit)).toEqual(counted.bits())
    expect(reasons.flatMap(({ feature }) => feature ?? [])).toEqual(counted.names())
  })
})
