/** What of a topology does not reach the guest: Xen clears it, sets it anew for each vCPU, or the toolstack replaces it. */
import { releaseHas } from '@xenlevel/cpuid'
import { CpuPolicy } from '../policy/cpu-policy.js'
import { placeOfLeaf, REGISTERS, WHOLE_EXTENT } from '../policy/layout.js'
import type { Change } from '../xen/changes.js'
import { clampPolicy, type DomainOptions } from '../xen/clamp.js'
import type { ClampStep } from '../xen/clamp-steps.js'
import { applyConfig } from '../xen/configuration/apply.js'
import type { HostPolicies } from '../xen/derive.js'
import { policyHas } from './read.js'
import { TOPOLOGY_REGISTERS, type TopologyRegister } from './registers.js'

/** Bits of a register that the guest will not see as they were built. */
export interface OverwrittenRegister {
  /** The leaf. */
  readonly leaf: number
  /** Its sub-leaf; null for a leaf without. */
  readonly subleaf: number | null
  /** The register. */
  readonly register: 'eax' | 'ebx' | 'ecx' | 'edx'
  /** The bits of it that belong to the topology. */
  readonly bits: number
  /** What was built, as far as these bits go. */
  readonly asked: number
  /** What the domain's policy has. */
  readonly kept: number
  /** What vCPU 0 sees. */
  readonly seen: number
  /** What is added to it for each vCPU after that; 0 if all see the same. */
  readonly perVcpu: number
  /**
   * What did it: a step of the clamp, `run-time`, which is when Xen answers a CPUID instruction, or `toolstack`, which is
   * xc_cpuid_apply_policy.
   */
  readonly step: ClampStep | 'run-time' | 'toolstack'
  /** One sentence for people. */
  readonly message: string
}

/** What Xen makes of a topology when the policy is set on a domain. */
export interface TopologyFate {
  /** What the domain has. */
  readonly policy: CpuPolicy
  /** What of it is not as it was built. */
  readonly overwritten: readonly OverwrittenRegister[]
}

/** Sets a policy on a domain and looks what remains of its topology. */
export function topologyFate(
  built: CpuPolicy,
  host: HostPolicies,
  domain: DomainOptions,
): TopologyFate {
  const { policy, changes } = clampPolicy(built, host, domain)
  const hvm = domain.kind === 'hvm' || domain.kind === 'pvh'
  const overwritten = compare(built, policy, hvm, (at) => stepOf(at, changes))
  return { policy, overwritten }
}

/**
 * What a toolstack puts there instead that hands Xen's library a featureset and lets it make the policy (xc_cpuid_apply_policy, as xl does);
 * nothing before 4.13.
 */
export function toolstackFate(
  built: CpuPolicy,
  host: HostPolicies,
  domain: DomainOptions,
): readonly OverwrittenRegister[] {
  if (!releaseHas(host.release, ['4.13.0'])) return []
  const { policy } = applyConfig({ host, domain, featureset: built.featureset })
  const hvm = domain.kind === 'hvm' || domain.kind === 'pvh'
  return compare(built, policy, hvm, () => 'toolstack').filter(({ asked, kept }) => asked !== kept)
}

function compare(
  built: CpuPolicy,
  kept: CpuPolicy,
  hvm: boolean,
  step: (at: TopologyRegister) => OverwrittenRegister['step'],
): OverwrittenRegister[] {
  const x2apic = policyHas(kept, 'X2APIC')
  const found: OverwrittenRegister[] = []
  for (const place of TOPOLOGY_REGISTERS) {
    const { leaf, subleaf, register, bits, what } = place
    const [asked, left] = [shown(built, place), shown(kept, place)]
    const { seen, perVcpu } = atRunTime(place, left, { hvm, x2apic, reached: reaches(kept, leaf) })
    if (asked === seen && asked === left && perVcpu === 0) continue
    const by = asked === left ? 'run-time' : step(place)
    const hex = (value: number) => `0x${value.toString(16)}`
    const each = perVcpu === 0 ? '' : `, and ${hex(perVcpu)} more for each vCPU after the first`
    found.push({
      leaf,
      subleaf,
      register,
      bits,
      asked,
      kept: left,
      seen,
      perVcpu,
      step: by,
      message: `${what} in ${hex(leaf)}${subleaf === null ? '' : `:${subleaf}`}.${register}: ${hex(asked)} was built, the guest sees ${hex(seen)}${each}; ${WHY[by] ?? 'Xen changes it'}.`,
    })
  }
  return found
}

const WHY: Partial<Readonly<Record<OverwrittenRegister['step'], string>>> = {
  limits: 'the policy ends before that leaf',
  'not-in-max': "the bit is not in the host's max policy",
  scrubbed: 'Xen has no such leaf for guests',
  'cache-leaves': 'Xen keeps leaf 4 up to the first sub-leaf that is no cache',
  'run-time': 'Xen makes it for each vCPU',
  toolstack: "Xen's library makes it anew",
}

/** What Xen puts in when it answers (xen/arch/x86/cpuid.c, guest_cpuid, alike in all releases with policies). */
function atRunTime(
  { leaf, subleaf, register, bits }: TopologyRegister,
  kept: number,
  { hvm, x2apic, reached }: { hvm: boolean; x2apic: boolean; reached: boolean },
): { seen: number; perVcpu: number } {
  if (leaf === 1 && bits === APIC_ID) return { seen: 0, perVcpu: hvm && reached ? 2 << 24 : 0 }
  if (leaf === 0xb && x2apic && reached) {
    if (register === 'ecx') return { seen: ((kept & ~0xff) | (subleaf ?? 0)) >>> 0, perVcpu: 0 }
    if (register === 'edx') return { seen: 0, perVcpu: 2 }
  }
  return { seen: kept, perVcpu: 0 }
}

/** Leaf 1's ebx. */
const APIC_ID = 0xff00_0000

const reaches = (policy: CpuPolicy, leaf: number) =>
  leaf < 0x8000_0000 ? leaf <= policy.maxLeaf : (leaf & 0xffff) <= (policy.maxExtendedLeaf & 0xffff)

/** The bits of a register, zero beyond the policy's limits. */
function shown(policy: CpuPolicy, { leaf, subleaf, register, bits }: TopologyRegister): number {
  if (!reaches(policy, leaf)) return 0
  const at = placeOfLeaf(leaf, subleaf, WHOLE_EXTENT) + REGISTERS.indexOf(register)
  return ((CpuPolicy.peek(policy)[at] ?? 0) & bits) >>> 0
}

/** The last step that changed a register, or the feature that the bits are. */
function stepOf(place: TopologyRegister, changes: readonly Change[]): ClampStep {
  const own = changes.filter((change) =>
    place.feature === undefined
      ? change.leaf === place.leaf &&
        change.subleaf === place.subleaf &&
        change.register === place.register
      : change.feature === place.feature,
  )
  return own.at(-1)?.step ?? 'limits'
}
