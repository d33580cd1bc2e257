/** Levels of hosts that were recorded: alone, what Xen gives a new domain there; together, in the pools that peers were asked about. */
import { describe, expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../../../fixtures/boots.js'
import { describeRecorded, readRecordedJson } from '../../../../../fixtures/recorded.js'
import type { GuestKind } from '../../guest/kind.js'
import { comparePolicies } from '../../policy/compare.js'
import { initDomainPolicy } from '../../xen/clamp.js'
import { levelPolicies } from './level-policies.js'
import type { PolicyHost } from './pool.js'
import {
  bootOf,
  copied,
  dumpedCpus,
  dumpOf,
  hostOf,
  KINDS,
  seen,
  vectorHosts,
} from './pools.testing.js'
import { faultsOf } from './rules.testing.js'

/** Where the level of one host is not what a new domain gets there, for all kinds of guest. */
function differences(hosts: readonly PolicyHost[]): { compared: number; places: string[] } {
  let compared = 0
  const places = new Set<string>()
  for (const host of hosts) {
    for (const kind of KINDS) {
      const { nearest, hosts: counting, losses } = levelPolicies([host], { kind })
      if (counting.length === 0) continue
      compared++
      expect(losses).toEqual([])
      const own = seen(initDomainPolicy(host.policies, { kind }).policy, host.policies.release)
      for (const { leaf, subleaf, msr, register } of comparePolicies(own, nearest))
        places.add(msr === null ? `${leaf}:${subleaf}.${register}` : `MSR ${msr.toString(16)}`)
    }
  }
  return { compared, places: [...places].sort() }
}

describe('one host', () => {
  describeRecorded(BOOTS.map(bootFile), () => {
    it('has the level that its new domains have', () => {
      // Seven of them run on emulated Intel CPUs without VMX, and so does Haswell's.
      expect(differences(BOOTS.map((boot) => hostOf(bootOf(boot))))).toEqual({
        compared: 15 * 4 - 8 * 2,
        places: [],
      })
    })

    it('is one of a thousand like it', () => {
      const models = BOOTS.map((boot) => hostOf(bootOf(boot)))
      const many = Array.from({ length: 1000 }, (_, index) => {
        const { policies } = models[index % models.length] ?? hostOf(bootOf(''))
        return { name: `${index}`, policies: copied(policies) }
      })
      const [few, all] = [models, many].map((hosts) => levelPolicies(hosts, { kind: 'pv' }))
      expect(all?.nearest.words()).toEqual(few?.nearest.words())
      expect(all?.losses.map(({ hosts: _, ...rest }) => rest)).toEqual(
        few?.losses.map(({ hosts: _, ...rest }) => rest),
      )
      expect(all?.obstacles.map(({ code }) => code)).toEqual(['vendors-differ'])
      // Only 4.22 looks at the vendor.
      expect(all?.changes).toHaveLength(
        many.filter(({ policies }) => policies.release === '4.22.0').length / 2,
      )
    })
  })

  describeRecorded(
    ['policy/vectors/system-policies-head.json', 'policy/vectors/system-policies-4.17.json'],
    () => {
      it('has the level that its new domains have, where Xen made the policies', () => {
        const hosts = [...vectorHosts('head', '4.23-dev'), ...vectorHosts('4.17', '4.17.7')]
        expect(differences(hosts)).toEqual({ compared: 84 * 4, places: [] })
      })
    },
  )

  describeRecorded('hosts/index.json', () => {
    const all = (release: string) => dumpedCpus().map((cpu) => hostOf(dumpOf(cpu, release)))

    it.each(['4.17.7', '4.18.6', '4.20.3', '4.22.0'])(
      'of each dumped CPU on %s too',
      { timeout: 60_000 },
      (release) => {
        expect(differences(all(release))).toEqual({ compared: 356 * 4, places: [] })
      },
    )

    // These do not know the bits of some registers, and a level promises nothing that has no name.
    it.each([
      ['4.13.5', ['7:1.ebx', '7:1.ecx', '7:1.edx']],
      ['4.17.0', ['7:1.ecx', '7:1.edx']],
    ])('of each on %s but for what that does not name', { timeout: 60_000 }, (release, places) => {
      expect(differences(all(release))).toEqual({ compared: 356 * 4, places })
    })
  })
})

interface RecordedPool {
  readonly kind: string
  readonly hosts: readonly string[]
  readonly physAddrBitsMin: number
}

describeRecorded(['levelling/pools.json', 'hosts/index.json'], () => {
  const { pools } = readRecordedJson<{ pools: RecordedPool[] }>('levelling/pools.json')
  const cpus = new Map(dumpedCpus().map((cpu) => [cpu.name, cpu]))
  const hostsOf = ({ hosts }: RecordedPool, release: string) =>
    hosts.map((name) => {
      const cpu = cpus.get(name)
      if (cpu === undefined) throw new Error(`no CPU ${name}`)
      return hostOf(dumpOf(cpu, release))
    })

  it.each<[GuestKind, string]>([
    ['pv', '4.22.0'],
    ['pv32', '4.22.0'],
    ['hvm', '4.22.0'],
    ['pvh', '4.22.0'],
    ['hvm', '4.17.7'],
  ])('50 of 65 pools have a policy for %s guests on %s', { timeout: 60_000 }, (kind, release) => {
    expect(pools).toHaveLength(65)
    const counts: Record<string, number> = {}
    for (const pool of pools) {
      const hosts = hostsOf(pool, release)
      const level = levelPolicies(hosts, { kind })
      expect(faultsOf(level, hosts, { kind })).toEqual([])
      for (const code of level.policy === null
        ? level.obstacles.map(({ code: own, feature }) => feature ?? own)
        : ['policy'])
        counts[code] = (counts[code] ?? 0) + 1
    }
    expect(counts).toEqual({ policy: 50, FDP_EXCP_ONLY: 9, NO_FPU_SEL: 5, 'vendors-differ': 3 })
  })
})
