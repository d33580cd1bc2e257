/** What a recording of a hypervisor's answers holds: the form of the recorded hosts, as far as a replay reads it. */
import { CpuPolicy } from '@xenlevel/core'
import { type CpuidLeaf, Featureset, type MsrEntry, ParseError } from '@xenlevel/cpuid'

/** What was answered, or Xen's errno by name. */
export type Said<Answer> = Answer | RecordedErrno

/** A call that was refused. */
export interface RecordedErrno {
  /** The errno by name. */
  readonly err: string
}

/** A policy: leaves as `leaf:subleaf -> eax:ebx:ecx:edx`, MSRs as `msr -> value`, in hexadecimal. */
export interface RecordedPolicy {
  /** Leaves, in Xen's order. */
  readonly leaves: readonly string[]
  /** MSRs, in Xen's order. */
  readonly msrs: readonly string[]
}

/** What setting a policy came to; `0xffffffff` is no place. */
export interface RecordedSet {
  /** 0, or the errno. */
  readonly r: Said<0>
  /** The leaf that is wrong. */
  readonly err_leaf: string
  /** Its sub-leaf. */
  readonly err_subleaf: string
  /** The MSR that is wrong. */
  readonly err_msr: string
}

/** The sets of policies that were tried on a new domain, by name. */
export type RecordedSetName =
  | 'set_same'
  | 'set_cleared'
  | 'set_bad_maxleaf'
  | 'set_unknown_leaf'
  | 'set_leaf7_nosub'
  | 'set_unknown_msr'
  | 'set_msr_flags'
  | 'set_too_many'
  | 'set_partial'
  | 'set_over_max'

/** A domain that was made. */
export interface RecordedCreation {
  /** The id that it got. */
  readonly domid: number
}

/** Two leaves of a domain's policy. */
export interface RecordedLeaves {
  /** Leaf 1. */
  readonly leaf1: string
  /** Leaf 7, sub-leaf 0. */
  readonly leaf7: string
}

/** What was tried on one domain; where it could not be made, only how it was refused. */
export interface RecordedDomain {
  /** Made with id 0, which meant "choose one" up to 4.21. */
  readonly create_domid0: Said<RecordedCreation>
  /** Made. */
  readonly create: Said<RecordedCreation>
  /** Its own policy set. */
  readonly set_same?: RecordedSet
  /** Its policy without some features. */
  readonly set_cleared?: RecordedSet
  /** A highest basic leaf above the host's. */
  readonly set_bad_maxleaf?: RecordedSet
  /** A leaf that policies do not hold. */
  readonly set_unknown_leaf?: RecordedSet
  /** Leaf 7 without a sub-leaf. */
  readonly set_leaf7_nosub?: RecordedSet
  /** An MSR that policies do not hold. */
  readonly set_unknown_msr?: RecordedSet
  /** An MSR with flags. */
  readonly set_msr_flags?: RecordedSet
  /** More leaves than there are. */
  readonly set_too_many?: RecordedSet
  /** One leaf alone. */
  readonly set_partial?: RecordedSet
  /** More features than the host has. */
  readonly set_over_max?: RecordedSet
  /** Its policy. */
  readonly get?: RecordedPolicy
  /** Two leaves after features were cleared. */
  readonly get_after?: RecordedLeaves
  /** One leaf after more was set than there is. */
  readonly get_after_over_max_leaf7?: string
  /** 0, or the errno. */
  readonly destroy?: Said<0>
}

/** What XEN_SYSCTL_physinfo answered; numbers above 32 bits in decimal, words of hw_cap joined by `:`. */
export interface RecordedPhysinfo {
  /** Threads of a core. */
  readonly threads_per_core: number
  /** Cores of a socket. */
  readonly cores_per_socket: number
  /** CPUs that are online. */
  readonly nr_cpus: number
  /** The highest number of a CPU. */
  readonly max_cpu_id: number
  /** NUMA nodes. */
  readonly nr_nodes: number
  /** What it can do, as bits in hexadecimal. */
  readonly capabilities: string
  /** Memory, in pages. */
  readonly total_pages: string
  /** Memory that nobody had, in pages. */
  readonly free_pages: string
  /** Words of x86_capability. */
  readonly hw_cap: string
}

/** Names of the featuresets, by index. */
export type RecordedFeatureset = 'raw' | 'host' | 'pv' | 'hvm' | 'pv_max' | 'hvm_max'

/** Names of the policies, by index. */
export type RecordedPolicyName =
  | 'raw'
  | 'host'
  | 'pv_max'
  | 'hvm_max'
  | 'pv_default'
  | 'hvm_default'

