/** What releases did differently in a late load; read in the source of each, as only the newest was recorded. */
import { describe, expect, it } from 'vitest'
import { runLateLoad } from './run.js'
import type { LateLoadRun, LateLoadTopology, RunOptions } from './types.js'

const INTEL: LateLoadTopology = { cores: 2, threadsPerCore: 2, vendor: 'Intel' }
const AMD: LateLoadTopology = { ...INTEL, vendor: 'AMD' }

type Expected = Partial<LateLoadRun>

/** A difference: releases just before and just after it landed, the main line first and then the branches that got it. */
interface Difference {
  readonly name: string
  readonly topology: LateLoadTopology
  readonly options: RunOptions
  readonly without: readonly [releases: readonly string[], expected: Expected]
  readonly having: readonly [releases: readonly string[], expected: Expected]
}

const DIFFERENCES: readonly Difference[] = [
  {
    name: 'every AMD thread writes',
    topology: AMD,
    options: {},
    without: [['4.13.0', '4.16.3', '4.17.0'], { wroteMsr: [0, 2], nrCores: 2 }],
    having: [['4.16.4', '4.17.1', '4.18.0', '4.22.0'], { wroteMsr: [0, 1, 2, 3], nrCores: 4 }],
  },
  {
    name: 'a call-in that times out gives the watchdog back',
    topology: INTEL,
    options: { lostNmi: 2 },
    without: [['4.13.5', '4.16.3', '4.17.0'], { errno: 'EBUSY', watchdogBalance: 1 }],
    having: [['4.16.4', '4.17.1', '4.18.0', '4.22.0'], { errno: 'EBUSY', watchdogBalance: 0 }],
  },
  {
    name: 'any error on CPU0 ends the load',
    topology: INTEL,
    options: { failing: { cpu: 0, errno: 'ENXIO' } },
    without: [
      ['4.17.5', '4.18.5', '4.19.3', '4.20.1'],
      { errno: 'ENXIO', updated: 1, wroteMsr: [0, 2] },
    ],
    having: [['4.20.3', '4.21.1', '4.22.0'], { errno: 'ENXIO', updated: 0, wroteMsr: [0] }],
  },
  {
    name: 'CPU0 that is new already stops the others',
    topology: { ...INTEL, alreadyNew: [0, 1] },
    options: {},
    without: [['4.17.5', '4.18.3', '4.19.3', '4.20.1'], { updated: 1, firstWriter: 2 }],
    having: [['4.19.4', '4.20.3', '4.21.1', '4.22.0'], { updated: 0, firstWriter: null }],
  },
  {
    name: 'the real error of CPU0 is returned',
    topology: INTEL,
    options: { failing: { cpu: 0, errno: 'EIO' } },
    without: [['4.13.0', '4.18.6', '4.19.3', '4.20.2', '4.21.0'], { errno: 'EBUSY' }],
    having: [['4.19.4', '4.20.3', '4.21.1', '4.22.0'], { errno: 'EIO' }],
  },
  {
    name: 'a revision that is not newer is EEXIST',
    topology: INTEL,
    options: { oldRevision: 0x30, nmi: false },
    without: [['4.13.5', '4.15.7', '4.17.0', '4.17.4', '4.18.2'], { errno: 'EINVAL' }],
    having: [['4.17.7', '4.19.4', '4.20.3', '4.22.0'], { errno: 'EEXIST' }],
  },
  {
    name: 'a cache that is not older is EEXIST',
    topology: INTEL,
    options: { cachedRevision: 0x20 },
    without: [['4.13.0', '4.16.7', '4.17.4', '4.18.2'], { errno: 'ENOENT', nrCores: 0 }],
    having: [['4.17.5', '4.18.3', '4.19.0', '4.22.0'], { errno: 'EEXIST', nrCores: 0 }],
  },
  {
    name: 'the raw policy is read again',
    topology: INTEL,
    options: {},
    without: [['4.13.0', '4.17.7'], { errno: 'OK', policyRefresh: false }],
    having: [['4.18.0', '4.22.0'], { errno: 'OK', policyRefresh: true }],
  },
  {
    name: 'force',
    topology: INTEL,
    options: { force: true, oldRevision: 0x30 },
    without: [['4.13.0', '4.19.6'], { errno: 'ENOSYS', trace: [] }],
    having: [['4.20.0', '4.22.0'], { errno: 'OK', updated: 2 }],
  },
  {
    name: 'allow-same goes',
    topology: INTEL,
    options: { allowSame: true, oldRevision: 0x20, cachedRevision: 0x20 },
    without: [['4.15.0', '4.17.7', '4.19.6'], { errno: 'OK', updated: 2 }],
    having: [['4.20.0', '4.22.0'], { errno: 'EEXIST', updated: 0 }],
  },
  {
    name: 'allow-same comes',
    topology: INTEL,
    options: { allowSame: true, oldRevision: 0x20, cachedRevision: 0x20 },
    without: [['4.13.0', '4.14.6'], { errno: 'ENOENT', updated: 0 }],
    having: [['4.15.0', '4.16.3'], { errno: 'OK', updated: 2 }],
  },
  {
    name: 'AMD writes the same revision again',
    topology: { ...AMD, alreadyNew: [1, 3] },
    options: {},
    without: [['4.20.0', '4.22.0'], { errno: 'EEXIST', updated: 2, notNewer: [1, 3] }],
    having: [['4.16.4', '4.17.7', '4.18.0', '4.19.6'], { errno: 'OK', updated: 4, notNewer: [] }],
  },
  {
    name: 'pre-production goes over production',
    topology: INTEL,
    options: { oldRevision: 0x30, newRevision: -0x7fff_fff0 },
    // Unsigned, it is newer than everything: the same end, for another reason.
    without: [['4.13.0', '4.14.6'], { errno: 'OK', updated: 2 }],
    having: [['4.15.0', '4.22.0'], { errno: 'OK', updated: 2 }],
  },
  {
    name: 'production goes over pre-production',
    topology: INTEL,
    options: { oldRevision: -0x7fff_fff0, newRevision: 0x30 },
    without: [['4.13.0', '4.14.6'], { updated: 0 }],
    having: [['4.15.0', '4.22.0'], { errno: 'OK', updated: 2 }],
  },
  {
    name: 'loading can be left out',
    topology: INTEL,
    options: { obstacle: 'loading-absent' },
    without: [['4.13.0', '4.21.2'], { errno: 'OK' }],
    having: [['4.22.0', '4.23-dev'], { errno: 'EOPNOTSUPP' }],
  },
]

