/** What a late load comes to: the traps, the clock, the obstacles, and what holds for every machine. */
import { describe, expect, it } from 'vitest'
import { LateLoadReleaseError, LateLoadRequestError } from './errors.js'
import { runLateLoad } from './run.js'
import type { LateLoadObstacle, LateLoadRun, LateLoadTopology, RunOptions } from './types.js'

const INTEL: LateLoadTopology = { cores: 4, threadsPerCore: 2, vendor: 'Intel' }
const AMD: LateLoadTopology = { ...INTEL, vendor: 'AMD' }

const hex = ({ revisions }: LateLoadRun) => revisions.map((revision) => revision.toString(16))
const events = ({ trace }: LateLoadRun, cpu: number) =>
  trace.filter((entry) => entry.cpu === cpu).map(({ event }) => event)

describe('the traps', () => {
  it('updates everything that was old, and yet returns EEXIST, for a CPU that was not', () => {
    const run = runLateLoad({ ...INTEL, alreadyNew: [4, 5] })
    expect(run).toMatchObject({ errno: 'EEXIST', updated: 3, nrCores: 4, notNewer: [4] })
    expect(new Set(run.revisions)).toEqual(new Set([0x20]))
    expect(run.log.at(-1)).toContain('succeeded on 3 cores and failed\non other 1 cores')
  })

  it('leaves the others old when CPU0 is new already; force is the way out', () => {
    const machine = { ...INTEL, alreadyNew: [0, 1] }
    expect(hex(runLateLoad(machine))).toEqual(['20', '20', '10', '10', '10', '10', '10', '10'])
    expect(runLateLoad(machine, { force: true })).toMatchObject({ errno: 'OK', updated: 4 })
  })

  it('keeps the newer update in the cache after a forced downgrade', () => {
    const run = runLateLoad(INTEL, {
      force: true,
      oldRevision: 0x30,
      newRevision: 0x20,
      cachedRevision: 0x30,
    })
    expect(run).toMatchObject({ errno: 'OK', updated: 4, cachedRevision: 0x30 })
    expect(new Set(run.revisions)).toEqual(new Set([0x20]))
  })

  it('returns the last of several errors', () => {
    const failing = [
      { cpu: 2, errno: 'EIO' },
      { cpu: 6, errno: 'ENXIO' },
    ] as const
    const slow = (cpu: number) =>
      runLateLoad(INTEL, { nmi: false, failing, timing: { writes: { [cpu]: 900 } } })
    expect([slow(2).errno, slow(6).errno]).toEqual(['EIO', 'ENXIO'])
  })

  it('never learns of a sibling’s revision when an NMI from elsewhere came before its own', () => {
    const run = runLateLoad(INTEL, { externalNmi: 3 })
    expect(run).toMatchObject({ errno: 'OK', updated: 4 })
    expect(hex(run)).toEqual(['20', '20', '20', '10', '20', '20', '20', '20'])
    expect(events(run, 3)).toEqual([
      'external-nmi',
      'call-in',
      'leave-handler',
      'come-too-late',
      'return',
    ])
  })

  it('forgets a primary’s error when an NMI from elsewhere came before its own', () => {
    const failing = { cpu: 2, errno: 'EIO' } as const
    expect(runLateLoad(INTEL, { failing }).errno).toBe('EIO')
    const run = runLateLoad(INTEL, { failing, externalNmi: 2 })
    expect(run).toMatchObject({ errno: 'OK', updated: 3 })
    expect(run.log.at(-1)).toMatch(/^ERROR/)
  })

  it('says nothing at all when CPU0 does not come back from its own write', () => {
    const run = runLateLoad(INTEL, { hung: 0 })
    expect(run).toMatchObject({ errno: 'HANG', panic: false, watchdogBalance: 1, wroteMsr: [0] })
    expect(run.log).toEqual(['4 cores are to update their microcode'])
  })
})

