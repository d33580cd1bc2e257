/** What Xen checks of a policy before it takes it: little (xen/arch/x86/lib/cpu-policy/policy.c, x86_cpu_policies_are_compatible). */
import { CpuPolicy } from '../policy/cpu-policy.js'
import { fault, type PolicyFault } from '../policy/errors.js'
import { EAX, EBX, ECX, EDX, extended, feature, PLATFORM_INFO } from '../policy/layout.js'
import { type ReleaseRules, releaseRules } from './releases.js'

/** Xen's verdict. "Compatible" is far weaker than "runs": no feature, no address width, no ARCH_CAPABILITIES is compared. */
export interface XenVerdict {
  /** Xen takes it. */
  readonly compatible: boolean
  /** The first check that failed; null if none did. */
  readonly error: PolicyFault | null
}

/**
 * Exactly Xen's audit of a guest's policy against a host's.
 *
 * @param release - whose audit; that of the guest's policy by default.
 */
export function xenCompatible(
  host: CpuPolicy,
  guest: CpuPolicy,
  release: string = guest.release,
): XenVerdict {
  const error = audit(CpuPolicy.peek(host), CpuPolicy.peek(guest), releaseRules(release))
  return { compatible: error === null, error }
}

/** The same on words. */
export function audit(
  host: Uint32Array,
  guest: Uint32Array,
  rules: ReleaseRules,
): PolicyFault | null {
  const above = (at: number) => (guest[at] ?? 0) > (host[at] ?? 0)
  if (
    rules.auditsVendor &&
    [EBX, ECX, EDX].some((register) => guest[register] !== host[register])
  ) {
    return fault('EINVAL', { leaf: 0 })
  }
  if (above(EAX)) return fault('EINVAL', { leaf: 0 })
  if (above(feature(0) + EAX)) return fault('EINVAL', { leaf: 7, subleaf: 0 })
  if (above(extended(0) + EAX)) return fault('EINVAL', { leaf: 0x8000_0000 })
  if (((guest[PLATFORM_INFO] ?? 0) & ~(host[PLATFORM_INFO] ?? 0)) !== 0)
    return fault('EINVAL', { msr: 0xce })
  return null
}
