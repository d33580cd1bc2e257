/** Foreseen hypercalls: what may not be expected, AMD's rules, hosts that cannot be. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeAmdPatch } from '../amd/patches.testing.js'
import { encodeAmdContainer } from '../amd/write.js'
import { changedUpdate, makeIntelUpdate } from '../intel/updates.testing.js'
import { joined } from '../verify.testing.js'
import { predictOutcome } from './outcome.js'
import type { HostCpu, LateLoadHost, OutcomeOptions } from './types.js'

const SKYLAKE = 0x50654

const cpu = (revision: number, more: Partial<HostCpu> = {}): HostCpu => ({
  vendor: 'Intel',
  signature: SKYLAKE,
  platformId: 0,
  revision,
  ...more,
})

const host = (xen: string, cpus: readonly HostCpu[], more: Partial<LateLoadHost> = {}) => ({
  xen,
  cpus,
  ...more,
})

const update = (revision: number, more: Parameters<typeof makeIntelUpdate>[0] = {}) =>
  makeIntelUpdate({ signature: SKYLAKE, platformMask: 1, revision, ...more })

const codes = (outcome: ReturnType<typeof predictOutcome>) => outcome.traps.map(({ code }) => code)

describe('a CPU without a driver', () => {
  const k8 = cpu(1, { vendor: 'AMD', signature: 0x50ff3 })
  const files = [new Uint8Array(), new Uint8Array(4096), encodeAmdContainer({ patches: [] })]

  it.each(['4.13.0', '4.17.7', '4.22'])('is refused every file by Xen %s', (release) => {
    expect(files.map((file) => predictOutcome(host(release, [k8]), file).errno)).toEqual([
      'EINVAL',
      'EINVAL',
      'EINVAL',
    ])
  })

  it('and one with a driver is not', () => {
    const k10 = cpu(1, { vendor: 'AMD', signature: 0x100f52 })
    expect(predictOutcome(host('4.17.7', [k10]), new Uint8Array()).errno).toBe('ENOENT')
  })
})

describe('traps', () => {
  const OLD = 0x10
  const NEW = 0x20

  it('every CPU is updated, yet EEXIST', () => {
    const outcome = predictOutcome(
      host('4.22', [cpu(OLD), cpu(NEW), cpu(OLD), cpu(OLD)]),
      update(NEW),
    )
    expect([outcome.errno, outcome.updated, outcome.uniform]).toEqual(['EEXIST', 3, true])
    expect(codes(outcome)).toEqual(['UPDATED_YET_EEXIST'])
    expect(outcome.toolExit).toBe(0)
  })

  it('CPU 0 is ahead and the others stay old, unless forced', () => {
    const cpus = [cpu(NEW), cpu(OLD), cpu(OLD)]
    const outcome = predictOutcome(host('4.22', cpus), update(NEW))
    expect([outcome.errno, outcome.updated]).toEqual(['EEXIST', 0])
    expect(outcome.cpus.map(({ after }) => after)).toEqual([NEW, OLD, OLD])
    expect(codes(outcome)).toEqual(['CPU0_AHEAD', 'MIXED_AFTERWARDS'])
    const forced = predictOutcome(host('4.22', cpus), update(NEW), { force: true })
    expect([forced.errno, forced.updated, forced.uniform]).toEqual(['OK', 3, true])
    expect(codes(forced)).toEqual([])
  })

  it('a cache hides CPUs that are old', () => {
    const cpus = [cpu(OLD), cpu(NEW)]
    const outcome = predictOutcome(host('4.20', cpus, { cachedRevision: NEW }), update(NEW))
    expect([outcome.errno, outcome.updated]).toEqual(['EEXIST', 0])
    expect(codes(outcome)).toEqual(['CACHE_HIDES_OLD_CPUS'])
    expect(outcome.traps[0]?.message).toContain('CPUs 0 run older')
    const old = predictOutcome(host('4.17.4', cpus, { cachedRevision: NEW }), update(NEW))
    expect(old.errno).toBe('ENOENT')
    expect(codes(old)).toEqual(['CACHE_HIDES_OLD_CPUS', 'ENOENT_IS_NOT_NEWER'])
  })

  it('a forced downgrade keeps the newer cache, which CPUs get that come up later', () => {
    const cpus = [cpu(NEW), cpu(NEW), cpu(NEW, { online: false })]
    const outcome = predictOutcome(host('4.22', cpus, { cachedRevision: NEW }), update(OLD), {
      force: true,
    })
    expect([outcome.errno, outcome.cachedRevision]).toEqual(['OK', NEW])
    expect(outcome.cpus.map(({ after, whenOnline }) => [after, whenOnline])).toEqual([
      [OLD, null],
      [OLD, null],
      [NEW, NEW],
    ])
    expect(codes(outcome)).toEqual(['CACHE_KEEPS_NEWER', 'OFFLINE_STAY_OLD'])
  })

  it('CPUs that are parked or offline get it when they come up; threads of an Intel core have one revision', () => {
    const cpus = [
      cpu(OLD, { core: 'a' }),
      cpu(OLD, { core: 'a', parked: true }),
      cpu(OLD, { core: 'b', online: false }),
    ]
    const outcome = predictOutcome(host('4.22', cpus), update(NEW))
    expect(outcome.cpus.map(({ after, whenOnline }) => [after, whenOnline])).toEqual([
      [NEW, null],
      [NEW, NEW],
      [OLD, NEW],
    ])
    expect(codes(outcome)).toEqual(['OFFLINE_STAY_OLD'])
    expect(outcome.traps[0]?.message).toContain('CPUs 2 are offline')
  })

  it('a tool of today on an older Xen', () => {
    const outcome = predictOutcome(host('4.18', [cpu(OLD)]), update(NEW), {
      call: 'microcode_update2',
    })
    expect([outcome.errno, outcome.selection, outcome.toolExit]).toEqual(['ENOSYS', null, 1])
    expect(codes(outcome)).toEqual(['NO_SUCH_CALL'])
  })

  it('EINVAL means not newer before 4.17.5, 4.18.3 and 4.19', () => {
    const answers = ['4.15.7', '4.17.4', '4.17.5', '4.18.2', '4.18.3', '4.19.0'].map((xen) =>
      predictOutcome(host(xen, [cpu(NEW)]), update(NEW)),
    )
    expect(answers.map(({ errno }) => errno)).toEqual([
      'EINVAL',
      'EINVAL',
      'EEXIST',
      'EINVAL',
      'EEXIST',
      'EEXIST',
    ])
    expect(answers.map(codes)).toEqual([
      ['EINVAL_IS_NOT_NEWER'],
      ['EINVAL_IS_NOT_NEWER'],
      [],
      ['EINVAL_IS_NOT_NEWER'],
      [],
      [],
    ])
  })

  it('the rest of a file is not read, and nobody says so', () => {
    const file = joined(update(NEW), new Uint8Array(1024))
    const outcome = predictOutcome(host('4.22', [cpu(OLD)]), file)
    expect(outcome.errno).toBe('OK')
    expect(codes(outcome)).toEqual(['REST_NOT_READ'])
  })

  it('an old Xen that gives up half-way leaves its watchdog off, and EBUSY hides why', () => {
    const cpus = [cpu(OLD), cpu(OLD)]
    const outcome = predictOutcome(host('4.17.0', cpus), update(NEW), { hardware: 'ignores' })
    expect(outcome.errno).toBe('EBUSY')
    expect(codes(outcome)).toEqual(['EBUSY_HIDES_ERROR', 'WATCHDOG_STAYS_OFF'])
    expect(outcome.evidence).toBe('facts')
    const now = predictOutcome(host('4.22', cpus), update(NEW), { hardware: 'ignores' })
    expect([now.errno, codes(now)]).toEqual(['EIO', []])
  })

  it('CPUs of another kind refuse what CPU 0 chose', () => {
    const cpus = [cpu(OLD), cpu(OLD, { signature: 0x50657 })]
    const outcome = predictOutcome(host('4.22', cpus), update(NEW))
    expect(outcome.cpus.map(({ load }) => load)).toEqual(['OK', 'EINVAL'])
    expect([outcome.errno, outcome.uniform]).toEqual(['EINVAL', false])
    expect(codes(outcome)).toEqual(['MIXED_AFTERWARDS'])
  })
})

describe('AMD', () => {
  const ZEN3 = { vendor: 'AMD', signature: 0xa00f11, platformId: 0 } as const
  const patch = (patchId: number, checksum = 0) =>
    encodeAmdContainer({
      patches: [makeAmdPatch({ patchId, checksum, equivalenceId: 0xa011, size: 5568 })],
      equivalences: [{ signature: 0xa00f11, equivalenceId: 0xa011 }],
    })

  it('a minimum revision refuses, and force passes over it', () => {
    const cpus = [{ ...ZEN3, revision: 0x0a00_11d0 }]
    const file = patch(0x0a00_11de, 0x0a00_11d9)
    const unchecked = { digestCheck: false }
    const outcome = predictOutcome(host('4.22', cpus, unchecked), file)
    expect([outcome.errno, outcome.selection?.code]).toEqual(['ENXIO', 'BELOW_MIN_REVISION'])
    expect(predictOutcome(host('4.22', cpus, unchecked), file, { force: true }).errno).toBe('OK')
    expect(predictOutcome(host('4.20.1', cpus, unchecked), file).errno).toBe('OK')
  })

  it('what is on no list is not there, unless the firmware was safe when Xen started', () => {
    const cpus = [{ ...ZEN3, revision: 0x0a00_11d0 }]
    const file = patch(0x0a00_11de)
    const outcome = predictOutcome(host('4.22', cpus), file)
    expect([outcome.errno, outcome.selection?.code]).toEqual(['ENOENT', 'NO_DIGEST'])
    expect(predictOutcome(host('4.22', cpus, { bootRevision: 0x0a00_11db }), file).errno).toBe('OK')
    expect(predictOutcome(host('4.16', cpus), file).errno).toBe('OK')
  })

  it('is written again where the same revision must reach every thread', () => {
    const cpus = [
      { ...ZEN3, revision: 0x0a00_11d5 },
      { ...ZEN3, revision: 0x0a00_11d5 },
    ]
    const errnos = ['4.17.0', '4.17.1', '4.19.0', '4.20.0'].map(
      (xen) => predictOutcome(host(xen, cpus, { digestCheck: false }), patch(0x0a00_11d5)).errno,
    )
    expect(errnos).toEqual(['EINVAL', 'OK', 'OK', 'EEXIST'])
  })
})

describe('hosts', () => {
  it('are refused where nobody could make the call, or Xen is too old', () => {
    const file = update(2)
    expect(() => predictOutcome(host('4.22', []), file)).toThrow('None of the 0 CPUs')
    expect(() => predictOutcome(host('4.22', [cpu(1, { parked: true })]), file)).toThrow('online')
    expect(() => predictOutcome(host('4.12', [cpu(1)]), file)).toThrow('4.13')
  })

  it('are led by CPU 0', () => {
    const cpus = [cpu(1, { online: false }), cpu(1)]
    expect(predictOutcome(host('4.22', cpus), update(2)).errno).toBe('EPERM')
  })

  it('an obstacle before the file is read comes before what is in the file', () => {
    const bad = changedUpdate(update(2), { headerVersion: 2 })
    const outcome = (obstacle: NonNullable<OutcomeOptions['obstacle']>) =>
      predictOutcome(host('4.22', [cpu(1)]), bad, { obstacle }).errno
    expect(outcome('out-of-memory')).toBe('ENOMEM')
    expect(outcome('stop-machine-busy')).toBe('EINVAL')
  })

  const anyCpu = fc.record({
    revision: fc.constantFrom(0x10, 0x20, 0x30, 0x8000_0001),
    online: fc.boolean(),
    core: fc.nat(3),
  })

  it('keep what they have or get what was chosen, and CPUs of one revision answer alike', () => {
    fc.assert(
      fc.property(
        fc.array(anyCpu, { minLength: 1, maxLength: 6 }),
        fc.constantFrom('4.13', '4.15', '4.17.0', '4.17', '4.19', '4.20', '4.22'),
        fc.constantFrom(0x10, 0x20, 0x8000_0001),
        fc.boolean(),
        (others, xen, revision, force) => {
          const cpus = [
            cpu(0x10, { core: 9 }),
            ...others.map(({ online, core, ...one }) => cpu(one.revision, { online, core })),
          ]
          const outcome = predictOutcome(host(xen, cpus), update(revision), {
            force: force && xen.startsWith('4.2'),
          })
          for (const [number, { before, after }] of outcome.cpus.entries()) {
            expect(before).toBe(cpus[number]?.revision)
            expect([before, revision]).toContain(after)
          }
          if (outcome.errno === 'OK') expect(outcome.cpus[0]?.after).toBe(revision)
          if (outcome.updated === 0)
            expect(outcome.cpus.every(({ before, after }) => before === after)).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  })

  it('any bytes are answered', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.boolean(), (bytes, intel) => {
        const one: HostCpu = intel
          ? cpu(1)
          : { vendor: 'AMD', signature: 0x800f12, platformId: 0, revision: 1 }
        for (const xen of ['4.13', '4.14', '4.17', '4.22']) {
          const { errno } = predictOutcome(host(xen, [one]), bytes)
          expect(['EINVAL', 'ENOENT', 'EFAULT', 'EPERM']).toContain(errno)
        }
      }),
    )
  })
})
