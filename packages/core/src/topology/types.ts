/** How many processors of which kind a policy tells of, and how they are numbered. */
import type { CpuVendor } from '@xenlevel/cpuid'
import type { Finding } from '../finding.js'

/** What a guest's processors are to look like. */
export interface TopologyShape {
  /** Packages; no leaf says how many there are, so that it counts for the APIC IDs alone. */
  readonly sockets: number
  /** Cores of a package. */
  readonly cores: number
  /** Threads of a core. */
  readonly threads: number
}

/**
 * How APIC IDs are given out. `contiguous`: the numbers of thread, core and package stand beside each other, as both vendors want it. `xen`:
 * vCPU number n has 2n, as Xen's virtual APIC has it, so that the lowest bit tells nothing.
 */
export type ApicIdScheme = 'contiguous' | 'xen'

/** Which bits of an APIC ID tell what; those below `core` tell the threads of a core apart. */
export interface ApicIdShifts {
  /** Lowest bit of the core's number. */
  readonly core: number
  /** Lowest bit of the package's number. */
  readonly package: number
}

/** One cache, or kind of cache. */
export interface TopologyCache {
  /** From 1. */
  readonly level: number
  /** What it keeps. */
  readonly type: 'data' | 'instruction' | 'unified' | 'reserved'
  /** Size in bytes. */
  readonly sizeBytes: number
  /** Bytes of a line. */
  readonly lineBytes: number
  /** How many APIC IDs it is for, whether there are processors of these numbers or not; null where no leaf says it. */
  readonly sharedBy: number | null
  /** Where it is told, such as `'4:0'` or `'0x80000005.ecx'`. */
  readonly source: string
}

/** Something that leaves say differently, or that is good to know of what they say. */
export interface TopologyFinding extends Finding {
  /**
   * `warning`, the policy contradicts itself: `TOPOLOGY_HTT_CLEAR`, `TOPOLOGY_LEAF_1_DISAGREES`, `TOPOLOGY_LEAF_4_DISAGREES`,
   * `TOPOLOGY_LEAF_B_DISAGREES`, `TOPOLOGY_THREADS_DISAGREE`, `TOPOLOGY_TOO_FEW_IDS`, `TOPOLOGY_UNEVEN`, `TOPOLOGY_CACHE_SHARING`; of a topology that
   * is built, `TOPOLOGY_VCPU_MISPLACED`. `info`: `TOPOLOGY_SATURATED`, `TOPOLOGY_HYBRID`, `TOPOLOGY_CMP_LEGACY_CLEAR`.
   */
  readonly code: `TOPOLOGY_${string}`
}

/** What a policy tells of processors. */
export interface Topology {
  /** Whose rules the leaves were read by: AMD's and Hygon's, or for everyone else Intel's. */
  readonly vendor: CpuVendor
  /** No leaf tells how many packages there are. */
  readonly sockets: null
  /** Cores of a package. */
  readonly cores: number
  /** Threads of a core; of AMD's family 0x15 the two cores of a compute unit. */
  readonly threads: number
  /** Threads of a package. */
  readonly threadsPerPackage: number
  /** `present`: so many there are. `addressable`: so many have numbers, and some of them may be missing. */
  readonly counted: 'present' | 'addressable'
  /** How APIC IDs are divided. */
  readonly apicIds: ApicIdShifts
  /** The caches that leaves tell of. */
  readonly caches: readonly TopologyCache[]
  /** Where leaves contradict each other, and what else there is to say. */
  readonly findings: readonly TopologyFinding[]
}

/** What the leaves of one vendor come to: a {@link Topology} without its caches. */
export type TopologyCounts = Omit<Topology, 'vendor' | 'sockets' | 'cores' | 'caches'>
