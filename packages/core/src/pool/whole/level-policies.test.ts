/** Levels of whole policies: what they promise, what they cost, and how they are made in parts. */
import { describe, expect, it } from 'vitest'
import { basic, EAX, EBX, extended, feature, xstate } from '../../policy/layout.js'
import { PoolError } from '../errors.js'
import { levelPolicies, PolicyLeveller } from './level-policies.js'
import { host, names } from './made.testing.js'
import { changeOn } from './pools.testing.js'

describe('a pool with a policy', () => {
  it('narrows what the hosts differ in, and says who costs what', () => {
    const hosts = [
      host('new', ['AVX2', 'FMA', 'AESNI'], { [extended(8) + EAX]: 0x302e }),
      host('old', ['AESNI'], { [extended(8) + EAX]: 0x3027, [feature(0) + EAX]: 0 }),
    ]
    const level = levelPolicies(hosts, { kind: 'hvm' })
    expect(level.obstacles).toEqual([])
    expect(level.policy).toBe(level.nearest)
    expect(level.hosts).toEqual(['new', 'old'])
    expect(level.changes).toEqual([])
    expect(names(level.policy)).toContain('AESNI')
    expect(level.policy?.physAddrBits).toBe(39)
    expect(level.losses).toEqual([
      { feature: 'FMA', hosts: ['old'], kind: 'absent' },
      { feature: 'AVX2', hosts: ['old'], kind: 'absent' },
      { field: 'feat.max_subleaf', kind: 'narrowed', level: 0, most: 2, hosts: ['old'] },
      { field: 'extd.maxphysaddr', kind: 'narrowed', level: 39, most: 46, hosts: ['old'] },
    ])
    for (const one of hosts) expect(changeOn(level.nearest, one, { kind: 'hvm' })).toBeNull()
  })

  it('drops a feature whose state hosts lay out differently, and what needs it', () => {
    const hosts = [
      host('a', ['PKU', 'AVX2']),
      host('b', ['PKU', 'AVX2'], { [xstate(9) + EBX]: 2624 }),
      host('c', ['PKU', 'AVX2'], { [xstate(2) + EBX]: 640 }),
    ]
    const { policy, losses } = levelPolicies(hosts, { kind: 'hvm' })
    expect(names(policy)).toContain('XSAVE')
    expect(names(policy)).not.toContain('PKU')
    expect(policy?.leaf(0xd, 0)).toMatchObject({ a: 3, c: 576 })
    expect(losses).toEqual([
      {
        feature: 'AVX',
        hosts: ['a', 'b', 'c'],
        kind: 'layout',
        layouts: [
          { component: 2, size: 256, offset: 576, aligned: false, hosts: ['a', 'b'] },
          { component: 2, size: 256, offset: 640, aligned: false, hosts: ['c'] },
        ],
      },
      { feature: 'AVX2', hosts: [], kind: 'dependency', missing: ['AVX'] },
      {
        feature: 'PKU',
        hosts: ['a', 'b', 'c'],
        kind: 'layout',
        layouts: [
          { component: 9, size: 8, offset: 2624, aligned: false, hosts: ['b'] },
          { component: 9, size: 8, offset: 2688, aligned: false, hosts: ['a', 'c'] },
        ],
      },
    ])
  })

  it('tells what any host must know, unless a Xen drops it or the leaf is out of range', () => {
    const hosts = [host('flushes', ['MD_CLEAR']), host('plain', [])]
    const level = levelPolicies(hosts, { kind: 'pv' })
    expect(names(level.policy)).toContain('MD_CLEAR')
    expect(level.losses).toEqual([])
    expect(
      names(levelPolicies(hosts, { kind: 'pv', method: 'intersection' }).policy),
    ).not.toContain('MD_CLEAR')

    const older = [host('flushes', ['MD_CLEAR']), host('older', [], {}, { release: '4.17.0' })]
    const refused = levelPolicies(older, { kind: 'pv' })
    expect(refused.release).toBe('4.17.0')
    expect(names(refused.policy)).not.toContain('MD_CLEAR')
    expect(refused.losses).toContainEqual({
      feature: 'MD_CLEAR',
      hosts: ['older'],
      kind: 'refused',
    })

    const short = [host('flushes', ['MD_CLEAR']), host('short', [], { [basic(0)]: 5 })]
    expect(levelPolicies(short, { kind: 'pv' }).losses).toContainEqual({
      feature: 'MD_CLEAR',
      hosts: ['short'],
      kind: 'out-of-range',
    })
  })

  it('settles RSBA and RRSBA over all hosts', () => {
    const base = ['ARCH_CAPS', 'IBRSB'] as const
    const enhanced = host('enhanced', [...base, 'EIBRS', 'RRSBA'])
    const level = levelPolicies([enhanced, host('not', base)], { kind: 'hvm' })
    expect(names(level.policy)).toContain('RSBA')
    expect(names(level.policy)).not.toContain('RRSBA')
    expect(level.losses.map((loss) => 'feature' in loss && loss.feature)).toEqual(['EIBRS'])
  })

  it('is made in the words of the oldest release, or of the one asked for', () => {
    const hosts = [
      host('new', ['ARCH_CAPS', 'RDCL_NO', 'AVX_VNNI_INT8']),
      host('old', ['ARCH_CAPS', 'RDCL_NO'], {}, { release: '4.18.6' }),
    ]
    const level = levelPolicies(hosts, { kind: 'hvm' })
    expect(level.release).toBe('4.18.6')
    expect(level.policy?.release).toBe('4.18.6')
    expect(names(level.policy)).toContain('RDCL_NO')
    const asked = levelPolicies(hosts, { kind: 'hvm', release: '4.12.0' })
    expect(asked.policy?.toRecords().msrs).toHaveLength(1)
    expect(asked.losses.filter(({ kind }) => kind === 'not-carried')).toEqual([
      { feature: 'NO_LMSL', hosts: ['new', 'old'], kind: 'not-carried' },
      { feature: 'ARCH_CAPS', hosts: ['new', 'old'], kind: 'not-carried' },
      { feature: 'RDCL_NO', hosts: ['new', 'old'], kind: 'not-carried' },
    ])
    for (const one of hosts) expect(changeOn(asked.nearest, one, { kind: 'hvm' })).toBeNull()
  })
})

