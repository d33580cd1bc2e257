/** Reasons that lie in the host as such: it cannot run that kind of guest, or is of another vendor. */
import type { CpuVendor } from '@xenlevel/cpuid'
import { releaseRules } from '../xen/releases.js'
import type { GuestKind } from './kind.js'
import type { Reason, ReasonCode } from './reasons.js'
import type { Encounter } from './receiver.js'

const CANNOT_RUN: Readonly<Record<GuestKind, { code: ReasonCode; because: string }>> = {
  pv: {
    code: 'host-without-pv',
    because: 'cannot run PV guests: its Xen is built or started without them',
  },
  pv32: {
    code: 'host-without-pv32',
    because:
      'cannot run 32-bit PV guests: its Xen is built or started without them, or uses shadow stacks',
  },
  hvm: {
    code: 'host-without-hvm',
    because: 'cannot run HVM guests: its CPU has no VMX or SVM, or firmware has switched it off',
  },
  pvh: {
    code: 'host-without-hvm',
    because: 'cannot run HVM guests: its CPU has no VMX or SVM, or firmware has switched it off',
  },
}

/** Whether the host can run that kind of guest. */
export function kindReasons({ guest, guestName, host, canRun, evidence }: Encounter): Reason[] {
  if (!canRun) {
    const { code, because } = CANNOT_RUN[guest.kind]
    return [
      {
        code,
        grade: 'refused',
        message: `${guestName} is a ${guest.kind.toUpperCase()} guest and ${host} ${because}.`,
        host,
      },
    ]
  }
  if (evidence !== 'unknown') return []
  return [
    {
      code: 'featuresets-unknown',
      grade: 'lost',
      message: `Nothing is known of what ${host} offers, so nothing says that ${guestName} can run there: take its snapshot again.`,
      host,
    },
  ]
}

/** What a vendor that differs comes to. */
export function vendorReasons(seen: CpuVendor | undefined, encounter: Encounter): Reason[] {
  const { guestName, host, vendor, release } = encounter
  if (seen === undefined || seen === vendor) return []
  const refusal = refusalOf(seen, encounter)
  return [
    {
      code: 'vendor-differs',
      grade: refusal === null ? 'lost' : 'refused',
      message: `${guestName} has run on ${seen} CPUs and ${host} is ${vendor}: ${refusal ?? `Xen ${release} lets it in, and software that chose its code by vendor fails`}.`,
      host,
    },
  ]
}

/** Xen's refusal of a guest from another vendor's CPUs; null if it lets it in. */
function refusalOf(seen: CpuVendor, { guest, release, table }: Encounter): string | null {
  const by = release ?? table.release
  if (releaseRules(by).auditsVendor) return `Xen ${by} refuses it`
  // vmce_restore_vcpu, xen/arch/x86/cpu/mcheck/vmce.c: Intel guests have MCG_SER_P and MCG_TES_P, which others do not take; the reverse
  // passes.
  if (seen === 'Intel' && (guest.running ?? true))
    return `Xen ${by} refuses the state of its vCPUs, whose machine-check capabilities are Intel's`
  return null
}
