/** Plans: what each rule forbids, what is passed over, in which order a pool is updated. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../fixtures/recorded.js'
import { makeAmdPatch } from './amd/patches.testing.js'
import { encodeAmdContainer } from './amd/write.js'
import { CORPUS_MANIFEST, readCorpus } from './corpus.testing.js'
import { buildEarlyCpio } from './cpio-write.js'
import { parseMicrocode } from './file.js'
import { modelOf } from './fms.js'
import { type MadeUpdate, makeIntelUpdate } from './intel/updates.testing.js'
import { encodeIntelDat } from './intel/write.js'
import type { HostCpu } from './outcome-types.js'
import { planUpdate } from './plan.js'
import { featureChanges } from './plan-features.js'
import type { HostPlan, PlanHost, PlanPolicy, PlanReasonCode } from './plan-types.js'
import type { MicrocodeInput } from './select-types.js'
import { joined } from './verify.testing.js'

/** Ice Lake: on no list. */
const PLAIN = 0x606a6

const cpus = (signature: number, revision: number, count = 2): HostCpu[] =>
  Array.from({ length: count }, () => ({ vendor: 'Intel', signature, platformId: 0, revision }))

const host = (more: Partial<PlanHost> = {}): PlanHost => ({
  name: 'a',
  xen: '4.20.3',
  cpus: cpus(PLAIN, 0x10),
  ...more,
})

const file = (made: MadeUpdate = {}) =>
  makeIntelUpdate({ signature: PLAIN, platformMask: 1, revision: 0x20, minRevision: 1, ...made })

function planOne(
  of: Partial<PlanHost>,
  files: MicrocodeInput | readonly MicrocodeInput[],
  policy: PlanPolicy = {},
): HostPlan {
  const [plan] = planUpdate([host(of)], files, policy).hosts
  if (plan === undefined) throw new Error('no plan')
  return plan
}

const codes = ({ reasons }: HostPlan): PlanReasonCode[] => reasons.map(({ code }) => code)
const forbidding = ({ reasons }: HostPlan): PlanReasonCode[] =>
  reasons.filter(({ forbids }) => forbids !== null).map(({ code }) => code)
const road = ({ roads }: HostPlan) => roads.filter(({ applies }) => applies).map(({ name }) => name)

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
    expect(road(plan)).toEqual(['boot', 'hypercall'])
    expect([plan.outcome?.errno, plan.outcome?.uniform]).toEqual(['OK', true])
    expect(plan.cpus).toMatchObject([
      { model: '06-6a-06', count: 2, revisions: [0x10], update: { revision: 0x20 } },
    ])
  })

  it('gets nothing where it has it, or where nothing fits', () => {
    const same = planOne({ cpus: cpus(PLAIN, 0x20) }, file())
    expect([same.action, codes(same), road(same), same.outcome]).toEqual([
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
    expect(road(alone)).toEqual(['boot'])
  })

  it('must have a CPU that is online', () => {
    expect(() => planOne({ cpus: [] }, file())).toThrow('is online')
  })
})

