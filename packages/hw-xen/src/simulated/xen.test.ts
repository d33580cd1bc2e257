/** The simulated Xen's machine and its levers. */
import {
  HypercallError,
  type Hypervisor,
  HypervisorClosedError,
  HypervisorLacksError,
} from '@xenlevel/core'
import { type CpuDump, XenlevelError } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { rawCpu } from './cpus.testing.js'
import type { SimulatedXenOptions } from './options.js'
import { SimulatedXen } from './xen.js'

const boot = (more: Partial<SimulatedXenOptions> = {}) =>
  new SimulatedXen({ raw: rawCpu('Intel'), release: '4.20.3', ...more })

const codeOf = (action: () => unknown) => {
  try {
    action()
    return 'none'
  } catch (error) {
    return error instanceof XenlevelError ? error.code : String(error)
  }
}

describe('a release', () => {
  it.each([
    ['4.17.7', '4.17.7', '.7'],
    ['4.17', '4.17.7', '.7'],
    ['4.17.7-xcp', '4.17.7', '.7-xcp'],
    ['4.17.99-1.el9', '4.17.99', '.99-1.el9'],
    ['4.23-dev', '4.23-dev', '-dev'],
  ])('%s is %s, with %s behind its numbers', (said, release, extra) => {
    const xen = boot({ release: said })
    expect([xen.release, xen.version().release, xen.version().extra]).toEqual([
      release,
      release,
      extra,
    ])
    expect(xen.physinfo().hvm).toBe(true)
  })

  it('before 4.13, or unknown, is refused', () => {
    expect(codeOf(() => boot({ release: '4.12.4' }))).toBe('SIMULATED_RELEASE')
    expect(codeOf(() => boot({ release: '5.0' }))).toBe('RELEASE_UNKNOWN')
  })

  it('lacks what it had not yet, or no more', () => {
    const lacks = (release: string) => boot({ release }).lacks
    const max = ['featureset pvMax', 'featureset hvmMax']
    expect(lacks('4.13.5')).toEqual([...max, 'microcodeRevision', 'updateMicrocode force'])
    expect(lacks('4.17.1')).toEqual([...max, 'microcodeRevision', 'updateMicrocode force'])
    expect(lacks('4.17.2')).toEqual(['microcodeRevision', 'updateMicrocode force'])
    expect(lacks('4.14.6')).toEqual(['microcodeRevision', 'updateMicrocode force'])
    expect(lacks('4.18.0')).toEqual(['updateMicrocode force'])
    expect(lacks('4.20.0')).toEqual([])
    expect(lacks('4.22.0')).toEqual([])
    expect(boot({ release: '4.22.0' }).levellingCaps().assumes).not.toEqual([])
    expect(boot({ release: '4.21.2' }).levellingCaps().assumes).toEqual([])
  })
})

