/** Reasons that Xen itself has: limits of leaves, and bits of PLATFORM_INFO, that are above the host's (its own audit, all of it). */
import { CpuPolicy } from '../policy/cpu-policy.js'
import type { PolicyFault } from '../policy/errors.js'
import { PLATFORM_INFO } from '../policy/layout.js'
import type { Reason } from './reasons.js'
import type { Encounter } from './receiver.js'
import { placeOf } from './record-reasons.js'

const hex = (value: number) => `0x${(value >>> 0).toString(16)}`

/** The limits that are audited, by leaf. */
const LIMITS: Readonly<Record<number, (policy: CpuPolicy) => number>> = {
  0: (policy) => policy.maxLeaf,
  7: (policy) => policy.maxSubleaf,
  2147483648: (policy) => policy.maxExtendedLeaf,
}

const WHAT: Readonly<Record<number, string>> = {
  0: 'basic leaves up to',
  7: 'sub-leaves of leaf 7 up to',
  2147483648: 'extended leaves up to',
}

/** A fault of the audit as a reason; null for the vendor, which has a reason of its own. */
export function limitReason(
  found: PolicyFault,
  wanted: CpuPolicy,
  max: CpuPolicy,
  encounter: Encounter,
): Reason | null {
  const { guestName, host } = encounter
  if (found.msr !== null) {
    const excess = wordOf(wanted) & ~wordOf(max)
    return {
      code: 'msr-bits',
      grade: 'refused',
      message: `${guestName} has seen bits ${hex(excess)} of MSR 0xce (PLATFORM_INFO${excess >>> 31 === 1 ? ': CPUID faulting' : ''}), which ${host} cannot give, and Xen refuses it.`,
      host,
      ...placeOf(found),
    }
  }
  const limit = found.leaf === null ? undefined : LIMITS[found.leaf]
  if (limit === undefined || found.leaf === null) return null
  const [seen, given] = [limit(wanted), limit(max)]
  if (seen <= given) return null
  return {
    code: 'leaf-limit',
    grade: 'refused',
    message: `${guestName} has seen ${WHAT[found.leaf]} ${hex(seen)} and ${host} gives ${hex(given)}: Xen refuses it.`,
    host,
    ...placeOf(found),
    seen,
    given,
  }
}

/** Limits that are not audited against the host's and that the clamp lowers all the same. */
export function loweredLimits(
  wanted: CpuPolicy,
  given: CpuPolicy,
  found: readonly PolicyFault[],
  { guestName, host }: Encounter,
): Reason[] {
  if (
    wanted.maxLeaf <= given.maxLeaf &&
    wanted.maxSubleaf <= given.maxSubleaf &&
    wanted.maxExtendedLeaf <= given.maxExtendedLeaf
  )
    return []
  return [0, 7, 0x8000_0000].flatMap((leaf): Reason[] => {
    const [before = 0, after = 0] = [wanted, given].map((policy) => LIMITS[leaf]?.(policy))
    if (before <= after || found.some((fault) => fault.leaf === leaf)) return []
    return [
      {
        code: 'leaf-limit',
        grade: 'degraded',
        message: `${guestName} has seen ${WHAT[leaf]} ${hex(before)} and Xen cuts that to ${hex(after)} on ${host}.`,
        host,
        leaf,
        subleaf: leaf === 7 ? 0 : null,
        seen: before,
        given: after,
      },
    ]
  })
}

function wordOf(policy: CpuPolicy): number {
  return CpuPolicy.peek(policy)[PLATFORM_INFO] ?? 0
}