describe('what is never loaded late', () => {
  const HASWELL = 0x306c3
  const tsx = file({ signature: HASWELL, revision: 0x1c, platformMask: 0x32 })
  const haswell = (revision: number): HostCpu[] =>
    cpus(HASWELL, revision).map((cpu) => ({ ...cpu, platformId: 1 }))

  it('an update that takes features, whatever the lists', () => {
    const plan = planOne({ cpus: haswell(0x10) }, tsx, { lists: [] })
    expect([plan.action, forbidding(plan)]).toEqual(['early', ['FEATURES_CHANGE']])
    expect(plan.features).toMatchObject([{ lost: ['HLE', 'RTM'], gained: [], certain: true }])
    expect(road(plan)).toEqual(['boot'])
    expect(forbidding(planOne({ cpus: haswell(0x10) }, tsx))).toEqual([
      'FEATURES_CHANGE',
      'NEVER_LATE_ON_DEBIAN',
    ])
  })

  it('but beyond the revision that took them it changes nothing', () => {
    const later = file({ signature: HASWELL, revision: 0x28, platformMask: 0x32 })
    const plan = planOne({ cpus: haswell(0x1c) }, later, { lists: [] })
    expect([plan.action, plan.features]).toEqual(['late', []])
    expect(planOne({ cpus: haswell(0x1b) }, later, { lists: [] }).action).toBe('early')
  })

  it('it may be that it may not take them at all', () => {
    const plan = planOne({ cpus: haswell(0x10) }, tsx, { keepFeatures: ['RTM'] })
    expect(plan.action).toBe('blocked')
    expect(forbidding(plan)).toContain('FEATURES_KEPT')
  })

  it('guests that use them are told', () => {
    const guests = [
      { name: 'db', features: ['RTM'] },
      { name: 'web', features: [] },
    ]
    const plan = planOne({ cpus: haswell(0x10), guests }, tsx)
    const message = plan.reasons.find(({ code }) => code === 'FEATURES_IN_USE')?.message
    expect(message).toMatch(/^One guest here uses RTM,/)
    expect(codes(plan)).toContain('GUESTS_RUN')
  })

  it('what declares itself unsafe over the running revision, and on demand what declares nothing', () => {
    expect(forbidding(planOne({}, file({ minRevision: 0x11 })))).toEqual(['DECLARED_UNSAFE'])
    expect(planOne({}, file({ minRevision: 0x10 })).action).toBe('late')
    const silent = file({ minRevision: 0 })
    expect(planOne({}, silent).action).toBe('late')
    expect(codes(planOne({}, silent))).toEqual(['NOT_DECLARED'])
    expect(forbidding(planOne({}, silent, { late: 'declared' }))).toEqual(['NOT_DECLARED'])
  })

  it('what the policy does not want', () => {
    expect(forbidding(planOne({}, file(), { late: 'never' }))).toEqual(['LATE_NEVER'])
    expect(forbidding(planOne({}, file(), { deny: [{ model: '06-6a' }] }))).toEqual(['DENIED'])
    expect(forbidding(planOne({}, file(), { deny: [{ revision: 0x21 }] }))).toEqual([])
    expect(forbidding(planOne({}, file(), { allow: [{ model: '06-55' }] }))).toEqual([
      'NOT_ALLOWED',
    ])
    expect(forbidding(planOne({}, file(), { allow: [{ model: '06-6a-06' }] }))).toEqual([])
    const ever = planOne({}, file(), { deny: [{ when: 'ever', why: 'We had trouble.' }] })
    expect([ever.action, ever.reasons[0]?.message]).toEqual(['blocked', 'We had trouble.'])
  })

  it('what a name says is for boot', () => {
    expect(forbidding(planOne({}, { name: '06-6a-06.early', bytes: file() }))).toEqual([
      'NAMED_EARLY',
    ])
  })

  it('Broadwell servers: by Debian and RHEL, and by Linux where the cache is large', () => {
    const bdx = file({ signature: 0x406f1, revision: 0x0b00_0040 })
    const old = { cpus: cpus(0x406f1, 0x0b00_0020) }
    expect(forbidding(planOne(old, bdx, { lists: [] }))).toEqual(['LARGE_CACHE'])
    expect(forbidding(planOne({ ...old, cachePerCore: 2_621_440 }, bdx, { lists: [] }))).toEqual([])
    const young = { cpus: cpus(0x406f1, 0x0b00_0021) }
    const plan = planOne(young, bdx)
    expect([plan.action, forbidding(plan)]).toEqual([
      'early',
      ['NEVER_LATE_ON_DEBIAN', 'RHEL_CAVEAT'],
    ])
    expect(codes(plan)).toContain('SHIPPED_WITH_CAVEATS')
    expect(planOne(young, bdx, { rhelDefaults: true }).action).toBe('blocked')
  })

  it('Skylake over the firmware of its first days', () => {
    const skl = file({ signature: 0x506e3, revision: 0xf0, platformMask: 0x36 })
    const desktop = (revision: number) => ({
      cpus: cpus(0x506e3, revision).map((cpu) => ({ ...cpu, platformId: 1 })),
    })
    const running = desktop(0xea)
    expect(forbidding(planOne(running, skl, { lists: [] }))).toEqual([])
    const plan = planOne({ ...running, firmwareRevision: 0x7f }, skl, { lists: [] })
    expect(forbidding(plan)).toEqual(['OLD_FIRMWARE'])
    expect(forbidding(planOne(desktop(0x74), skl, { lists: [] }))).toEqual([
      'FEATURES_CHANGE',
      'OLD_FIRMWARE',
    ])
  })
})

