/** Wanted policies that differ in more than features: numeric keys where libxl has them, the xend language where it has not. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded } from '../../../../../fixtures/recorded.js'
import { comparePolicies } from '../../policy/compare.js'
import { LABELS } from '../../policy/recorded.testing.js'
import { configured, type EmitOptions } from './forward.js'
import { changed, saidNames, systemHosts, systemPolicies } from './wanted.testing.js'
import { toXlConfig } from './xl.js'

const registers = ['a', 'b', 'c', 'd'] as const

describe.each(LABELS)('%s', (label, release) => {
  describeRecorded(systemPolicies(label), () => {
    const hosts = systemHosts(label, release)
    const cases = fc.record({
      at: fc.nat({ max: hosts.length - 1 }),
      kind: fc.constantFrom('pv', 'pv32', 'hvm', 'pvh'),
      changes: fc.array(
        fc.record({
          leaf: fc.nat({ max: 200 }),
          register: fc.constantFrom(...registers),
          bits: fc.integer({ min: 0, max: 0xffff_ffff }),
        }),
        { minLength: 1, maxLength: 4 },
      ),
    })

    it('gives what is wanted, in the language that comes nearer', { timeout: 60_000 }, () => {
      fc.assert(
        fc.property(cases, ({ at, kind, changes }) => {
          const host = hosts[at]?.policies
          if (host === undefined) return
          const options: EmitOptions = { host, domain: { kind } }
          const { policy: base } = configured(options)
          const { leaves, msrs } = base.toRecords()
          const asked = changes.reduce(
            (records, { leaf, register, bits }) =>
              records.map((record, index) =>
                index === leaf % records.length
                  ? { ...record, [register]: (record[register] ^ bits) >>> 0 }
                  : record,
              ),
            leaves,
          )
          const wanted = changed(options, base.withRecords(asked, msrs))
          if (wanted === null) return
          const config = toXlConfig(wanted, options)
          const { items, language } = config
          const result = configured(options, { cpuid: items, language })
          expect(result.ok).toBe(true)
          expect(config.differences).toEqual(
            comparePolicies(wanted, result.policy.clearOutOfRange()),
          )
          // Xen takes a small number for a limit within its own, and the library does not write one.
          if (!config.exact)
            expect(config.differences.map(({ name }) => name)).toContain('extd.max_leaf')
          for (const { name } of config.differences)
            expect(saidNames(config.findings)).toContain(name)
          for (const left of items) {
            const fewer = items.filter((item) => item !== left)
            const { policy } = configured(options, { cpuid: fewer, language })
            expect(policy.equals(config.policy), left).toBe(false)
          }
        }),
        { numRuns: 200 },
      )
    })
  })
})
