/** Leaves that tell a wanted number of processors, and what becomes of them under Xen. */
import { nearestRelease, UnknownReleaseError } from '@xenlevel/cpuid'
import type { GuestKind } from '../guest/kind.js'
import { CpuPolicy } from '../policy/cpu-policy.js'
import type { DomainOptions } from '../xen/clamp.js'
import type { HostPolicies } from '../xen/derive.js'
import { isAmdLike } from '../xen/recalculate.js'
import { buildAmd } from './amd.js'
import { BuildState } from './build.js'
import { describeTopology } from './describe.js'
import { buildIntel } from './intel.js'
import { type OverwrittenRegister, toolstackFate, topologyFate } from './overwritten.js'
import { policyHas } from './read.js'
import { checkShape, TopologyError } from './shape.js'
import type {
  ApicIdScheme,
  ApicIdShifts,
  Topology,
  TopologyFinding,
  TopologyShape,
} from './types.js'
import { idFindings } from './vcpu-ids.js'

/** For whom a topology is. */
export interface WithTopologyOptions {
  /** The release of Xen; that of `host`, or else that of the policy, by default. */
  readonly release?: string
  /** The guest; HVM by default. */
  readonly kind?: GuestKind
  /** The host that it will run on. Without one, it is a host that has all of the policy. */
  readonly host?: HostPolicies
  /** How the APIC IDs are given out that the leaves are for; `contiguous` by default. */
  readonly apicIds?: ApicIdScheme
}

/** A policy with another topology. */
export interface WithTopologyResult {
  /** The policy. */
  readonly policy: CpuPolicy
  /** How the leaves divide APIC IDs. */
  readonly apicIds: ApicIdShifts
  /** What of it Xen will not show to the guest as it was built, once the policy is set on the domain. */
  readonly overwritten: readonly OverwrittenRegister[]
  /** What xc_cpuid_apply_policy makes instead, where the toolstack hands it the features of the policy alone, as xl does; empty before 4.13. */
  readonly byToolstack: readonly OverwrittenRegister[]
  /** What software in the guest will take it for. */
  readonly guest: Topology
  /** vCPUs that will not be where they should be. */
  readonly findings: readonly TopologyFinding[]
}

/**
 * Gives a policy leaves that tell a topology: leaf 1, HTT and leaf 0xb, with leaf 4 by Intel's rules, or with CMP_LEGACY and leaves 0x8000_0008,
 * 0x8000_001d and 0x8000_001e by AMD's. The policy's limits and its other leaves stay as they are, so that leaves which it does not reach are
 * not written. Caches stay those of a core, of as many cores as before, or of the package.
 *
 * Xen shows little of it to guests: `overwritten` says what is lost, and `guest` what remains. Xen gives vCPU number n of an HVM guest the
 * APIC ID 2n: leaves for `contiguous` IDs then put half as many vCPUs into a core or package as was meant, those for `xen` IDs put them right
 * where cores and threads are powers of two. A PV guest that does not ask Xen sees the topology of the CPU it runs on where the host has no
 * faulting ({@link uncooperativeView}).
 *
 * @throws {@link TopologyError} with code `TOPOLOGY_SHAPE` for a shape that no policy can tell, and `TOPOLOGY_LEAVES` for one that this policy cannot
 * for want of leaves; {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table.
 */
export function withTopology(
  policy: CpuPolicy,
  shape: TopologyShape,
  options: WithTopologyOptions = {},
): WithTopologyResult {
  const { kind = 'hvm', apicIds = 'contiguous' } = options
  const release = releaseOf(policy, options)
  checkShape(shape, policy.vendor, apicIds, policyHas(policy, 'X2APIC'))
  const state = new BuildState(policy, describeTopology(policy), shape, apicIds)
  if (isAmdLike(policy.vendor)) buildAmd(state)
  else buildIntel(state)
  state.putLevels()
  const built = CpuPolicy.fromWords(state.words, policy.release)
  refuseUntold(describeTopology(built, { apicIds }), shape)

  const host = options.host ?? sameHost(built, release)
  const domain: DomainOptions = { kind }
  const { policy: kept, overwritten } = topologyFate(built, host, domain)
  return Object.freeze({
    policy: built,
    apicIds: state.shifts,
    overwritten: Object.freeze(overwritten),
    byToolstack: Object.freeze(toolstackFate(built, host, domain)),
    guest: describeTopology(kept, { apicIds }),
    findings: Object.freeze(idFindings(shape, apicIds, kind)),
  })
}

function releaseOf(policy: CpuPolicy, { release, host }: WithTopologyOptions): string {
  const asked = release ?? host?.release ?? policy.release
  const exact = nearestRelease(asked)
  if (exact === undefined) throw new UnknownReleaseError(asked)
  return exact
}

/** A host whose policies have all that a policy has, so that only what Xen does to everyone's is done to it. */
function sameHost(policy: CpuPolicy, release: string): HostPolicies {
  return {
    release,
    host: policy,
    pvMax: policy,
    pvDefault: policy,
    hvmMax: policy,
    hvmDefault: policy,
  }
}

/** Refuses to go on with leaves that do not tell what was asked for. */
function refuseUntold({ cores, threads, vendor }: Topology, shape: TopologyShape): void {
  if (cores === shape.cores && threads === shape.threads) return
  throw new TopologyError({
    code: 'TOPOLOGY_LEAVES',
    message: `The policy cannot tell of ${shape.cores} cores with ${shape.threads} threads: ${
      isAmdLike(vendor)
        ? 'AMD has leaf 0x80000008 for the one, and leaf 0x8000001e with TOPOEXT, or leaf 0xb, for the other'
        : 'leaf 4 with a cache tells of cores, and leaf 0xb of all that leaves 1 and 4 cannot'
    }. Give it a policy that reaches these leaves.`,
    details: { asked: { ...shape }, told: { cores, threads } },
  })
}
