/** Random pools: of recorded hypervisors with something else about each of them, and, with the corpus, of real CPUs. */
import { Featureset, knownReleases } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../../../fixtures/boots.js'
import { describeRecorded } from '../../../../../fixtures/recorded.js'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { basic, EAX, EBX, ECX, extended, feature, xstate } from '../../policy/layout.js'
import { derivePolicies, type VpmuMode } from '../../xen/derive.js'
import { type LevelPoliciesOptions, levelPolicies } from './level-policies.js'
import type { PolicyHost } from './pool.js'
import {
  bootOf,
  type DumpedCpu,
  dumpedCpus,
  dumpOf,
  hostOf,
  type Ingredients,
  KINDS,
  vectorHosts,
} from './pools.testing.js'
import { faultsOf, orderFaults } from './rules.testing.js'

/** Releases of every kind of rule; policies begin with 4.12. */
const RELEASES = knownReleases().filter((release) => !/^4\.([7-9]|1[01])\./.test(release))

/** One register of the raw policy, changed. */
type Tweak = (words: Uint32Array, value: number) => void

const put = (at: number, mask: number, low = 0): Tweak => {
  return (words, value) => {
    words[at] = ((words[at] ?? 0) & ~mask) | ((value << low) & mask)
  }
}

const TWEAKS: readonly Tweak[] = [
  // Stepping and model, family, CLFLUSH size, threads of a package.
  put(basic(1) + EAX, 0xff),
  put(basic(1) + EAX, 0x0ff0_0f00, 8),
  put(basic(1) + EBX, 0x0200, 8),
  put(basic(1) + EBX, 0x00ff_0000, 16),
  // Limits and the width of physical addresses.
  (words, value) => {
    words[basic(0)] = value % 0x10
  },
  put(feature(0) + EAX, 3),
  (words, value) => {
    words[extended(0)] = 0x8000_0000 + (value % 0x24)
  },
  (words, value) => {
    words[extended(8)] = ((words[extended(8)] ?? 0) & ~0xff) | (30 + (value % 23))
  },
  // Offsets and flags of AVX's state and PKRU.
  put(xstate(2) + EBX, 0x40),
  put(xstate(9) + EBX, 0x40),
  put(xstate(9) + ECX, 2),
  // Counters, their events, cache descriptors, the brand.
  put(basic(0xa) + EAX, 0xff),
  put(basic(0xa) + EBX, 0xff),
  put(basic(2) + EBX, 0xff),
  put(extended(2), 0xff),
]

