/** Hosts and files made for tests of plans. */
import { type MadeUpdate, makeIntelUpdate } from '../intel/updates.testing.js'
import type { HostCpu } from '../outcome/types.js'
import type { MicrocodeInput } from '../select/types.js'
import { planUpdate } from './plan.js'
import type { HostPlan, PlanHost, PlanPolicy, PlanReasonCode } from './types.js'

/** Ice Lake: on no list. */
export const PLAIN = 0x606a6

/** Some Intel CPUs that are alike. */
export const cpus = (signature: number, revision: number, count = 2): HostCpu[] =>
  Array.from({ length: count }, () => ({ vendor: 'Intel', signature, platformId: 0, revision }))

/** A host of two of them. */
export const host = (more: Partial<PlanHost> = {}): PlanHost => ({
  name: 'a',
  xen: '4.20.3',
  cpus: cpus(PLAIN, 0x10),
  ...more,
})

/** A file with one update for them. */
export const file = (made: MadeUpdate = {}): Uint8Array<ArrayBuffer> =>
  makeIntelUpdate({ signature: PLAIN, platformMask: 1, revision: 0x20, minRevision: 1, ...made })

/** The plan of one host. */
export function planOne(
  of: Partial<PlanHost>,
  files: MicrocodeInput | readonly MicrocodeInput[],
  policy: PlanPolicy = {},
): HostPlan {
  const [plan] = planUpdate([host(of)], files, policy).hosts
  if (plan === undefined) throw new Error('no plan')
  return plan
}

/** All its reasons. */
export const codes = ({ reasons }: HostPlan): PlanReasonCode[] => reasons.map(({ code }) => code)

/** Those that forbid something. */
export const forbidding = ({ reasons }: HostPlan): PlanReasonCode[] =>
  reasons.filter(({ forbids }) => forbids !== null).map(({ code }) => code)

/** The ways that can be gone. */
export const roads = (plan: HostPlan) =>
  plan.roads.filter(({ applies }) => applies).map(({ name }) => name)
