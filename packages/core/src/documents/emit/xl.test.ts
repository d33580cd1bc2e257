/** Lines for xl.cfg, run forward: they give what is wanted, or say by name what they do not, and nothing in them can be left out. */
import { Featureset, featureTable } from '@xenlevel/cpuid'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded } from '../../../../../fixtures/recorded.js'
import { comparePolicies } from '../../policy/compare.js'
import type { CpuPolicy } from '../../policy/cpu-policy.js'
import { LABELS } from '../../policy/recorded.testing.js'
import { parseXlCpuid } from '../../xen/configuration/parse.js'
import { configured, type EmitOptions } from './forward.js'
import {
  changed,
  masks,
  saidNames,
  someOfMax,
  systemHosts,
  systemPolicies,
} from './wanted.testing.js'
import { toXlConfig, type XlConfig } from './xl.js'

const kinds = ['pv', 'pv32', 'hvm', 'pvh'] as const
const domains = fc.record({
  kind: fc.constantFrom(...kinds),
  hap: fc.boolean(),
  nestedVirt: fc.boolean(),
})
/** What a line gives, by the parser and libxc's steps alone. */
function forward({ items, language }: XlConfig, options: EmitOptions): CpuPolicy {
  const parsed = parseXlCpuid(items, { language, release: options.host.release })
  expect(parsed.items.map(({ rc }) => rc)).toEqual(items.map(() => 0))
  const result = configured(options, { cpuid: items, language })
  expect(result.ok).toBe(true)
  return result.policy
}

describe.each(LABELS)('%s', (label, release) => {
  describeRecorded(systemPolicies(label), () => {
    const hosts = systemHosts(label, release)
    const cases = fc.record({
      at: fc.nat({ max: hosts.length - 1 }),
      domain: domains,
      pae: fc.boolean(),
      itsc: fc.boolean(),
      masks,
    })
    const optionsOf = ({
      at,
      domain,
      pae,
      itsc,
    }: {
      at: number
      domain: EmitOptions['domain']
      pae: boolean
      itsc: boolean
    }): EmitOptions => {
      const host = hosts[at]?.policies
      if (host === undefined) throw new Error(`no host ${at}`)
      return { host, domain, pae, itsc }
    }

    it('gives every set of features that the domain can have', { timeout: 60_000 }, () => {
      fc.assert(
        fc.property(cases, (one) => {
          const options = optionsOf(one)
          const wanted = someOfMax(options, one.masks)
          if (wanted === null) return
          const config = toXlConfig(wanted, options)
          expect(config.differences.map(({ message }) => message)).toEqual([])
          expect(config.exact).toBe(true)
          expect(config.language).toBe('libxl')
          expect(forward(config, options).clearOutOfRange().equals(wanted)).toBe(true)
          for (const left of config.items) {
            const items = config.items.filter((item) => item !== left)
            const { policy } = configured(options, { cpuid: items, language: 'libxl' })
            expect(policy.equals(config.policy), left).toBe(false)
          }
        }),
        { numRuns: 300 },
      )
    })

    it('comes as near to any features as Xen lets it', { timeout: 60_000 }, () => {
      const anyWords = fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { maxLength: 21 })
      fc.assert(
        fc.property(cases, anyWords, (one, words) => {
          const options = optionsOf(one)
          const asked = Featureset.fromWords(words)
          const config = toXlConfig(asked, options)
          const { policy: base } = configured(options)
          const table = featureTable(release)
          // What no toolstack chooses is as it is.
          const kept = Featureset.fromNames(
            ['HTT', 'CMP_LEGACY', 'FDP_EXCP_ONLY', 'NO_FPU_SEL'],
            table,
          )
          const chosen = asked.andNot(kept).or(base.featureset.and(kept))
          const { words: known } = table.mask('known')
          const nearest = changed(
            options,
            base.withFeatureset(Featureset.fromWords(known).and(chosen)),
          )
          expect(nearest).not.toBeNull()
          if (nearest === null) return
          expect(comparePolicies(nearest, config.policy.clearOutOfRange())).toEqual([])
          const said = saidNames(config.findings)
          for (const { name } of config.differences) expect(said).toContain(name)
          const lost = chosen
            .names(table)
            .filter((name) => !config.policy.featureset.has(name, table))
          expect([...said]).toEqual(expect.arrayContaining(lost))
        }),
        { numRuns: 200 },
      )
    })
  })
})
