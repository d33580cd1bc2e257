/** What an image is to say of its guest's CPU, as the records that say it. */
import { CpuPolicy } from '@xenlevel/core'
import {
  type CpuidLeaf,
  decodeLeaves,
  decodeMsrs,
  encodeLeaves,
  encodeMsrs,
  type MsrEntry,
  nearestRelease,
  UnknownReleaseError,
} from '@xenlevel/cpuid'
import { RewriteError } from './errors.js'
import { fitPolicy } from './fit.js'
import type { HeldHead } from './head.js'

/** The two records, each as it is to be. */
export interface PolicyChange {
  /** The leaves: values, or a record's body as it stands; null for no record. Not given, what the image has is left as it is. */
  readonly leaves?: readonly CpuidLeaf[] | Uint8Array | null
  /** The MSRs, in the same way. */
  readonly msrs?: readonly MsrEntry[] | Uint8Array | null
}

/** What an image is to say: a policy, its two records, or null for nothing, so that the receiver invents one. */
export type NewPolicy = CpuPolicy | PolicyChange | null

/** The bodies that the records are to have; null for no record, undefined for what is there. */
export interface PolicyBodies {
  /** Of X86_CPUID_POLICY. */
  readonly X86_CPUID_POLICY: Uint8Array | null | undefined
  /** Of X86_MSR_POLICY. */
  readonly X86_MSR_POLICY: Uint8Array | null | undefined
}

const NONE: PolicyBodies = { X86_CPUID_POLICY: null, X86_MSR_POLICY: null }

/**
 * The bodies of the records that an image is to have, judged as the receiving Xen judges them, together with what is left as it is.
 *
 * @param release - the receiver's release; the newest there is by default.
 * @throws {@link RewriteError} for a policy that the release cannot hold, or a body that is none.
 * @throws {@link @xenlevel/core!PolicyRecordError} for records that it refuses, {@link @xenlevel/cpuid!UnknownReleaseError} for a release
 * of which nothing is known.
 */
export function policyBodies(
  policy: NewPolicy,
  head: HeldHead,
  release: string | undefined,
): PolicyBodies {
  const exact = release === undefined ? undefined : knownRelease(release)
  if (policy === null) return NONE
  const change = CpuPolicy.isPolicy(policy) ? recordsOf(policy, exact) : policy
  const [leaves, msrs] = [entriesOf(change.leaves, LEAVES), entriesOf(change.msrs, MSRS)]
  const kept = (name: keyof PolicyBodies) =>
    head.policyRecords.findLast((record) => record.name === name)?.bytes
  const judged = {
    leaves: leaves === undefined ? entriesOf(kept('X86_CPUID_POLICY'), LEAVES) : leaves,
    msrs: msrs === undefined ? entriesOf(kept('X86_MSR_POLICY'), MSRS) : msrs,
  }
  // Only for what it throws: the records themselves stay as they were given.
  CpuPolicy.fromRecords(
    judged.leaves ?? [],
    judged.msrs ?? [],
    exact === undefined ? {} : { release: exact },
  )
  return {
    X86_CPUID_POLICY: bodyOf(change.leaves, encodeLeaves),
    X86_MSR_POLICY: bodyOf(change.msrs, encodeMsrs),
  }
}

function knownRelease(release: string): string {
  const exact = nearestRelease(release)
  if (exact === undefined) throw new UnknownReleaseError(release)
  return exact
}

function recordsOf(policy: CpuPolicy, release: string | undefined): PolicyChange {
  return release === undefined ? policy.toRecords() : fitPolicy(policy, release)
}

interface Kind<Entry> {
  readonly name: keyof PolicyBodies
  readonly decode: (bytes: Uint8Array) => readonly Entry[]
}

const LEAVES: Kind<CpuidLeaf> = { name: 'X86_CPUID_POLICY', decode: decodeLeaves }
const MSRS: Kind<MsrEntry> = { name: 'X86_MSR_POLICY', decode: decodeMsrs }

function entriesOf<Entry>(
  given: readonly Entry[] | Uint8Array | null | undefined,
  { name, decode }: Kind<Entry>,
): readonly Entry[] | null | undefined {
  if (given === null || given === undefined) return given
  const entries = given instanceof Uint8Array ? decode(given) : given
  if (entries.length === 0)
    throw new RewriteError({
      code: 'BAD_POLICY_LENGTH',
      message: `${name} would be empty, which no receiver takes; null leaves the record out`,
      details: { name },
    })
  return entries
}

function bodyOf<Entry>(
  given: readonly Entry[] | Uint8Array | null | undefined,
  encode: (entries: readonly Entry[]) => Uint8Array,
): Uint8Array | null | undefined {
  return given === null || given === undefined || given instanceof Uint8Array
    ? given
    : encode(given)
}
