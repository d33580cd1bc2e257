/** Why there is no Xen to talk to, each reason with its own advice. */
import { XenlevelError } from '@xenlevel/cpuid'

/**
 * What is missing: the device node; the right to open it; koffi; a kernel with Xen's driver; memory that stays where it is; an interface
 * version that both sides know; the rights of dom0.
 */
export type XenUnavailableReason =
  | 'device'
  | 'permission'
  | 'koffi'
  | 'kernel'
  | 'memory'
  | 'interface-version'
  | 'not-dom0'

const ADVICE: Readonly<Record<XenUnavailableReason, string>> = {
  device:
    'There is no hypercall device: this is no domain of Xen, or its module is not loaded. In dom0 run `modprobe xen-privcmd`, or mount xenfs on /proc/xen.',
  permission: 'The hypercall device may not be opened: run as root in dom0.',
  koffi: 'The package koffi is not installed or does not load: `npm install koffi`.',
  kernel:
    'The kernel does not pass hypercalls on to Xen: it takes Linux on x86-64 as dom0, with the driver xen-privcmd behind the device.',
  memory:
    'There is no memory that Xen can reach: this kernel has no /dev/xen/hypercall, and memory cannot be locked. Raise RLIMIT_MEMLOCK (`ulimit -l`).',
  'interface-version':
    'This Xen speaks a version of its control interface that there are no layouts for (4.13 to 4.22 are known): look for a newer @xenlevel/hw-xen.',
  'not-dom0':
    'Xen refuses control calls of this domain: run in dom0, and look at the XSM policy if there is one.',
}

/** Xen cannot be reached. Code `XEN_UNAVAILABLE`; `missing`, also in the details, says what is missing. */
export class XenUnavailableError extends XenlevelError {
  /** What is missing. */
  readonly missing: XenUnavailableReason

  constructor(
    missing: XenUnavailableReason,
    details: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
  ) {
    const facts = Object.entries(details).map(([name, value]) => `${name}: ${String(value)}`)
    super({
      code: 'XEN_UNAVAILABLE',
      message: facts.length === 0 ? ADVICE[missing] : `${ADVICE[missing]} (${facts.join(', ')})`,
      details: { missing, ...details },
      cause,
    })
    this.missing = missing
  }
}
