/** Every interleaving: Xen's rendezvous finishes or reports, and two protocols that look as good do not. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LateLoadRequestError } from './errors.js'
import { exploreLateLoad } from './explore.js'
import { makeModel } from './model.js'
import type { ExploreOptions, LateLoadReport } from './report.js'
import { runLateLoad } from './run.js'
import { Search } from './search.js'
import type { LateLoadOptions, LateLoadTopology } from './types.js'
import { CALLED_IN } from './words.js'

const INTEL: LateLoadTopology = { cores: 2, threadsPerCore: 2, vendor: 'Intel' }
const AMD: LateLoadTopology = { ...INTEL, vendor: 'AMD' }
const ALL = [0, 1, 2, 3]

const ends = ({ outcomes }: LateLoadReport) =>
  [...new Set(outcomes.map(({ errno }) => errno))].sort()
const punctual = { timeouts: 'last-resort' } as const

/** What can go wrong in a 2 × 2 machine: each CPU in each way, and some of it together. */
const TROUBLES: readonly (readonly [name: string, trouble: LateLoadOptions])[] = [
  ['nothing', {}],
  ...ALL.map((cpu) => [`CPU${cpu} fails`, { failing: { cpu, errno: 'EIO' as const } }] as const),
  ...ALL.map((cpu) => [`CPU${cpu} hangs`, { hung: cpu }] as const),
  ...ALL.map((cpu) => [`the NMI of CPU${cpu} is lost`, { lostNmi: cpu }] as const),
  ...ALL.map((cpu) => [`an NMI from elsewhere hits CPU${cpu}`, { externalNmi: cpu }] as const),
  ['NMIs from elsewhere hit two CPUs', { externalNmi: [1, 2] }],
  [
    'CPU2 fails while NMIs from elsewhere hit it and its sibling',
    { failing: { cpu: 2, errno: 'EIO' }, externalNmi: [2, 3] },
  ],
  ['CPU2 hangs while an NMI from elsewhere hits it', { hung: 2, externalNmi: 2 }],
  ['an NMI is lost where another comes', { lostNmi: 3, externalNmi: 3 }],
  ['all are new already', { oldRevision: 0x20 }],
]

describe.each([
  ['Intel', true, INTEL],
  ['Intel', false, INTEL],
  ['AMD', true, AMD],
  ['AMD', false, AMD],
] as const)('two %s cores of two threads, nmi %s', (_, nmi, topology) => {
  it.each(TROUBLES)('%s: finishes or reports, in every order of events', (__, trouble) => {
    const report = exploreLateLoad(topology, { nmi, ...trouble })
    expect(report.deadlocks).toEqual([])
    expect(report.broken).toEqual([])
    expect(report.states).toBeGreaterThan(30)
    // The one silence that Xen's protocol has: whoever watches over the others is the CPU that hangs.
    expect(report.outcomes.some(({ errno }) => errno === 'HANG')).toBe(trouble.hung === 0)
    for (const { errno, panic, watchdogBalance, trace } of report.outcomes) {
      expect(panic).toBe(errno === 'PANIC')
      expect(watchdogBalance).toBe(panic || errno === 'HANG' ? 1 : 0)
      const last = trace.at(-1)?.event
      if (panic) expect(last).toBe('out-timeout')
      else if (errno !== 'HANG') expect(last).toBe('return')
    }
  })
})

