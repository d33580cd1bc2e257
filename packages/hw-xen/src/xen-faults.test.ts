/** What can go wrong between two answers: every errno at every call, sizes that grow, answers that make no sense, close at any moment. */
import { HypercallError, HypervisorClosedError, HypervisorLacksError } from '@xenlevel/core'
import { XenlevelError } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { bootFile } from '../../../fixtures/boots.js'
import { describeRecorded } from '../../../fixtures/recorded.js'
import { ERRNOS } from './abi/errnos.js'
import { FakeLibc, type Levers } from './fake-libc.testing.js'
import { FakeXen } from './fake-xen.testing.js'
import { abiFile, readHost } from './recorded.testing.js'
import type { Xen } from './xen.js'
import { openXen } from './xen-open.js'
import { XenUnavailableError } from './xen-unavailable.js'

/** Every call of the contract. */
const CALLS: Readonly<Record<string, (xen: Xen) => unknown>> = {
  version: (xen) => xen.version(),
  featureset: (xen) => xen.featureset('host'),
  policy: (xen) => xen.policy('host'),
  policies: (xen) => xen.policies(),
  levellingCaps: (xen) => xen.levellingCaps(),
  physinfo: (xen) => xen.physinfo(),
  cpus: (xen) => xen.cpus(),
  microcodeRevision: (xen) => xen.microcodeRevision(0),
  createDomain: (xen) => xen.createDomain({ kind: 'pvh' }),
  destroyDomain: (xen) => xen.destroyDomain(xen.createDomain({ kind: 'pv', hap: false })),
  domainPolicy: (xen) => xen.domainPolicy(0),
  setDomainPolicy: (xen) => xen.setDomainPolicy(xen.createDomain({ kind: 'pv', hap: false }), {}),
  updateMicrocode: (xen) => xen.updateMicrocode(Uint8Array.of(1)),
  snapshot: (xen) => xen.snapshot({ name: 'host' }),
}

const BOOTS = [
  ['4.13.5-EPYC', '4.13.5'],
  ['4.20.3-EPYC', '4.20.3'],
  ['4.22.0-EPYC', '4.22.0'],
] as const

/** What a call came to: `'answer'`, or the error's class. */
async function outcome(act: () => unknown): Promise<string> {
  try {
    await act()
    return 'answer'
  } catch (error) {
    if (error instanceof XenlevelError) return error.name
    throw error
  }
}

describe.each(BOOTS)('%s', (boot, release) => {
  describeRecorded([bootFile(boot), abiFile(release)], () => {
    const recorded = readHost(boot)
    const fake = (levers: Levers = {}) => new FakeLibc(new FakeXen(recorded), levers)

    it('every errno at every call is a typed error, or an answer', async () => {
      const seen = new Map<string, number>()
      for (const [name, call] of Object.entries(CALLS)) {
        const clean = fake()
        const opened = openXen({ libc: clean })
        const before = clean.calls.length
        await outcome(() => call(opened))
        for (let place = before; place < clean.calls.length; place++) {
          for (const [errnoName, errno] of Object.entries(ERRNOS)) {
            const libc = fake({
              inject: (at) => (at.place === place ? errno : undefined),
            })
            const xen = openXen({ libc })
            const result = await outcome(() => call(xen))
            seen.set(result, (seen.get(result) ?? 0) + 1)
            if (name === 'version')
              expect([errnoName, result]).toEqual([errnoName, 'HypercallError'])
            xen.close()
            expect(libc.held()).toEqual({ files: 0, mappings: 0 })
          }
        }
      }
      expect([...seen.keys()].toSorted()).toEqual(['HypercallError', 'answer'])
      expect(seen.get('HypercallError')).toBeGreaterThan(1000)
    })

    it('every errno at every call of opening is a typed error, or an open Xen', () => {
      const clean = fake()
      openXen({ libc: clean })
      const seen = new Set<string>()
      for (let place = 0; place < clean.calls.length; place++) {
        for (const errno of Object.values(ERRNOS)) {
          const libc = fake({ inject: (at) => (at.place === place ? errno : undefined) })
          try {
            openXen({ libc }).close()
            seen.add('open')
          } catch (error) {
            expect(error).toBeInstanceOf(XenlevelError)
            if (error instanceof XenUnavailableError) seen.add(error.missing)
            if (error instanceof HypercallError) seen.add('refused')
          }
          expect(libc.held()).toEqual({ files: 0, mappings: 0 })
        }
      }
      expect([...seen].toSorted()).toEqual(
        ['interface-version', 'kernel', 'not-dom0', 'open', 'permission', 'refused'].toSorted(),
      )
    })

    it('the same errno for ever ends, and says what it means', async () => {
      for (const [name, errno] of Object.entries(ERRNOS)) {
        for (const call of Object.values(CALLS)) {
          let armed = false
          const libc = fake({
            // The real one is held back at each try; here a hundred thousand tries take a moment, so two errnos do.
            inject: ({ command, hypercall }) =>
              armed && (hypercall !== 36 || command !== 2 || !['EAGAIN', 'ERESTART'].includes(name))
                ? errno
                : undefined,
          })
          const xen = openXen({ libc })
          armed = true
          const result = await outcome(() => call(xen))
          expect(['HypercallError', 'HypervisorLacksError', 'answer']).toContain(result)
        }
      }
    })
  })
})

