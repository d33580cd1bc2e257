/** What a boot of Xen makes of a machine, and keeps until the next: its word about itself, its policies, its limits. */
import {
  CpuPolicy,
  clampPolicy,
  derivePolicies,
  estimateHostFeatureset,
  type HostPolicies,
  type HypervisorVersion,
  type LevellingCaps,
  levellingCaps,
  levellingCapsOfSysctl,
  type OptionalCall,
  parseBootOptions,
  publicLevellingCaps,
} from '@xenlevel/core'
import { COMMON_1D_FEATURES, Featureset, featureTable } from '@xenlevel/cpuid'
import type { SimulatedXenOptions } from './options.js'
import { exactRelease, lackedCalls, mannersOf, type ReleaseManners, versionOf } from './release.js'

/** One boot. */
export interface Boot {
  /** What Xen says of itself. */
  readonly version: HypervisorVersion
  /** The release whose rules and tables hold; what the version says may be newer. */
  readonly rules: string
  /** The calls that it lacks. */
  readonly lacks: readonly OptionalCall[]
  /** How else it differs from other releases. */
  readonly manners: ReleaseManners
  /** What the CPU says. */
  readonly raw: CpuPolicy
  /** All policies, as Xen holds them. */
  readonly policies: HostPolicies
  /** What the hardware domain has. */
  readonly dom0: CpuPolicy
  /** What it can level for PV guests. */
  readonly caps: LevellingCaps
  /** HVM guests can run. */
  readonly hvm: boolean
  /** With hardware-assisted paging. */
  readonly hap: boolean
  /** Nested virtualisation, which a release may look for. */
  readonly nested: boolean
  /** Words of x86_capability, as physinfo shows them. */
  readonly hwCap: readonly number[]
}

/** Words of physinfo's hw_cap (include/public/sysctl.h). */
const HW_CAP_WORDS = 8
/** The word of 0x80000001.edx. */
const EXTENDED_EDX = 2

/**
 * Boots a release on a machine.
 *
 * @throws UnknownReleaseError, or XenlevelError `SIMULATED_RELEASE` for one before 4.13.
 */
export function bootXen(options: SimulatedXenOptions): Boot {
  const { release: said, commandLine = '', facts = {} } = options
  const [named, manners, lacks] = [versionOf(said), mannersOf(said), lackedCalls(said)]
  const release = exactRelease(said)
  const raw = rawPolicy(options.raw, release)
  const estimate = estimateHostFeatureset(raw, { release, commandLine })
  const hostFeatureset = options.hostFeatureset ?? estimate.featureset
  const table = featureTable(release)
  const virtualises = hostFeatureset.has('VMX', table) || hostFeatureset.has('SVM', table)
  const hvm = options.hvm ?? virtualises
  const hap = hvm && (options.hap ?? estimate.facts.hap)
  const policies = Object.freeze(
    derivePolicies(raw, { ...estimate.facts, ...facts, release, hostFeatureset, hvm, hap }),
  )
  return {
    version: Object.freeze({
      ...named,
      changeset: options.changeset ?? '',
      capabilities: capabilitiesOf(options.pv32 ?? manners.buildsPv32, hvm),
      commandLine,
    }),
    rules: release,
    lacks,
    manners,
    raw,
    policies,
    dom0: hardwareDomain(policies, commandLine),
    caps: capsOf(raw, release, options),
    hvm,
    hap,
    nested: hap && nests(raw),
    hwCap: Object.freeze(
      Array.from({ length: HW_CAP_WORDS }, (_, word) => {
        const bits = hostFeatureset.words[word] ?? 0
        // AMD's copies of leaf 1 are in the policy, and in none of Xen's own words (arch/x86/cpu/common.c).
        return (word === EXTENDED_EDX ? bits & ~COMMON_1D_FEATURES : bits) >>> 0
      }),
    ),
  }
}

function rawPolicy(raw: SimulatedXenOptions['raw'], release: string): CpuPolicy {
  if (!CpuPolicy.isPolicy(raw)) return CpuPolicy.fromDump(raw, { release })
  return raw.release === release ? raw : CpuPolicy.fromWords(raw.words(), release)
}

/** XENVER_capabilities (arch/x86/setup.c). */
function capabilitiesOf(pv32: boolean, hvm: boolean): string {
  const pv = pv32 ? 'xen-3.0-x86_64 xen-3.0-x86_32p ' : 'xen-3.0-x86_64 '
  return hvm ? `${pv}hvm-3.0-x86_32 hvm-3.0-x86_32p hvm-3.0-x86_64 ` : pv
}

/** What a Xen says, in its own bits; where it has no such call, what core foresees of it. */
function capsOf(raw: CpuPolicy, release: string, options: SimulatedXenOptions): LevellingCaps {
  const { cpuidFaulting } = options.facts ?? {}
  const foreseen = levellingCaps(raw, release, {
    ...(cpuidFaulting !== undefined && { cpuidFaulting }),
    ...options.levelling,
  })
  const said = publicLevellingCaps(foreseen)
  return said === null ? foreseen : levellingCapsOfSysctl(said, raw, release)
}

/** arch/x86/cpu-policy.c, init_dom0_cpuid_policy: what is only for a domain that does not migrate, and what `dom0-cpuid=` says. */
function hardwareDomain(policies: HostPolicies, commandLine: string): CpuPolicy {
  const { release, host, pvDefault } = policies
  const table = featureTable(release)
  const { dom0Cpuid, dom0CpuidFaulting } = parseBootOptions(commandLine, release)
  const itsc = host.featureset.has('ITSC', table) ? ['ITSC'] : []
  const wanted = pvDefault.featureset
    .or(Featureset.fromNames([...itsc, ...dom0Cpuid.enabled], table))
    .andNot(Featureset.fromNames(dom0Cpuid.disabled, table))
  const policy = pvDefault.withFeatureset(wanted)
  const faulting = dom0CpuidFaulting
    ? policy
    : policy.withRecords([], [{ index: 0xce, flags: 0, value: policy.msr(0xce) & 0x7fff_ffffn }])
  return clampPolicy(faulting, policies, { kind: 'pv', hardwareDomain: true }).policy
}

/** Leaf 0x8000000a, edx (AMD APM volume 3): LBR virtualisation, NRIP save, flush by ASID, decode assists. */
const NESTED_SVM = (1 << 1) | (1 << 3) | (1 << 6) | (1 << 7)

/** arch/x86/hvm/svm/nestedsvm.c, start_nested_svm; VT-x needs nothing but hardware-assisted paging. */
function nests(raw: CpuPolicy): boolean {
  return raw.vendor === 'Intel' || (raw.leaf(0x8000_000a).d & NESTED_SVM) === NESTED_SVM
}
