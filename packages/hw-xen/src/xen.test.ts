/** A running Xen against 15 recorded ones: every answer, through op structs as that release's headers lay them out. */
import {
  formatHostSnapshot,
  HypervisorLacksError,
  levellingCaps,
  parseHostSnapshot,
} from '@xenlevel/core'
import { Featureset } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../fixtures/boots.js'
import { describeRecorded } from '../../../fixtures/recorded.js'
import { FakeLibc } from './fake-libc.testing.js'
import { FakeXen } from './fake-xen.testing.js'
import {
  abiFile,
  failed,
  leafOfText,
  REFUSED_SETS,
  type RecordedSet,
  readHost,
  recordsOfText,
} from './recorded.testing.js'
import { openXen } from './xen-open.js'

const FEATURESETS = [
  ['raw', 'raw'],
  ['host', 'host'],
  ['pvDefault', 'pv'],
  ['hvmDefault', 'hvm'],
  ['pvMax', 'pv_max'],
  ['hvmMax', 'hvm_max'],
] as const
const POLICIES = [
  ['raw', 'raw'],
  ['host', 'host'],
  ['pvMax', 'pv_max'],
  ['hvmMax', 'hvm_max'],
  ['pvDefault', 'pv_default'],
  ['hvmDefault', 'hvm_default'],
] as const

/** What was set to get each recorded refusal. */
const REFUSED: Readonly<
  Record<
    (typeof REFUSED_SETS)[number],
    Parameters<ReturnType<typeof openXen>['setDomainPolicy']>[1]
  >
> = {
  set_bad_maxleaf: { leaves: [{ leaf: 0, subleaf: null, a: 0xffff, b: 0, c: 0, d: 0 }] },
  set_unknown_leaf: { leaves: [{ leaf: 0x1234, subleaf: 0, a: 0, b: 0, c: 0, d: 0 }] },
  set_leaf7_nosub: { leaves: [{ leaf: 7, subleaf: null, a: 0, b: 0, c: 0, d: 0 }] },
  set_unknown_msr: { msrs: [{ index: 0x1234, flags: 0, value: 0n }] },
  set_msr_flags: { msrs: [{ index: 0x10a, flags: 1, value: 0n }] },
  set_too_many: {
    leaves: Array.from({ length: 200 }, () => ({ leaf: 1, subleaf: null, a: 0, b: 0, c: 0, d: 0 })),
  },
}

/** What was cleared of leaf 7 ebx before the policy was read again. */
const BMI1_AND_ERMS = (1 << 3) | (1 << 9)

function refusalOf({ r, err_leaf, err_subleaf, err_msr }: RecordedSet) {
  const place = (text: string) => (Number(text) === 0xffff_ffff ? null : Number(text))
  return {
    errno: failed(r) ? r.err : 'OK',
    leaf: place(err_leaf),
    subleaf: place(err_subleaf),
    msr: place(err_msr),
  }
}

