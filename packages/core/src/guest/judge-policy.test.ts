/** Whole policies before a host that was made by hand: what is let through unseen, what contradicts itself, what level is left. */
import { type FeatureName, Featureset } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { CpuPolicy } from '../policy/cpu-policy.js'
import {
  basic,
  EAX,
  EBX,
  ECX,
  EDX,
  extended,
  feature,
  PLATFORM_INFO,
  POLICY_WORDS,
  xstate,
} from '../policy/layout.js'
import { setDomainPolicy } from '../xen/clamp.js'
import { derivePolicies } from '../xen/derive.js'
import { admitGuest } from './admit.js'

const OLD = '4.13.5'
const NEW = '4.22.0'
const FAULTING = 0x8000_0000
const BASE: readonly FeatureName[] = [
  ...(['FPU', 'TSC', 'MSR', 'PAE', 'CX8', 'APIC', 'CMOV', 'MMX', 'FXSR'] as const),
  ...(['SSE', 'SSE2', 'XSAVE', 'LM', 'NX', 'SYSCALL', 'AVX', 'AVX2'] as const),
]

/** What a CPU says that has these features beside the usual ones. */
function cpu(release: string, more: readonly FeatureName[], changes: Record<number, number> = {}) {
  const words = new Uint32Array(POLICY_WORDS)
  words.set([0xd, 0x756e_6547, 0x6c65_746e, 0x4965_6e69], basic(0))
  words[basic(1) + EAX] = 0x306f2
  words[basic(1) + EBX] = 0x800
  words[basic(2) + EAX] = 1
  words[feature(0) + EAX] = 1
  words.set([7, 832, 832, 0], xstate(0))
  words.set([256, 576], xstate(2))
  words[extended(0) + EAX] = 0x8000_0008
  words[extended(8) + EAX] = 0x302e
  words[PLATFORM_INFO] = FAULTING
  const named = CpuPolicy.fromWords(words, '4.23-dev')
    .withFeatureset(Featureset.fromNames([...BASE, ...more]))
    .words()
  for (const [at, value] of Object.entries(changes)) named[Number(at)] = value
  return CpuPolicy.fromWords(named, release)
}

const hostOf = (raw: CpuPolicy, release = raw.release) => derivePolicies(raw, { release })

const admit = (policy: CpuPolicy, host: ReturnType<typeof hostOf>) =>
  admitGuest({ name: 'web-1', kind: 'pv', policy }, host, { hostName: 'other' })

const counted = ({ reasons }: ReturnType<typeof admit>) =>
  reasons.filter(({ grade }) => grade !== 'cosmetic')

describe('a guest at home', () => {
  it.each([OLD, NEW])('has nothing to lose on Xen %s', (release) => {
    const there = cpu(release, ['AVX_VNNI_INT8'])
    expect(admit(hostOf(there).pvDefault, hostOf(there))).toEqual({
      admitted: true,
      reasons: [],
      uncounted: [],
      evidence: 'said',
      judged: 'policy',
      xen: { compatible: true, error: null },
      advice: null,
      levelTo: null,
    })
  })
})

