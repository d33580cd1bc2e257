/** What is known of single updates, and what it forbids. */
import { describe, expect, it } from 'vitest'
import type { HostCpu } from '../outcome/types.js'
import { codes, cpus, file, forbidding, planOne, roads } from './plan.testing.js'

describe('what is never loaded late', () => {
  const HASWELL = 0x306c3
  const tsx = file({ signature: HASWELL, revision: 0x1c, platformMask: 0x32 })
  const haswell = (revision: number): HostCpu[] =>
    cpus(HASWELL, revision).map((cpu) => ({ ...cpu, platformId: 1 }))

  it('an update that takes features, whatever the lists', () => {
    const plan = planOne({ cpus: haswell(0x10) }, tsx, { lists: [] })
    expect([plan.action, forbidding(plan)]).toEqual(['early', ['FEATURES_CHANGE']])
    expect(plan.features).toMatchObject([{ lost: ['HLE', 'RTM'], gained: [], certain: true }])
    expect(roads(plan)).toEqual(['boot'])
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
