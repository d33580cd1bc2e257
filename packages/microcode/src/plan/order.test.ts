/** In which order pools are updated, and what holds for any. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { planUpdate } from './plan.js'
import { cpus, file, host, PLAIN } from './plan.testing.js'
import type { HostPlan, PlanHost } from './types.js'

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
