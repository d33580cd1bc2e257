/** The matrix says of every pair what an admission says. */
import { Featureset, featureTable } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../../fixtures/recorded.js'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { admitGuest } from '../../guest/admit.js'
import type { GuestKind } from '../../guest/kind.js'
import { hostWith } from '../../hosts.testing.js'
import { levelPool } from '../level.js'
import { FleetError } from './errors.js'
import { mobility } from './matrix.js'
import { guestWith, hostOffering, recordedSnapshot } from './mobility.testing.js'
import type { FleetGuest } from './types.js'

const BOOTS = [
  '4.13.5-EPYC',
  '4.15.7-Skylake-Server',
  '4.17-debian-EPYC',
  '4.17-debian-Haswell',
  '4.17-debian-Skylake-Server',
  '4.20.3-EPYC',
  '4.22.0-Skylake-Server',
]
const KINDS: readonly GuestKind[] = ['pv', 'pv32', 'hvm', 'pvh']

describeRecorded(
  BOOTS.map((boot) => `xen/hosts/${boot}.json`),
  () => {
    const whole = BOOTS.map((boot) => recordedSnapshot(boot))
    /** The same hosts as they are known from featuresets, from raw words, and from their raw policy alone. */
    const hosts: HostSnapshot[] = whole.flatMap((host) => {
      const { policies, ...known } = host
      const { raw } = host.featuresets
      return [
        host,
        { ...known, name: `${host.name} said` },
        { ...known, name: `${host.name} raw`, featuresets: raw === undefined ? {} : { raw } },
        {
          ...known,
          name: `${host.name} derived`,
          featuresets: {},
          policies: policies?.raw === undefined ? {} : { raw: policies.raw },
        },
        { ...known, name: `${host.name} silent`, featuresets: {} },
        { ...known, name: `${host.name} partly`, unknownWords: [5, 10] },
      ]
    })
    const bits = featureTable().features.map(({ bit }) => bit)
    const guest = fc
      .record({
        kind: fc.constantFrom(...KINDS),
        born: fc.constantFrom(...whole),
        told: fc.constantFrom('featureset', 'policy', 'records', 'nothing'),
        set: fc.constantFrom('pvDefault', 'pvMax', 'hvmDefault', 'hvmMax'),
        flips: fc.uniqueArray(fc.constantFrom(...bits), { maxLength: 3 }),
        vendor: fc.constantFrom(undefined, 'Intel' as const, 'AMD' as const),
        running: fc.constantFrom(undefined, true, false),
        memoryEnd: fc.constantFrom(undefined, 1n << 32n, (1n << 40n) + 1n),
        nestedVirt: fc.boolean(),
      })
      .map(
        ({
          kind,
          born,
          told,
          set,
          flips,
          vendor,
          running,
          memoryEnd,
          nestedVirt,
        }): Omit<FleetGuest, 'name'> => {
          const base = born.policies?.[set as 'pvMax'] ?? born.policies?.pvMax
          const flip = Featureset.fromBigInt(
            flips.reduce((sum, bit) => sum | (1n << BigInt(bit)), 0n),
          )
          const policy = base?.withFeatureset(base.featureset.xor(flip))
          return {
            kind,
            ...(told === 'policy' && policy !== undefined ? { policy } : {}),
            ...(told === 'records' && policy !== undefined ? { records: policy.toRecords() } : {}),
            ...(told === 'featureset' && policy !== undefined
              ? { featureset: policy.featureset }
              : {}),
            ...(vendor === undefined ? {} : { vendor }),
            ...(running === undefined ? {} : { running }),
            ...(memoryEnd === undefined ? {} : { memoryEnd }),
            domain: { nestedVirt },
          }
        },
      )

    it.each([undefined, '4.17.7'])('for every pair, in the words of %s', (release) => {
      let pairs = 0
      fc.assert(
        fc.property(fc.array(guest, { minLength: 1, maxLength: 12 }), (kinds) => {
          const guests = kinds.map((one, at) => ({ ...one, name: `guest-${at}` }))
          const options = release === undefined ? {} : { release }
          const matrix = mobility(guests, hosts, options)
          for (const one of guests) {
            const takers = hosts.filter((host) => {
              const { domain, ...rest } = one
              pairs++
              const said = admitGuest(rest, host, {
                ...options,
                ...(domain === undefined ? {} : { domain }),
              })
              const verdict = matrix.verdict(one.name, host.name)
              if (verdict.admitted !== said.admitted)
                expect.unreachable(`${JSON.stringify(said.reasons)} ${host.name}`)
              return said.admitted
            })
            expect(matrix.hostsFor(one.name)).toEqual(takers.map(({ name }) => name))
          }
        }),
        { numRuns: 60 },
      )
      expect(pairs).toBeGreaterThan(10_000)
    })

    it('gives the whole answer when it is asked for', () => {
      const guests = [
        { name: 'a', kind: 'pv', policy: whole[6]?.policies?.pvDefault ?? expect.unreachable() },
      ] as const
      const matrix = mobility(guests, hosts)
      for (const host of hosts)
        expect(matrix.verdict('a', host.name).admission).toEqual(admitGuest(guests[0], host))
    })
  },
)