describe('what comes of it when no CPU is slow', () => {
  it.each<[string, LateLoadTopology, ExploreOptions, string[]]>([
    ['nothing wrong', INTEL, {}, ['OK']],
    ['a primary fails', INTEL, { failing: { cpu: 2, errno: 'EIO' } }, ['EIO']],
    ['a secondary cannot fail', INTEL, { failing: { cpu: 3, errno: 'EIO' } }, ['OK']],
    ['CPU0 fails', INTEL, { failing: { cpu: 0, errno: 'EINVAL' } }, ['EINVAL']],
    ['a primary hangs', INTEL, { hung: 2 }, ['PANIC']],
    ['CPU0 hangs', INTEL, { hung: 0 }, ['HANG']],
    ['an NMI is lost', INTEL, { lostNmi: 3 }, ['EBUSY']],
    ['an NMI is lost that nobody sends', INTEL, { nmi: false, lostNmi: 2 }, ['OK']],
    [
      'two fail: the last error wins',
      AMD,
      {
        failing: [
          { cpu: 1, errno: 'EIO' },
          { cpu: 3, errno: 'ENXIO' },
        ],
      },
      ['EIO', 'ENXIO'],
    ],
    [
      'an error left over, or the time-out',
      INTEL,
      { lostNmi: 2, leftOver: { cpu: 2, errno: 'EIO' } },
      ['EBUSY', 'EIO'],
    ],
    [
      'before 4.22 EBUSY may hide the error of CPU0',
      INTEL,
      { failing: { cpu: 0, errno: 'EIO' }, release: '4.21.0' },
      ['EBUSY', 'EIO'],
    ],
    [
      'an NMI from elsewhere may hide the error of a primary',
      INTEL,
      { failing: { cpu: 2, errno: 'EIO' }, externalNmi: 2 },
      ['EIO', 'OK'],
    ],
    ['refused at once', INTEL, { cachedRevision: 0x20 }, ['EEXIST']],
  ])('%s', (_, topology, options, expected) => {
    expect(ends(exploreLateLoad(topology, { ...punctual, ...options }))).toEqual(expected)
  })

  it('a secondary hit by an NMI from elsewhere may keep the old revision in Xen’s books', () => {
    const { outcomes } = exploreLateLoad(INTEL, { ...punctual, externalNmi: 3 })
    expect(outcomes.map(({ revisions }) => revisions)).toEqual([
      [0x20, 0x20, 0x20, 0x10],
      [0x20, 0x20, 0x20, 0x20],
    ])
  })
})

describe('a handler that also waits for the primaries', () => {
  it.each([true, false])(
    'leaves its CPU there for ever when the load is given up, nmi %s',
    (nmi) => {
      const report = exploreLateLoad(INTEL, { nmi, variant: 'handler-waits-for-primaries' })
      const [shortest] = report.deadlocks
      expect(shortest).toMatchObject({
        endsIn: 'HANG',
        waiting: [{ cpu: 1, role: 'secondary', inNmi: true, for: 'state EXIT and all primaries' }],
      })
      expect(shortest?.trace).toHaveLength(15)
      expect(ends(report)).toContain('HANG')
    },
  )

  it.each(['failing', 'lostNmi'] as const)('needs no slow CPU for that: %s', (trouble) => {
    const options =
      trouble === 'failing' ? { failing: { cpu: 0, errno: 'EIO' as const } } : { lostNmi: 2 }
    const report = exploreLateLoad(INTEL, {
      ...punctual,
      ...options,
      variant: 'handler-waits-for-primaries',
    })
    expect(report.deadlocks.map(({ endsIn }) => endsIn)).toContain('HANG')
    expect(ends(report)).toEqual(['HANG'])
  })
})

describe('a handler that holds everyone', () => {
  it('keeps a primary from its own write: panic, though nothing is broken', () => {
    const options = { ...punctual, nmi: false, externalNmi: 2 }
    const report = exploreLateLoad(INTEL, { ...options, variant: 'handler-holds-everyone' })
    expect(ends(report)).toEqual(['OK', 'PANIC'])
    expect(report.deadlocks).toHaveLength(1)
    expect(report.deadlocks[0]).toMatchObject({
      endsIn: 'PANIC',
      waiting: [
        { cpu: 0, role: 'control', inNmi: false, for: 'another CPU to count itself out' },
        { cpu: 1, role: 'secondary', inNmi: true, for: 'state EXIT' },
        { cpu: 2, role: 'primary', inNmi: true, for: 'state EXIT' },
        { cpu: 3, role: 'secondary', inNmi: true, for: 'state EXIT' },
      ],
    })
    expect(report.deadlocks[0]?.trace.map(({ event }) => event)).toContain('external-nmi')
    expect(ends(exploreLateLoad(INTEL, options))).toEqual(['OK'])
  })

  it.each([true, false])('keeps CPU0 from ending the load: silence, nmi %s', (nmi) => {
    const options = { ...punctual, nmi, externalNmi: 0 }
    const report = exploreLateLoad(AMD, { ...options, variant: 'handler-holds-everyone' })
    expect(report.deadlocks.map(({ endsIn }) => endsIn)).toContain('HANG')
    expect(ends(exploreLateLoad(AMD, options))).toEqual(['OK'])
  })
})

