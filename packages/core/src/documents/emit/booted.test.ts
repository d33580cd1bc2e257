/** Lines for every release that was booted, run forward by that release's toolstack: its names, its `x`, its calls. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../../../fixtures/boots.js'
import { describeRecorded } from '../../../../../fixtures/recorded.js'
import { recordedHost } from '../../guest/recorded.testing.js'
import { parseXlCpuid } from '../../xen/configuration/parse.js'
import { configured, type EmitOptions } from './forward.js'
import { masks, maxOf, saidNames, someOfMax } from './wanted.testing.js'
import { toXlConfig } from './xl.js'

describe.each(BOOTS)('%s', (boot) => {
  describeRecorded(bootFile(boot), () => {
    const host = recordedHost(boot)
    const kinds = (['pv', 'pv32', 'hvm', 'pvh'] as const).filter(
      (kind) => !maxOf({ host, domain: { kind } }).featureset.isEmpty,
    )
    const cases = fc.record({ kind: fc.constantFrom(...kinds), itsc: fc.boolean(), masks })

    it('gives what is wanted, or says by name what it does not', { timeout: 60_000 }, () => {
      fc.assert(
        fc.property(cases, ({ kind, itsc, masks }) => {
          const options: EmitOptions = { host, domain: { kind }, itsc }
          const wanted = someOfMax(options, masks)
          if (wanted === null) return
          const config = toXlConfig(wanted, options)
          const { items, language, findings, differences } = config
          const parsed = parseXlCpuid(items, { language, release: host.release })
          expect(parsed.items.every(({ rc }) => rc === 0)).toBe(true)
          const result = configured(options, { cpuid: items, language })
          expect(result.ok).toBe(true)
          expect(result.policy.clearOutOfRange().equals(wanted)).toBe(config.exact)
          for (const { name } of differences) expect(saidNames(findings)).toContain(name)
          // Every bit that these releases offer has a name.
          expect(config.exact).toBe(true)
          for (const left of items) {
            const fewer = items.filter((item) => item !== left)
            const { policy } = configured(options, { cpuid: fewer, language })
            expect(policy.equals(config.policy), left).toBe(false)
          }
        }),
        { numRuns: 60 },
      )
    })
  })
})
