/** What is wrong with the entries of policy records, by the limits of a release and by the policies of a host. */
import {
  admitGuest,
  CpuPolicy,
  type GuestKind,
  type HostPolicies,
  type HostSnapshot,
  PolicyRecordError,
  type ReasonCode,
} from '@xenlevel/core'
import { type CpuidLeaf, decodeLeaves, decodeMsrs, type MsrEntry } from '@xenlevel/cpuid'
import { X86_CPUID_POLICY, X86_MSR_POLICY } from '../records/types.js'
import type { ImageFindingCode, ImageVerdictName } from './codes.js'
import type { ImageJudgeOptions } from './options.js'

/** The entries of a record; those beyond the most that any release takes are only counted. */
export interface PolicyEntries {
  /** Those of a CPUID policy. */
  readonly leaves: readonly CpuidLeaf[]
  /** Those of an MSR policy. */
  readonly msrs: readonly MsrEntry[]
  /** How many there are. */
  readonly count: number
}

/** Something that is wrong with an entry, or with their number. */
export interface PolicyFault {
  /** What it is. */
  readonly code: ImageFindingCode
  /** One sentence for people. */
  readonly message: string
  /** Which entry; null for all. */
  readonly index: number | null
  /** The verdicts that it makes "no". */
  readonly rejects: readonly ImageVerdictName[]
}

/** Bytes of an entry, and how many are looked at: more than any release takes by far. */
export const POLICY_SIZES: Readonly<Record<number, { entry: number; most: number }>> = {
  [X86_CPUID_POLICY]: { entry: 24, most: 512 },
  [X86_MSR_POLICY]: { entry: 16, most: 64 },
}

/** Reads the beginning of a body. */
export function entriesOf(type: number, bytes: Uint8Array, count: number): PolicyEntries {
  return {
    leaves: type === X86_CPUID_POLICY ? decodeLeaves(bytes) : [],
    msrs: type === X86_MSR_POLICY ? decodeMsrs(bytes) : [],
    count,
  }
}

/** Codes by what Xen answers. */
const CODES = {
  E2BIG: 'POLICY_TOO_MANY',
  ERANGE: 'POLICY_OUT_OF_RANGE',
  EINVAL: 'POLICY_BAD_MSR',
  EOVERFLOW: 'POLICY_BAD_MSR',
} as const satisfies Readonly<Record<string, ImageFindingCode>>

const isCode = (errno: string): errno is keyof typeof CODES => errno in CODES

/**
 * Everything that a Xen refuses of the entries, in the order of the entries. The producer is judged by the newest release, and the
 * receiver by its own.
 */
export function releaseFaults(entries: PolicyEntries, options: ImageJudgeOptions): PolicyFault[] {
  const receiver = options.release ?? hostRelease(options.host)
  const newest = faultsFor(entries, {})
  if (receiver === undefined) return newest.map((fault) => ({ ...fault, rejects: BOTH }))
  const own = faultsFor(entries, { release: receiver })
  const key = ({ code, index }: EntryFault) => `${code} ${index}`
  const ofNewest = new Set(newest.map(key))
  const ofReceiver = new Set(own.map(key))
  return [
    ...newest.map((fault) => ({
      ...fault,
      rejects: ofReceiver.has(key(fault)) ? BOTH : (['verify'] as const),
    })),
    ...own
      .filter((fault) => !ofNewest.has(key(fault)))
      .map(({ message, ...fault }) => ({
        ...fault,
        message: `Xen ${receiver}: ${message}`,
        rejects: ['restore'] as const,
      })),
  ].sort((a, b) => (a.index ?? -1) - (b.index ?? -1))
}

const BOTH: readonly ImageVerdictName[] = ['verify', 'restore']

type EntryFault = Omit<PolicyFault, 'rejects'>
type Release = { readonly release?: string }

function faultsFor({ leaves, msrs, count }: PolicyEntries, options: Release): EntryFault[] {
  const whole = refusal(leaves, msrs, options)
  if (whole === null) return []
  // Their number is judged first, and hides what else is wrong.
  const tooMany = whole.errno === 'E2BIG' ? [faultOf(whole, null, count)] : []
  const each = [
    ...leaves.map((leaf) => refusal([leaf], [], options)),
    ...msrs.map((msr) => refusal([], [msr], options)),
  ]
  return [
    ...tooMany,
    ...each.flatMap((error, index) => (error === null ? [] : [faultOf(error, index, count)])),
  ]
}

function faultOf(error: PolicyRecordError, index: number | null, count: number): EntryFault {
  const { errno, message } = error
  return {
    code: isCode(errno) ? CODES[errno] : 'POLICY_OUT_OF_RANGE',
    message: index === null ? `${count} entries: ${message}` : message,
    index,
  }
}

function refusal(
  leaves: readonly CpuidLeaf[],
  msrs: readonly MsrEntry[],
  options: Release,
): PolicyRecordError | null {
  try {
    CpuPolicy.fromRecords(leaves, msrs, options)
    return null
  } catch (error) {
    if (error instanceof PolicyRecordError) return error
    throw error
  }
}

/** Entries for a place that an earlier one was for. */
export function repeatedEntries({ leaves, msrs }: PolicyEntries): PolicyFault[] {
  const seen = new Set<string>()
  const names = [
    ...leaves.map(({ leaf, subleaf }) =>
      subleaf === null
        ? `Leaf 0x${leaf.toString(16)}`
        : `Leaf 0x${leaf.toString(16)}, sub-leaf ${subleaf},`,
    ),
    ...msrs.map((entry) => `MSR 0x${entry.index.toString(16)}`),
  ]
  return names.flatMap((name, index) => {
    const repeated = seen.has(name)
    seen.add(name)
    return repeated
      ? [
          {
            code: 'DUPLICATE_LEAF' as const,
            message: `${name} comes more than once; Xen takes the last`,
            index,
            rejects: ['verify'] as const,
          },
        ]
      : []
  })
}

/** What Xen audits of a policy (xen/arch/x86/lib/cpu-policy/policy.c); what else refuses a guest depends on what it does. */
const AUDITED: readonly ReasonCode[] = ['vendor-differs', 'leaf-limit', 'msr-bits']

/** Why a host's Xen refuses a policy whose entries are all right, a sentence each. */
export function hostFaults(
  records: Pick<PolicyEntries, 'leaves' | 'msrs'>,
  kind: GuestKind,
  host: HostSnapshot | HostPolicies,
): string[] {
  const { reasons } = admitGuest({ kind, records }, host)
  return reasons
    .filter(({ grade, code }) => grade === 'refused' && AUDITED.includes(code))
    .map(({ message }) => message)
}

function hostRelease(host: ImageJudgeOptions['host']): string | undefined {
  if (host === undefined) return undefined
  return 'format' in host ? host.xen?.release : host.release
}
