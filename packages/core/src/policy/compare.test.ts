import { featureTable, knownReleases } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { comparePolicies, type PolicyDifference } from './compare.js'
import { CpuPolicy } from './cpu-policy.js'
import { POLICY_WORDS, REGISTERS, storedLeaves } from './layout.js'
import { policiesOf, randomWords, SYSTEM_POLICIES, type SystemPolicies } from './text.testing.js'

const recordedPolicies = () => policiesOf(readRecordedJson<SystemPolicies>(SYSTEM_POLICIES))
const anyWords = fc.integer({ min: 0, max: 0xffff_ffff }).map(randomWords)

const NEWEST = '4.23-dev'

/** What entries call the place of each word: `leaf:subleaf:register`, `msr:register`. */
const placeNames = new Map<number, string>()
for (const { leaf, subleaf, at } of storedLeaves())
  REGISTERS.forEach((register, index) => {
    placeNames.set(at + index, `${leaf}:${subleaf}:${register}`)
  })
for (const [back, name] of [
  '1073742080:null:eax',
  '1073741824:null:eax',
  '266:edx',
  '266:eax',
  '206:eax',
].entries())
  placeNames.set(POLICY_WORDS - 1 - back, name)

/** The places that an entry is about. */
function placesOf({ leaf, subleaf, msr, register, name }: PolicyDifference): string[] {
  if (msr !== null) return [`${msr}:${register}`]
  if (register !== null) return [`${leaf}:${subleaf}:${register}`]
  if (name.endsWith('.vendor')) return ['ebx', 'ecx', 'edx'].map((each) => `${leaf}:null:${each}`)
  expect([name, leaf]).toEqual(['extd.brand', 0x8000_0002])
  return [2, 3, 4].flatMap((each) => REGISTERS.map((of) => `${0x8000_0000 + each}:null:${of}`))
}

/** Every differing word has an entry, every entry has a differing word, and its values differ. */
function check(a: Uint32Array, b: Uint32Array, release = NEWEST): PolicyDifference[] {
  const [first, second] = [CpuPolicy.fromWords(a, release), CpuPolicy.fromWords(b, release)]
  const found = comparePolicies(first, second)
  if (first.equals(second) !== (found.length === 0)) expect.unreachable('equal, or not')
  const changed = new Set([...placeNames].filter(([at]) => a[at] !== b[at]).map(([, name]) => name))
  const covered = new Set(found.flatMap(placesOf))
  for (const place of changed) if (!covered.has(place)) expect.unreachable(`${place} has no entry`)
  for (const each of found) {
    if (each.a === each.b) expect.unreachable(`${each.name} does not differ`)
    if (!placesOf(each).some((place) => changed.has(place)))
      expect.unreachable(`${each.name} is in no register that differs`)
  }
  return found
}

function policy(leaf: number, subleaf: number | null, registers: readonly number[]): CpuPolicy {
  const [a = 0, b = 0, c = 0, d = 0] = registers
  return CpuPolicy.fromRecords([{ leaf, subleaf, a, b, c, d }])
}

const named = (found: readonly PolicyDifference[]) => found.map(({ name, a, b }) => [name, a, b])