describe('what is not loaded at all', () => {
  it('recalled and withdrawn revisions; an older one that is neither is planned instead', () => {
    const recalled = file({ signature: 0x506e3, revision: 0xdc })
    const running = { cpus: cpus(0x506e3, 0xc6) }
    const plan = planOne(running, recalled)
    expect([plan.action, plan.update?.revision]).toEqual(['blocked', 0xdc])
    expect(forbidding(plan)).toContain('WITHDRAWN')
    const both = planOne(running, [recalled, file({ signature: 0x506e3, revision: 0xd6 })])
    expect([both.action, both.update?.revision, both.file]).toEqual(['early', 0xd6, 1])
    expect(both.passedOver).toMatchObject([{ file: 0, revision: 0xdc }])
    expect(both.passedOver[0]?.reasons.map(({ code }) => code)).toContain('WITHDRAWN')
    expect(
      codes(planOne({ cpus: cpus(0x506e3, 0xdc) }, file({ signature: 0x506e3, revision: 0xf0 }))),
    ).toContain('RUNS_WITHDRAWN')
    const spectre = file({ signature: 0x50654, revision: 0x0200_003c })
    expect(forbidding(planOne({ cpus: cpus(0x50654, 1) }, spectre))).toEqual(['RECALLED'])
    const next = file({ signature: 0x50654, revision: 0x0200_7006 })
    const runs = planOne({ cpus: cpus(0x50654, 0x0200_003c) }, next)
    expect(codes(runs)).toContain('RUNS_RECALLED')
  })

  it('what hangs, on the machines that it hangs on', () => {
    const tigerLake = file({ signature: 0x806c1, revision: 0x68 })
    expect(forbidding(planOne({ cpus: cpus(0x806c1, 1) }, tigerLake))).toEqual(['RHEL_CAVEAT'])
    const fixed = file({ signature: 0x806c1, revision: 0x88 })
    expect(forbidding(planOne({ cpus: cpus(0x806c1, 1) }, fixed))).toEqual([])
    const dell = file({ signature: 0x906ea, revision: 0xd6 })
    const running = { cpus: cpus(0x906ea, 0xb0) }
    const action = (biosVendor?: string) =>
      planOne({ ...running, ...(biosVendor !== undefined && { biosVendor }) }, dell, {
        lists: ['rhel'],
      })
    expect(action('Dell Inc.').action).toBe('blocked')
    expect(codes(action('LENOVO'))).toEqual(['NEVER_LATE_ON_DEBIAN'])
    expect([action().action, codes(action())]).toEqual([
      'late',
      ['NEVER_LATE_ON_DEBIAN', 'RHEL_CAVEAT'],
    ])
  })

  it('Granite Rapids without the step between; the step is planned where there is a file with it', () => {
    const next = file({ signature: 0xa06d1, revision: 0x0a00_0124, platformMask: 0x95 })
    const running = { cpus: cpus(0xa06d1, 0x0100_0380) }
    expect(forbidding(planOne(running, next))).toEqual(['STEP_FIRST'])
    const step = file({ signature: 0xa06d1, revision: 0x0100_0405, platformMask: 0x95 })
    const plan = planOne(running, [next, step])
    expect([plan.action, plan.update?.revision]).toEqual(['late', 0x0100_0405])
    expect(planOne({ cpus: cpus(0xa06d1, 0x0100_0405) }, [next, step]).update?.revision).toBe(
      0x0a00_0124,
    )
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
    expect(road(strange)).toEqual(['boot'])
  })

  it('have one of two calls', () => {
    const why = (xen: string) =>
      planOne({ xen }, file()).roads.find(({ name }) => name === 'hypercall')?.why
    expect(why('4.19')).toContain('operation 35')
    expect(why('4.20')).toContain('operation 66')
  })

  it('none: Linux has a road of its own, and its own choice', () => {
    const plan = planOne({ xen: null }, file())
    expect([plan.action, road(plan), plan.outcome]).toEqual(['late', ['boot', 'sysfs'], null])
    const archive = planOne({ xen: null }, buildEarlyCpio({ intel: file() }))
    expect([archive.action, forbidding(archive)]).toEqual([
      'early',
      ['ARCHIVE', 'LINUX_CHOOSES_ELSE'],
    ])
    expect(road(planOne({}, file()))).not.toContain('sysfs')
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

describe('a round over a pool', () => {
  const HASWELL = 0x306c3
  const tsx = file({ signature: HASWELL, revision: 0x28, platformMask: 0x32 })
  const haswell = (name: string, more: Partial<PlanHost> = {}): PlanHost => ({
    name,
    xen: '4.20',
    cpus: cpus(HASWELL, 0x10).map((cpu) => ({ ...cpu, platformId: 1 })),
    ...more,
  })

  it('takes hosts that go on first, empty ones next, and last those whose guests lose something', () => {
    const db = { name: 'db', features: ['RTM'] }
    const web = { name: 'web', features: ['SSE'] }
    const plan = planUpdate(
      [
        haswell('with-db', { guests: [db, web] }),
        haswell('with-web', { guests: [web] }),
        haswell('empty'),
        host({ name: 'late', guests: 3 }),
        host({ name: 'done', cpus: cpus(PLAIN, 0x20) }),
      ],
      [tsx, file()],
    )
    expect(plan.order.map(({ host: name, action }) => [name, action])).toEqual([
      ['late', 'late'],
      ['empty', 'early'],
      ['with-web', 'early'],
      ['with-db', 'early'],
    ])
    const moves = (name: string) => plan.order.find((step) => step.host === name)?.moves
    expect(moves('late')).toEqual([])
    expect(moves('with-web')).toEqual([
      { guest: 'web', count: 1, to: ['with-db', 'empty', 'late', 'done'] },
    ])
    // Every other Haswell has lost RTM by then; the Ice Lakes keep what they have.
    expect(moves('with-db')?.[0]).toEqual({ guest: 'db', count: 1, to: ['late', 'done'] })
    expect(moves('with-db')?.[1]?.to).toEqual(['with-web', 'empty', 'late', 'done'])
  })

  it('says who must be shut down', () => {
    const hosts = ['a', 'b'].map((name) => haswell(name, { guests: 2, featuresInUse: ['RTM'] }))
    const { order } = planUpdate(hosts, tsx)
    expect(order.map(({ moves }) => moves)).toEqual([
      [{ guest: null, count: 2, to: ['b'] }],
      [{ guest: null, count: 2, to: [] }],
    ])
  })
})

describeRecorded('microcode/facts/intel-min-rev-metadata.json', () => {
  const { entries } = readRecordedJson<{
    entries: { file: string; sig: string; pf: string; rev: string; minReqVer: string }[]
  }>('microcode/facts/intel-min-rev-metadata.json')
  const declared = entries.filter(({ minReqVer }) => Number(minReqVer) !== 0)

  it('updates of today declare as their least revision the one that took TSX in 2021, for all models that have one', () => {
    const crossing = declared.flatMap(({ sig, pf, rev, minReqVer }) => {
      const [model, to] = [modelOf(Number(sig)), Number(rev)]
      const at = (from: number) =>
        featureChanges({ model, platformMask: Number(pf), from, to }).map(({ id }) => id)
      const least = Number(minReqVer)
      return at(least - 1).length === 0 ? [] : [{ model, below: at(least - 1), from: at(least) }]
    })
    expect(crossing).toHaveLength(17)
    const of2021 = crossing.filter(({ below }) => below.includes('skl-kbl-tsx-force-abort-2021'))
    expect(of2021).toHaveLength(10)
    expect(of2021.filter(({ from }) => from.length > 0)).toEqual([])
    // Those of 2022 declare the revision before: the list of models that lost TSX then says otherwise.
    const still = crossing.filter(({ from }) => from.length > 0)
    expect(still.map(({ model }) => model)).toEqual([
      '06-8e-0c',
      '06-9e-0d',
      '06-a5-02',
      '06-a5-03',
      '06-a5-05',
      '06-a6-01',
    ])
  })
})

describeRecorded(CORPUS_MANIFEST, () => {
  const { files } = readRecordedJson<{ files: { path: string }[] }>(CORPUS_MANIFEST)
  const release = files
    .map(({ path }) => path)
    .filter((path) => /^intel\/20251111\/intel-ucode(-with-caveats)?\//.test(path))
    .map((name) => ({ name, bytes: readCorpus(name) }))
  const updates = release.flatMap(({ bytes }) => parseMicrocode(bytes).updates)
  const hosts = updates.flatMap(({ signatures }) =>
    signatures.slice(0, 1).map(({ signature, platformMask }, index): PlanHost => {
      const platformId = Math.max(Math.log2(platformMask & -platformMask), 0)
      const cpu = { vendor: 'Intel', signature, platformId, revision: 1 } as const
      return { name: `${signature} ${platformId} ${index}`, xen: '4.22', cpus: [cpu, cpu] }
    }),
  )

  it('plans every CPU of a release of Intel, never a step over a change of features at run time, and nothing twice', () => {
    expect(updates).toHaveLength(227)
    const plans = planUpdate(hosts, release).hosts
    const having = hosts.map((host, index): PlanHost => {
      const revision = plans[index]?.update?.revision ?? 1
      return { ...host, cpus: host.cpus.map((cpu) => ({ ...cpu, revision })) }
    })
    const again = planUpdate(having, release).hosts
    expect(again.filter(({ action }) => action !== 'nothing').map(({ host }) => host)).toEqual([])
    const count = (wanted: string) => plans.filter(({ action }) => action === wanted).length
    // Nothing is left for CPUs whose update has revision 1, and for one that has no platforms.
    expect([count('late'), count('early'), count('nothing'), count('blocked')]).toEqual([
      167, 56, 4, 0,
    ])
    for (const plan of plans) {
      if (plan.features.length > 0) expect(plan.action).not.toBe('late')
      if (plan.action !== 'late') continue
      expect([plan.outcome?.errno, plan.outcome?.uniform]).toEqual(['OK', true])
      expect(plan.update?.minRevision ?? 0).toBeLessThanOrEqual(1)
    }
  })
})

describe('any pool', () => {
  const anyHost = fc.record({
    revision: fc.constantFrom(0x10, 0x20, 0x30, 0x8000_0001),
    signature: fc.constantFrom(PLAIN, 0x306c3, 0x506e3),
    xen: fc.constantFrom(null, '4.12', '4.13', '4.17', '4.20', '4.22', 'none'),
    count: fc.integer({ min: 1, max: 3 }),
    guests: fc.nat(3),
  })
  const anyFile = fc.oneof(
    fc
      .record({
        signature: fc.constantFrom(PLAIN, 0x306c3, 0x506e3),
        revision: fc.constantFrom(0x18, 0x1c, 0x28, 0xdc, 0xf0, 0x8000_0002),
        minRevision: fc.constantFrom(0, 0x10, 0x28),
      })
      .map((made) => file({ ...made, platformMask: 7 })),
    fc.uint8Array({ maxLength: 200 }),
  )

  it('has a plan, whose choices do not depend on the order of the files or the hosts', () => {
    fc.assert(
      fc.property(
        fc.array(anyHost, { maxLength: 4 }),
        fc.uniqueArray(anyFile, {
          maxLength: 4,
          selector: (bytes) => bytes.subarray(0, 16).join(),
        }),
        (some, files) => {
          const hosts = some.map(({ revision, signature, count, xen, guests }, index) => ({
            ...host({ name: `host ${index}`, xen, guests }),
            cpus: cpus(signature, revision, count),
          }))
          const plan = planUpdate(hosts, files)
          expect(plan.hosts.map((one) => one.host)).toEqual(hosts.map(({ name }) => name))
          const active = plan.hosts.filter(({ action }) => action === 'late' || action === 'early')
          expect(plan.order.map((step) => step.host).sort()).toEqual(
            active.map((one) => one.host).sort(),
          )
          const again = planUpdate([...hosts].reverse(), [...files].reverse())
          const brief = ({ host: name, action, update, reasons }: HostPlan) =>
            JSON.stringify([name, action, update?.revision, codesWithoutFiles(reasons)])
          expect(again.hosts.map(brief).sort()).toEqual(plan.hosts.map(brief).sort())
          for (const one of plan.hosts) {
            if (one.features.length > 0) expect(one.action).not.toBe('late')
            if (one.action === 'late')
              expect(one.roads.some(({ name, applies }) => name !== 'boot' && applies)).toBe(true)
            else
              expect(one.roads.some(({ name, applies }) => name !== 'boot' && applies)).toBe(false)
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  const codesWithoutFiles = (reasons: HostPlan['reasons']) =>
    reasons.map(({ code }) => code).filter((code) => code !== 'FILE_DAMAGED')
})
