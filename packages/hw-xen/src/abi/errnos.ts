/** Errnos by number: Xen's are Linux's (xen/include/public/errno.h), on whatever system this runs. */

/** The number of each errno that Xen, or its driver in Linux, answers with. */
export const ERRNOS = {
  EPERM: 1,
  ENOENT: 2,
  ESRCH: 3,
  EINTR: 4,
  EIO: 5,
  ENXIO: 6,
  E2BIG: 7,
  ENOEXEC: 8,
  EBADF: 9,
  ECHILD: 10,
  EAGAIN: 11,
  ENOMEM: 12,
  EACCES: 13,
  EFAULT: 14,
  EBUSY: 16,
  EEXIST: 17,
  EXDEV: 18,
  ENODEV: 19,
  ENOTDIR: 20,
  EISDIR: 21,
  EINVAL: 22,
  ENFILE: 23,
  EMFILE: 24,
  ENOTTY: 25,
  ENOSPC: 28,
  EROFS: 30,
  EMLINK: 31,
  EDOM: 33,
  ERANGE: 34,
  EDEADLK: 35,
  ENAMETOOLONG: 36,
  ENOLCK: 37,
  ENOSYS: 38,
  ENOTEMPTY: 39,
  ENODATA: 61,
  ETIME: 62,
  EBADMSG: 74,
  EOVERFLOW: 75,
  EILSEQ: 84,
  ERESTART: 85,
  ENOTSOCK: 88,
  EMSGSIZE: 90,
  EOPNOTSUPP: 95,
  EADDRINUSE: 98,
  EADDRNOTAVAIL: 99,
  ENOBUFS: 105,
  EISCONN: 106,
  ENOTCONN: 107,
  ETIMEDOUT: 110,
  ECONNREFUSED: 111,
} as const

/** The name of an errno; `'E1234'` for one that Xen does not have. */
export function errnoName(errno: number): string {
  for (const [name, number] of Object.entries(ERRNOS)) if (number === errno) return name
  return `E${errno}`
}

/** True for what a Xen answers that does not have an operation: EOPNOTSUPP for domctls of 4.13, ENOSYS for all others. */
export function meansLacking(errno: number): boolean {
  return errno === ERRNOS.ENOSYS || errno === ERRNOS.EOPNOTSUPP
}
