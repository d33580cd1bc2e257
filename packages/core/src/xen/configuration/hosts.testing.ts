/** For tests: the policies of a host, made from nothing but its features. */
import { encodeSignature, type FeatureName, Featureset, featureTable } from '@xenlevel/cpuid'
import { CpuPolicy } from '../../policy/cpu-policy.js'
import { derivePolicies, type HostPolicies } from '../derive.js'
import { releaseRules } from '../releases.js'

const VENDORS = {
  Intel: [0x756e_6547, 0x6c65_746e, 0x4965_6e69],
  AMD: [0x6874_7541, 0x444d_4163, 0x6974_6e65],
} as const

/** A host with every feature that a release lets guests have, but for some. */
export function testHost(
  release: string,
  vendor: keyof typeof VENDORS = 'Intel',
  without: readonly FeatureName[] = [],
): HostPolicies {
  const [b, c, d] = VENDORS[vendor]
  const table = featureTable(release)
  const mask = table.mask('hvmHapMax').or(table.mask('pvMax'))
  const names = new Set<FeatureName>(without)
  const other: readonly FeatureName[] =
    vendor === 'Intel' ? ['SVM', 'CMP_LEGACY'] : ['VMX', 'ARCH_CAPS']
  for (const name of other) names.add(name)
  const features = Featureset.fromNames(
    mask.names(table).filter((name) => !names.has(name)),
    table,
  )
  const last = vendor === 'Intel' ? 0x8000_0008 : 0x8000_0021
  const raw = CpuPolicy.fromRecords(
    [
      { leaf: 0, subleaf: null, a: 0xd, b, c, d },
      {
        leaf: 1,
        subleaf: null,
        a: encodeSignature({ family: 6, model: 0x55, stepping: 4 }),
        b: 0x0008_0800,
        c: 0,
        d: 0,
      },
      { leaf: 4, subleaf: 0, a: 0x1c00_4121, b: 0x01c0_003f, c: 0x3f, d: 0 },
      { leaf: 7, subleaf: 0, a: releaseRules(release).featureLeaves - 1, b: 0, c: 0, d: 0 },
      { leaf: 0x8000_0000, subleaf: null, a: last, b, c, d },
      { leaf: 0x8000_0008, subleaf: null, a: 0x302e, b: 0, c: 0x3007, d: 0 },
    ],
    [{ index: 0xce, flags: 0, value: 0x8000_0000n }],
    { release },
  ).withFeatureset(table.clearDependents(features))
  return derivePolicies(raw, { release, hostFeatureset: raw.featureset })
}
