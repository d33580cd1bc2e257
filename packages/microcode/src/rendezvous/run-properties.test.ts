/** What holds for every late load, whatever the machine and whatever goes wrong. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LateLoadRequestError } from './errors.js'
import { runLateLoad } from './run.js'

describe('every machine', () => {
  const CPUS = 12
  const cpu = fc.nat({ max: CPUS - 1 })
  const cpus = fc.uniqueArray(cpu, { maxLength: 3 })
  const errno = fc.constantFrom('EIO', 'EINVAL', 'ENXIO', 'ENOENT')
  const failures = fc.uniqueArray(fc.record({ cpu, errno }), {
    maxLength: 3,
    selector: (f) => f.cpu,
  })
  const machines = fc
    .constantFrom([12, 1], [6, 2], [3, 4], [4, 3])
    .chain(([cores = 1, threadsPerCore = 1]) =>
      fc.record({
        cores: fc.constant(cores),
        threadsPerCore: fc.constant(threadsPerCore),
        vendor: fc.constantFrom('Intel' as const, 'AMD' as const),
        offline: fc.uniqueArray(fc.integer({ min: 1, max: CPUS - 1 }), { maxLength: 8 }),
        alreadyNew: cpus,
      }),
    )
  const requests = fc.record({
    nmi: fc.boolean(),
    force: fc.boolean(),
    oldRevision: fc.constantFrom(0x10, 0x20, 0x30, -5),
    newRevision: fc.constantFrom(0x20, -0x7fff_fff0),
    cachedRevision: fc.constantFrom(null, null, 0x10, 0x20, 0x30),
    failing: failures,
    leftOver: failures,
    hung: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: cpus }),
    lateNmi: cpus,
    lostNmi: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: cpus }),
    externalNmi: cpus,
    externalNmiAt: fc.constantFrom(
      'PREPARE' as const,
      'CALLIN' as const,
      'ENTER' as const,
      'EXIT' as const,
    ),
    release: fc.constantFrom(
      '4.13.0',
      '4.15.7',
      '4.17.5',
      '4.18.6',
      '4.19.4',
      '4.20.0',
      '4.21.0',
      '4.22.0',
    ),
    timing: fc.record({
      write: fc.constantFrom(0, 400, 900_000, 1_100_000),
      nmiDelay: fc.constantFrom(0, 10_000, 40_000),
    }),
  })

  it('ends, and keeps its promises', () => {
    fc.assert(
      fc.property(machines, requests, (machine, request) => {
        const run = runLateLoad(machine, request)
        const online = CPUS - machine.offline.length
        const writes = run.trace.filter(({ event }) => event.startsWith('write'))
        expect(run.trace.every(({ cpu }) => !machine.offline.includes(cpu))).toBe(true)
        // Nobody writes twice, nor before all have called in; siblings that only wait never do.
        expect(new Set(writes.map(({ cpu }) => cpu)).size).toBe(writes.length)
        const gathered = run.trace.findIndex(({ event }) => event === 'all-called-in')
        if (writes[0] !== undefined) {
          expect(gathered).not.toBe(-1)
          expect(run.trace.indexOf(writes[0])).toBeGreaterThan(gathered)
          expect(run.callin).toBe(online)
        }
        expect(writes.every(({ role }) => role !== 'secondary')).toBe(true)
        expect(run.updated).toBe(writes.filter(({ event }) => event === 'write').length)
        expect(run.updated).toBeLessThanOrEqual(
          run.cpuOut + (run.panic || run.errno === 'HANG' ? CPUS : 0),
        )
        expect(run.cpuOut).toBeLessThanOrEqual(run.nrCores)
        expect(run.callin).toBeLessThanOrEqual(online)
        // A revision changes only by a write, or by being copied.
        const touched = run.trace.filter(
          ({ event }) => event === 'write' || event === 'copy-revision',
        )
        run.revisions.forEach((revision, cpu) => {
          if (touched.some((entry) => entry.cpu === cpu)) return
          const before = machine.alreadyNew.includes(cpu)
            ? request.newRevision
            : request.oldRevision
          expect(revision).toBe(before >>> 0)
        })
        expect(run.trace.every(({ time }, n) => time >= (run.trace[n - 1]?.time ?? 0))).toBe(true)
        const returned = run.trace.filter(({ event }) => event === 'return').map(({ cpu }) => cpu)
        expect(new Set(returned).size).toBe(returned.length)
        if (run.trace.length > 0 && run.errno !== 'PANIC' && run.errno !== 'HANG') {
          expect(returned).toHaveLength(online)
        }
        if (run.errno === 'HANG') expect(request.hung).toContain(0)
        if (run.errno === 'PANIC')
          expect(request.hung.length > 0 || request.timing.write > 1_000_000).toBe(true)
        if (run.updated === 0) expect(run.cachedRevision).toBe(request.cachedRevision)
      }),
      { numRuns: 1500 },
    )
  })

  it('does the same every time', () => {
    fc.assert(
      fc.property(machines, requests, (machine, request) => {
        expect(runLateLoad(machine, request)).toEqual(runLateLoad(machine, request))
      }),
      { numRuns: 50 },
    )
  })

  it('may be large', () => {
    const run = runLateLoad({ cores: 512, threadsPerCore: 2, vendor: 'AMD' })
    expect(run).toMatchObject({ errno: 'OK', updated: 1024, callin: 1024, nrCores: 1024 })
  })

  it('may be named in lower case', () => {
    const topology = JSON.parse('{"cores":2,"threadsPerCore":2,"vendor":"amd"}')
    expect(runLateLoad(topology).nrCores).toBe(4)
    expect(() => runLateLoad({ ...topology, vendor: 'VIA' })).toThrow(LateLoadRequestError)
  })
})
