/**
 * The contract of everything that speaks for a Xen: the binding to a running one, the simulated one, a recording. What an implementation
 * guarantees stands with each member; `@xenlevel/hw-xen` has a suite that holds it to that.
 */
import type { CpuidLeaf, CpuVendor, Featureset, MsrEntry } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../documents/snapshot.js'
import type { GuestKind } from '../guest/kind.js'
import type { CpuPolicy, PolicyRecords } from '../policy/cpu-policy.js'
import type { PolicyFault } from '../policy/errors.js'
import type { HostPolicies } from '../xen/derive.js'
import type { LevellingCaps } from '../xen/levelling-caps.js'

/** The featuresets that Xen answers (XEN_SYSCTL_get_cpu_featureset). */
export type FeaturesetKind = 'raw' | 'host' | 'pvDefault' | 'hvmDefault' | 'pvMax' | 'hvmMax'

/** The system policies that Xen answers (XEN_SYSCTL_get_cpu_policy). */
export type PolicyKind = 'raw' | 'host' | 'pvMax' | 'hvmMax' | 'pvDefault' | 'hvmDefault'

/** Calls that not every Xen has. */
export type OptionalCall =
  | 'featureset pvMax'
  | 'featureset hvmMax'
  | 'levellingCaps'
  | 'microcodeRevision'
  | 'updateMicrocode force'

/** Who is running. */
export interface HypervisorVersion {
  /** Major number: 4. */
  readonly major: number
  /** Minor number: 17. */
  readonly minor: number
  /** What follows: `'.7'`, `'.7-debian'`. */
  readonly extra: string
  /** `'4.17.7'`; what follows a point release is left out. */
  readonly release: string
  /** The changeset it was built from; empty if it does not say. */
  readonly changeset: string
  /** The kinds of guest it runs, as it writes them: `'xen-3.0-x86_64 hvm-3.0-x86_64 '`. */
  readonly capabilities: string
  /** Its command line. */
  readonly commandLine: string
}

/** What the machine has (XEN_SYSCTL_physinfo). */
export interface PhysicalInfo {
  /** Threads of a core. */
  readonly threadsPerCore: number
  /** Cores of a socket. */
  readonly coresPerSocket: number
  /** CPUs that are online. */
  readonly onlineCpus: number
  /** The highest number of a CPU. */
  readonly maxCpuId: number
  /** NUMA nodes. */
  readonly nodes: number
  /** Memory, in pages of 4096 bytes. */
  readonly totalPages: bigint
  /** Memory that nobody has, in pages of 4096 bytes. */
  readonly freePages: bigint
  /** HVM guests can run. */
  readonly hvm: boolean
  /** Their paging can be assisted by hardware. */
  readonly hap: boolean
  /** PV guests can run. */
  readonly pv: boolean
  /**
   * The first words of the host featureset, as `xl info` prints them; up to 4.21 those of AMD CPUs are without the copies of leaf 1 in
   * 0x8000_0001.edx.
   */
  readonly hwCap: readonly number[]
}

/** One physical CPU. */
export interface PhysicalCpu {
  /** Its number. */
  readonly id: number
  /** False if Xen does not run on it. */
  readonly online: boolean
  /** Its vendor. */
  readonly vendor: CpuVendor
  /** Leaf 1's eax. */
  readonly signature: number
  /** Intel's platform id, 0 to 7; null where Xen does not tell it. */
  readonly platformId: number | null
  /** Revision of the loaded microcode, unsigned; null where Xen does not tell it. */
  readonly microcodeRevision: number | null
}

/** A domain to try things on. It is never started. */
export interface ProbeDomain {
  /** Its kind. */
  readonly kind: Exclude<GuestKind, 'pv32'>
  /** Hardware-assisted paging, for HVM and PVH; true by default where the host has it. */
  readonly hap?: boolean
  /** Nested virtualisation; false by default. */
  readonly nestedVirt?: boolean
}

/** What setting a policy comes to: Xen takes it (and clamps it), or says what is wrong. */
export type SetPolicyAnswer =
  | {
      /** Xen takes it. */
      readonly ok: true
    }
  | {
      /** Xen refuses it; the domain keeps what it had. */
      readonly ok: false
      /** Xen's errno and place. */
      readonly error: PolicyFault
    }

