/** The policies of a host: as its Xen said them, or as they follow from what its CPU says. */
import { CpuPolicy, derivePolicies, type HostPolicies, type HostSnapshot } from '@xenlevel/core'
import { nearestRelease } from '@xenlevel/cpuid'

/** Undefined where the snapshot has no policies, or no Xen, or one without a feature table. */
export function policiesOf({
  policies = {},
  featuresets,
  xen,
}: HostSnapshot): HostPolicies | undefined {
  const release = xen === null ? undefined : nearestRelease(xen.release)
  if (xen === null || release === undefined) return undefined
  const { raw, host, pvMax, pvDefault, hvmMax, hvmDefault } = policies
  if (host !== undefined && pvMax !== undefined && pvDefault !== undefined)
    return {
      release,
      ...(raw === undefined ? {} : { raw }),
      ...{ host, pvMax, pvDefault },
      hvmMax: hvmMax ?? CpuPolicy.empty,
      hvmDefault: hvmDefault ?? CpuPolicy.empty,
    }
  if (raw === undefined) return undefined
  const { hvm, hap } = xen
  return derivePolicies(raw, {
    ...{ release, hvm, hap },
    ...(featuresets.host === undefined ? {} : { hostFeatureset: featuresets.host }),
  })
}
