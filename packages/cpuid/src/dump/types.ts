/** What every dump reader returns. */
import { ParseError } from '../errors.js'
import type { CpuidLeaf, MsrEntry } from '../leaves.js'

/** The text formats that are recognised. */
export type CpuDumpFormat =
  | 'aida'
  | 'json'
  | 'cpuid-r'
  | 'libcpuid-raw'
  | 'xen-cpuid-p'
  | 'proc-cpuinfo'

/**
 * What a source leaves out on purpose. `zero-leaves`: a leaf that is not there is all zero. `clear-bits`: bits that are set are true,
 * and nothing is said of the others.
 */
export type RegisterOmission = 'zero-leaves' | 'clear-bits'

/** One logical CPU of a dump. */
export interface DumpCpu {
  /** The number that the dump gives it; its place in the dump where it gives none, or one that another CPU has. */
  readonly id: number
  /** Its leaves in the order of the dump; a leaf without sub-leaves has sub-leaf 0. */
  readonly leaves: readonly CpuidLeaf[]
  /** Its MSRs in the order of the dump; empty if the dump has none. */
  readonly msrs: readonly MsrEntry[]
  /** What the source leaves out on purpose; without it, what is not there is not known. */
  readonly omits?: RegisterOmission
}

/** One policy of Xen, as `xen-cpuid -p` prints it; {@link featuresetOfPolicy} gives its featureset. */
export interface DumpPolicy {
  /** Its name as printed: `Raw`, `Host`, `PV Max`, `HVM Max`, `PV Default`, `HVM Default`, `Domain 3`. */
  readonly name: string
  /** How many leaves it has, as printed; those that are all zero are not among {@link DumpPolicy.leaves}. */
  readonly leafCount: number
  /** How many MSRs it has, as printed. */
  readonly msrCount: number
  /** The leaves that are printed; `subleaf` is null for a leaf without sub-leaves. */
  readonly leaves: readonly CpuidLeaf[]
  /** Its MSRs. */
  readonly msrs: readonly MsrEntry[]
}

/** Something about a dump that a user of it should know. */
export interface DumpWarning {
  /** What it is. */
  readonly code:
    | 'hypervisor'
    | 'syscall-hidden'
    | 'cores-differ'
    | 'hybrid'
    | 'no-subleaf-marks'
    | 'arch-caps-unknown'
    | 'partial'
    | 'suspicious-msr'
    | 'echoes'
  /** `warning`: answers made from the dump may be wrong; `info`: good to know. */
  readonly severity: 'warning' | 'info'
  /** One sentence for people. */
  readonly message: string
  /** The featureset words concerned, where it is about words. */
  readonly words?: readonly number[]
}

/** A CPUID dump: every logical CPU that it lists. */
export interface CpuDump {
  /** What the text was recognised as. */
  readonly format: CpuDumpFormat
  /** The logical CPUs, in the order of the dump; at least one. */
  readonly cpus: readonly DumpCpu[]
  /** What is wrong or special about the dump. */
  readonly warnings: readonly DumpWarning[]
  /** Xen's policies in the order of the dump, if it is one of policies: its one CPU is then made of the Raw policy. */
  readonly policies?: readonly DumpPolicy[]
}

/** What a reader finds in the text, before it is judged. */
export interface ReadDump {
  readonly cpus: readonly DumpCpu[]
  /** False if the text leaves the number of a sub-leaf to the order of its lines. */
  readonly subleafMarks: boolean
  /** Leaves with data beyond a CPU's own limits that the reader did not take into `cpus`. */
  readonly echoes?: readonly number[]
  readonly policies?: readonly DumpPolicy[]
}

/** A text that is not a CPUID dump, or is a damaged one. Code `DUMP_SYNTAX`; `offset` is the character. */
export class DumpSyntaxError extends ParseError {
  constructor(message: string, offset: number | null, path: string) {
    super({ code: 'DUMP_SYNTAX', message, offset, path })
  }
}