describe('a machine', () => {
  it('is counted as Xen counts it', () => {
    const topology = { sockets: 2, cores: 4, threads: 2, offline: [1, 15] }
    const memory = { totalPages: 1000n, freePages: 10n }
    const xen = boot({ topology, memory, platformId: 5 })
    expect(xen.physinfo()).toMatchObject({
      threadsPerCore: 1,
      coresPerSocket: 7,
      onlineCpus: 14,
      maxCpuId: 15,
      nodes: 2,
      ...memory,
    })
    const cpus = xen.cpus()
    expect(cpus.map(({ id }) => id)).toEqual(Array.from({ length: 16 }, (_, id) => id))
    expect(cpus.filter(({ online }) => !online).map(({ id }) => id)).toEqual([1, 15])
    expect(cpus[2]).toMatchObject({ vendor: 'Intel', signature: 0x50654, platformId: 5 })
    expect(cpus[15]).toMatchObject({ vendor: 'Unknown', signature: 0, microcodeRevision: null })
    expect(() => xen.microcodeRevision(15)).toThrow('ENOENT')
    expect(() => xen.microcodeRevision(16)).toThrow('ENOENT')
    expect(boot({ topology: { threads: 2 } }).physinfo()).toMatchObject({
      threadsPerCore: 2,
      coresPerSocket: 1,
    })
  })

  it.each([
    ['SIMULATED_TOPOLOGY', { topology: { cores: 0 } }],
    ['SIMULATED_TOPOLOGY', { topology: { cores: 2, offline: [0] } }],
    ['SIMULATED_TOPOLOGY', { topology: { cores: 2, offline: [2] } }],
    ['SIMULATED_TOPOLOGY', { topology: { cores: 5000 } }],
    ['SIMULATED_REVISION', { topology: { cores: 2 }, microcodeRevision: [1] }],
    ['SIMULATED_REVISION', { microcodeRevision: -1 }],
    ['SIMULATED_PLATFORM', { platformId: 8 }],
  ] as const)('is refused with %s for %j', (code, options) => {
    expect(codeOf(() => boot(options))).toBe(code)
  })

  it('is made of a dump as well', () => {
    const { leaves, msrs } = rawCpu('AMD').toRecords()
    const dump: CpuDump = {
      format: 'json',
      cpus: [{ id: 0, leaves, msrs: msrs.map((msr) => ({ ...msr })) }],
      warnings: [],
    }
    const xen = boot({ raw: dump })
    expect(xen.cpus()[0]).toMatchObject({ vendor: 'AMD', platformId: null })
    expect(xen.physinfo()).toMatchObject({ hvm: true, hap: true })
  })

  it('without VMX or SVM has no HVM, and with it only what the release allows', () => {
    const none = boot({ hvm: false })
    expect(none.physinfo()).toMatchObject({ hvm: false, hap: false, pv: true })
    expect(none.policy('hvmMax').toRecords().leaves).toHaveLength(4)
    expect(none.featureset('hvmMax').isEmpty).toBe(true)
    for (const kind of ['hvm', 'pvh'] as const)
      expect(() => none.createDomain({ kind })).toThrow('EINVAL')
    const shadow = boot({ hap: false })
    expect(() => shadow.createDomain({ kind: 'hvm', hap: true })).toThrow('EINVAL')
    expect(shadow.createDomain({ kind: 'hvm' })).toBe(2)
    expect(() => shadow.createDomain({ kind: 'hvm', nestedVirt: true })).toThrow('EINVAL')
    const nested = { kind: 'hvm', nestedVirt: true } as const
    expect(boot().createDomain(nested)).toBe(1)
    expect(() => boot({ release: '4.14.6' }).createDomain(nested)).toThrow(HypervisorLacksError)
    // An AMD CPU without flush by ASID is not enough from 4.19 on.
    const amd = rawCpu('AMD').withRecords([
      { leaf: 0x8000_000a, subleaf: null, a: 1, b: 0x8000, c: 0, d: 0x8f },
    ])
    expect(boot({ raw: amd, release: '4.18.6' }).createDomain(nested)).toBe(1)
    expect(() => boot({ raw: amd }).createDomain(nested)).toThrow('EINVAL')
  })

  it('obeys its command line', () => {
    const xen = boot({ commandLine: 'hap=0 cpuid=no-rdrand dom0-cpuid=no-bmi2' })
    expect(xen.version().commandLine).toContain('no-rdrand')
    expect(xen.physinfo()).toMatchObject({ hvm: true, hap: false })
    expect(xen.featureset('host').has('RDRAND')).toBe(false)
    expect(xen.featureset('raw').has('RDRAND')).toBe(true)
    const leaf7 = xen.domainPolicy(0).leaves.find(({ leaf }) => leaf === 7)
    expect((leaf7?.b ?? 0) & (1 << 8)).toBe(0)
    expect(xen.featureset('pvDefault').has('BMI2')).toBe(true)
  })
})

describe('domains', () => {
  it('have ids in turn, which start anew only at the end', () => {
    const xen = boot()
    const ids = [1, 2, 3].map(() => xen.createDomain({ kind: 'pv' }))
    expect(ids).toEqual([1, 2, 3])
    xen.destroyDomain(3)
    expect(xen.createDomain({ kind: 'pvh' })).toBe(4)
    expect(xen.domains).toEqual([1, 2, 4])
    for (let left = 5; left < 0x7ff0; left++) xen.destroyDomain(xen.createDomain({ kind: 'pv' }))
    expect(xen.createDomain({ kind: 'pv' })).toBe(3)
  })

  it('cannot be set or destroyed as Xen says', () => {
    const xen = boot()
    const domid = xen.createDomain({ kind: 'pv' })
    xen.startDomain(domid)
    expect(() => xen.setDomainPolicy(domid, {})).toThrow('EEXIST')
    expect(() => xen.setDomainPolicy(0, {})).toThrow('EINVAL')
    expect(() => xen.destroyDomain(0)).toThrow('EINVAL')
    for (const none of [7, -1, 1.5, Number.NaN])
      expect(() => xen.domainPolicy(none)).toThrow('ESRCH')
  })
})

