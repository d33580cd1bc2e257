import { Featureset, featureTable } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded } from '../../../../../fixtures/recorded.js'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { hostWith } from '../../hosts.testing.js'
import { explainLevel } from '../explain/explain-level.js'
import { type LevelOptions, levelPool, type PoolLevel } from '../level.js'
import { parsePoolLevel } from '../read-level.js'
import { anyHost, hostOffering, recordedPools } from '../recorded-pools.testing.js'
import { recordedSnapshot } from '../recorded-snapshots.testing.js'
import type { RunningGuest } from './types.js'
import { whatIf } from './what-if.js'

const base = ['FPU', 'FXSR', 'SSE', 'SSE2', 'LM', 'PAE', 'XSAVE', 'AVX']
const offering = (name: string, ...more: string[]) => {
  const set = Featureset.fromNames([...base, ...more])
  const featuresets = { pvDefault: set, pvMax: set, hvmDefault: set, hvmMax: set }
  return hostWith(name, [], { featuresets })
}
const guest = (name: string, features: readonly string[], host?: string): RunningGuest => ({
  name,
  kind: 'hvm',
  featureset: Featureset.fromNames([...base, ...features]),
  ...(host === undefined ? {} : { host }),
})

const old = offering('old', 'IBRSB')
const young = offering('young', 'IBRSB', 'AVX2', 'AESNI')
const newest = offering('newest', 'IBRSB', 'AVX2', 'AESNI', 'SHA', 'STIBP')

