/**
 * What a host offers its guests: what its Xen said, or, where only the CPU's own words are known, what Xen's static masks leave of
 * them.
 */
import { Featureset, type FeatureTable } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../documents/snapshot.js'

/** Featuresets for one kind of guest. */
interface GuestFeaturesets {
  /** What a guest gets when nobody asks: for boot. */
  readonly default: Featureset
  /** What a guest may have at most: for letting in one that booted elsewhere. */
  readonly max: Featureset
}

/** What one host offers. */
export interface OfferedFeaturesets {
  readonly pv: GuestFeaturesets
  /** Null if the host cannot run HVM guests. */
  readonly hvm: GuestFeaturesets | null
  /** `said`: by that host's Xen. `estimated`: from raw words and static masks, without what Xen decides at boot. */
  readonly evidence: 'said' | 'estimated'
}

/** What the host offers; `table` is used where it has to be estimated. */
export function offeredFeaturesets(host: HostSnapshot, table: FeatureTable): OfferedFeaturesets {
  const { raw, pvDefault, pvMax, hvmDefault, hvmMax } = host.featuresets
  if (pvDefault !== undefined && pvMax !== undefined) {
    return {
      pv: { default: pvDefault, max: pvMax },
      hvm:
        hvmDefault === undefined || hvmMax === undefined
          ? null
          : { default: hvmDefault, max: hvmMax },
      evidence: 'said',
    }
  }
  return estimate(raw ?? Featureset.empty, host, table)
}

function estimate(raw: Featureset, host: HostSnapshot, table: FeatureTable): OfferedFeaturesets {
  const through = (which: Parameters<FeatureTable['mask']>[0]) =>
    table.clearDependents(raw.and(table.mask(which)))
  const hvm = host.xen?.hvm ?? (raw.has('VMX', table) || raw.has('SVM', table))
  const hap = host.xen?.hap ?? true
  return {
    pv: { default: through('pvDefault'), max: through('pvMax') },
    hvm: hvm
      ? {
          default: through(hap ? 'hvmHapDefault' : 'hvmShadowDefault'),
          max: through(hap ? 'hvmHapMax' : 'hvmShadowMax'),
        }
      : null,
    evidence: 'estimated',
  }
}