describe('levers', () => {
  it('an errno as often as it is asked for, each in its form', async () => {
    const xen = boot()
    const domid = xen.createDomain({ kind: 'pv' })
    xen.fail('policy', 'EFAULT', { times: 1 })
    xen.fail('policy', 'EBUSY', { times: 2 })
    const errnos = [1, 2, 3, 4].map(() => {
      try {
        return xen.policies().release
      } catch (error) {
        return error instanceof HypercallError ? error.errno : error
      }
    })
    expect(errnos).toEqual(['EFAULT', 'EBUSY', 'EBUSY', '4.20.3'])
    xen.fail('setDomainPolicy', 'ERANGE', { times: 1 })
    const place = { leaf: null, subleaf: null, msr: null }
    expect(xen.setDomainPolicy(domid, {})).toEqual({
      ok: false,
      error: { errno: 'ERANGE', ...place },
    })
    xen.fail('setDomainPolicy', 'EFAULT')
    expect(() => xen.setDomainPolicy(domid, {})).toThrow(HypercallError)
    xen.fail('updateMicrocode', 'EBUSY', { times: 1 })
    expect((await xen.updateMicrocode(new Uint8Array())).errno).toBe('EBUSY')
    expect((await xen.updateMicrocode(new Uint8Array())).errno).toBe('ENOENT')
    expect(codeOf(() => xen.fail('policy', 'broken'))).toBe('SIMULATED_FAULT')
    expect(codeOf(() => xen.fail('policy', 'EIO', { times: 0 }))).toBe('SIMULATED_FAULT')
    xen.reset()
    expect(xen.domains).toEqual([])
    expect(() => xen.setDomainPolicy(domid, {})).toThrow('ESRCH')
  })

  it('a record of the calls, which nobody can change', async () => {
    const xen = boot({ name: 'one' })
    const domid = xen.createDomain({ kind: 'pv' })
    const update = { leaves: xen.domainPolicy(domid).leaves }
    xen.setDomainPolicy(domid, update)
    update.leaves.length = 0
    const records = xen.domainPolicy(domid)
    records.leaves.length = 0
    const loading = xen.updateMicrocode(Uint8Array.of(1))
    expect(xen.calls.at(-1)).toMatchObject({ call: 'updateMicrocode', answer: undefined })
    await loading
    xen.snapshot()
    expect(() => xen.microcodeRevision(9)).toThrow()
    xen.close()
    expect(() => xen.version()).toThrow(HypervisorClosedError)
    const { calls } = xen
    expect(calls.map(({ call }) => call)).toEqual([
      ...['createDomain', 'domainPolicy', 'setDomainPolicy', 'domainPolicy', 'updateMicrocode'],
      ...['snapshot', 'microcodeRevision', 'close', 'version'],
    ])
    expect(calls[0]).toMatchObject({ arguments: [{ kind: 'pv' }], answer: 1 })
    expect(calls[2]).toMatchObject({ answer: { ok: true } })
    expect(JSON.stringify(calls[2]?.arguments[1])).toContain('"leaf":1')
    expect(JSON.stringify(calls[3]?.answer, (_, one) => String(one))).not.toBe('""')
    expect(calls[4]).toMatchObject({ answer: { errno: 'EINVAL' } })
    expect(calls[6]?.error).toBeInstanceOf(HypercallError)
    expect(Object.isFrozen(calls) && calls.every((one) => Object.isFrozen(one))).toBe(true)
  })

  it('a pool, each host by itself', () => {
    const [one, two, three] = SimulatedXen.pool(
      [
        { raw: rawCpu('Intel') },
        { raw: rawCpu('AMD'), name: 'amd', release: '4.17.7' },
        { raw: rawCpu('Hygon'), topology: { cores: 4 } },
      ],
      { release: '4.22.0', commandLine: 'hap=0' },
    )
    const told = [one, two, three].map((xen) => [xen?.name, xen?.release, xen?.physinfo().hap])
    expect(told).toEqual([
      ['host-1', '4.22.0', false],
      ['amd', '4.17.7', false],
      ['host-3', '4.22.0', false],
    ])
    one?.createDomain({ kind: 'pv' })
    expect(two?.domains).toEqual([])
    expect(two?.snapshot().name).toBe('amd')
    const twice = [{ raw: rawCpu('AMD'), name: 'host-2' }, { raw: rawCpu('AMD') }]
    expect(codeOf(() => SimulatedXen.pool(twice, { release: '4.22' }))).toBe('SIMULATED_POOL')
  })

  it('a reboot into another Xen', () => {
    const xen: Hypervisor & Pick<SimulatedXen, 'reboot' | 'reset' | 'domains'> = boot()
    xen.createDomain({ kind: 'pv' })
    xen.reboot({ release: '4.17.0', commandLine: 'cpuid=no-rdrand' })
    expect([xen.release, xen.domains]).toEqual(['4.17.0', []])
    expect(xen.lacks).toContain('featureset pvMax')
    expect(xen.featureset('host').has('RDRAND')).toBe(false)
    xen.reboot()
    expect(xen.release).toBe('4.17.0')
    xen.reset()
    expect([xen.release, xen.lacks]).toEqual(['4.20.3', []])
  })
})
