/** Levels of hosts that are known by their whole policies. */
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { describeRecorded } from '../../../../fixtures/recorded.js'
import { poolLevelSchema } from '../documents/pool-level.js'
import { admitGuest } from '../guest/admit.js'
import { hostWith } from '../hosts.testing.js'
import { levelPool } from './level.js'
import { recordedSnapshot } from './recorded-snapshots.testing.js'

describeRecorded(
  ['4.17-debian-Haswell', '4.17-debian-Skylake-Server', '4.17-debian-EPYC', '4.22.0-EPYC'].map(
    (boot) => `xen/hosts/${boot}.json`,
  ),
  () => {
    const haswell = recordedSnapshot('4.17-debian-Haswell', 'haswell-1')
    const skylake = recordedSnapshot('4.17-debian-Skylake-Server', 'skylake-1')
    const epycs = [
      recordedSnapshot('4.17-debian-EPYC', 'epyc-1'),
      recordedSnapshot('4.22.0-EPYC', 'epyc-2'),
    ] as const

    it.each([
      ['one vendor', [haswell, skylake]],
      ['two releases', epycs],
    ])('have a policy that every host takes: %s', (_, pool) => {
      const level = levelPool(pool)
      for (const kind of ['pv', 'hvm'] as const) {
        const { policy, hosts, whole } = level[kind]
        if (hosts.length === 0) {
          expect([policy, whole]).toEqual([null, null])
          continue
        }
        expect(whole?.obstacles).toEqual([])
        expect(policy).not.toBeNull()
        if (policy === null) continue
        for (const host of pool)
          expect(admitGuest({ kind, policy }, host)).toMatchObject({ admitted: true, reasons: [] })
        expect(policy.featureset.andNot(level[kind].default).names()).toEqual([])
      }
    })

    it('say why there is none', () => {
      const { policy, whole } = levelPool([haswell, epycs[0]]).pv
      expect(policy).toBeNull()
      expect(whole?.obstacles.map(({ code }) => code)).toContain('vendors-differ')
    })

    it('are written and read with it', () => {
      const level = levelPool(epycs)
      const document = z.decode(poolLevelSchema, JSON.parse(JSON.stringify(level)))
      expect(
        document.hvm.policy?.equals(level.hvm.policy ?? epycs[0].policies?.raw ?? never()),
      ).toBe(true)
      expect(document.hvm.default.equals(level.hvm.default)).toBe(true)
    })

    it('are the same merged', () => {
      const [first, second] = epycs.map((host) => levelPool([host], { release: '4.17.7' }))
      const merged = first?.merge(second ?? never())
      expect(merged?.hvm.policy?.equals(levelPool(epycs).hvm.policy ?? never())).toBe(true)
    })
  },
)

function never(): never {
  throw new Error('it is there')
}

describe('a pool in which one host told its features alone', () => {
  it('has no whole policy, and its featuresets all the same', () => {
    const level = levelPool([hostWith('a', ['FPU', 'AVX'])])
    expect([level.hvm.policy, level.hvm.whole]).toEqual([null, null])
    expect(level.hvm.default.names()).toEqual(['FPU'])
  })
})