describe('PolicyLeveller', () => {
  it('goes on after a level', () => {
    const leveller = new PolicyLeveller({ kind: 'hvm' })
    leveller.add('a', host('a', ['AESNI']).policies)
    const first = leveller.finish()
    leveller.add('b', host('b', []).policies)
    const second = leveller.finish()
    expect([first, second].map(({ policy }) => names(policy).includes('AESNI'))).toEqual([
      true,
      false,
    ])
    expect([first, second].map(({ losses }) => losses.length)).toEqual([0, 1])
  })

  it('asks hosts that share their policies once, and names them all', () => {
    const { policies } = host('', ['AESNI'])
    const hosts = ['a', 'b', 'c'].map((name) => ({ name, policies }))
    const level = levelPolicies([...hosts, host('d', [])], { kind: 'hvm' })
    expect(level.hosts).toEqual(['a', 'b', 'c', 'd'])
    expect(
      levelPolicies([host('d', []), ...hosts, host('e', ['FDP_EXCP_ONLY'])], {
        kind: 'hvm',
      }).changes.map(({ host: name }) => name),
    ).toEqual(['d', 'a', 'b', 'c'])
  })

  it('refuses pools that are none, names that come twice, and levels for something else', () => {
    const { policies } = host('', [])
    const leveller = new PolicyLeveller({ kind: 'hvm' })
    expect(() => leveller.finish()).toThrow(expect.objectContaining({ code: 'POOL_EMPTY' }))
    expect(() => levelPolicies([], { kind: 'pv' })).toThrow(PoolError)
    leveller.add('a', policies)
    expect(() => leveller.add('a', policies)).toThrow(
      expect.objectContaining({ code: 'POOL_DUPLICATE_HOST' }),
    )
    const other = new PolicyLeveller({ kind: 'hvm' })
    other.add('b', policies)
    other.add('a', policies)
    expect(() => leveller.merge(other)).toThrow(
      expect.objectContaining({ code: 'POOL_DUPLICATE_HOST' }),
    )
    expect(leveller.finish().hosts).toEqual(['a'])
    const without = new PolicyLeveller({ kind: 'hvm' })
    without.add('a', host('a', [], {}, { hvm: false }).policies)
    expect(() => leveller.merge(without)).toThrow(
      expect.objectContaining({ code: 'POOL_DUPLICATE_HOST' }),
    )
    for (const options of [
      { kind: 'pvh' as const },
      { kind: 'hvm' as const, method: 'intersection' as const },
      { kind: 'hvm' as const, release: '4.17.7' },
      { kind: 'hvm' as const, domain: { hap: false } },
    ]) {
      expect(() => leveller.merge(new PolicyLeveller(options))).toThrow(
        expect.objectContaining({ code: 'POOL_MERGE' }),
      )
    }
    expect(() => levelPolicies([{ name: 'a', policies }], { kind: 'hvm', release: '4.6' })).toThrow(
      expect.objectContaining({ code: 'RELEASE_UNKNOWN' }),
    )
  })
})
