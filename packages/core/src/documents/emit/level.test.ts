/** The level of a pool, written for each of its hosts: the guests have the same features everywhere. */
import { Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { describeRecorded } from '../../../../../fixtures/recorded.js'
import { LABELS } from '../../policy/recorded.testing.js'
import { combineFeaturesets } from '../../pool/combine.js'
import type { EmitOptions } from './forward.js'
import { systemHosts, systemPolicies } from './wanted.testing.js'
import { toXlConfig } from './xl.js'

describe.each(LABELS)('%s', (label, release) => {
  describeRecorded(systemPolicies(label), () => {
    const table = featureTable(release)
    const kept = Featureset.fromNames(['HTT', 'CMP_LEGACY', 'FDP_EXCP_ONLY', 'NO_FPU_SEL'], table)
    const own = (features: Featureset) =>
      Featureset.fromWords(
        features
          .and(table.mask('known'))
          .andNot(kept)
          .words.map((word, at) => (at === 2 ? (word & ~0x0183_f3ff) >>> 0 : word)),
      )

    it.each([
      ['Intel', 'pv'],
      ['Intel', 'hvm'],
      ['AMD', 'pv'],
      ['AMD', 'hvm'],
    ] as const)('%s, %s', (vendor, kind) => {
      const pool = systemHosts(label, release)
        .map(({ policies: host }): EmitOptions => ({ host, domain: { kind } }))
        .filter(({ host }) => host.host.vendor === vendor)
        // CPUs of the last ten years or so.
        .filter(({ host }) => host.host.featureset.has('AVX2', table))
      expect(pool.length).toBeGreaterThan(4)
      for (let size = 2; size <= pool.length; size++) {
        const members = pool.slice(pool.length - size)
        const defaults = members.map(({ host }) =>
          kind === 'pv' ? host.pvDefault.featureset : host.hvmDefault.featureset,
        )
        const level = combineFeaturesets(defaults, { release })
        for (const options of members) {
          const config = toXlConfig(level, options)
          // What a level gathers over its hosts not all of them have, nor do all have the leaf for it.
          const lost = Featureset.fromNames(
            config.findings.flatMap(({ severity, features = [] }) =>
              severity === 'error' ? features : [],
            ),
            table,
          )
          expect(lost.isSubsetOf(featureTable().mask('accumulated'))).toBe(true)
          expect(config.exact).toBe(lost.isEmpty)
          expect(own(config.policy.featureset).equals(own(level).andNot(lost))).toBe(true)
        }
      }
    })
  })
})