describe('words that the receiving Xen does not know', () => {
  const unguarded = (bit: number, what: string, name?: FeatureName) => ({
    code: 'feature-unguarded',
    grade: 'lost',
    message: `web-1 has seen ${what}, a word that Xen ${OLD} on other does not look at, and the CPU there is without it.`,
    host: 'other',
    bit,
    ...(name === undefined ? {} : { feature: name }),
  })
  const INT8 = unguarded(484, 'AVX_VNNI_INT8 (7:1.edx bit 4)', 'AVX_VNNI_INT8')

  it('reach the guest though the CPU is without them, which is told and levelled', () => {
    const found = admit(cpu(OLD, ['AVX_VNNI_INT8']), hostOf(cpu(OLD, [])))
    expect(found.reasons).toStrictEqual([INT8])
    expect(found.levelTo?.without).toEqual(['AVX_VNNI_INT8'])
    expect(found.levelTo?.policy?.leaf(7, 1).d).toBe(0)
    // By the host policy where nobody says what the CPU has.
    const { raw: _, ...told } = hostOf(cpu(OLD, []))
    expect(admit(cpu(OLD, ['AVX_VNNI_INT8']), told).reasons).toContainEqual(INT8)
  })

  it('are looked at though Xen leaves the policy as it is', () => {
    const there = hostOf(cpu(OLD, []))
    const words = there.pvDefault.words()
    words[feature(1) + EDX] = 1 << 4
    const guest = CpuPolicy.fromWords(words, OLD)
    const given = setDomainPolicy(there.pvDefault, guest.toRecords(), there, { kind: 'pv' })
    expect(given.ok && given.policy.words()).toEqual(words)
    expect(admit(guest, there).reasons).toStrictEqual([INT8])
  })

  it('may have no name', () => {
    const odd = cpu(OLD, [], { [feature(1) + EDX]: 1 << 31 })
    expect(counted(admit(odd, hostOf(cpu(OLD, []))))).toStrictEqual([
      unguarded(511, 'the unnamed 7:1.edx bit 31'),
    ])
  })

  it('keep what the CPU has', () => {
    const there = hostOf(cpu(OLD, ['AVX_VNNI_INT8']))
    expect(counted(admit(cpu(OLD, ['AVX_VNNI_INT8']), there))).toEqual([])
    const more = admit(cpu(OLD, ['AVX_VNNI_INT8', 'RDSEED']), there)
    expect(counted(more).map(({ code, feature }) => [code, feature])).toEqual([
      ['feature-missing', 'RDSEED'],
    ])
    expect(more.levelTo?.without).toEqual(['RDSEED'])
    expect(more.levelTo?.policy?.leaf(7, 1).d).toBe(1 << 4)
  })

  it('are of no use without what they need', () => {
    const without = cpu(OLD, ['AVX_VNNI_INT8'], { [feature(0) + EBX]: 0 })
    expect(
      counted(admit(cpu(OLD, ['AVX_VNNI_INT8']), hostOf(without))).map(({ code, feature }) => [
        code,
        feature,
      ]),
    ).toEqual([
      ['feature-missing', 'AVX2'],
      ['feature-missing', 'AVX_VNNI_INT8'],
    ])
  })

  it('are of no use without what they need, the first of them too', () => {
    // Xen 4.17.1 knows 16 words: ARCH_CAPABILITIES begins behind them, and its feature lies within.
    const guest = cpu('4.17.1', ['ARCH_CAPS', 'RDCL_NO'])
    const found = counted(admit(guest, hostOf(cpu('4.17.1', []))))
    expect(found.map(({ code, feature }) => [code, feature])).toEqual([
      ['feature-missing', 'ARCH_CAPS'],
      ['feature-missing', 'RDCL_NO'],
    ])
  })

  it('are looked at with later knowledge, which does not hold for the words before them', () => {
    // Xen 4.13 does not know yet that CLZERO needs CLFLUSH, and gives it.
    const there = cpu(OLD, ['CLZERO', 'AVX_VNNI_INT8'])
    const found = counted(admit(there, hostOf(cpu(OLD, ['CLZERO']))))
    expect(found.map(({ code, feature }) => [code, feature])).toEqual([
      ['feature-unguarded', 'AVX_VNNI_INT8'],
    ])
  })

  it('are looked at from the first one on', () => {
    const ends = { [extended(0) + EAX]: 0x8000_0021 }
    const guest = cpu('4.16.5', [], { ...ends, [extended(0x21) + ECX]: 1 << 1 })
    const found = admit(guest, hostOf(cpu('4.16.5', [], ends))).reasons
    expect(found.flatMap(({ code, bit }) => (bit === undefined ? [] : [[code, bit]]))).toEqual([
      ['feature-unguarded', 577],
    ])
  })

  it('are none where Xen knows them all', () => {
    const found = admit(cpu(NEW, ['AVX_VNNI_INT8']), hostOf(cpu(NEW, [])))
    expect(found.reasons).toMatchObject([{ code: 'feature-missing', feature: 'AVX_VNNI_INT8' }])
  })
})

describe('the leaf of XSAVE', () => {
  const guest = (leaf: number) =>
    counted(admit(cpu(NEW, [], { [basic(0) + EAX]: leaf }), hostOf(cpu(NEW, [])))).map(
      ({ code, feature }) => [code, feature],
    )

  it('is what the guest contradicts if it has XSAVE without it', () => {
    expect(guest(0xd)).toEqual([])
    expect(guest(0xc)).toEqual([
      ['contradiction', 'XSAVE'],
      ['contradiction', 'AVX'],
      ['contradiction', 'AVX2'],
    ])
  })
})

describe('CPUID faulting', () => {
  const faulting = (value: number) => ({ [PLATFORM_INFO]: value })

  it('stays in the level where the host has it, and goes where it has not', () => {
    const seen = cpu(NEW, ['RDSEED'])
    const level = (value: number) => {
      const { levelTo } = admit(seen, hostOf(cpu(NEW, [], faulting(value))))
      return levelTo?.policy?.msr(0xce)
    }
    expect(level(FAULTING)).toBe(BigInt(FAULTING))
    expect(level(0)).toBe(0n)
  })
})

describe('records that another release writes', () => {
  const refused = (from: string, to: string, changes: Record<number, number> = {}) =>
    admit(cpu(from, [], changes), hostOf(cpu(to, [])))
      .reasons.filter(({ code }) => code === 'record-refused')
      .map(({ errno, leaf, subleaf, msr }) => [errno, leaf ?? msr ?? null, subleaf ?? null])

  it('are taken by those that keep as much', () => {
    for (const [from, to] of [
      [OLD, NEW],
      [NEW, NEW],
      ['4.13.0', '4.13.1'],
    ] as const)
      expect(refused(from, to)).toEqual([])
  })

  it('are refused by those that keep one MSR alone', () => {
    expect(refused(OLD, '4.13.1')).toEqual([
      ['E2BIG', null, null],
      ['ERANGE', 0x10a, null],
    ])
  })

  it('are refused by those that keep fewer leaves', () => {
    // Xen 4.16.0 keeps fewer sub-leaves of leaf 7 alone, Xen 4.15.0 fewer extended leaves than that.
    expect(refused(NEW, '4.16.0', { [feature(0) + EAX]: 2 })).toEqual([['ERANGE', 7, 2]])
    expect(refused('4.16.0', '4.15.0', { [extended(0) + EAX]: 0x8000_001d })).toContainEqual([
      'ERANGE',
      0x8000_001d,
      null,
    ])
    expect(refused(NEW, OLD, { [feature(0) + EAX]: 2 })).toEqual([['ERANGE', 7, 2]])
    expect(refused(NEW, OLD, { [extended(0) + EAX]: 0x8000_001d })).toContainEqual([
      'ERANGE',
      0x8000_001d,
      null,
    ])
  })
})
