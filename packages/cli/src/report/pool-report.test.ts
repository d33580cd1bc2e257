import { featureMeaning, type HostSnapshot, levelPool, PoolError } from '@xenlevel/core'
import { Featureset, featureTable, XenlevelError } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { poolReport } from './pool-report.js'
import { hostsWithPolicies, recordedGuests, recordedHosts, unlikeHosts } from './samples.testing.js'
import type { PoolReport } from './types.js'

const hosts = recordedHosts()
const guests = recordedGuests(hosts)
const level = levelPool(hosts)
const report = poolReport(hosts, { guests })

function hostAt(place: number): HostSnapshot {
  const host = hosts[place]
  if (host === undefined) throw new Error(`there is no host ${place}`)
  return host
}

const namesIn = ({ features }: PoolReport, state: string) =>
  features.filter((row) => row.state === state).map(({ name }) => name)
const columnOf = ({ hosts: all }: PoolReport, name: string) =>
  all.find((host) => host.name === name)?.column ?? -1

describe('poolReport', () => {
  it('says of the pool what its level says', () => {
    const { release, method, vendor, physAddrBits, kind, psabi } = report
    expect({ release, method, vendor, physAddrBits, kind, psabi }).toEqual({
      release: '4.23-dev',
      method: 'xenserver',
      vendor: 'Intel',
      physAddrBits: 46,
      kind: 'hvm',
      psabi: 'x86-64-v3',
    })
    expect(namesIn(report, 'kept')).toEqual(level.hvm.default.names())
    expect(namesIn(report, 'kept')).toHaveLength(59)
    expect(namesIn(report, 'lost')).toHaveLength(55)
    expect(report.losses[0]?.meanings[0]).toEqual({
      features: ['SMAP'],
      losing: featureMeaning('SMAP').losing,
      aspect: 'security',
      weight: 7,
    })
    for (const { features, meanings } of report.losses)
      expect(meanings.flatMap((meaning) => meaning.features).sort()).toEqual([...features].sort())
    expect(report.findings).toEqual(level.findings)
    expect(report.losses.flatMap(({ features }) => features)).toHaveLength(55)
    expect(report.losses.map(({ count, features }) => [count, features.length])).toEqual([
      [1, 5],
      [1, 4],
      [2, 11],
      [4, 5],
      [6, 30],
    ])
  })

  it('has a column for hosts that are alike, and every host in one', () => {
    expect(report.columns.map(({ hosts: places }) => places)).toEqual([
      [0],
      [1],
      [2],
      [3],
      [4, 5],
      [6],
    ])
    expect(report.columns.map(({ offers }) => offers)).toEqual([63, 68, 74, 79, 84, 114])
    expect(report.hosts.map(({ name, microcode }) => [name, microcode]).slice(2, 4)).toEqual([
      ['skylake-1', '0x2000011'],
      ['skylake-2', null],
    ])
  })

  it('says who costs what', () => {
    const gains = report.columns.map(({ gain }) => gain)
    expect(gains).toEqual([
      ['SMAP', 'RDSEED', 'ADX', '3DNOWPREFETCH', 'RTM'],
      [],
      ['IBRSB', 'SSBD', 'STIBP', 'L1D_FLUSH'],
      [],
      [],
      [],
    ])
  })

  it('says who has to leave together', () => {
    const [skylake, haswell] = hostsWithPolicies()
    if (skylake === undefined || haswell === undefined) throw new Error('no hosts')
    // Two hosts that offer the same, and of which one says less of itself.
    const { raw: _, ...policies } = haswell.policies ?? {}
    const again = { ...haswell, name: 'haswell-2', policies }
    const { columns } = poolReport([skylake, haswell, again])
    expect(columns.map(({ gain, gainWith }) => [gain.length, gainWith])).toEqual([
      [0, []],
      [3, [2]],
      [3, [1]],
    ])
  })

  it('says of each feature what each host does with it', () => {
    const row = (name: string) => report.features.find((feature) => feature.name === name)
    expect(row('AVX2')).toMatchObject({ state: 'kept', cells: 'yyyyyy', accepted: true, why: '' })
    expect(report.meanings[row('AVX2')?.meaning ?? -1]).toBe('Vectors')
    expect(report.meanings[row('RDCL_NO')?.meaning ?? -1]).toBe('Immunity to speculation attacks')
    expect(row('AVX512F')).toMatchObject({ state: 'lost', cells: 'nnyyyy', accepted: false })
    expect(row('VMX')).toMatchObject({ state: 'on-request', cells: 'rrrrrr', accepted: true })
    expect(row('MPX')).toMatchObject({ state: 'some-on-request', cells: 'nnrrrn' })
    expect(row('MD_CLEAR')?.why).toBe('What is so on any host of the pool, guests have to be told.')
    expect(row('MONITOR')).toBeUndefined()
    expect(report.hidden).toContainEqual({ name: 'MONITOR', hosts: 6 })
    expect(report.words.map(({ place }) => place)).toContain('MSR 0x10a eax')
    expect(report.words.find(({ index }) => index === 5)?.place).toBe('7:0 ebx')
  })

  it('puts alike guests before each kind of host once', () => {
    expect(report.mobility?.guests).toEqual([
      { names: ['web-1', 'web-2', 'web-3'], kind: 'hvm', runsOn: [0], cells: 'yyyyyy' },
      { names: ['db-1'], kind: 'hvm', runsOn: [3], cells: 'lllyyy' },
      { names: ['db-2', 'db-3'], kind: 'hvm', runsOn: [4], cells: 'llllyy' },
      { names: ['db-4'], kind: 'hvm', runsOn: [5], cells: 'llllly' },
    ])
    const verdict = report.mobility?.verdicts[0]
    expect(verdict).toMatchObject({ guest: 1, columns: [0], admitted: false, judged: 'featureset' })
    expect(
      verdict?.reasons.map(({ grade, code, features }) => [grade, code, features.length]),
    ).toEqual([['lost', 'feature-missing', 16]])
    expect(Featureset.parse(verdict?.levelTo ?? '').has('AVX2')).toBe(true)
    expect(poolReport(hosts).mobility).toBeNull()
  })

  it('writes the level for toolstacks', () => {
    const text = (language: string) =>
      report.texts.find((each) => each.language.startsWith(language))?.text
    expect(text('xapi')).toBe(level.hvm.default.toString())
    expect(text('xapi: features_hvm')).toBe(level.hvm.max.toString())
    expect(text('QEMU')).toMatch(/^base,\+fpu/)
    expect(text('libvirt')).toContain('<feature')
    const policies = poolReport(hostsWithPolicies())
    expect(policies.kind).toBe('pv')
    expect(policies.texts.map(({ language, text: own }) => [language, own])).toContainEqual([
      'xl: cpuid in xl.cfg',
      'cpuid="host,adx=0,clflushopt=0,rsba=1,xgetbv1=0"',
    ])
  })

  it('judges whole policies where they are known', () => {
    const known = hostsWithPolicies()
    const policy = known[0]?.policies?.pvDefault
    if (policy === undefined) throw new Error('no policy')
    const guest = { name: 'web', kind: 'pv', policy, host: 'skylake-server' } as const
    const { mobility } = poolReport(known, { guests: [guest, { ...guest, name: 'web-2' }] })
    expect(mobility?.guests).toMatchObject([
      { names: ['web', 'web-2'], cells: expect.stringMatching(/^[yd]l$/) },
    ])
    const worst = mobility?.verdicts.at(-1)
    expect(worst?.judged).toBe('policy')
    expect(worst?.reasons.flatMap(({ features }) => features)).toContain('ADX')
  })

  it('is plain JSON, the same each time, and leaves its input alone', () => {
    expect(JSON.parse(JSON.stringify(report))).toEqual(report)
    expect(JSON.stringify(poolReport(hosts, { guests }))).toBe(JSON.stringify(report))
    expect(hosts).toEqual(recordedHosts())
  })

  it('takes a level that is made, and no other pool’s', () => {
    const bare = poolReport(hosts, { level: levelPool(hosts, { method: 'intersection' }) })
    expect(bare.method).toBe('intersection')
    expect(namesIn(bare, 'kept')).not.toContain('MD_CLEAR')
    const other = levelPool(hosts.slice(1))
    expect(() => poolReport(hosts, { level: other })).toThrow(
      expect.objectContaining({ code: 'REPORT_LEVEL' }),
    )
    expect(() => poolReport(hosts, { level: other })).toThrow(XenlevelError)
    expect(() => poolReport([])).toThrow(PoolError)
  })

  it('shows hosts that do not count, and what is not known of them', () => {
    const silent = { ...hostAt(0), name: 'silent', featuresets: {} }
    const odd = poolReport([...hosts, silent])
    const column = odd.columns[columnOf(odd, 'silent')]
    expect(column).toMatchObject({ counts: false, evidence: 'unknown', offers: 0, gain: [] })
    expect(new Set(odd.features.map(({ cells }) => cells.at(-1)))).toEqual(new Set(['u']))
    expect(namesIn(odd, 'kept')).toEqual(namesIn(report, 'kept'))
    const alone = poolReport([silent])
    expect(alone.features).toEqual([])
    expect(alone.texts).toEqual([])
  })

  it('agrees with levels of parts of a pool', () => {
    const bits = featureTable().features.map(({ bit }) => bit)
    const host = fc
      .record({
        of: fc.nat({ max: hosts.length - 1 }),
        without: fc.subarray(bits, { maxLength: 6 }),
      })
      .map(({ of, without }) => {
        const base = hostAt(of)
        const taken = Featureset.fromBigInt(
          without.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n),
        )
        return {
          ...base,
          featuresets: { raw: base.featuresets.raw?.andNot(taken) ?? Featureset.empty },
        }
      })
    fc.assert(
      fc.property(fc.array(host, { minLength: 2, maxLength: 6 }), (pool) => {
        const named = pool.map((each, at) => ({ ...each, name: `h${at}` }))
        const whole = levelPool(named)
        const made = poolReport(named)
        const lost = new Set(namesIn(made, 'lost'))
        for (const [at, column] of made.columns.entries()) {
          const own = named[column.hosts[0] ?? 0]
          if (own === undefined) throw new Error('no host')
          const alone = levelPool([own], { release: whole.release, method: 'intersection' }).hvm
          for (const { bit, cells } of made.features) {
            expect(cells[at] === 'y').toBe(alone.default.has(bit))
            expect('yr'.includes(cells[at] ?? '')).toBe(
              alone.default.has(bit) || alone.max.has(bit),
            )
          }
          const leaving = [at, ...column.gainWith].flatMap(
            (which) => made.columns[which]?.hosts ?? [],
          )
          const rest = named.filter((_, place) => !leaving.includes(place))
          const gained =
            rest.length === 0
              ? []
              : levelPool(rest, { release: whole.release })
                  .hvm.default.names()
                  .filter((name) => lost.has(name))
          expect([...column.gain].sort()).toEqual([...gained].sort())
        }
      }),
      { numRuns: 60 },
    )
  })

  it('is made of a thousand hosts of seven models in six columns, and of fifty unlike ones in time', () => {
    const thousand = Array.from({ length: 1000 }, (_, at) => ({
      ...hostAt(at % hosts.length),
      name: `node-${at}`,
    }))
    expect(poolReport(thousand).columns).toHaveLength(6)
    const fifty = unlikeHosts(50)
    const best = Math.min(
      ...[1, 2, 3, 4, 5].map(() => {
        const before = process.cpuUsage()
        poolReport(fifty, { guests })
        return process.cpuUsage(before).user / 1000
      }),
    )
    expect(best).toBeLessThan(200)
  })
})
