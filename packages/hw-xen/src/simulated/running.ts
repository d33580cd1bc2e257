/** A Xen that runs on a simulated machine: what one boot has, beside what tests ask of it. */
import type { CpuPolicy, PolicyKind } from '@xenlevel/core'
import type { CpuidLeaf, MsrEntry } from '@xenlevel/cpuid'
import { type Boot, bootXen } from './boot.js'
import { Cpus } from './cpus.js'
import { Domains } from './domains.js'
import type { SimulatedXenOptions } from './options.js'
import { placesOf } from './topology.js'

/** What lives from one boot to the next. */
export interface Running {
  readonly boot: Boot
  readonly cpus: Cpus
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
  return { boot, cpus, domains: new Domains(boot), end: null }
}

/** One policy of a boot. */
export function policyOf({ policies, raw }: Boot, which: PolicyKind): CpuPolicy {
  return which === 'raw' ? raw : policies[which]
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
