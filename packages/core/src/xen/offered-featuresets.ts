/**
 * What a host offers its guests, in the words of one table for all hosts: what its Xen said, or, where only the CPU's own words are
 * known, what follows from them.
 */
import {
  type FeatureMask,
  type FeatureName,
  type Featureset,
  type FeatureTable,
  featureTable,
  mapFeatureset,
  nearestRelease,
} from '@xenlevel/cpuid'
import type { HostSnapshot } from '../documents/snapshot.js'
import { policiesOfSnapshot, runsHvm } from './host-policies.js'

declare const purpose: unique symbol

/** A featureset for boot: what a guest gets when nobody asks. A {@link MaxFeatureset} cannot be given in its place. */
export type DefaultFeatureset = Featureset & {
  /** Exists for the compiler alone. */
  readonly [purpose]?: 'default'
}

/** A featureset for acceptance: what is let in. It holds bits that contradict each other, so no guest can boot with it. */
export type MaxFeatureset = Featureset & {
  /** Exists for the compiler alone. */
  readonly [purpose]?: 'max'
}

/** Featuresets for one kind of guest. */
interface GuestFeaturesets {
  readonly default: DefaultFeatureset
  readonly max: MaxFeatureset
}

/** What one host offers. */
export interface OfferedFeaturesets {
  /** Null if nothing is known. */
  readonly pv: GuestFeaturesets | null
  /** Null if the host cannot run HVM guests, or nothing is known. */
  readonly hvm: GuestFeaturesets | null
  /** `said`: by that host's Xen. `estimated`: from raw words and static masks, without what Xen decides at boot. */
  readonly evidence: 'said' | 'estimated' | 'unknown'
  /** Default features that the table has no name for, by the names of the host's own release. */
  readonly notCarried: { readonly pv: readonly FeatureName[]; readonly hvm: readonly FeatureName[] }
  /** Bits to which the host's own release gives no name. */
  readonly unnamed: readonly number[]
  /** The release whose table was used for the host's own words; undefined if its release has none, and its words were taken as they are. */
  readonly release: string | undefined
}

/** What the host offers, in the words of `table`. */
export function offeredFeaturesets(host: HostSnapshot, table: FeatureTable): OfferedFeaturesets {
  const release = host.xen === null ? table.release : nearestRelease(host.xen.release)
  const own = release === undefined ? table : featureTable(release)
  const said = setsOf(host, own)
  if (said === null) {
    const notCarried = { pv: [], hvm: [] }
    return { pv: null, hvm: null, evidence: 'unknown', notCarried, unnamed: [], release }
  }
  const unnamed = new Set<number>()
  const carry = (set: Featureset) => {
    if (own === table) return { featureset: set, lost: [] }
    const mapped = mapFeatureset(set, own, table)
    for (const bit of mapped.unnamed) unnamed.add(bit)
    return mapped
  }
  const carryBoth = (sets: GuestFeaturesets | null) => {
    if (sets === null) return { sets: null, lost: [] }
    const [forBoot, forAcceptance] = [carry(sets.default), carry(sets.max)]
    return {
      sets: { default: forBoot.featureset, max: forAcceptance.featureset },
      lost: forBoot.lost,
    }
  }
  const [pv, hvm] = [carryBoth(said.pv), carryBoth(said.hvm)]
  return {
    pv: pv.sets,
    hvm: hvm.sets,
    evidence: said.evidence,
    notCarried: { pv: pv.lost, hvm: hvm.lost },
    unnamed: [...unnamed].sort((a, b) => a - b),
    release,
  }
}

interface OwnFeaturesets {
  readonly pv: GuestFeaturesets
  readonly hvm: GuestFeaturesets | null
  readonly evidence: 'said' | 'estimated'
}

/** What the host offers in the words of its own release; null if it told nothing. */
function setsOf(host: HostSnapshot, table: FeatureTable): OwnFeaturesets | null {
  const { raw, pvDefault, pvMax, hvmDefault, hvmMax } = host.featuresets
  if (pvDefault !== undefined && pvMax !== undefined) {
    const hvm =
      hvmDefault === undefined || hvmMax === undefined ? null : { default: hvmDefault, max: hvmMax }
    return { pv: { default: pvDefault, max: pvMax }, hvm, evidence: 'said' }
  }
  const whole = policiesOfSnapshot(host)
  if (whole !== null) {
    const { pvDefault, pvMax, hvmDefault, hvmMax } = whole.policies
    return {
      pv: { default: pvDefault.featureset, max: pvMax.featureset },
      hvm: runsHvm(whole.policies)
        ? { default: hvmDefault.featureset, max: hvmMax.featureset }
        : null,
      evidence: whole.evidence === 'said' ? 'said' : 'estimated',
    }
  }
  return raw === undefined ? null : estimate(raw, host, table)
}

/** Bits of raw words are where the hardware has them, which is where every table that names them has them too. */
function estimate(raw: Featureset, host: HostSnapshot, table: FeatureTable): OwnFeaturesets {
  const through = (which: FeatureMask) => table.clearDependents(raw.and(table.mask(which)))
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
