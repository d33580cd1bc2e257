/** The tables of what vendors and distributions say, held against the lists that they were made of. */
import { featureTable } from '@xenlevel/cpuid'
import { expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import {
  DEBIAN_NEVER_LATE,
  FEATURE_REMOVALS,
  LARGE_CACHE,
  OLD_FIRMWARE,
  RECALLED,
  REPLACED_BY_OLDER,
  RHEL_CAVEATS,
  SHIPPED_WITH_CAVEATS,
  STEP_FIRST,
} from '../generated/policy.js'
import { modelOf } from '../model-name.js'
import { featureChanges, namedChanges } from './features.js'

it('names the features of every change, as Xen knows them', () => {
  expect(namedChanges()).toEqual(FEATURE_REMOVALS.map(({ id }) => id))
  for (const { sets } of FEATURE_REMOVALS) {
    for (const [model, platformMask, revision] of sets) {
      const step = { model, platformMask: platformMask || 1, from: revision - 1, to: revision }
      for (const { lost, gained } of featureChanges(step)) {
        expect(lost.length).toBeGreaterThan(0)
        for (const name of [...lost, ...gained]) expect(featureTable().feature(name)).toBeDefined()
      }
    }
  }
})

it('sees a change on every path across its revision, and on no other', () => {
  const change = (from: number, to: number, platformMask = 0x02) =>
    featureChanges({ model: '06-3c-03', platformMask, from, to }).length
  expect([change(0x1b, 0x1c), change(1, 0x28), change(0x1c, 0x28), change(1, 0x1b)]).toEqual([
    1, 1, 0, 0,
  ])
  expect(change(0x1b, 0x1c, 0x40)).toBe(0)
  const broadwell = featureChanges({ model: '06-3d-04', platformMask: 1, from: 0x2f, to: 0x30 })
  expect(broadwell).toMatchObject([{ id: 'broadwell-tsx', certain: false }])
})

describeRecorded('microcode/facts/policy.json', () => {
  interface Policy {
    featureRemoval: {
      id: string
      what: string
      source: string
      sets: { sig?: string; fms?: string; pf?: string; rev?: string }[]
    }[]
    debianNoLateLoad: string[]
    linux: {
      BDX90: { fms: string; condition: string }
      GNR98: { fms: string; pfMask: string; condition: string }
    }
    skylake: { fms: string[]; condition: string }
    rhelCaveats: Record<string, string>
    spectreRecalled: { fms: string; rev: string }[]
    releaseDowngrades: { release: string; fms: string; old: string; new: string }[]
    caveatsDir: string[]
  }
  const policy = readRecordedJson<Policy>('microcode/facts/policy.json')

  it('24 models that Debian never loads late, 22 recalled revisions, 2 that were replaced by older ones', () => {
    expect(policy.debianNoLateLoad).toHaveLength(24)
    expect(DEBIAN_NEVER_LATE).toEqual(policy.debianNoLateLoad)
    expect(policy.spectreRecalled).toHaveLength(22)
    expect(RECALLED).toEqual(policy.spectreRecalled.map(({ fms, rev }) => [fms, Number(rev)]))
    expect(policy.releaseDowngrades).toHaveLength(2)
    expect(REPLACED_BY_OLDER).toEqual(
      policy.releaseDowngrades.map((row) => [
        row.release,
        row.fms,
        Number(row.old),
        Number(row.new),
      ]),
    )
  })

  it('4 changes of features on all their models', () => {
    expect(FEATURE_REMOVALS).toHaveLength(4)
    for (const [index, { id, what, source, sets }] of policy.featureRemoval.entries()) {
      const ours = FEATURE_REMOVALS[index]
      expect([ours?.id, ours?.what, ours?.source]).toEqual([id, what, source])
      const theirs = sets.map(({ sig, fms, pf = '0', rev = '0' }) =>
        JSON.stringify([fms ?? modelOf(Number(sig)), Number(pf), Number(rev)]),
      )
      expect(ours?.sets.map((set) => JSON.stringify(set))).toEqual([...new Set(theirs)])
    }
  })

  it('the numbers in what is said in words', () => {
    const { BDX90, GNR98 } = policy.linux
    expect([LARGE_CACHE.model, STEP_FIRST.model]).toEqual([BDX90.fms, GNR98.fms])
    expect(STEP_FIRST.platformMask).toBe(Number(GNR98.pfMask))
    const numbers = (text: string) => [...text.matchAll(/0x[0-9a-f]+|\d{5,}/g)].map(Number)
    expect(numbers(BDX90.condition)).toEqual([LARGE_CACHE.cachePerCore, LARGE_CACHE.below])
    expect(numbers(GNR98.condition)).toEqual([STEP_FIRST.revision, STEP_FIRST.revision])
    expect(OLD_FIRMWARE.models).toEqual(policy.skylake.fms)
    expect(numbers(policy.skylake.condition)[0]).toBe(OLD_FIRMWARE.below)
  })

  it('7 caveats of RHEL, and one of Intel', () => {
    expect(RHEL_CAVEATS).toHaveLength(7)
    expect(RHEL_CAVEATS.map(({ text }) => text)).toEqual(Object.values(policy.rhelCaveats))
    for (const row of RHEL_CAVEATS) {
      const said = [...row.text.matchAll(/0x[0-9a-f]+/g)].map(Number)
      const taken = [row.from, row.below, ...row.revisions].filter((revision) => revision !== 0)
      // RHEL names the revision that it goes back to; that is no rule.
      expect(said.slice(0, taken.length)).toEqual(taken)
      expect(row.hangs).toBe(row.text.includes('hang'))
    }
    expect(SHIPPED_WITH_CAVEATS.map(([model]) => policy.caveatsDir[0]?.startsWith(model))).toEqual([
      true,
    ])
  })
})
