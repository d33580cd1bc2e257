/** The return codes of a late load, and what the model cannot be asked. */
import { XEN_RELEASES, XenlevelError } from '@xenlevel/cpuid'

/** Return codes with their numbers, as Xen's log has them (xen/include/public/errno.h). */
const NUMBERS = {
  OK: 0,
  EPERM: 1,
  ENOENT: 2,
  EIO: 5,
  ENXIO: 6,
  ENOMEM: 12,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EINVAL: 22,
  ENOSYS: 38,
  EOPNOTSUPP: 95,
} as const

/** A return code, by name. */
export type LateLoadErrno = keyof typeof NUMBERS

/** The number of a return code. */
export function errnoNumber(errno: LateLoadErrno): number {
  return NUMBERS[errno]
}

/** A release without a rendezvous. Code `LATE_LOAD_RELEASE`. */
export class LateLoadReleaseError extends XenlevelError {
  constructor(release: string) {
    super({
      code: 'LATE_LOAD_RELEASE',
      message: `How Xen ${JSON.stringify(release.slice(0, 40))} loads microcode at run time is not known as a rendezvous: 4.13 was the first to have one, ${XEN_RELEASES.at(-1)} is the newest known.`,
      details: { release },
    })
  }
}

/**
 * A machine or a clock that cannot be, or a machine too large to search. Codes `LATE_LOAD_TOPOLOGY`, `LATE_LOAD_CPU`, `LATE_LOAD_TIMING`,
 * `LATE_LOAD_TOO_MANY_STATES`.
 */
export class LateLoadRequestError extends XenlevelError {}
