/** The policies of the host in a snapshot: as its Xen said them, or as they follow from what its CPU says. */
import { nearestRelease } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../documents/snapshot.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { derivePolicies, type HostPolicies } from './derive.js'

/** Policies, and whose word they are. */
export interface SnapshotPolicies {
  /** The policies. */
  readonly policies: HostPolicies
  /**
   * `said`: by that host's Xen. `derived`: from its raw policy and its host featureset, which settle everything but what the machine's
   * facilities decide. `estimated`: from its raw policy alone.
   */
  readonly evidence: 'said' | 'derived' | 'estimated'
}

/** The policies of a host; null if its snapshot has none, or if there is no feature table for its Xen. */
export function policiesOfSnapshot(host: HostSnapshot): SnapshotPolicies | null {
  return saidPolicies(host) ?? derivedPolicies(host)
}

function saidPolicies({ policies = {}, xen }: HostSnapshot): SnapshotPolicies | null {
  const { host, pvMax, pvDefault, raw } = policies
  if (host === undefined || pvMax === undefined || pvDefault === undefined || xen === null)
    return null
  if (nearestRelease(xen.release) === undefined) return null
  return {
    policies: {
      release: xen.release,
      ...(raw === undefined ? {} : { raw }),
      host,
      pvMax,
      pvDefault,
      hvmMax: policies.hvmMax ?? CpuPolicy.empty,
      hvmDefault: policies.hvmDefault ?? CpuPolicy.empty,
    },
    evidence: 'said',
  }
}

function derivedPolicies({ policies, featuresets, xen }: HostSnapshot): SnapshotPolicies | null {
  const raw = policies?.raw
  if (raw === undefined || xen === null || nearestRelease(xen.release) === undefined) return null
  const { release, hvm, hap } = xen
  const hostFeatureset = featuresets.host
  return {
    policies: derivePolicies(raw, {
      release,
      hvm,
      hap,
      ...(hostFeatureset === undefined ? {} : { hostFeatureset }),
    }),
    evidence: hostFeatureset === undefined ? 'estimated' : 'derived',
  }
}

/** Whether these are the policies of a host that can run HVM guests: without VMX or SVM Xen leaves theirs empty. */
export function runsHvm({ hvmMax }: HostPolicies): boolean {
  return hvmMax.maxExtendedLeaf !== 0 || !hvmMax.equals(CpuPolicy.empty)
}
