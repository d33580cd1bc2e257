/** What Xen checks of a policy before it takes it: little (xen/arch/x86/lib/cpu-policy/policy.c, x86_cpu_policies_are_compatible). */
import { CpuPolicy } from '../policy/cpu-policy.js'
import { fault, type PolicyFault } from '../policy/errors.js'
import {
  EAX,
  EBX,
  ECX,
  EDX,
  extended,
  feature,
  MSR_PLATFORM_INFO,
  PLATFORM_INFO,
} from '../policy/layout.js'
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

/** One check: the fault that it finds, or null. */
type Check = (host: Uint32Array, guest: Uint32Array, rules: ReleaseRules) => PolicyFault | null

const above = (host: Uint32Array, guest: Uint32Array, at: number) =>
  (guest[at] ?? 0) > (host[at] ?? 0)

/** In Xen's order. */
const CHECKS: readonly Check[] = [
  (host, guest, rules) =>
    rules.auditsVendor &&
    (guest[EBX] !== host[EBX] || guest[ECX] !== host[ECX] || guest[EDX] !== host[EDX])
      ? fault('EINVAL', { leaf: 0 })
      : null,
  (host, guest) => (above(host, guest, EAX) ? fault('EINVAL', { leaf: 0 }) : null),
  (host, guest) =>
    above(host, guest, feature(0) + EAX) ? fault('EINVAL', { leaf: 7, subleaf: 0 }) : null,
  (host, guest) =>
    above(host, guest, extended(0) + EAX) ? fault('EINVAL', { leaf: 0x8000_0000 }) : null,
  (host, guest) =>
    ((guest[PLATFORM_INFO] ?? 0) & ~(host[PLATFORM_INFO] ?? 0)) !== 0
      ? fault('EINVAL', { msr: MSR_PLATFORM_INFO })
      : null,
]

/** The same on words: the first fault, as Xen stops there. */
export function audit(
  host: Uint32Array,
  guest: Uint32Array,
  rules: ReleaseRules,
): PolicyFault | null {
  for (const check of CHECKS) {
    const found = check(host, guest, rules)
    if (found !== null) return found
  }
  return null
}

/** Every fault, those that Xen would have come to later too. */
export function auditAll(
  host: Uint32Array,
  guest: Uint32Array,
  rules: ReleaseRules,
): PolicyFault[] {
  return CHECKS.flatMap((check) => check(host, guest, rules) ?? [])
}