/** How an update of microcode is asked for. */
export interface UpdateMicrocodeOptions {
  /** Load the same or an older revision too (XENPF_microcode_update2, from 4.20). */
  readonly force?: boolean
}

/** What an update of microcode comes to. */
export interface MicrocodeAnswer {
  /** `'OK'`, or Xen's errno by name. */
  readonly errno: string
  /** The CPUs after it. */
  readonly cpus: readonly PhysicalCpu[]
}

/**
 * A Xen that can be asked.
 *
 * Every call answers for the moment at which it is made; nothing is kept between calls but what cannot change while Xen runs. A call that
 * Xen refuses throws {@link @xenlevel/core!HypercallError}, one that this Xen does not have {@link @xenlevel/core!HypervisorLacksError}, and any call after
 * {@link @xenlevel/core!Hypervisor.close} {@link @xenlevel/core!HypervisorClosedError}; there is no other way to fail. An answer that
 * cannot be right is a {@link @xenlevel/core!HypercallError} with EPROTO. Results are fresh, or frozen.
 */
export interface Hypervisor {
  /** `'4.17.7'`: what {@link @xenlevel/core!Hypervisor.version} says, found when it was opened. */
  readonly release: string
  /** The calls that this Xen lacks, found when it was opened; each throws {@link @xenlevel/core!HypervisorLacksError}. */
  readonly lacks: readonly OptionalCall[]
  /** Who is running. */
  version(): HypervisorVersion
  /** A featureset, in as many words as this Xen has; empty (all zero) for HVM on a machine that cannot run it. */
  featureset(which: FeaturesetKind): Featureset
  /** A policy; empty for HVM on a machine that cannot run it. */
  policy(which: PolicyKind): CpuPolicy
  /** All of them. */
  policies(): HostPolicies
  /** What it can level for PV guests that do not ask it: said by Xen up to 4.21, foreseen from the raw policy after that. */
  levellingCaps(): LevellingCaps
  /** The machine. */
  physinfo(): PhysicalInfo
  /** The physical CPUs, by number, from 0 to the highest. */
  cpus(): readonly PhysicalCpu[]
  /**
   * Revision of the microcode of one CPU, unsigned.
   *
   * @throws {@link @xenlevel/core!HypercallError} with ENOENT for a CPU that there is not, or that is offline.
   */
  microcodeRevision(cpu: number): number
  /**
   * Makes a domain that is never started, and answers its id. Close does not destroy it.
   *
   * @throws {@link @xenlevel/core!HypercallError} with EINVAL for HVM on a machine that cannot run it, EOPNOTSUPP for what this Xen was built without;
   * {@link @xenlevel/core!HypervisorLacksError} for nested virtualisation before 4.15, when it was no matter of creation.
   */
  createDomain(domain: ProbeDomain): number
  /** Destroys a domain; waits for it as long as Xen asks for it. */
  destroyDomain(domid: number): void
  /**
   * The policy of a domain, as records in Xen's order.
   *
   * @throws {@link @xenlevel/core!HypercallError} with ESRCH for a domain that there is not.
   */
  domainPolicy(domid: number): PolicyRecords
  /**
   * Puts records over the policy of a domain that was not started. What Xen says against them is an answer, not an error.
   *
   * @throws {@link @xenlevel/core!HypercallError} with ESRCH for a domain that there is not, EINVAL or EEXIST for one that runs.
   */
  setDomainPolicy(
    domid: number,
    update: { readonly leaves?: readonly CpuidLeaf[]; readonly msrs?: readonly MsrEntry[] },
  ): SetPolicyAnswer
  /**
   * Loads microcode on all CPUs, as late as this is; Xen stops them all for it. The whole file is handed to Xen, which chooses.
   *
   * @param bytes - a file as Xen takes it; copied before this returns.
   */
  updateMicrocode(bytes: Uint8Array, options?: UpdateMicrocodeOptions): Promise<MicrocodeAnswer>
  /** The host as a document that core levels and admits by, with its featuresets and policies. At most 20 calls of Xen. */
  snapshot(options?: { readonly name?: string }): HostSnapshot
  /** Gives back what it holds. Safe while an update is on its way, and to call again. */
  close(): void
}