describeRecorded([bootFile('4.22.0-EPYC'), abiFile('4.22.0')], () => {
  const recorded = readHost('4.22.0-EPYC')
  const open = (levers: Levers = {}) => {
    const libc = new FakeLibc(new FakeXen(recorded), levers)
    return { libc, xen: openXen({ libc }) }
  }

  describe('destroying', () => {
    it('goes on as long as Xen asks for it', () => {
      const { libc, xen } = open()
      for (const errno of [ERRNOS.EAGAIN, ERRNOS.ERESTART]) {
        const domid = xen.createDomain({ kind: 'pv' })
        libc.xen.domains.destroyErrno = errno
        libc.xen.domains.destroyAgain = 1000
        xen.destroyDomain(domid)
        expect(libc.xen.domains.count).toBe(0)
      }
    })

    it('gives up on a Xen that asks for ever', () => {
      const { libc, xen } = open()
      const domid = xen.createDomain({ kind: 'pv' })
      libc.xen.domains.destroyAgain = Number.POSITIVE_INFINITY
      expect(() => xen.destroyDomain(domid)).toThrow(/EAGAIN.*try again/)
    })
  })

  describe('sizes that grow between two calls', () => {
    const growing = (times: number): Levers => {
      let left = times
      return {
        before: ({ hypercall, command }, xen) => {
          if (hypercall !== 35 || (command !== 26 && command !== 29) || left-- <= 0) return
          xen.moreWords++
          // More than the room that a policy of this CPU leaves unused.
          xen.moreLeaves += 100
        },
      }
    }

    it.each(['featureset', 'policy', 'snapshot', 'policies'])('%s is read at last', (name) => {
      const { xen, libc } = open()
      const clean = JSON.stringify(CALLS[name]?.(xen))
      Object.assign(libc.levers, growing(5))
      const grown = JSON.stringify(CALLS[name]?.(xen))
      if (name === 'policy') expect(grown).toBe(clean)
      else expect(grown.length).toBeGreaterThanOrEqual(clean.length)
    })

    it.each(['featureset', 'policy', 'snapshot', 'policies'])(
      '%s does not try for ever',
      (name) => {
        const { xen, libc } = open()
        Object.assign(libc.levers, growing(Number.POSITIVE_INFINITY))
        const before = libc.calls.length
        expect(() => CALLS[name]?.(xen)).toThrow(/ENOBUFS.*grew again and again/)
        expect(libc.calls.length - before).toBeLessThan(40)
      },
    )
  })

  it('100 000 random answers are answers or typed errors, and never reach beyond their room', async () => {
    let state = 0x9e37_79b9
    const random = () => {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      return state >>> 0
    }
    const garbage = (bytes: DataView) => {
      // Small numbers find more doors open than large ones.
      for (let at = 0; at + 4 <= bytes.byteLength; at += 4) {
        const kind = random() % 4
        bytes.setUint32(at, kind === 0 ? random() : kind === 1 ? random() % 200 : 0, true)
      }
    }
    const seen = new Map<string, number>()
    const { xen, libc } = open()
    libc.levers.instead = ({ hypercall }, memory) => {
      const [first] = libc.mappings
      const bytes = first === undefined ? null : memory(first.address, first.bytes.length)
      if (bytes === null) throw new Error('no memory')
      if (hypercall !== 17) garbage(new DataView(bytes.buffer, bytes.byteOffset + 72, 136))
      garbage(new DataView(bytes.buffer, bytes.byteOffset + 256, 3200))
      const luck = random() % 8
      return luck === 0 ? -(random() % 134) : luck === 1 ? random() >>> 1 : 0
    }
    const calls = Object.entries(CALLS).filter(([name]) => name !== 'updateMicrocode')
    const before = libc.calls.length
    while (libc.calls.length - before < 100_000) {
      const [, call] = calls[random() % calls.length] ?? []
      const result = await outcome(() => call?.(xen))
      seen.set(result, (seen.get(result) ?? 0) + 1)
    }
    expect([...seen.keys()].toSorted()).toEqual(['HypercallError', 'answer'])
    for (const count of seen.values()) expect(count).toBeGreaterThan(1000)
    xen.close()
    expect(libc.untouched()).toBe(true)
  }, 60_000)

  describe('close', () => {
    it('may be called again; every call after it is refused', async () => {
      const { libc, xen } = open()
      xen.close()
      xen.close()
      expect(libc.held()).toEqual({ files: 0, mappings: 0 })
      const calls = libc.calls.length
      for (const [name, call] of Object.entries(CALLS)) {
        expect([name, await outcome(() => call(xen))]).toEqual([name, HypervisorClosedError.name])
      }
      expect(libc.calls.length).toBe(calls)
      expect(libc.untouched()).toBe(true)
    })

    it('waits for updates that are on their way', async () => {
      let go = () => {}
      const gate = new Promise<void>((resolve) => {
        go = resolve
      })
      const { libc, xen } = open({ gate })
      libc.xen.microcode = 0
      const updates = [xen.updateMicrocode(Uint8Array.of(1)), xen.updateMicrocode(Uint8Array.of(2))]
      expect(xen.snapshot().name).not.toBe('')
      xen.close()
      xen.close()
      expect(libc.held()).toEqual({ files: 1, mappings: 3 })
      expect(() => xen.cpus()).toThrow(HypervisorClosedError)
      go()
      for (const update of updates) {
        const { errno, cpus } = await update
        expect([errno, cpus.length]).toEqual(['OK', 1])
      }
      expect(libc.held()).toEqual({ files: 0, mappings: 0 })
      expect(libc.untouched()).toBe(true)
    })

    it('is for each opened Xen alone', () => {
      const libc = new FakeLibc(new FakeXen(recorded))
      const [one, two] = [openXen({ libc }), openXen({ libc })]
      one.close()
      expect(two.version().release).toBe('4.22.0')
      two.close()
      expect(libc.held()).toEqual({ files: 0, mappings: 0 })
    })
  })

  it('memory that runs out in between is a refused call, and the Xen stays open', async () => {
    const { libc, xen } = open()
    const domid = xen.createDomain({ kind: 'pv' })
    Object.assign(libc.levers, { mapDevice: ERRNOS.ENOMEM, mapAnonymous: ERRNOS.ENOMEM })
    const leaves = Array.from({ length: 1000 }, () => ({
      leaf: 1,
      subleaf: null,
      a: 0,
      b: 0,
      c: 0,
      d: 0,
    }))
    expect(() => xen.setDomainPolicy(domid, { leaves })).toThrow(/ENOMEM/)
    await expect(xen.updateMicrocode(new Uint8Array(5000))).rejects.toThrow(/ENOMEM/)
    expect(xen.physinfo().nodes).toBe(1)
    Object.assign(libc.levers, { mapDevice: undefined, mapAnonymous: undefined })
    expect(xen.setDomainPolicy(domid, { leaves })).toMatchObject({ error: { errno: 'E2BIG' } })
    await expect(xen.updateMicrocode(new Uint8Array(65 << 20))).rejects.toThrow(HypercallError)
    xen.close()
    expect(libc.held()).toEqual({ files: 0, mappings: 0 })
  })

  it('nested virtualisation is a flag from 4.15 on', () => {
    const { libc, xen } = open()
    xen.createDomain({ kind: 'hvm', nestedVirt: true, hap: false })
    expect(libc.xen.domains.created?.flags).toBe(0x41)
  })
})

describeRecorded([bootFile('4.13.5-EPYC'), abiFile('4.13.5')], () => {
  it('nested virtualisation is lacking before that', () => {
    const xen = openXen({ libc: new FakeLibc(new FakeXen(readHost('4.13.5-EPYC'))) })
    expect(() => xen.createDomain({ kind: 'hvm', nestedVirt: true })).toThrow(HypervisorLacksError)
  })
})