describe.each(BOOTS)('%s', (boot) => {
  const release = boot.startsWith('4.17-debian') ? '4.17.7' : boot.slice(0, boot.indexOf('-'))
  describeRecorded([bootFile(boot), abiFile(release)], () => {
    const { host, layouts } = readHost(boot)
    const { hypercalls } = host
    const open = () => {
      const libc = new FakeLibc(new FakeXen({ host, layouts }))
      return { libc, xen: openXen({ libc }) }
    }
    const hvm = !failed(hypercalls.dom.hvm.create)

    it('is the release that it is, and says what it lacks', () => {
      const { xen } = open()
      expect(xen.release).toBe(release)
      const lacking = [
        failed(hypercalls.featuresets.pv_max) && 'featureset pvMax',
        failed(hypercalls.featuresets.hvm_max) && 'featureset hvmMax',
        failed(hypercalls.ucode_revision[0]) && 'microcodeRevision',
        layouts.others.includes('no microcode_update2') && 'updateMicrocode force',
      ]
      expect(xen.lacks).toEqual(lacking.filter((call) => call !== false))
      expect(xen.version()).toEqual({
        major: 4,
        minor: hypercalls.version_raw & 0xffff,
        extra: hypercalls.extraversion,
        release,
        changeset: hypercalls.changeset,
        capabilities: hypercalls.capabilities,
        commandLine: hypercalls.commandline,
      })
    })

    it.each(FEATURESETS)('answers the featureset %s', (which, name) => {
      const { xen } = open()
      const words = hypercalls.featuresets[name]
      if (typeof words !== 'string') {
        expect(xen.lacks).toContain(`featureset ${which}`)
        expect(() => xen.featureset(which)).toThrow(HypervisorLacksError)
        return
      }
      const answer = xen.featureset(which)
      expect(answer.toString(':')).toBe(words)
      expect(answer.words.length).toBe(hypercalls.featureset_nr[name])
    })

    it.each(POLICIES)('answers the policy %s', (which, name) => {
      const policy = hypercalls.policies[name]
      if (policy === undefined || failed(policy)) throw new Error('not recorded')
      expect(open().xen.policy(which).toRecords()).toEqual(recordsOfText(policy))
    })

    it('answers all policies, and levelling capabilities of its own or foreseen', () => {
      const { xen } = open()
      const policies = xen.policies()
      for (const [which] of POLICIES) {
        expect(policies[which]?.equals(xen.policy(which))).toBe(true)
      }
      const caps = xen.levellingCaps()
      if (failed(hypercalls.levelling_caps)) {
        expect(caps).toEqual(levellingCaps(xen.policy('raw'), release))
      } else {
        expect(caps.assumes).toEqual([])
        expect(caps.caps.length > 0).toBe(Number(hypercalls.levelling_caps) !== 0)
      }
    })

    it('tells the machine', () => {
      const { physinfo } = hypercalls
      const capabilities = Number(physinfo.capabilities)
      expect(open().xen.physinfo()).toEqual({
        threadsPerCore: physinfo.threads_per_core,
        coresPerSocket: physinfo.cores_per_socket,
        onlineCpus: physinfo.nr_cpus,
        maxCpuId: physinfo.max_cpu_id,
        nodes: physinfo.nr_nodes,
        totalPages: BigInt(physinfo.total_pages ?? 0),
        freePages: BigInt(physinfo.free_pages ?? 0),
        hvm,
        pv: (capabilities & 2) !== 0,
        hap: (capabilities & 8) !== 0,
        hwCap: String(physinfo.hw_cap)
          .split(':')
          .map((word) => Number.parseInt(word, 16)),
      })
    })

    it('tells the CPUs and their microcode', () => {
      const { xen } = open()
      const [microcode] = hypercalls.ucode_revision
      const signature = xen.policy('raw').leaf(1).a
      const told = failed(microcode) || microcode === undefined ? null : microcode
      expect(xen.cpus()).toEqual([
        {
          id: 0,
          online: true,
          vendor: host.qemuCpu === 'EPYC' ? 'AMD' : 'Intel',
          signature,
          platformId: told === null || Number(told.pf) === 0 ? null : Math.log2(Number(told.pf)),
          microcodeRevision: told === null ? null : Number(told.revision),
        },
      ])
      if (told === null) {
        expect(() => xen.microcodeRevision(0)).toThrow(HypervisorLacksError)
      } else {
        expect(Number(told.signature)).toBe(signature)
        expect(xen.microcodeRevision(0)).toBe(Number(told.revision))
        for (const cpu of [1, 99, -1, 0.5, 2 ** 40]) {
          expect(() => xen.microcodeRevision(cpu)).toThrow(/ENOENT/)
        }
      }
    })

    it.each(['pv', 'hvm', 'pvh'] as const)('creates, sets and destroys a %s domain', (kind) => {
      const { xen, libc } = open()
      if (kind !== 'pv' && !hvm) {
        expect(() => xen.createDomain({ kind })).toThrow(/createdomain answers EINVAL/)
        return
      }
      const domid = xen.createDomain({ kind })
      expect(libc.xen.domains.created).toEqual({
        flags: kind === 'pv' ? 0 : 3,
        emulation: { pv: 0, hvm: 0x3ff, pvh: 1 }[kind],
      })
      const recorded = hypercalls.dom[kind === 'pv' ? 'pv' : 'hvm']
      if (recorded.get === undefined) throw new Error('not recorded')
      expect(xen.domainPolicy(domid)).toEqual(recordsOfText(recorded.get))
      expect(xen.setDomainPolicy(domid, recordsOfText(recorded.get))).toEqual({ ok: true })
      const cleared = { leaf1: 0, leaf7: 0 }
      const leaves = recordsOfText(recorded.get).leaves.flatMap((leaf) => {
        if (leaf.leaf === 1) return { ...leaf, c: (leaf.c & ~(1 << 30)) >>> 0, at: ++cleared.leaf1 }
        if (leaf.leaf === 7)
          return { ...leaf, b: (leaf.b & ~BMI1_AND_ERMS) >>> 0, at: ++cleared.leaf7 }
        return []
      })
      expect(cleared).toEqual({ leaf1: 1, leaf7: 1 })
      expect(xen.setDomainPolicy(domid, { leaves })).toEqual({ ok: true })
      const after = xen.domainPolicy(domid).leaves
      for (const text of Object.values(recorded.get_after ?? {})) {
        const expected = leafOfText(text)
        expect(after.find(({ leaf }) => leaf === expected.leaf)).toEqual(expected)
      }
      for (const name of REFUSED_SETS) {
        const answer = recorded[name]
        if (answer === undefined) throw new Error(`${name} is not recorded`)
        expect({ name, ...xen.setDomainPolicy(domid, REFUSED[name]) }).toEqual({
          name,
          ok: false,
          error: refusalOf(answer),
        })
      }
      xen.destroyDomain(domid)
      expect(libc.xen.domains.count).toBe(0)
      expect(() => xen.domainPolicy(domid)).toThrow(/ESRCH/)
    })

    it('answers for dom0, and for no domain', () => {
      const { xen } = open()
      expect(xen.domainPolicy(0)).toEqual(recordsOfText(hypercalls.dom0_get))
      expect(() => xen.setDomainPolicy(0, {})).toThrow(/EINVAL.*before its first vCPU/)
      for (const domid of [77, -1, 1.5, 0x7ff0, 0x7ff5, 65536, Number.NaN]) {
        expect(() => xen.domainPolicy(domid)).toThrow(/ESRCH/)
        expect(() => xen.setDomainPolicy(domid, {})).toThrow(/ESRCH/)
        expect(() => xen.destroyDomain(domid)).toThrow(/ESRCH/)
      }
    })

    it('loads microcode by the operation that it has', async () => {
      const { xen, libc } = open()
      const force = !xen.lacks.includes('updateMicrocode force')
      const answers: Record<string, Uint8Array> = {
        zero4k: new Uint8Array(4096),
        garbage4k: new Uint8Array(4096).fill(0xa5),
        len4: new Uint8Array(4),
        len0: new Uint8Array(0),
      }
      for (const [name, bytes] of Object.entries(answers)) {
        const recorded = hypercalls.microcode_update[name]
        const update = xen.updateMicrocode(bytes)
        bytes.fill(0xff)
        const { errno, cpus } = await update
        expect([name, errno]).toEqual([name, failed(recorded) ? recorded.err : 'OK'])
        expect(cpus).toEqual(xen.cpus())
      }
      libc.xen.microcode = 0
      expect((await xen.updateMicrocode(Uint8Array.of(1, 2, 3))).errno).toBe('OK')
      expect(libc.xen.loaded).toEqual({ bytes: Uint8Array.of(1, 2, 3), flags: force ? 0 : null })
      const forced = xen.updateMicrocode(Uint8Array.of(4), { force: true })
      if (force) {
        expect((await forced).errno).toBe('OK')
        expect(libc.xen.loaded).toEqual({ bytes: Uint8Array.of(4), flags: 1 })
      } else {
        await expect(forced).rejects.toThrow(HypervisorLacksError)
      }
      libc.xen.microcode = -16
      expect((await xen.updateMicrocode(Uint8Array.of(5))).errno).toBe('EBUSY')
    })

    it('makes a snapshot in at most 20 calls', () => {
      const { xen, libc } = open()
      const before = libc.calls.length
      const snapshot = xen.snapshot({ name: 'host' })
      const calls = libc.calls.length - before
      const asked = FEATURESETS.filter(
        ([which, name]) =>
          (hvm || !which.startsWith('hvm')) && typeof hypercalls.featuresets[name] === 'string',
      )
      expect(calls).toBe(11 + asked.length + (failed(hypercalls.ucode_revision[0]) ? 0 : 1))
      expect(calls).toBeLessThanOrEqual(20)
      expect(snapshot.name).toBe('host')
      expect(snapshot.xen).toEqual({
        release,
        commandLine: hypercalls.commandline,
        pv: true,
        pv32: hypercalls.capabilities.includes('xen-3.0-x86_32p'),
        hvm,
        hap: hvm,
      })
      for (const [which, name] of FEATURESETS) {
        if (!hvm && which.startsWith('hvm')) {
          expect([snapshot.featuresets[which], snapshot.policies?.[which]]).toEqual([
            undefined,
            undefined,
          ])
          continue
        }
        const words = hypercalls.featuresets[name]
        const expected =
          typeof words === 'string' ? Featureset.parse(words) : xen.policy(which).featureset
        expect(snapshot.featuresets[which]?.equals(expected)).toBe(true)
        expect(snapshot.policies?.[which]?.equals(xen.policy(which))).toBe(true)
      }
      expect(xen.snapshot().name).not.toBe('')
      expect(formatHostSnapshot(parseHostSnapshot(formatHostSnapshot(snapshot)))).toBe(
        formatHostSnapshot(snapshot),
      )
    })

    it('gives everything back', () => {
      const { xen, libc } = open()
      xen.snapshot()
      xen.close()
      expect(libc.held()).toEqual({ files: 0, mappings: 0 })
      expect(libc.untouched()).toBe(true)
    })
  })
})
