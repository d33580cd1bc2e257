/** Emptying hosts: plans hold when someone else replays them, and there is a plan exactly where trying everything finds one. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded } from '../../../../../fixtures/recorded.js'
import { admitGuest } from '../../guest/admit.js'
import { bruteEvacuation, bruteRolling, FEATURES, replayOf, small } from './brute.testing.js'
import { mobility } from './matrix.js'
import { guestWith, hostOffering, recordedSnapshot } from './mobility.testing.js'
import { guestAfterMove } from './moved-view.js'

describe('emptying one host', () => {
  it('finds a way exactly where there is one, and the way holds', () => {
    const seen = { yes: 0, no: 0 }
    fc.assert(
      fc.property(small, (fleet) => {
        const matrix = mobility(fleet.guests, fleet.hosts, { capacity: fleet.capacity })
        for (const host of fleet.hosts) {
          const { ok, exact, moves, blockers } = matrix.canEvacuate(host.name)
          expect([ok, exact]).toEqual([bruteEvacuation(fleet, host), true])
          expect(blockers.length === 0).toBe(ok)
          seen[ok ? 'yes' : 'no']++
          if (!ok) continue
          const replay = replayOf(fleet)
          for (const move of moves) replay.move(move)
          expect([replay.complaints, replay.on(host.name)]).toEqual([[], []])
        }
      }),
      { numRuns: 1000 },
    )
    expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(300)
  })

  it('says what stands in the way', () => {
    const hosts = [
      hostOffering('here', ['FPU', 'NX']),
      hostOffering('closed', ['FPU', 'NX']),
      hostOffering('poor', ['FPU']),
      hostOffering('aged', ['FPU', 'NX'], '4.17.7'),
      hostOffering('full', ['FPU', 'NX']),
    ]
    const guests = [
      guestWith('a', ['FPU', 'NX'], { host: 'here', memory: 8n }),
      guestWith('b', ['FPU', 'SHA'], { host: 'here', memory: 1n }),
    ]
    const capacity = { closed: { enabled: false }, full: { freeMemory: 7n } }
    const { ok, exact, blockers } = mobility(guests, hosts, { capacity }).canEvacuate('here')
    expect([ok, exact]).toEqual([false, true])
    expect(blockers.map(({ code, guests, message }) => [code, guests, message])).toEqual([
      [
        'no-host',
        ['b'],
        'b can go nowhere: closed, poor, aged and 1 more cannot give what it has seen of its CPU.',
      ],
      [
        'no-room',
        ['a'],
        'a can go nowhere: poor cannot give what it has seen of its CPU, closed in maintenance, aged with an older Xen, full without room for it.',
      ],
    ])
    expect(
      blockers[1]?.obstacles.map(({ host, why, reasons }) => [
        host,
        why,
        reasons.map(({ feature }) => feature),
      ]),
    ).toEqual([
      ['closed', 'maintenance', []],
      ['poor', 'cpu', ['NX']],
      ['aged', 'older-xen', []],
      ['full', 'memory', []],
    ])
    const allowing = mobility(guests.slice(0, 1), hosts, { capacity, olderXen: 'allow' })
    expect(allowing.canEvacuate('here').moves).toEqual([
      { guest: 'a', from: 'here', to: 'aged', memory: 8n },
    ])
  })

  it('tells room that is too little in sum from room in the wrong pieces', () => {
    const hosts = ['a', 'b', 'c'].map((name) => hostOffering(name, ['FPU']))
    const on = (memories: readonly bigint[]) =>
      memories.map((memory, at) => guestWith(`guest-${at}`, ['FPU'], { host: 'a', memory }))
    const rooms = { b: { freeMemory: 10n }, c: { freeMemory: 10n } }
    const told = (memories: readonly bigint[]) =>
      mobility(on(memories), hosts, { capacity: rooms })
        .canEvacuate('a')
        .blockers.map(({ code, message }) => [code, message])
    expect(told([6n, 6n, 9n])).toEqual([
      [
        'no-room-together',
        'guest-0, guest-1, guest-2 need 21 bytes together, and all hosts that take any of them (b, c) have 20.',
      ],
    ])
    expect(told([6n, 6n, 6n])).toEqual([
      [
        'no-room-together',
        'There is room for guest-0, guest-1, guest-2 in sum, but not in pieces of their sizes.',
      ],
    ])
    expect(told([6n, 4n, 3n, 7n])).toEqual([])
  })

  it('gives up where it would take too long, and says so', () => {
    const hosts = Array.from({ length: 9 }, (_, at) => hostOffering(`h${at}`, ['FPU']))
    // Two fit on each of eight hosts, and there are seventeen; their sizes all differ, so nothing is tried twice.
    const guests = Array.from({ length: 17 }, (_, at) =>
      guestWith(`g${at}`, ['FPU'], { host: 'h0', memory: 101n + BigInt(at) }),
    )
    const capacity = Object.fromEntries(hosts.map(({ name }) => [name, { freeMemory: 299n }]))
    const answer = mobility(guests, hosts, { capacity, effort: 500 }).canEvacuate('h0')
    expect(answer).toMatchObject({ ok: false, exact: false, blockers: [{ code: 'not-found' }] })
  })
})

describe('emptying all hosts in turn', () => {
  it.each(['any', 'given'] as const)(
    'finds a way exactly where there is one, order: %s',
    (order) => {
      const seen = { yes: 0, no: 0 }
      fc.assert(
        fc.property(small, (fleet) => {
          const matrix = mobility(fleet.guests, fleet.hosts, { capacity: fleet.capacity })
          const plan = matrix.rollingUpdate(undefined, { order, after: fleet.after })
          expect([plan.ok, plan.exact]).toEqual([bruteRolling(fleet, order === 'given'), true])
          expect(plan.blockers.length === 0).toBe(plan.ok)
          seen[plan.ok ? 'yes' : 'no']++
          if (!plan.ok) return
          if (order === 'given') expect(plan.order).toEqual(matrix.hosts)
          expect([...plan.order].sort()).toEqual([...matrix.hosts].sort())
          const replay = replayOf(fleet)
          for (const { host, moves } of plan.steps) {
            for (const move of moves) replay.move(move)
            replay.update(host, fleet.after[host])
          }
          expect(replay.complaints).toEqual([])
        }),
        { numRuns: 700 },
      )
      expect(Math.min(seen.yes, seen.no)).toBeGreaterThan(100)
    },
  )

  it('empties only the hosts that it is asked to', () => {
    const hosts = ['a', 'b', 'c'].map((name) => hostOffering(name, ['FPU']))
    const guests = ['a', 'b', 'c'].map((host) => guestWith(`on-${host}`, ['FPU'], { host }))
    const plan = mobility(guests, hosts).rollingUpdate(['b'])
    expect(plan).toMatchObject({ ok: true, order: ['b'] })
    expect(plan.steps).toHaveLength(1)
    expect(plan.steps[0]?.moves).toHaveLength(1)
  })

  it('holds for a larger fleet with memory', () => {
    fc.assert(
      fc.property(fc.infiniteStream(fc.nat(1000)), (stream) => {
        const next = (limit: number) => Number(stream.next().value) % limit
        const hosts = Array.from({ length: 12 }, (_, at) =>
          hostOffering(`h${at}`, FEATURES.slice(0, 2 + next(4)), next(2) ? '4.17.7' : '4.20.3'),
        )
        const guests = Array.from({ length: 80 }, (_, at) =>
          guestWith(`g${at}`, FEATURES.slice(0, 1 + next(3)), {
            host: `h${next(12)}`,
            memory: BigInt(1 + next(4)),
          }),
        )
        const capacity = Object.fromEntries(hosts.map(({ name }) => [name, { freeMemory: 20n }]))
        const after = Object.fromEntries(
          hosts.map(({ name }) => [name, hostOffering(name, FEATURES, '4.22.0')]),
        )
        const plan = mobility(guests, hosts, { capacity }).rollingUpdate(undefined, { after })
        const replay = replayOf({ guests, hosts, capacity, after })
        for (const { host, moves } of plan.steps) {
          for (const move of moves) replay.move(move)
          replay.update(host, after[host])
        }
        expect(replay.complaints).toEqual([])
        expect(plan.steps).toHaveLength(plan.ok ? 12 : 0)
      }),
      { numRuns: 60 },
    )
  })

  it('orders hosts so that guests find one that was updated for them', () => {
    const hosts = [hostOffering('a', ['FPU', 'NX']), hostOffering('b', ['FPU'])]
    const guests = [guestWith('vm', ['FPU', 'NX'], { host: 'a' })]
    const after = { b: hostOffering('b', ['FPU', 'NX']) }
    const matrix = mobility(guests, hosts)
    expect(matrix.rollingUpdate().blockers).toMatchObject([
      { host: 'a', code: 'no-host', guests: ['vm'] },
    ])
    expect(matrix.rollingUpdate(undefined, { after }).order).toEqual(['b', 'a'])
    expect(matrix.rollingUpdate(undefined, { after, order: 'given' })).toMatchObject({
      ok: false,
      exact: true,
    })
  })
})

const BOOTS = ['4.13.5-EPYC', '4.22.0-EPYC']
describeRecorded(
  BOOTS.map((boot) => `xen/hosts/${boot}.json`),
  () => {
    const [old, young] = [
      recordedSnapshot(BOOTS[0] ?? '', 'one'),
      recordedSnapshot(BOOTS[1] ?? '', 'one'),
    ]

    const two = { ...young, name: 'two' }
    const policy = old.policies?.pvDefault ?? expect.unreachable()
    const guests = [{ name: 'vm', kind: 'pv', policy, host: 'one' }] as const
    const given = { order: 'given' } as const

    it('does not bring a guest back from a newer Xen, unless it may', () => {
      const matrix = mobility(guests, [old, two])
      expect(matrix.hostsFor('vm')).toEqual(['one', 'two'])
      expect(matrix.rollingUpdate(['one', 'two'], given)).toMatchObject({ ok: false, exact: true })
      expect(matrix.rollingUpdate(['one', 'two']).order).toEqual(['two', 'one'])
      expect(matrix.rollingUpdate(['one', 'two'], { ...given, after: { one: young } }).ok).toBe(
        true,
      )
      const allowing = mobility(guests, [old, two], { olderXen: 'allow' })
      expect(allowing.rollingUpdate(['one', 'two'], given).ok).toBe(true)
    })

    it('carries the policy along as the receiving Xen makes it', () => {
      const moved = guestAfterMove(guests[0], two, undefined)
      expect(moved.policy?.release).toBe('4.22.0')
      expect(moved.policy?.featureset.xor(policy.featureset).names()).toEqual([])
      expect(admitGuest(moved, two).reasons).toEqual([])
      const told = { name: 'vm', kind: 'pv', records: policy.toRecords() } as const
      expect(guestAfterMove(told, two, undefined).policy?.equals(moved.policy ?? policy)).toBe(true)
      const { policies: _, ...untold } = two
      expect(guestAfterMove(guests[0], untold, undefined)).toBe(guests[0])
    })
  },
)
