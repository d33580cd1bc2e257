/** Which of two revisions counts as newer, and what a CPU makes of an offered one. */
import type { MicrocodeVendor } from '../types.js'
import type { LateLoadRules } from './releases.js'

/** An offered revision beside another. */
export type RevisionOrder = 'newer' | 'same' | 'older'

/** Compares as Xen's drivers do (compare_revisions in intel.c and amd.c). */
export function compareRevisions(
  { vendor, rules }: { readonly vendor: MicrocodeVendor; readonly rules: LateLoadRules },
  present: number,
  offered: number,
): RevisionOrder {
  if (present >>> 0 === offered >>> 0) return 'same'
  if (vendor === 'AMD' || !rules.signedOnIntel) {
    return offered >>> 0 > present >>> 0 ? 'newer' : 'older'
  }
  // Below 0 is pre-production: applicable over everything, as whoever has it knows what they are doing.
  return (offered | 0) > (present | 0) || (offered | 0) < 0 ? 'newer' : 'older'
}

/** What decides whether a CPU writes what it is offered. */
export interface LoadRequest {
  /** Whose driver decides. */
  readonly vendor: MicrocodeVendor
  /** Of which release. */
  readonly rules: LateLoadRules
  /** XENPF_UCODE_FORCE is set, and known. */
  readonly force: boolean
  /** `ucode=allow-same` is given, known or not. */
  readonly allowSame: boolean
}

/** Whether a CPU writes; else its load returns {@link LateLoadRules.notNewer}. */
export function wouldWrite(request: LoadRequest, present: number, offered: number): boolean {
  const { vendor, rules } = request
  const order = compareRevisions(request, present, offered)
  if (order === 'newer' || request.force) return true
  if (order === 'older') return false
  return (vendor === 'AMD' && rules.amdWritesSame) || allowsSame(request)
}

/** Whether `ucode=allow-same` is given, and known. */
export function allowsSame({ rules, allowSame }: LoadRequest): boolean {
  return rules.hasAllowSame && allowSame
}
