/** Pools without a whole policy, and why. */
import { describe, expect, it } from 'vitest'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { basic, EBX, POLICY_WORDS } from '../../policy/layout.js'
import { levelPolicies } from './level-policies.js'
import { amd, host, NEWEST, names, withWords } from './made.testing.js'
import { changeOn } from './pools.testing.js'

describe('a pool without a policy', () => {
  it('says which bits of the FPU every guest sees as its host has them', () => {
    const hosts = [host('a', ['FDP_EXCP_ONLY']), host('b', []), host('c', [])]
    const level = levelPolicies(hosts, { kind: 'hvm' })
    expect(level.policy).toBeNull()
    expect(level.obstacles).toEqual([
      {
        code: 'host-value-differs',
        message:
          'FDP_EXCP_ONLY (7:0.ebx bit 6) says how the FPU of the host behaves (0: b, c; 1: a), and Xen gives every guest the value of its host, whatever the policy says.',
        groups: [
          { value: 0, hosts: ['b', 'c'] },
          { value: 1, hosts: ['a'] },
        ],
        feature: 'FDP_EXCP_ONLY',
        leaf: 7,
        register: 'ebx',
      },
    ])
    expect(names(level.nearest)).toContain('FDP_EXCP_ONLY')
    expect(
      level.changes.map(({ host: name, changes }) => [
        name,
        changes[0]?.feature,
        changes[0]?.after,
      ]),
    ).toEqual([
      ['b', 'FDP_EXCP_ONLY', 0],
      ['c', 'FDP_EXCP_ONLY', 0],
    ])
    // Who sees no leaf 7 sees none of it.
    const short = [...hosts, host('short', [], { [basic(0)]: 6 })]
    expect(levelPolicies(short, { kind: 'hvm' }).obstacles).toEqual([])
  })

  it('says that CLFLUSH differs', () => {
    const hosts = [host('a', []), host('b', [], { [basic(1) + EBX]: 0x0010_1000 })]
    const level = levelPolicies(hosts, { kind: 'pv' })
    expect(level.obstacles).toMatchObject([
      {
        code: 'cache-line-sizes-differ',
        groups: [
          { value: 64, hosts: ['a'] },
          { value: 128, hosts: ['b'] },
        ],
        leaf: 1,
        register: 'ebx',
      },
    ])
    expect(level.changes.map(({ host: name }) => name)).toEqual(['b'])
  })

  it('says that vendors differ, and who runs what', () => {
    const hosts = [host('intel', ['AESNI']), amd('amd', ['AESNI'])]
    const level = levelPolicies(hosts, { kind: 'pv' })
    expect(level.obstacles).toMatchObject([
      {
        code: 'vendors-differ',
        groups: [
          { value: 'AuthenticAMD', hosts: ['amd'] },
          { value: 'GenuineIntel', hosts: ['intel'] },
        ],
        leaf: 0,
      },
    ])
    expect(level.nearest.vendor).toBe('Intel')
    expect(names(level.nearest)).toContain('AESNI')
    expect(level.changes).toEqual([
      { host: 'amd', refused: { errno: 'EINVAL', leaf: 0, subleaf: null, msr: null }, changes: [] },
    ])
    expect(changeOn(level.nearest, hosts[1] ?? host('', []), { kind: 'pv' })).toMatch(/^refused/)
  })

  it('says which hosts cannot run such a guest, and levels the others', () => {
    const hosts = [host('a', ['AESNI']), host('b', [], {}, { hvm: false, release: '4.13.5' })]
    const level = levelPolicies(hosts, { kind: 'pvh' })
    expect(level.policy).toBeNull()
    expect(level.obstacles).toEqual([
      {
        code: 'host-without-hvm',
        message: 'These hosts cannot run HVM guests and do not count for the nearest policy: b.',
        groups: [{ value: false, hosts: ['b'] }],
      },
    ])
    expect(level.hosts).toEqual(['a'])
    expect(level.release).toBe(NEWEST)
    expect(names(level.nearest)).toContain('AESNI')
    expect(level.losses).toEqual([])

    const none = levelPolicies(hosts.slice(1), { kind: 'hvm' })
    expect(none).toMatchObject({
      release: '4.13.5',
      hosts: [],
      identity: [],
      policy: null,
      losses: [],
      changes: [],
    })
    expect(none.nearest.equals(CpuPolicy.empty)).toBe(true)
    const pv = withWords(
      host('c', []),
      ['pvMax'],
      Object.fromEntries(Array.from({ length: POLICY_WORDS }, (_, at) => [at, 0])),
    )
    expect(levelPolicies([pv], { kind: 'pv32' }).obstacles).toMatchObject([
      { code: 'host-without-pv' },
    ])
  })

  it('says whose Xen does not read what it would be sent', () => {
    const hosts = [host('new', []), host('old', [], {}, { release: '4.13.0' })]
    expect(levelPolicies(hosts, { kind: 'pv' }).obstacles).toEqual([])
    expect(levelPolicies(hosts, { kind: 'pv', release: '4.22.0' }).obstacles).toMatchObject([
      { code: 'records-refused', groups: [{ hosts: ['old'] }] },
    ])
  })
})