describe.each(DIFFERENCES)('$name', ({ topology, options, without, having }) => {
  it.each(without[0])('not in %s', (release) => {
    expect(runLateLoad(topology, { ...options, release })).toMatchObject(without[1])
  })
  it.each(having[0])('in %s', (release) => {
    expect(runLateLoad(topology, { ...options, release })).toMatchObject(having[1])
  })
})

it('names the error of CPU0 from the same day on that any error ends the load', () => {
  const said = (release: string) =>
    runLateLoad(INTEL, { failing: { cpu: 0, errno: 'EIO' }, release }).log.at(-1)
  expect(said('4.20.1')).toBe('Late loading aborted: CPU0 failed to update ucode')
  expect(said('4.20.2')).toBe('Late loading aborted: CPU0 failed to update ucode: -5')
})

it('leaves AMD’s revisions unsigned', () => {
  const pre = { oldRevision: 0x8000_0010, newRevision: 0x30 }
  expect(runLateLoad(AMD, pre).updated).toBe(0)
  expect(runLateLoad(AMD, { oldRevision: 0x30, newRevision: 0x8000_0010 }).updated).toBe(4)
})

it('says where its answers come from', () => {
  const evidence = (options: RunOptions) => runLateLoad(INTEL, options).evidence
  expect(evidence({})).toBe('recorded')
  expect(evidence({ release: '4.22.0' })).toBe('recorded')
  expect(evidence({ release: '4.21' })).toBe('facts')
  expect(evidence({ variant: 'handler-holds-everyone' })).toBe('facts')
  expect(runLateLoad(INTEL, { release: '4.17' }).release).toBe('4.17.7')
})