describe('the search', () => {
  it('finds a shorter road than a run takes', () => {
    const { outcomes } = exploreLateLoad(INTEL, punctual)
    expect(outcomes.map(({ trace }) => trace.length)).toEqual([36])
    // On the clock CPU0 begins to wait before the other primary is out, and sees it come.
    expect(runLateLoad(INTEL).trace).toHaveLength(38)
  })

  it('does not need the NMIs that nobody waits for', () => {
    for (const [topology, nmi, variant] of [
      [INTEL, true, 'xen'],
      [INTEL, false, 'handler-holds-everyone'],
      [AMD, true, 'handler-waits-for-primaries'],
    ] as const) {
      const options = { nmi, variant, externalNmi: [1, 2] }
      const search = (idleNmis: boolean) =>
        new Search(makeModel(topology, options), topology, { ...options, idleNmis }).report()
      const [without, all] = [search(false), search(true)]
      expect(all.states).toBeGreaterThan(without.states)
      const known = ({ outcomes }: LateLoadReport) =>
        outcomes.map(({ trace: _, ...outcome }) => JSON.stringify(outcome)).sort()
      expect(known(all)).toEqual(known(without))
      expect(all.deadlocks.map(({ waiting }) => waiting)).toEqual(
        without.deadlocks.map(({ waiting }) => waiting),
      )
    }
  })

  it('finds a promise that is broken', () => {
    const model = makeModel(INTEL, {})
    // Somebody is counted twice, which Xen's bitmap rules out: CPU0 goes on while one is missing.
    const hasty = { ...model, start: model.start.slice() }
    hasty.start[CALLED_IN] = 1
    const { broken } = new Search(hasty, INTEL, {}).report()
    expect(broken.map(({ promise }) => promise)).toContain('siblings-are-still')
    expect(broken[0]?.trace.at(-1)?.event).toBe('write')
  })

  it('stops where it was told to', () => {
    const large = () => exploreLateLoad({ ...INTEL, cores: 8 }, { maxStates: 10_000 })
    expect(large).toThrow(LateLoadRequestError)
    expect(large).toThrow('found 10000 states')
  })

  it('takes less than five seconds for two cores of two threads', () => {
    const started = performance.now()
    for (const nmi of [true, false]) exploreLateLoad(INTEL, { nmi, externalNmi: 2 })
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

describe('a run', () => {
  const cpu = fc.nat({ max: 3 })
  const some = fc.uniqueArray(cpu, { maxLength: 1 })
  const requests = fc.record({
    nmi: fc.boolean(),
    variant: fc.constantFrom(
      'xen' as const,
      'handler-waits-for-primaries' as const,
      'handler-holds-everyone' as const,
    ),
    failing: fc.array(
      fc.record({ cpu, errno: fc.constantFrom('EIO' as const, 'EINVAL' as const) }),
      { maxLength: 1 },
    ),
    hung: fc.oneof(fc.constant([]), some),
    lateNmi: some,
    lostNmi: fc.oneof(fc.constant([]), some),
    externalNmi: some,
    externalNmiAt: fc.constantFrom(
      'PREPARE' as const,
      'CALLIN' as const,
      'ENTER' as const,
      'EXIT' as const,
    ),
    release: fc.constantFrom('4.13.0', '4.17.5', '4.19.4', '4.20.0', '4.22.0'),
    timing: fc.record({
      write: fc.constantFrom(0, 400, 1_100_000),
      nmiDelay: fc.constantFrom(0, 10_000, 40_000),
    }),
  })
  const machines = fc.record({
    cores: fc.constant(2),
    threadsPerCore: fc.constantFrom(1, 2),
    vendor: fc.constantFrom('Intel' as const, 'AMD' as const),
    alreadyNew: fc.uniqueArray(fc.nat({ max: 1 })),
  })

  it('is one of the roads that the search finds', () => {
    fc.assert(
      fc.property(machines, requests, (machine, request) => {
        const within = (cpus: readonly number[]) =>
          cpus.filter((n) => n < 2 * machine.threadsPerCore)
        const options = {
          ...request,
          failing: request.failing.filter((failure) => within([failure.cpu]).length > 0),
          hung: within(request.hung),
          lateNmi: within(request.lateNmi),
          lostNmi: within(request.lostNmi),
          externalNmi: within(request.externalNmi),
        }
        const run = runLateLoad(machine, options)
        const { outcomes } = exploreLateLoad(machine, options)
        const { errno, panic, updated, cpuOut, callin, watchdogBalance, revisions } = run
        const found = outcomes.map(({ trace: _, ...outcome }) => outcome)
        expect(found).toContainEqual({
          errno,
          panic,
          updated,
          cpuOut,
          callin,
          watchdogBalance,
          revisions,
        })
      }),
      { numRuns: 100 },
    )
  })
})