describe('comparePolicies', () => {
  it('finds nothing between a policy and itself', () => {
    fc.assert(
      fc.property(anyWords, (words) => {
        expect(check(words, words.slice())).toEqual([])
      }),
    )
  })

  it('has one entry for each single bit that is stored', { timeout: 60_000 }, () => {
    const known = new Set<string>(featureTable().features.map(({ name }) => name))
    const features = new Set<string>()
    let count = 0
    for (const [at, place] of placeNames) {
      // Limits are 8 bits wide.
      const bits = at >= POLICY_WORDS - 2 ? 8 : 32
      for (let bit = 0; bit < bits; bit++) {
        const words = new Uint32Array(POLICY_WORDS)
        words[at] = (1 << bit) >>> 0
        const found = comparePolicies(CpuPolicy.empty, CpuPolicy.fromWords(words, NEWEST))
        const [entry] = found
        if (entry === undefined || found.length > 1 || !placesOf(entry).includes(place))
          expect.unreachable(`${place} bit ${bit} has ${found.length} entries`)
        if (entry.kind === 'feature' && known.has(entry.name)) features.add(entry.name)
        count++
      }
    }
    expect(features).toEqual(known)
    // Leaves 4, 7, 0xb and 0xd have no place among the basic leaves.
    expect(placeNames.size).toBe(POLICY_WORDS - 4 * 4)
    expect(count).toBe((POLICY_WORDS - 4 * 4 - 2) * 32 + 2 * 8)
  })

  it('covers every register in which two random policies differ, in every release', {
    timeout: 60_000,
  }, () => {
    const release = fc.constantFrom(...knownReleases())
    fc.assert(
      fc.property(anyWords, anyWords, release, (a, b, of) => {
        check(a, b, of)
      }),
      { numRuns: 1000 },
    )
  })

  it('tells the same from the other side', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(anyWords, anyWords, (a, b) => {
        const turned = check(b, a).map((each) => ({ ...each, a: each.b, b: each.a, message: '' }))
        expect(turned).toEqual(check(a, b).map((each) => ({ ...each, message: '' })))
      }),
    )
  })

  it('names features, their registers and the side that has them', () => {
    const found = comparePolicies(policy(7, 0, [0, 1 << 16, 0, 0]), policy(7, 0, [0, 0, 0, 1]))
    expect(found).toEqual([
      {
        kind: 'feature',
        name: 'AVX512F',
        leaf: 7,
        subleaf: 0,
        register: 'ebx',
        msr: null,
        a: 1,
        b: 0,
        message: 'AVX512F (7:0.ebx bit 16) is only in the first policy.',
      },
      {
        kind: 'feature',
        name: '<288>',
        leaf: 7,
        subleaf: 0,
        register: 'edx',
        msr: null,
        a: 0,
        b: 1,
        message: '<288> (7:0.edx bit 0) is only in the second policy.',
      },
    ])
  })

  it('names a bit that only the second release knows, and one that AMD repeats', () => {
    const old = CpuPolicy.fromRecords([], [], { release: '4.12.0' })
    expect(named(comparePolicies(old, policy(7, 1, [1 << 4, 0, 0, 0])))).toEqual([
      ['AVX_VNNI', 0, 1],
    ])
    const repeated = policy(0x8000_0001, null, [0, 0, 0, 1])
    expect(named(comparePolicies(CpuPolicy.empty, repeated))).toEqual([['FPU', 0, 1]])
  })

  it('shows a register whole where no release has features in it', () => {
    const [a, b] = [1, 2].map((value) => {
      const words = policy(7, 1, [value, 0, 0, 0]).words()
      return CpuPolicy.fromWords(words, '4.12.0')
    })
    const found = comparePolicies(a ?? CpuPolicy.empty, b ?? CpuPolicy.empty)
    expect(found).toMatchObject([{ kind: 'register', name: '7:1.eax', a: 1, b: 2 }])
  })

  it('splits the signature, and shows bits that it leaves open', () => {
    const signature = (eax: number) => policy(1, null, [eax, 0, 0, 0])
    const found = (a: number, b: number) => named(comparePolicies(signature(a), signature(b)))
    expect(found(0x0005_0654, 0x0080_0f12)).toEqual([
      ['basic.family', 6, 23],
      ['basic.model', 0x55, 1],
      ['basic.stepping', 4, 2],
    ])
    expect(found(0x0005_0654, 0x0015_0654)).toEqual([['1.eax', 0x0005_0654, 0x0015_0654]])
  })

  it('gives fields in their units', () => {
    const cache = (ways: number) => policy(4, 3, [0x163, ((ways - 1) << 22) >>> 0, 8191, 0])
    const [ways] = comparePolicies(cache(16), cache(12))
    expect(ways).toMatchObject({
      name: 'cache.ways',
      leaf: 4,
      subleaf: 3,
      register: 'ebx',
      a: 16,
      b: 12,
    })
    expect(ways?.message).toBe(
      'cache.ways (cache ways, 4:3.ebx) is 16 in the first policy and 12 in the second.',
    )
    const first = comparePolicies(CpuPolicy.empty, policy(1, null, [0, 0x0110_0800, 0, 0]))
    expect(named(first)).toEqual([
      ['basic.clflush_size', 0, 64],
      ['basic.lppp', 0, 16],
      ['basic.apic_id', 0, 1],
    ])
    const states = comparePolicies(
      policy(13, 0, [7, 0, 832, 0]),
      policy(13, 0, [0x207, 0, 2696, 0]),
    )
    expect(named(states)).toEqual([
      ['xstate.xcr0.PKRU', 0, 1],
      ['xstate.max_size', 832, 2696],
    ])
    const msr = CpuPolicy.fromRecords([], [{ index: 0xce, flags: 0, value: 0x8000_0001n }])
    expect(named(comparePolicies(msr, CpuPolicy.empty))).toEqual([
      ['platform_info.cpuid_faulting', 1, 0],
      ['MSR 0xce', 0x8000_0001, 0],
    ])
  })
})

describeRecorded(SYSTEM_POLICIES, () => {
  it('covers every difference between the policies of a host and between neighbouring hosts', () => {
    let count = 0
    let entries = 0
    const policies = recordedPolicies()
    policies.forEach(({ policy: first }, at) => {
      for (const next of [1, 6]) {
        const second = policies[(at + next) % policies.length]?.policy ?? CpuPolicy.empty
        entries += check(first.words(), second.words()).length
        count++
      }
    })
    expect(count).toBe(2 * policies.length)
    expect(entries).toBeGreaterThan(10_000)
  })

  it('tells vendor and brand as text', () => {
    const raw = recordedPolicies().filter(({ which }) => which === 'raw')
    const first = (vendor: string) => raw.find(({ policy }) => policy.vendor === vendor)?.policy
    const found = comparePolicies(
      first('Intel') ?? CpuPolicy.empty,
      first('AMD') ?? CpuPolicy.empty,
    )
    const of = (name: string) => found.filter((each) => each.name === name)
    expect(named(of('basic.vendor'))).toEqual([['basic.vendor', 'GenuineIntel', 'AuthenticAMD']])
    expect(String(of('extd.brand')[0]?.a)).toMatch(/^Intel/)
    expect(String(of('extd.brand')[0]?.b)).toMatch(/^AMD/)
  })
})
