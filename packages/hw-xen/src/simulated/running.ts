/** A Xen that runs on a simulated machine: what one boot has, beside what tests ask of it. */
import { CpuPolicy, type HostPolicies, type PolicyKind } from '@xenlevel/core'
import type { CpuidLeaf, MsrEntry } from '@xenlevel/cpuid'
import { type Boot, bootXen } from './boot.js'
import { Cpus } from './cpus.js'
import { Domains } from './domains.js'
import type { SimulatedXenOptions } from './options.js'
import { placesOf } from './topology.js'

/** All policies, the raw one with them. */
type Given = HostPolicies & { readonly raw: CpuPolicy }

/** What lives from one boot to the next. */
export interface Running {
  /** What the boot made. */
  readonly boot: Boot
  /** The policies, as whoever asks gets them. */
  readonly given: Given
  /** The CPUs and their microcode. */
  readonly cpus: Cpus
  /** The domains. */
  readonly domains: Domains
  /** How it ended; null while it runs. */
  end: 'PANIC' | 'HANG' | null
}

/** The policies that Xen answers, in the order of their index (include/public/sysctl.h). */
export const POLICY_KINDS: readonly PolicyKind[] = [
  'raw',
  'host',
  'pvMax',
  'hvmMax',
  'pvDefault',
  'hvmDefault',
]

/** Boots. */
export function startXen(options: SimulatedXenOptions): Running {
  const boot = bootXen(options)
  const cpus = new Cpus(boot, placesOf(options.topology), options)
  return { boot, given: givenAway(boot.policies), cpus, domains: new Domains(boot), end: null }
}

/** A policy as Xen holds it. */
export function heldPolicy({ policies, raw }: Boot, which: PolicyKind): CpuPolicy {
  return which === 'raw' ? raw : policies[which]
}

/**
 * The policies as Xen gives them away: as records, in which nothing is that lies beyond a policy's own limits. Xen itself goes by what it
 * holds, such as features of leaves that are out of range.
 */
function givenAway(policies: HostPolicies): Given {
  const given = (policy: CpuPolicy) => {
    const { leaves, msrs } = policy.toRecords()
    return CpuPolicy.fromRecords(leaves, msrs, { release: policy.release })
  }
  return Object.freeze({
    ...policies,
    raw: given(policies.raw ?? policies.host),
    host: given(policies.host),
    pvMax: given(policies.pvMax),
    pvDefault: given(policies.pvDefault),
    hvmMax: given(policies.hvmMax),
    hvmDefault: given(policies.hvmDefault),
  })
}

/** Records that nobody else holds. */
export function copyOfRecords({
  leaves = [],
  msrs = [],
}: {
  readonly leaves?: readonly CpuidLeaf[]
  readonly msrs?: readonly MsrEntry[]
}): { leaves: CpuidLeaf[]; msrs: MsrEntry[] } {
  return { leaves: leaves.map((leaf) => ({ ...leaf })), msrs: msrs.map((msr) => ({ ...msr })) }
}
