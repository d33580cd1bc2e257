/** Plans of hosts: their CPUs, their Xen, AMD's rules. */
import { describe, expect, it } from 'vitest'
import { makeAmdPatch } from '../amd/patches.testing.js'
import { encodeAmdContainer } from '../amd/write.js'
import { buildEarlyCpio } from '../cpio-write.js'
import { parseMicrocode } from '../file.js'
import { encodeIntelDat } from '../intel/write.js'
import type { HostCpu } from '../outcome/types.js'
import { joined } from '../verify.testing.js'
import { codes, cpus, file, forbidding, PLAIN, planOne, roads } from './plan.testing.js'

describe('a host', () => {
  it('is updated while it runs where nothing is known against it', () => {
    const plan = planOne({}, { name: '06-6a-06', bytes: file() })
    expect([plan.action, plan.file, plan.fileName, plan.update?.revision]).toEqual([
      'late',
      0,
      '06-6a-06',
      0x20,
    ])
    expect(codes(plan)).toEqual([])
    expect(roads(plan)).toEqual(['boot', 'hypercall'])
    expect([plan.outcome?.errno, plan.outcome?.uniform]).toEqual(['OK', true])
    expect(plan.cpus).toMatchObject([
      { model: '06-6a-06', count: 2, revisions: [0x10], update: { revision: 0x20 } },
    ])
  })

  it('gets nothing where it has it, or where nothing fits', () => {
    const same = planOne({ cpus: cpus(PLAIN, 0x20) }, file())
    expect([same.action, codes(same), roads(same), same.outcome]).toEqual([
      'nothing',
      ['UP_TO_DATE'],
      [],
      null,
    ])
    expect(codes(planOne({ cpus: cpus(0x306c3, 1) }, file()))).toEqual(['NO_UPDATE'])
    expect(codes(planOne({}, []))).toEqual(['NO_UPDATE'])
    expect(planOne({}, []).selection.reason).toBe('There are no files.')
  })

  it('hears of files that cannot be read, unless they are for others', () => {
    const amd = encodeAmdContainer({
      patches: [makeAmdPatch()],
      equivalences: [{ signature: 0x800f12, equivalenceId: 0x8012 }],
    })
    const text = new TextEncoder().encode(encodeIntelDat([file()]))
    const plan = planOne({}, [
      { name: 'amd', bytes: amd },
      { name: 'cut', bytes: file().subarray(0, 100) },
      { name: 'text.dat', bytes: text },
      { name: 'README', bytes: new TextEncoder().encode('read me') },
    ])
    expect(plan.action).toBe('nothing')
    expect(plan.reasons.map(({ code, message }) => [code, message.split(' ')[0]])).toEqual([
      ['NO_UPDATE', 'No'],
      ['FILE_DAMAGED', 'cut'],
      ['FILE_DAMAGED', 'text.dat'],
      ['FILE_DAMAGED', 'README'],
    ])
    // Once parsed, text is the binary that it stands for.
    expect(planOne({}, parseMicrocode(text)).action).toBe('late')
  })

  it('gets the newest of several files, rather from a plain one than from an archive', () => {
    const archive = buildEarlyCpio({ intel: file({ revision: 0x30 }) })
    const files = [file(), archive, file({ revision: 0x30 })]
    expect([planOne({}, files).file, planOne({}, files).action]).toEqual([2, 'late'])
    const alone = planOne({}, archive)
    expect([alone.action, forbidding(alone)]).toEqual(['early', ['ARCHIVE']])
    expect(alone.outcome).toBeNull()
    expect(roads(alone)).toEqual(['boot'])
  })

  it('must have a CPU that is online', () => {
    expect(() => planOne({ cpus: [] }, file())).toThrow('is online')
  })
})

describe('CPUs of one host', () => {
  const mixed = (first: number, second: number) => [
    ...cpus(PLAIN, first, 1),
    ...cpus(PLAIN, second, 1),
  ]

  it('of different revisions: the hypercall decides, and force may help', () => {
    const behind = planOne({ cpus: mixed(0x10, 0x20) }, file())
    expect([behind.action, behind.outcome?.errno, codes(behind)]).toEqual([
      'late',
      'EEXIST',
      ['MIXED_REVISIONS'],
    ])
    const ahead = planOne({ cpus: mixed(0x20, 0x10) }, file())
    expect([ahead.action, forbidding(ahead)]).toEqual(['early', ['LATE_LEAVES_CPUS']])
    const forced = planOne({ cpus: mixed(0x20, 0x10) }, file(), { force: true })
    expect([forced.action, forced.force, forced.outcome?.errno, codes(forced)]).toEqual([
      'late',
      true,
      'OK',
      ['MIXED_REVISIONS', 'FORCE_NEEDED'],
    ])
    const old = planOne({ cpus: mixed(0x20, 0x10), xen: '4.18' }, file(), { force: true })
    expect([old.action, old.force]).toEqual(['early', false])
  })

  it('of different kinds: Xen loads what CPU 0 chose', () => {
    const kinds = [...cpus(PLAIN, 0x10, 1), ...cpus(0x606c1, 0x10, 1)]
    const both = joined(file(), file({ signature: 0x606c1, revision: 0x22 }))
    const plan = planOne({ cpus: kinds }, both)
    expect([plan.action, forbidding(plan)]).toEqual(['early', ['MIXED_CPUS', 'LATE_LEAVES_CPUS']])
    expect(plan.cpus.map(({ update }) => update?.revision)).toEqual([0x20, 0x22])
  })

  it('that rest: they get it when they come up', () => {
    const parked = cpus(PLAIN, 0x10).map((cpu) => ({ ...cpu, parked: true }))
    const plan = planOne({ cpus: [...cpus(PLAIN, 0x10), ...parked] }, file())
    expect([plan.action, codes(plan)]).toEqual(['late', ['CPUS_NOT_ONLINE']])
    expect(plan.outcome?.cpus.map(({ whenOnline }) => whenOnline)).toEqual([null, null, 0x20, 0x20])
  })
})

