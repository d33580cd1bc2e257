/** The estimate, held against what real hypervisors found. */
import { COMMON_1D_FEATURES, type FeatureName, Featureset, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { BOOTS, bootFile } from '../../../../fixtures/boots.js'
import { describeRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { bootPolicy, type RecordedPolicy } from '../policy/recorded.testing.js'
import { derivePolicies } from './derive.js'
import { estimateHostFeatureset } from './estimate.js'

type Said = string | { readonly err: string }

interface RecordedHost {
  readonly xen: string
  readonly hypercalls: {
    readonly commandline: string
    readonly featuresets: Readonly<Record<'host' | 'pv' | 'hvm' | 'pv_max' | 'hvm_max', Said>>
    readonly policies: { readonly raw: RecordedPolicy }
  }
}

/** A bit that cannot be foreseen. */
interface Unforeseen {
  readonly feature: FeatureName
  readonly reason: string
}

/** Bits that cannot be foreseen, by boot. There is none at present: whoever finds one writes it here, with the reason. */
const UNFORESEEN: ReadonlyMap<string, readonly Unforeseen[]> = new Map()

/** Releases of which the answers for guests follow exactly from the host featureset. */
const EXACT_FOR_GUESTS = ['4.17.7', '4.18.6', '4.20.3', '4.22.0']

/** Word 2's copies of leaf 1, which follow the policy and no feature. */
const COPIES = Featureset.fromWords([0, 0, COMMON_1D_FEATURES])

const releaseOf = (xen: string) => (xen === '4.17-debian' ? '4.17.7' : xen)

function featuresetOf(said: Said): Featureset {
  if (typeof said !== 'string') throw new Error(`not recorded: ${said.err}`)
  return Featureset.parse(said)
}

describe.each(BOOTS)('%s', (boot) => {
  const path = bootFile(boot)
  describeRecorded(path, () => {
    const { xen, hypercalls } = readRecordedJson<RecordedHost>(path)
    const release = releaseOf(xen)
    const raw = bootPolicy(hypercalls.policies.raw, release)
    const estimate = estimateHostFeatureset(raw, {
      release,
      commandLine: hypercalls.commandline,
    })
    const recorded = featuresetOf(hypercalls.featuresets.host)

    it('foresees the host featureset but for what is listed', () => {
      const table = featureTable(release)
      const listed = (UNFORESEEN.get(boot) ?? []).map(({ feature }) => feature)
      const different = estimate.featureset.xor(recorded)
      expect(different.unknownBits(table)).toEqual([])
      expect(different.names(table)).toEqual(listed)
    })

    it('says why for everything that the CPU has and the host has not, or the other way round', () => {
      const table = featureTable(release)
      const known = raw.featureset.and(table.mask('known'))
      const changed = estimate.changes.map(({ feature }) => feature)
      const different = known.xor(recorded).andNot(COPIES).names(table)
      expect(different.filter((name) => !changed.includes(name))).toEqual([])
      expect(changed.filter((name) => !different.includes(name))).toEqual([])
    })

    if (!EXACT_FOR_GUESTS.includes(release)) return

    it('foresees what guests are offered', () => {
      const policies = derivePolicies(raw, {
        ...estimate.facts,
        hostFeatureset: estimate.featureset,
      })
      const { pv, hvm, pv_max, hvm_max } = hypercalls.featuresets
      const words = featureTable(release).words.length
      const text = (set: Featureset) => set.toString(':', words)
      expect({
        pv: text(policies.pvDefault.featureset),
        pvMax: text(policies.pvMax.featureset),
        hvm: text(policies.hvmDefault.featureset),
        hvmMax: text(policies.hvmMax.featureset),
      }).toEqual({ pv, pvMax: pv_max, hvm, hvmMax: hvm_max })
    })
  })
})