describe('the clock', () => {
  it.each([
    [29_990, 'OK', []],
    [30_010, 'EBUSY', [4]],
  ])('an NMI that is %i µs late', (nmiDelay, errno, strayNmi) => {
    expect(runLateLoad(INTEL, { lateNmi: 4, timing: { nmiDelay } })).toMatchObject({
      errno,
      strayNmi,
    })
  })

  it('gives up the call-in after 30 ms', () => {
    const { trace } = runLateLoad(INTEL, { lostNmi: 4 })
    const times = new Map(trace.map(({ event, time }) => [event, time]))
    expect((times.get('call-in-timeout') ?? 0) - 30_000).toBe(3)
  })

  it('panics a second after the last CPU that was finished, not after the first', () => {
    const times = { 2: 900_000, 4: 1_800_000, 6: 2_700_000 }
    const slow = runLateLoad(INTEL, { timing: { writes: times } })
    expect(slow).toMatchObject({ errno: 'OK', updated: 4 })
    const tooSlow = runLateLoad(INTEL, { timing: { writes: { ...times, 6: 2_900_000 } } })
    expect(tooSlow).toMatchObject({ errno: 'PANIC', panic: true, updated: 4, cpuOut: 3 })
    expect(tooSlow.log.at(-1)).toBe(
      'PANIC: Timeout when finished updating microcode (finished 3/4)',
    )
  })

  it('warns once when the others together take more than a second', () => {
    const { log } = runLateLoad(INTEL, {
      timing: { writes: { 2: 600_000, 4: 1_200_000, 6: 1_900_000 } },
    })
    const warnings = log.filter((message) => message.startsWith('WARNING'))
    expect(warnings).toEqual(['WARNING: UPDATING MICROCODE HAS CONSUMED MORE THAN 1 SECOND!'])
  })

  it.each(['PREPARE', 'CALLIN', 'ENTER', 'EXIT'] as const)(
    'an NMI from elsewhere in state %s changes nothing for a primary that writes outside',
    (externalNmiAt) => {
      const run = runLateLoad(INTEL, { nmi: false, externalNmi: 4, externalNmiAt })
      expect(run).toMatchObject({ errno: 'OK', updated: 4, wroteInNmi: [] })
      expect(run.strayNmi).toEqual(externalNmiAt === 'CALLIN' ? [] : [4])
    },
  )

  it('holds back an NMI that comes inside the handler', () => {
    const run = runLateLoad(INTEL, { externalNmi: 4, externalNmiAt: 'ENTER' })
    expect(events(run, 4)).toContain('external-nmi-waits')
    expect(run).toMatchObject({ errno: 'OK', updated: 4, strayNmi: [4] })
  })

  it.each([Number.NaN, -1, Infinity])('refuses to wait %d µs', (write) => {
    expect(() => runLateLoad(INTEL, { timing: { write } })).toThrow(LateLoadRequestError)
  })
})

describe('before the CPUs meet', () => {
  it.each<[LateLoadObstacle, string, number]>([
    ['loading-absent', 'EOPNOTSUPP', 0],
    ['loading-locked', 'EINVAL', 0],
    ['out-of-memory', 'ENOMEM', 0],
    ['bad-buffer', 'EFAULT', 0],
    ['cpu-maps-busy', 'EBUSY', 0],
    ['parse-error', 'EINVAL', 0],
    ['no-match', 'ENOENT', 0],
    ['stop-machine-busy', 'EBUSY', 4],
  ])('%s', (obstacle, errno, nrCores) => {
    const run = runLateLoad(INTEL, { obstacle, cachedRevision: 0x10 })
    expect(run).toMatchObject({ errno, nrCores, updated: 0, cachedRevision: 0x10, trace: [] })
  })

  it('somebody other than CPU0 may not lead', () => {
    expect(runLateLoad({ ...INTEL, offline: [0, 1] })).toMatchObject({
      errno: 'EPERM',
      log: ['CPU0 is expected to lead ucode loading (but got CPU2)'],
    })
  })

  it('takes flags as a word', () => {
    const run = (force: number) => runLateLoad(INTEL, { force, oldRevision: 0x30 }).errno
    expect([run(0), run(1), run(2), run(3)]).toEqual(['EEXIST', 'OK', 'EINVAL', 'EINVAL'])
  })
})

describe('a machine that cannot be', () => {
  it.each<LateLoadTopology>([
    { ...INTEL, cores: 0 },
    { ...INTEL, cores: 1.5 },
    { ...INTEL, cores: 1e9 },
    { ...INTEL, threadsPerCore: Number.NaN },
    { ...INTEL, offline: [0, 1, 2, 3, 4, 5, 6, 7] },
    { ...INTEL, offline: 8 },
    { ...INTEL, alreadyNew: -1 },
  ])('%j', (topology) => {
    expect(() => runLateLoad(topology)).toThrow(LateLoadRequestError)
  })

  it.each<RunOptions>([
    { hung: 8 },
    { lateNmi: [0, 9] },
    { failing: { cpu: 8, errno: 'EIO' } },
    { externalNmi: 0.5 },
  ])('%j', (options) => {
    expect(() => runLateLoad(INTEL, options)).toThrow('There is no CPU')
  })

  it.each(['4.12.4', '4.2', '', '5.0'])('release %j', (release) => {
    expect(() => runLateLoad(INTEL, { release })).toThrow(LateLoadReleaseError)
  })
})

it('is AMD’s way to let every thread write', () => {
  expect(runLateLoad(AMD).wroteMsr).toHaveLength(8)
  expect(runLateLoad(INTEL).wroteMsr).toEqual([0, 2, 4, 6])
})

it('takes a bare number for a CPU that fails as hardware does', () => {
  expect(runLateLoad(INTEL, { failing: 2 })).toEqual(
    runLateLoad(INTEL, { failing: { cpu: 2, errno: 'EIO' } }),
  )
})