const tweak = fc.tuple(fc.nat(TWEAKS.length - 1), fc.nat(255))
const options: fc.Arbitrary<LevelPoliciesOptions> = fc
  .record({
    kind: fc.constantFrom(...KINDS),
    method: fc.constantFrom('xenserver' as const, 'xenserver' as const, 'intersection' as const),
    release: fc.option(fc.constantFrom(...RELEASES), { nil: undefined, freq: 6 }),
    domain: fc.record(
      {
        hap: fc.boolean(),
        nestedVirt: fc.boolean(),
        hardwareDomain: fc.boolean(),
        maxPhysAddrBits: fc.integer({ min: 30, max: 52 }),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ release, ...rest }) => (release === undefined ? rest : { ...rest, release }))

interface Altered {
  readonly base: number
  readonly release: string | undefined
  readonly tweaks: readonly (readonly [number, number])[]
  readonly set: readonly number[]
  readonly clear: readonly number[]
  readonly facts: Readonly<Record<'hvm' | 'hap' | 'scMsrPv' | 'scMsrHvm' | 'rtmDisabled', boolean>>
  readonly vpmuMode: VpmuMode
  readonly withoutRaw: boolean
}

const bits = fc.array(fc.nat(19 * 32 - 1), { maxLength: 4 })
/** FDP_EXCP_ONLY, NO_FPU_SEL, MD_CLEAR, IBRSB, ARCH_CAPS, EIBRS, RSBA, RRSBA, PKU: what the rules turn on. */
const DECIDING = [166, 173, 298, 314, 317, 513, 514, 531, 195]
const mostly = fc.constantFrom(true, true, true, true, true, true, true, false)

/** Hosts made of some of the recorded ones; FPU behaviour is mostly left as it was, or hardly a pool would have a policy. */
const altered = (bases: readonly number[]): fc.Arbitrary<Altered> =>
  fc.record({
    base: fc.constantFrom(...bases),
    release: fc.option(fc.constantFrom(...RELEASES), { nil: undefined, freq: 2 }),
    tweaks: fc.array(tweak, { maxLength: 2 }),
    set: fc.oneof(bits, fc.subarray(DECIDING.slice(2)), fc.subarray(DECIDING, { maxLength: 2 })),
    clear: bits,
    facts: fc.record({
      hvm: mostly,
      hap: mostly,
      scMsrPv: mostly,
      scMsrHvm: mostly,
      rtmDisabled: fc.boolean(),
    }),
    vpmuMode: fc.constantFrom<VpmuMode>(0, 0, 1, 2, 4),
    withoutRaw: fc.constantFrom(false, false, false, true),
  })

/** A host made of a recorded one. */
function alter(bases: readonly Ingredients[], pool: readonly Altered[]): PolicyHost[] {
  return pool.map((one, index) => {
    const { raw, options: facts } = bases[one.base] ?? {
      raw: CpuPolicy.empty,
      options: { release: '4.17.7' },
    }
    const release = one.release ?? facts.release
    const words = raw.words()
    for (const [which, value] of one.tweaks) TWEAKS[which]?.(words, value)
    const changed = [one.set, one.clear].map((list) =>
      list.reduce((set, bit) => set.or(Featureset.fromBigInt(1n << BigInt(bit))), Featureset.empty),
    )
    const [set = Featureset.empty, clear = Featureset.empty] = changed
    const capability = facts.hostFeatureset ?? raw.featureset
    const made = derivePolicies(CpuPolicy.fromWords(words, release), {
      ...facts,
      ...one.facts,
      release,
      hostFeatureset: capability.or(set).andNot(clear),
      vpmuMode: one.vpmuMode,
    })
    const { raw: _, ...policies } = made
    return { name: `host ${index}`, policies: one.withoutRaw ? policies : made }
  })
}

/** Checks the level of a pool and counts what it came to. */
class Tally {
  readonly counts = new Map<string, number>()

  check(hosts: readonly PolicyHost[], chosen: LevelPoliciesOptions, cut: number): void {
    const level = levelPolicies(hosts, chosen)
    const faults = [...faultsOf(level, hosts, chosen), ...orderFaults(level, hosts, chosen, cut)]
    if (faults.length > 0) expect.unreachable(faults.join('\n'))
    const codes = new Set([
      ...(level.policy === null ? [] : ['policy']),
      ...level.obstacles.map(({ code, feature }) => feature ?? code),
      ...level.losses.map(({ kind }) => kind),
    ])
    for (const code of codes) this.counts.set(code, (this.counts.get(code) ?? 0) + 1)
  }

  /** What came up at least so often. */
  often(times: number): string[] {
    return [...this.counts].flatMap(([code, count]) => (count >= times ? code : [])).sort()
  }
}

const corpus = process.env.XENLEVEL_CORPUS !== undefined

describeRecorded(BOOTS.map(bootFile), () => {
  const bases = BOOTS.map(bootOf)
  const of = (cpu: RegExp) => BOOTS.flatMap((boot, index) => (cpu.test(boot) ? index : []))
  const pool = (cpu: RegExp) => fc.array(altered(of(cpu)), { minLength: 1, maxLength: 5 })
  const pools = fc.oneof(
    { arbitrary: pool(/EPYC/), weight: 3 },
    { arbitrary: pool(/Skylake|Haswell/), weight: 5 },
    { arbitrary: pool(/./), weight: 1 },
  )

  it('levels altered recorded hosts by the rules', { timeout: 120_000 }, () => {
    const tally = new Tally()
    fc.assert(
      fc.property(pools, options, fc.nat(3), (some, chosen, cut) => {
        tally.check(alter(bases, some), chosen, cut)
      }),
      { seed: 4, numRuns: corpus ? 1500 : 300 },
    )
    // Whatever can come of a level came of some.
    expect(tally.often(3)).toEqual([
      'FDP_EXCP_ONLY',
      'NO_FPU_SEL',
      'absent',
      'cache-line-sizes-differ',
      'dependency',
      'host-without-hvm',
      'layout',
      'narrowed',
      'not-carried',
      'out-of-range',
      'policy',
      'records-refused',
      'refused',
      'vendors-differ',
    ])
    expect(tally.counts.get('policy')).toBeGreaterThan(60)
  })
})

describeRecorded(
  ['policy/vectors/system-policies-head.json', 'policy/vectors/system-policies-4.17.json'],
  () => {
    const hosts = [...vectorHosts('head', '4.23-dev'), ...vectorHosts('4.17', '4.17.7')]
    const of = (vendor: RegExp) => hosts.filter(({ name }) => vendor.test(name))
    const pool = (vendor: RegExp) => fc.subarray(of(vendor), { minLength: 1, maxLength: 8 })
    const pools = fc.oneof(
      { arbitrary: pool(/ intel\//), weight: 4 },
      { arbitrary: pool(/ amd\//), weight: 4 },
      { arbitrary: pool(/./), weight: 1 },
    )

    it('levels hosts whose policies Xen made by the rules', { timeout: 120_000 }, () => {
      expect(hosts).toHaveLength(84)
      const tally = new Tally()
      fc.assert(
        fc.property(pools, options, fc.nat(3), (some, chosen, cut) => {
          tally.check(some, chosen, cut)
        }),
        { seed: 4, numRuns: 500 },
      )
      expect(tally.counts.get('policy')).toBeGreaterThan(100)
    })
  },
)

describeRecorded('hosts/index.json', () => {
  const cpus = dumpedCpus()
  const made = new Map<string, PolicyHost>()
  const hostFor = (cpu: DumpedCpu, release: string) => {
    const key = `${cpu.name} ${release}`
    const host = made.get(key) ?? { ...hostOf(dumpOf(cpu, release)), name: key }
    made.set(key, host)
    return host
  }
  const pool = (vendors: readonly string[]) =>
    fc.uniqueArray(
      fc.tuple(
        fc.constantFrom(...cpus.filter(({ vendor }) => vendors.includes(vendor))),
        fc.constantFrom('4.13.5', '4.17.7', '4.18.6', '4.20.3', '4.22.0', '4.22.0', '4.22.0'),
      ),
      { minLength: 1, maxLength: 6, selector: ([{ name }, release]) => `${name} ${release}` },
    )
  const pools = fc.oneof(pool(['intel']), pool(['amd']), pool(['hygon', 'via', 'amd']))

  it('levels dumped CPUs by the rules', { timeout: 120_000 }, () => {
    expect(cpus).toHaveLength(356)
    const tally = new Tally()
    fc.assert(
      fc.property(pools, options, fc.nat(3), (some, chosen, cut) => {
        tally.check(
          some.map(([cpu, release]) => hostFor(cpu, release)),
          chosen,
          cut,
        )
      }),
      { seed: 4, numRuns: 600 },
    )
    expect(tally.counts.get('policy')).toBeGreaterThan(150)
  })
})