describe('whatIf', () => {
  it('says what a host that joins takes away, from whom, and who has to start anew', () => {
    const guests = [
      guest('db', ['AVX2', 'AESNI'], 'young'),
      guest('web', [], 'newest'),
      guest('big', ['SHA', 'AVX2'], 'newest'),
      { name: 'mute', kind: 'pv' as const },
    ]
    const change = whatIf([young, newest], { guests }).join(old)
    expect(change.after.hosts).toEqual(['newest', 'old', 'young'])
    expect(change.gains).toEqual([])
    expect(change.losses).toMatchObject([
      { feature: 'AESNI', kind: 'absent', hosts: ['old'], guests: ['pv', 'hvm'] },
      { feature: 'AVX2', kind: 'absent', hosts: ['old'], meaning: { aspect: 'speed' } },
    ])
    expect(change.losses[1]?.message).toBe(
      'AVX2 goes: old lacks it. Numerical programs, codecs and databases compute with vectors of half the width.',
    )
    expect(change.lost).toEqual({ speed: 17, security: 0, function: 0 })
    expect(change.guests).toEqual({
      losingMobility: [{ guest: 'db', features: ['AESNI', 'AVX2'], hosts: ['old'], count: 1 }],
      toPowerCycle: [
        { guest: 'db', why: 'to-return', features: ['AESNI', 'AVX2'] },
        { guest: 'big', why: 'to-return', features: ['AVX2', 'SHA'] },
      ],
      nowhere: [],
      toMove: [],
      unknown: ['mute'],
    })
  })

  it('says what comes back when a host leaves, who has to move, and who goes nowhere', () => {
    const guests = [
      guest('db', ['AVX2'], 'young'),
      guest('web', [], 'old'),
      guest('odd', ['SHA512']),
    ]
    const change = whatIf([old, young, newest], { guests }).leave('old')
    expect(change.gains).toMatchObject([
      { feature: 'AESNI', kind: 'absent', hosts: ['old'] },
      { feature: 'AVX2', kind: 'absent', hosts: ['old'] },
    ])
    expect(change.losses).toEqual([])
    expect(change.guests.toMove).toEqual([
      { guest: 'web', from: 'old', hosts: ['newest', 'young'], count: 2 },
    ])
    expect(change.guests.nowhere).toEqual(['odd'])
    expect(change.guests.toPowerCycle).toEqual([
      { guest: 'db', why: 'to-gain', features: ['AESNI'] },
      { guest: 'web', why: 'to-gain', features: ['AESNI', 'AVX2'] },
      { guest: 'odd', why: 'to-return', features: ['SHA512'] },
    ])
  })

  it('replaces a host, also by one of its name', () => {
    const pool = whatIf([old, young])
    expect(pool.replace('old', newest).after.hosts).toEqual(['newest', 'young'])
    const same = pool.replace('old', { ...newest, name: 'old' })
    expect(same.after.hosts).toEqual(['old', 'young'])
    expect(same.gains.map(({ feature }) => feature)).toEqual(['AESNI', 'AVX2'])
    const other = pool.upgrade('old', { snapshot: newest })
    expect(JSON.stringify(other.after)).toBe(JSON.stringify(same.after))
  })

  it('tells security from speed', () => {
    const change = whatIf([newest]).join(offering('bare'))
    expect(change.lost).toEqual({ speed: 9 + 8 + 6, security: 9 + 6, function: 0 })
    expect(change.losses.find(({ feature }) => feature === 'IBRSB')?.message).toContain(
      'This is about security, not about speed.',
    )
  })

  it('says what goes because of an older Xen, and what guests are told because of a host', () => {
    const words = (release: string, names: readonly string[]) => {
      const set = Featureset.fromNames(names, featureTable(release))
      const featuresets = { pvDefault: set, pvMax: set, hvmDefault: set, hvmMax: set }
      return { xen: { release, hvm: true, hap: true }, featuresets }
    }
    const avx2 = [...base, 'AVX2']
    const pool = whatIf([hostWith('new', [], words('4.18.0', [...avx2, 'AVX_IFMA']))])
    expect(pool.join(hostWith('old', [], words('4.16.0', avx2))).losses).toMatchObject([
      { feature: 'AVX_IFMA', kind: 'release', hosts: ['old'] },
    ])
    const told = whatIf([offering('a')]).join(offering('b', 'FS_GS_NS'))
    expect(told.gains).toMatchObject([{ feature: 'FS_GS_NS', kind: 'told', hosts: ['b'] }])
    const untold = whatIf([offering('a'), offering('b', 'FS_GS_NS')]).leave('b')
    expect(untold.losses).toMatchObject([{ feature: 'FS_GS_NS', kind: 'untold', hosts: [] }])
  })

  it('foresees another Xen from what the CPU says', () => {
    const raw = hostWith('a', [...base, 'AVX2', 'AVX_VNNI', 'VMX'], {
      xen: { release: '4.13.0', hvm: true, hap: true },
    })
    const change = whatIf([raw]).upgrade('a', { release: '4.20' })
    expect(change.after.release).toBe('4.20.4')
    expect(change.gains.map(({ feature }) => feature)).toContain('AVX_VNNI')
    expect(change.findings.map(({ code }) => code)).toContain('upgrade-foreseen')
    const said = whatIf([old, young]).upgrade('old', { release: '4.13' })
    expect(said.findings.map(({ code }) => code)).toContain('upgrade-unforeseen')
    expect(said.after.release).toBe('4.13.5')
  })

  it('says what it cannot answer', () => {
    const pool = whatIf([old, young])
    const code = (expected: string) => expect.objectContaining({ code: expected })
    expect(() => pool.leave('nobody')).toThrow(code('POOL_HOST_UNKNOWN'))
    expect(() => pool.upgrade('nobody', { release: '4.20' })).toThrow(code('POOL_HOST_UNKNOWN'))
    expect(() => pool.leave('old', 'young')).toThrow(code('POOL_EMPTY'))
    expect(() => pool.join(old)).toThrow(code('POOL_DUPLICATE_HOST'))
    expect(() => whatIf(levelPool([old])).upgrade('old', { release: '4.20' })).toThrow(
      code('POOL_HOSTS_NEEDED'),
    )
    expect(() => whatIf([old]).upgrade('old', { release: '9.9' })).toThrow(code('RELEASE_UNKNOWN'))
  })

  it('asks pools of more than 4,096 hosts by their hosts', () => {
    const fleet = Array.from({ length: 4200 }, (_, index) => ({ ...young, name: `h${index}` }))
    expect(() => whatIf(levelPool(fleet)).leave('h7')).toThrow(
      expect.objectContaining({ code: 'POOL_HOSTS_NEEDED' }),
    )
    const change = whatIf(fleet).leave('h7')
    expect(change.after.count).toBe(4199)
    expect(
      whatIf(levelPool(fleet))
        .join(old)
        .losses.map(({ feature }) => feature),
    ).toEqual(['AESNI', 'AVX2'])
  })
})