describe('releases', () => {
  it('before 4.13 stop nobody, and unknown ones are not trusted', () => {
    const old = planOne({ xen: '4.12.4' }, file())
    expect([old.action, forbidding(old), old.outcome]).toEqual(['early', ['NO_RENDEZVOUS'], null])
    const strange = planOne({ xen: 'xen-unstable' }, file())
    expect([strange.action, forbidding(strange)]).toEqual(['early', ['RELEASE_UNKNOWN']])
    expect(roads(strange)).toEqual(['boot'])
  })

  it('have one of two calls', () => {
    const why = (xen: string) =>
      planOne({ xen }, file()).roads.find(({ name }) => name === 'hypercall')?.why
    expect(why('4.19')).toContain('operation 35')
    expect(why('4.20')).toContain('operation 66')
  })

  it('none: Linux has a road of its own, and its own choice', () => {
    const plan = planOne({ xen: null }, file())
    expect([plan.action, roads(plan), plan.outcome]).toEqual(['late', ['boot', 'sysfs'], null])
    const archive = planOne({ xen: null }, buildEarlyCpio({ intel: file() }))
    expect([archive.action, forbidding(archive)]).toEqual([
      'early',
      ['ARCHIVE', 'LINUX_CHOOSES_ELSE'],
    ])
    expect(roads(planOne({}, file()))).not.toContain('sysfs')
  })
})

describe('AMD', () => {
  const zen = (signature: number, revision: number, count = 2): HostCpu[] =>
    Array.from({ length: count }, () => ({ vendor: 'AMD', signature, platformId: 0, revision }))
  const container = (signature: number, equivalenceId: number, patchId: number, checksum = 0) =>
    encodeAmdContainer({
      patches: [makeAmdPatch({ patchId, checksum, equivalenceId, size: 5568 })],
      equivalences: [{ signature, equivalenceId }],
    })

  it('without a listed digest: the firmware comes first', () => {
    const running = { cpus: zen(0xa00f11, 0x0a00_11d0) }
    const milan = container(0xa00f11, 0xa011, 0x0a00_11de)
    const plan = planOne(running, milan)
    expect([plan.action, codes(plan)]).toEqual(['blocked', ['NO_DIGEST']])
    const safe = planOne({ ...running, bootRevision: 0x0a00_11db }, milan)
    expect([safe.action, safe.update?.revision]).toEqual(['late', 0x0a00_11de])
  })

  it('below a minimum revision, or at a final one: not at boot either', () => {
    const milan = container(0xa00f11, 0xa011, 0x0a00_11de, 0x0a00_11d9)
    const running = { cpus: zen(0xa00f11, 0x0a00_11d0), digestCheck: false }
    expect(planOne(running, milan)).toMatchObject({
      action: 'blocked',
      reasons: [{ code: 'BELOW_MIN_REVISION', forbids: 'late and early' }],
    })
    const old = encodeAmdContainer({
      patches: [makeAmdPatch({ patchId: 0x0100_00da, equivalenceId: 0x1080, size: 960 })],
      equivalences: [{ signature: 0x100f80, equivalenceId: 0x1080 }],
    })
    const final = planOne({ cpus: zen(0x100f80, 0x0100_0098) }, old)
    expect([final.action, codes(final)]).toEqual(['blocked', ['FINAL_REVISION']])
  })

  it('Genoa: both threads must load, which not every Xen does', () => {
    const genoa = container(0xa10f11, 0xa111, 0x0a10_1158)
    const running = { cpus: zen(0xa10f11, 0x0a10_1154, 4), threadsPerCore: 2, digestCheck: false }
    expect(forbidding(planOne({ ...running, xen: '4.17.0' }, genoa))).toEqual(['THREADS_LEFT_OUT'])
    const plan = planOne({ ...running, xen: '4.17.1' }, genoa)
    expect([plan.action, codes(plan)]).toEqual(['late', ['NOT_DECLARED', 'STRAY_NMIS']])
  })
})
