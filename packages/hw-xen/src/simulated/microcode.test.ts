/** Microcode loaded on a simulated machine: by the model of the rendezvous, with all that comes of it. */
import { HypercallError, HypervisorClosedError, HypervisorLacksError } from '@xenlevel/core'
import { type LateLoadHost, predictOutcome } from '@xenlevel/microcode'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rawCpu, SKYLAKE, updateTo } from './cpus.testing.js'
import type { SimulatedXenOptions } from './options.js'
import { SimulatedXen } from './xen.js'

const OLD = 0x10
const NEW = 0x20

const boot = (more: Partial<SimulatedXenOptions> = {}) =>
  new SimulatedXen({
    raw: rawCpu('Intel'),
    release: '4.22.0',
    topology: { cores: 4 },
    microcodeRevision: OLD,
    ...more,
  })

const revisions = (xen: SimulatedXen) => xen.cpus().map((cpu) => cpu.microcodeRevision)

describe('a load', () => {
  it('changes every CPU that is online; the others stay', async () => {
    const xen = boot({ topology: { cores: 4, offline: [2] } })
    const { errno, cpus } = await xen.updateMicrocode(updateTo(NEW))
    expect([errno, revisions(xen)]).toEqual(['OK', [NEW, NEW, null, NEW]])
    expect(cpus).toEqual(xen.cpus())
    expect((await xen.updateMicrocode(updateTo(NEW))).errno).toBe('EEXIST')
    expect(xen.microcodeRevision(3)).toBe(NEW)
    expect(xen.snapshot().cpu.microcodeRevision).toBe(NEW)
    xen.reboot()
    expect(revisions(xen)).toEqual([OLD, OLD, null, OLD])
  })

  it('threads of a core have one revision', async () => {
    const xen = boot({ topology: { cores: 2, threads: 2 } })
    await xen.updateMicrocode(updateTo(NEW))
    expect(revisions(xen)).toEqual([NEW, NEW, NEW, NEW])
  })

  it('is remembered: a forced older one leaves the newer in the cache, which refuses the same again', async () => {
    const xen = boot({ microcodeRevision: [OLD, NEW, OLD, OLD] })
    expect((await xen.updateMicrocode(updateTo(NEW))).errno).toBe('EEXIST')
    expect(revisions(xen)).toEqual([NEW, NEW, NEW, NEW])
    expect((await xen.updateMicrocode(updateTo(OLD), { force: true })).errno).toBe('OK')
    expect(revisions(xen)).toEqual([OLD, OLD, OLD, OLD])
    expect((await xen.updateMicrocode(updateTo(NEW))).errno).toBe('EEXIST')
    expect(revisions(xen)).toEqual([OLD, OLD, OLD, OLD])
  })

  it('differs by release', async () => {
    const errnosOn = (cores: number) =>
      Promise.all(
        ['4.13.5', '4.17.0', '4.17.7', '4.22.0'].map(async (release) => {
          const xen = boot({ release, topology: { cores }, microcodeRevision: NEW })
          return (await xen.updateMicrocode(updateTo(NEW))).errno
        }),
      )
    expect(await errnosOn(1)).toEqual(['EINVAL', 'EINVAL', 'EEXIST', 'EEXIST'])
    // Where CPU 0 is not alone, its error was hidden up to 4.21.
    expect(await errnosOn(4)).toEqual(['EINVAL', 'EINVAL', 'EBUSY', 'EEXIST'])
    const old = boot({ release: '4.19.6' })
    await expect(old.updateMicrocode(updateTo(NEW), { force: true })).rejects.toThrow(
      HypervisorLacksError,
    )
  })

  it('of a file for another CPU, or of none, changes nothing', async () => {
    const xen = boot({ platformId: 3 })
    expect((await xen.updateMicrocode(updateTo(NEW))).errno).toBe('ENOENT')
    expect((await xen.updateMicrocode(new Uint8Array(100))).errno).toBe('EINVAL')
    expect(revisions(xen)).toEqual([OLD, OLD, OLD, OLD])
    const hygon = boot({ raw: rawCpu('Hygon') })
    expect((await hygon.updateMicrocode(updateTo(NEW))).errno).toBe('EINVAL')
    expect(revisions(hygon)).toEqual([0, 0, 0, 0])
  })

  it('is refused where a hypervisor below lets nobody load, from 4.18 on', async () => {
    const load = async (release: string) =>
      (await boot({ release, microcodeRevision: 0xffff_ffff }).updateMicrocode(updateTo(NEW))).errno
    expect(await load('4.18.0')).toBe('EINVAL')
    expect(await load('4.17.7')).toBe('OK')
  })

  it('that emulated CPUs do not take is EIO', async () => {
    const xen = boot({ hardware: 'ignores' })
    expect((await xen.updateMicrocode(updateTo(NEW))).errno).toBe('EIO')
    expect(revisions(xen)).toEqual([OLD, OLD, OLD, OLD])
  })

  it('comes to what is foreseen, whatever the machine', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('4.13.5', '4.15.7', '4.17.0', '4.17.7', '4.20.3', '4.22.0'),
        fc.record({ cores: fc.integer({ min: 1, max: 4 }), threads: fc.constantFrom(1, 2) }),
        fc.array(fc.constantFrom(OLD, NEW, 0x30), { minLength: 8, maxLength: 8 }),
        fc.array(fc.constantFrom(OLD, NEW, 0x30), { minLength: 1, maxLength: 3 }),
        async (release, topology, list, files) => {
          const count = topology.cores * topology.threads
          const xen = boot({ release, topology, microcodeRevision: list.slice(0, count) })
          const known = { vendor: 'Intel', signature: SKYLAKE, platformId: 0 } as const
          let host: LateLoadHost = {
            xen: release,
            threadsPerCore: topology.threads,
            cpus: list.slice(0, count).map((revision) => ({ ...known, revision })),
          }
          for (const revision of files) {
            const foreseen = predictOutcome(host, updateTo(revision))
            const { errno } = await xen.updateMicrocode(updateTo(revision))
            expect(errno).toBe(foreseen.errno)
            const after = foreseen.cpus.map((cpu) => cpu.after)
            if (!xen.lacks.includes('microcodeRevision')) expect(revisions(xen)).toEqual(after)
            host = {
              ...host,
              cachedRevision: foreseen.cachedRevision,
              cpus: host.cpus.map((cpu, at) => ({ ...cpu, revision: after[at] ?? 0 })),
            }
          }
        },
      ),
      { numRuns: 150 },
    )
  })
})