/** The answers of one boot of one Xen on one machine. */
export interface XenRecording {
  /** The release, `'4.17.7'`. */
  readonly xen: string
  /** The answers. */
  readonly hypercalls: {
    /** Major and minor number: `'4.17'`. */
    readonly version: string
    /** What follows: `'.7'`. */
    readonly extraversion: string
    /** The kinds of guest. */
    readonly capabilities: string
    /** The changeset; empty if it did not say. */
    readonly changeset: string
    /** Its command line. */
    readonly commandline: string
    /** Featuresets, words joined by `:`. */
    readonly featuresets: Readonly<Record<RecordedFeatureset, Said<string>>>
    /** Levelling capabilities, as bits in hexadecimal. */
    readonly levelling_caps: Said<string>
    /** Policies. */
    readonly policies: Readonly<Record<RecordedPolicyName, RecordedPolicy>>
    /** The most leaves and MSRs that a policy has. */
    readonly policy_max: readonly [leaves: number, msrs: number]
    /** The machine. */
    readonly physinfo: RecordedPhysinfo
    /** CPUs by number; of those that there were not, with empty names. */
    readonly cpu_version: readonly {
      /** Its number. */
      readonly cpu: number
      /** As leaf 0 has it. */
      readonly vendor: string
      /** Its family. */
      readonly family: number
      /** Its model. */
      readonly model: number
      /** Its stepping. */
      readonly stepping: number
    }[]
    /** Microcode of CPUs; of the one that there was not, the errno. */
    readonly ucode_revision: readonly Said<{
      /** Its number. */
      readonly cpu: number
      /** Leaf 1's eax. */
      readonly signature: string
      /** Intel's platform id, as the bit with that number. */
      readonly pf: string
      /** The revision. */
      readonly revision: string
    }>[]
    /** Operation 35 with files that are no microcode, by name. */
    readonly microcode_update: Readonly<Record<string, Said<0>>>
    /** Operation 66 with garbage and flags 0, 1 and 2. */
    readonly microcode_update2: Readonly<Record<string, Said<0>>>
    /** New domains. */
    readonly dom: Readonly<Record<'pv' | 'hvm', RecordedDomain>>
    /** The policy of domain 0. */
    readonly dom0_get: RecordedPolicy
    /** A domain that there was not. */
    readonly domctl_nodom: Said<0>
  }
  /** Further answers, among them those to whole microcode files: `ucode_…`, `ucode2_…`, `ucode2_force_…`. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** A text that is no recording. Code `RECORDING`; `path` is the part that is wrong. */
export class RecordingError extends ParseError {}

const NO_PLACE = 0xffff_ffff

/** A number in hexadecimal, or null for Xen's "no place". */
export function placeOf(text: string): number | null {
  const number = Number(text)
  return number === NO_PLACE ? null : number
}

/** A leaf out of its text. */
export function leafOfText(text: string): CpuidLeaf {
  const [leaf, subleaf, a, b, c, d] = text.split(/:| -> /).map((part) => wordOf(part, text))
  if (leaf === undefined || subleaf === undefined || d === undefined) throw unreadable(text)
  return {
    leaf,
    subleaf: subleaf === NO_PLACE ? null : subleaf,
    ...{ a: a ?? 0, b: b ?? 0, c: c ?? 0, d },
  }
}

/** An MSR out of its text. */
export function msrOfText(text: string): MsrEntry {
  const [index = '', value = ''] = text.split(' -> ')
  if (!/^[0-9a-f]{1,16}$/.test(value)) throw unreadable(text)
  return { index: wordOf(index, text), flags: 0, value: BigInt(`0x${value}`) }
}

/** A policy out of its text. */
export function policyOfText({ leaves, msrs }: RecordedPolicy, release: string): CpuPolicy {
  return CpuPolicy.fromRecords(leaves.map(leafOfText), msrs.map(msrOfText), { release })
}

/** A featureset out of its text. */
export function featuresetOfText(text: string): Featureset {
  return Featureset.parse(text)
}

/** What was said, or null where it was an errno. */
export function answered<Answer>(said: Said<Answer>): Answer | null {
  return isErrno(said) ? null : said
}

/** Whether it was an errno. */
export function isErrno(said: unknown): said is { readonly err: string } {
  return typeof said === 'object' && said !== null && 'err' in said
}

function wordOf(text: string, whole: string): number {
  if (!/^[0-9a-f]{1,8}$/.test(text)) throw unreadable(whole)
  return Number.parseInt(text, 16)
}

function unreadable(text: string): RecordingError {
  return new RecordingError({
    code: 'RECORDING',
    message: `${JSON.stringify(text.slice(0, 80))} is no recorded leaf or MSR: expected "leaf:subleaf -> eax:ebx:ecx:edx" or "msr -> value" in hexadecimal.`,
    offset: null,
    path: 'policies',
  })
}