describe('any pool', () => {
  const text = (level: PoolLevel) => JSON.stringify(level)
  const pool = fc
    .array(anyHost(), { minLength: 2, maxLength: 8 })
    .map((hosts) => hosts.map((make, index) => make(`host-${index}`)))
  const options: fc.Arbitrary<LevelOptions> = fc.record(
    {
      release: fc.constantFrom('4.16.0', '4.20.3'),
      method: fc.constantFrom('intersection' as const),
    },
    { requiredKeys: [] },
  )

  it('is the same when who joined has left again, and the answers are those of the pools', () => {
    fc.assert(
      fc.property(pool, options, fc.nat(), (hosts, chosen, seed) => {
        const at = seed % hosts.length
        const one = hosts[at]
        if (one === undefined) return
        const others = hosts.filter((_, index) => index !== at)
        const level = levelPool(others, chosen)
        const joined = whatIf(level).join(one)
        expect(text(joined.after)).toBe(text(levelPool(hosts, chosen)))
        expect(text(whatIf(joined.after).leave(one.name).after)).toBe(text(level))
        const read = parsePoolLevel(text(joined.after))
        expect(text(whatIf(read).leave(one.name).after)).toBe(text(level))
        expect(text(whatIf(hosts, chosen).leave(one.name).after)).toBe(text(level))
        expect(text(whatIf(joined.after).replace(one.name, one).after)).toBe(text(joined.after))
        const left = whatIf(joined.after).leave(one.name)
        const names = (changes: readonly { readonly feature: string }[]) =>
          changes.map(({ feature }) => feature).sort()
        if (level.release === joined.after.release) {
          expect(names(left.gains)).toEqual(names(joined.losses))
          expect(names(left.losses)).toEqual(names(joined.gains))
        }
        for (const { feature, guests } of joined.losses)
          for (const kind of guests)
            expect(level[kind].default.has(feature, featureTable(level.release))).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  it('has a feature back when the smallest set of hosts has left', () => {
    fc.assert(
      fc.property(pool, options, (hosts, chosen) => {
        const { level, losses } = explainLevel(hosts, chosen)
        for (const { feature, departure } of losses.slice(0, 12)) {
          if (departure === null) continue
          const change = whatIf(level).leave(...departure.hosts)
          const back = change.gains.map((gain) => gain.feature)
          expect(back).toContain(feature)
          expect(new Set(back)).toEqual(new Set(departure.comesBack.map((one) => one.feature)))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('of the 65 recorded ones is the recorded level when a host has left and come back', () => {
    let pools = 0
    for (const { featuresets, peerCombine } of recordedPools()) {
      const hosts: HostSnapshot[] = featuresets.map((one, index) => hostOffering(`h${index}`, one))
      const away = whatIf(hosts).leave('h0')
      const [first] = hosts
      if (first === undefined) continue
      const back = whatIf(away.after).join(first).after
      expect(back.hvm.default.toString()).toBe(peerCombine)
      pools++
    }
    expect(pools).toBe(65)
  })
})

describeRecorded(
  [
    '4.17-debian-Haswell',
    '4.17-debian-Skylake-Server',
    '4.17.0-Skylake-Server',
    '4.22.0-Skylake-Server',
  ].map((boot) => `xen/hosts/${boot}.json`),
  () => {
    const haswell = recordedSnapshot('4.17-debian-Haswell', 'haswell')
    const skylake = recordedSnapshot('4.17-debian-Skylake-Server', 'skylake')

    it('whole policies come and go with the hosts', () => {
      const pool = whatIf([haswell, skylake])
      const policy = levelPool([skylake]).pv.policy
      expect(policy).not.toBeNull()
      const left = pool.leave('haswell').after
      expect(policy?.equals(left.pv.policy ?? policy.withFeatureset(Featureset.empty))).toBe(true)
      const joined = whatIf(left).join(hostWith('mute', ['FPU'])).after
      expect(joined.pv.policy).toBeNull()
      const again = whatIf(joined).leave('mute').after
      expect(policy?.equals(again.pv.policy ?? policy.withFeatureset(Featureset.empty))).toBe(true)
    })

    it('an upgrade that is foreseen is what the upgraded Xen says', () => {
      const from = recordedSnapshot('4.17.0-Skylake-Server', 'a')
      const to = recordedSnapshot('4.22.0-Skylake-Server', 'a')
      const foreseen = whatIf([from]).upgrade('a', { release: '4.22.0' }).after
      const real = levelPool([to])
      expect(foreseen.release).toBe(real.release)
      for (const set of ['default', 'max'] as const)
        expect(foreseen.pv[set].names()).toEqual(real.pv[set].names())
    })
  },
)
