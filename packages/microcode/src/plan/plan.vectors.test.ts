/** Plans held against a whole release of Intel's. */
import { expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { CORPUS_MANIFEST, readCorpus } from '../corpus.testing.js'
import { parseMicrocode } from '../file.js'
import { modelOf } from '../model-name.js'
import { featureChanges } from './features.js'
import { planUpdate } from './plan.js'
import type { PlanHost } from './types.js'

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
