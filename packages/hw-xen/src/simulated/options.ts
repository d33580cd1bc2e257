/** What a simulated Xen is built from. */
import type { CpuPolicy, DeriveOptions, LevellingCapsOptions } from '@xenlevel/core'
import type { CpuDump, Featureset } from '@xenlevel/cpuid'

/** Where the CPUs of a machine are. Xen numbers them thread by thread, core by core, socket by socket. */
export interface SimulatedTopology {
  /** Sockets; 1 by default. Each is a NUMA node. */
  readonly sockets?: number
  /** Cores of a socket; 1 by default. */
  readonly cores?: number
  /** Threads of a core; 1 by default. */
  readonly threads?: number
  /** CPUs that are offline; none by default. CPU 0 cannot be. */
  readonly offline?: readonly number[]
}

/** Memory, in pages of 4096 bytes. */
export interface SimulatedMemory {
  /** All of it; 16 GiB by default. */
  readonly totalPages?: bigint
  /** What nobody has; 12 GiB by default. */
  readonly freePages?: bigint
}

/** What decides about policies beside raw policy, release and the options of a machine. */
export type SimulatedFacts = Partial<
  Omit<DeriveOptions, 'release' | 'hostFeatureset' | 'hvm' | 'hap'>
>

/** A machine and the Xen that was booted on it. Whatever is not given is foreseen from the raw policy. */
export interface SimulatedXenOptions {
  /** The CPU, all of them alike: a raw policy, or a dump, of whose first logical CPU that release makes one. */
  readonly raw: CpuPolicy | CpuDump
  /** The release, from 4.13 on: `'4.17.7'`, `'4.20'` for the newest known of 4.20, `'4.17.7-xcp'` with what its maker added. */
  readonly release: string
  /** Name of the host; `'simulated'` by default. */
  readonly name?: string
  /** Xen's command line; empty by default. What it says about features, MSRs and microcode is obeyed. */
  readonly commandLine?: string
  /** CPUs; one by default. */
  readonly topology?: SimulatedTopology
  /** Memory. */
  readonly memory?: SimulatedMemory
  /** What this Xen answers as its host featureset, where it is known; by default core's estimate. */
  readonly hostFeatureset?: Featureset
  /** HVM guests can run; by default if the host featureset has VMX or SVM. */
  readonly hvm?: boolean
  /** Their paging is assisted by hardware; by default what the raw policy tells. */
  readonly hap?: boolean
  /** 32-bit PV guests can run; by default as that release is built when nobody chooses: up to 4.14.2 and in 4.15.0. */
  readonly pv32?: boolean
  /** What Xen finds out at boot; by default core's estimate. */
  readonly facts?: SimulatedFacts
  /** What Xen finds out about CPUID faulting and masks. */
  readonly levelling?: LevellingCapsOptions
  /** Intel's platform id, 0 to 7; 0 by default. */
  readonly platformId?: number
  /** Revision of the microcode that the firmware loads: of all CPUs, or by number; 1 by default. */
  readonly microcodeRevision?: number | readonly number[]
  /** What CPUs do with microcode: take it, or nothing, as emulated ones do; `'loads'` by default. */
  readonly hardware?: 'loads' | 'ignores'
  /** The changeset that Xen says it was built from; empty by default. */
  readonly changeset?: string
}