describeRecorded('levelling/pair-compat.json', () => {
  interface Pair {
    readonly vm: string
    readonly host: string
    readonly vmFeatures: string
    readonly hostFeatures: string
  }
  const pairs = readRecordedJson<Pair[]>('levelling/pair-compat.json')

  it('87 recorded pairs', () => {
    expect(pairs).toHaveLength(87)
    const hosts = pairs.map(({ hostFeatures }, at): HostSnapshot => {
      const set = Featureset.parse(hostFeatures)
      return { ...hostOffering(`host-${at}`, []), featuresets: { pvDefault: set, pvMax: set } }
    })
    const guests = pairs.map(({ vmFeatures }, at) => ({
      name: `guest-${at}`,
      kind: 'pv' as const,
      featureset: Featureset.parse(vmFeatures),
    }))
    const matrix = mobility(guests, hosts)
    let admitted = 0
    for (const guest of guests)
      for (const host of hosts) {
        const answer = matrix.admits(guest.name, host.name)
        if (answer !== admitGuest(guest, host).admitted)
          expect.unreachable(`${guest.name} ${host.name}`)
        if (answer) admitted++
      }
    expect(admitted).toBeGreaterThan(87)
    expect(admitted).toBeLessThan(87 * 87)
  })
})

describe('a fleet', () => {
  const hosts = [
    hostOffering('old', ['FPU', 'MOVBE']),
    hostOffering('mid', ['FPU', 'MOVBE', 'AVX', 'XSAVE']),
    hostOffering('new', ['FPU', 'MOVBE', 'AVX', 'XSAVE', 'AVX2', 'SMEP']),
  ]
  const guests = [
    guestWith('plain', ['FPU', 'MOVBE'], { host: 'old' }),
    guestWith('young', ['FPU', 'MOVBE', 'AVX', 'XSAVE', 'AVX2'], { host: 'new' }),
    guestWith('lost', ['FPU', 'SHA'], { host: 'mid' }),
  ]
  const matrix = mobility(guests, hosts)

  it('is judged by groups', () => {
    const many = Array.from({ length: 300 }, (_, at) => ({
      ...(guests[at % 3] ?? expect.unreachable()),
      name: `guest-${at}`,
    }))
    expect(mobility(many, hosts).distinct).toEqual({ guests: 3, hosts: 3 })
  })

  it('names those who can go nowhere, with the reasons by feature and by host', () => {
    expect(matrix.stranded.map(({ guest, host, fitsHome }) => [guest, host, fitsHome])).toEqual([
      ['young', 'new', true],
      ['lost', 'mid', false],
    ])
    const [young] = matrix.stranded
    expect(young?.causes.map(({ code, feature, hosts }) => [code, feature, hosts])).toEqual([
      ['feature-missing', 'AVX2', ['old', 'mid']],
      ['feature-missing', 'XSAVE', ['old']],
      ['feature-missing', 'AVX', ['old']],
    ])
    expect(young?.obstacles.map(({ host, why, reasons }) => [host, why, reasons.length])).toEqual([
      ['old', 'cpu', 3],
      ['mid', 'cpu', 1],
    ])
    expect(JSON.parse(JSON.stringify(young))).toMatchObject({ guest: 'young', host: 'new' })
  })

  it('names those whom starting anew would help', () => {
    const level = levelPool(hosts)
    expect(matrix.powerCycle(level)).toEqual([
      {
        guest: 'young',
        to: ['move'],
        above: ['XSAVE', 'AVX', 'AVX2'],
        below: [],
        hosts: ['old', 'mid'],
        message:
          'young cannot go to old, mid, as it has seen XSAVE, AVX, AVX2 above the level: start it anew at the level.',
      },
      {
        guest: 'lost',
        to: ['move', 'gain'],
        above: ['SHA'],
        below: ['MOVBE'],
        hosts: ['old', 'mid', 'new'],
        message:
          'lost cannot go to old, mid, new, as it has seen SHA above the level; lost does without MOVBE, which the level has: start it anew at the level.',
      },
    ])
    expect(
      matrix.powerCycle(levelPool(hosts.slice(2))).map(({ guest, to }) => [guest, to]),
    ).toEqual([
      ['plain', ['gain']],
      ['young', ['gain']],
      ['lost', ['gain', 'move']].map((each) => (Array.isArray(each) ? ['move', 'gain'] : each)),
    ])
  })

  it('refuses names that are not there, and names that are there twice', () => {
    const code = (run: () => unknown) => {
      try {
        run()
      } catch (error) {
        if (error instanceof FleetError) return error.code
        throw error
      }
      return null
    }
    expect(code(() => matrix.verdict('nobody', 'old'))).toBe('FLEET_UNKNOWN_GUEST')
    expect(code(() => matrix.admits('plain', 'nowhere'))).toBe('FLEET_UNKNOWN_HOST')
    expect(code(() => matrix.canEvacuate('nowhere'))).toBe('FLEET_UNKNOWN_HOST')
    expect(code(() => matrix.rollingUpdate(['old', 'old']))).toBe('FLEET_DUPLICATE_HOST')
    expect(code(() => mobility([...guests, ...guests], hosts))).toBe('FLEET_DUPLICATE_GUEST')
    expect(code(() => mobility(guests, [...hosts, ...hosts]))).toBe('FLEET_DUPLICATE_HOST')
    expect(code(() => mobility([guestWith('a', [], { memory: -1n })], hosts))).toBe('FLEET_NUMBER')
  })

  it('says what is odd about what it was told', () => {
    const odd = mobility([...guests, guestWith('away', [], { host: 'elsewhere' })], hosts, {
      capacity: { old: { freeMemory: 1n }, gone: {} },
    })
    expect(odd.findings.map(({ code }) => code)).toEqual([
      'capacity-of-unknown-host',
      'host-of-guest-unknown',
      'guest-memory-unknown',
    ])
    expect(mobility([], []).stranded).toEqual([])
    expect(mobility([], [hostWith('a', [])]).rollingUpdate()).toMatchObject({
      ok: true,
      steps: [{ host: 'a', moves: [] }],
    })
  })
})