describe('on its way', () => {
  it('its file is a copy, and it ends though the hypervisor is closed', async () => {
    const xen = boot()
    const file = updateTo(NEW)
    const loading = xen.updateMicrocode(file)
    file.fill(0)
    xen.close()
    xen.close()
    const { errno, cpus } = await loading
    expect([errno, cpus.map((cpu) => cpu.microcodeRevision)]).toEqual(['OK', [NEW, NEW, NEW, NEW]])
    await expect(xen.updateMicrocode(file)).rejects.toThrow(HypervisorClosedError)
    expect(() => xen.cpus()).toThrow(HypervisorClosedError)
  })

  it('it does not reach the machine that was started anew', async () => {
    const xen = boot()
    const loading = xen.updateMicrocode(updateTo(NEW))
    xen.reset()
    expect((await loading).errno).toBe('OK')
    expect(revisions(xen)).toEqual([OLD, OLD, OLD, OLD])
  })

  it('two come one after the other', async () => {
    const xen = boot()
    const both = await Promise.all([NEW, NEW].map((one) => xen.updateMicrocode(updateTo(one))))
    expect(both.map(({ errno }) => errno)).toEqual(['OK', 'EEXIST'])
  })
})

describe('a CPU that hangs', () => {
  it.each([0, 3])('CPU %i takes the machine with it until the next start', async (cpu) => {
    const xen = boot()
    xen.hang(cpu)
    const error = await xen.updateMicrocode(updateTo(NEW)).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(HypercallError)
    const errno = error instanceof HypercallError ? error.errno : ''
    expect(['PANIC', 'HANG']).toContain(errno)
    expect(() => xen.version()).toThrow(errno)
    await expect(xen.updateMicrocode(updateTo(NEW))).rejects.toThrow(errno)
    xen.reboot()
    expect(revisions(xen)).toEqual([OLD, OLD, OLD, OLD])
    xen.reset()
    expect((await xen.updateMicrocode(updateTo(NEW))).errno).toBe('OK')
  })

  it('does nobody harm where it does not write', async () => {
    const threads = boot({ topology: { cores: 1, threads: 2 } })
    threads.hang(1)
    expect((await threads.updateMicrocode(updateTo(NEW))).errno).toBe('OK')
    const same = boot({ microcodeRevision: NEW })
    same.hang(0, 1, 2, 3)
    expect((await same.updateMicrocode(updateTo(NEW))).errno).toBe('EEXIST')
  })
})
