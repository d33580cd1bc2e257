/** Reasons that Xen itself has: limits of leaves, and bits of PLATFORM_INFO, that are above the host's (its own audit, all of it). */
import { CpuPolicy } from '../policy/cpu-policy.js'
import type { PolicyFault } from '../policy/errors.js'
import { PLATFORM_INFO } from '../policy/layout.js'
import type { Reason } from './reasons.js'
import type { Encounter } from './receiver.js'
import { placeOf } from './record-reasons.js'

const hex = (value: number) => `0x${(value >>> 0).toString(16)}`

/** A limit of leaves. */
interface Limit {
  readonly leaf: number
  readonly subleaf: number | null
  /** What it limits, for people. */
  readonly what: string
  readonly of: (policy: CpuPolicy) => number
}

/** The limits that are audited, in the order of the audit. */
const LIMITS: readonly Limit[] = [
  { leaf: 0, subleaf: null, what: 'basic leaves up to', of: ({ maxLeaf }) => maxLeaf },
  { leaf: 7, subleaf: 0, what: 'sub-leaves of leaf 7 up to', of: ({ maxSubleaf }) => maxSubleaf },
  {
    leaf: 0x8000_0000,
    subleaf: null,
    what: 'extended leaves up to',
    of: ({ maxExtendedLeaf }) => maxExtendedLeaf,
  },
]

/** The faults of the audit as reasons, but for the vendor, which has a reason of its own and is a fault of leaf 0 as its limit is. */
export function limitReasons(
  found: readonly PolicyFault[],
  wanted: CpuPolicy,
  max: CpuPolicy,
  { guestName, host }: Encounter,
): Reason[] {
  const reasons: Reason[] = []
  for (const { leaf, what, of } of LIMITS) {
    const fault = found.find((one) => one.leaf === leaf)
    if (fault === undefined) continue
    const [seen, given] = [of(wanted), of(max)]
    if (seen <= given) continue
    reasons.push({
      code: 'leaf-limit',
      grade: 'refused',
      message: `${guestName} has seen ${what} ${hex(seen)} and ${host} gives ${hex(given)}: Xen refuses it.`,
      host,
      ...placeOf(fault),
      seen,
      given,
    })
  }
  const fault = found.find(({ msr }) => msr !== null)
  if (fault === undefined) return reasons
  const excess = wordOf(wanted) & ~wordOf(max)
  reasons.push({
    code: 'msr-bits',
    grade: 'refused',
    message: `${guestName} has seen bits ${hex(excess)} of MSR 0xce (PLATFORM_INFO${excess >>> 31 === 1 ? ': CPUID faulting' : ''}), which ${host} cannot give, and Xen refuses it.`,
    host,
    ...placeOf(fault),
  })
  return reasons
}

/** Limits that are not audited against the host's and that the clamp lowers all the same. */
export function loweredLimits(
  wanted: CpuPolicy,
  given: CpuPolicy,
  found: readonly PolicyFault[],
  { guestName, host }: Encounter,
): Reason[] {
  const reasons: Reason[] = []
  for (const { leaf, subleaf, what, of } of LIMITS) {
    const [before, after] = [of(wanted), of(given)]
    if (before <= after || found.some((fault) => fault.leaf === leaf)) continue
    reasons.push({
      code: 'leaf-limit',
      grade: 'degraded',
      message: `${guestName} has seen ${what} ${hex(before)} and Xen cuts that to ${hex(after)} on ${host}.`,
      host,
      leaf,
      subleaf,
      seen: before,
      given: after,
    })
  }
  return reasons
}

function wordOf(policy: CpuPolicy): number {
  return CpuPolicy.peek(policy)[PLATFORM_INFO] ?? 0
}
