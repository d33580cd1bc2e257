/** The handful of C library functions that talking to Xen takes, and their binding through koffi. */
import { createRequire } from 'node:module'
import { XenUnavailableError } from './xen-unavailable.js'

/** Memory outside of the JavaScript heap. */
export interface Mapping {
  /** Where it is. */
  readonly address: bigint
  /** What is in it. Must not be touched after it was unmapped. */
  readonly bytes: Uint8Array
}

/** What memory is asked for. */
export interface MappingRequest {
  /** How much, in bytes: whole pages. */
  readonly length: number
  /** MAP_ flags of Linux. */
  readonly flags: number
  /** The open file; -1 for anonymous memory. */
  readonly fd: number
}

/** What an ioctl that ran in the background came to. */
export interface IoctlOutcome {
  /** What it returned; -1 for a failure. */
  readonly result: number
  /** The errno of the failure. */
  readonly errno: number
}

/**
 * The C library functions that a Xen is reached by, as Linux has them. A function that fails answers -1 (null where it answers no number),
 * and {@link Libc.errno}, called before anything else, says why. Anyone may bring another implementation: a test, a tracer.
 */
export interface Libc {
  /** open(2); flags as in Linux. */
  open(path: string, flags: number): number
  /** close(2). */
  close(fd: number): number
  /** pread(2): as many bytes as were read, at most `length`; null if it fails. */
  read(fd: number, offset: number, length: number): Uint8Array | null
  /** mmap(2) of readable and writable memory; null if it fails. */
  mmap(request: MappingRequest): Mapping | null
  /** munmap(2). */
  munmap(mapping: Mapping): number
  /** mlock(2). */
  mlock(mapping: Mapping): number
  /** madvise(2). */
  madvise(mapping: Mapping, advice: number): number
  /** ioctl(2) with a pointer. */
  ioctl(fd: number, request: number, argument: bigint): number
  /** The same on another thread. Never rejects. */
  ioctlAsync(fd: number, request: number, argument: bigint): Promise<IoctlOutcome>
  /** The errno of the last function that failed. */
  errno(): number
}

/** PROT_READ | PROT_WRITE. */
const READ_WRITE = 3
/** What mmap returns when it fails. */
const MAP_FAILED = 0xffff_ffff_ffff_ffffn

/**
 * The C library of this process, through koffi.
 *
 * @throws {@link XenUnavailableError} if koffi is not installed, or this is no Linux on x86-64.
 */
export function koffiLibc(): Libc {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new XenUnavailableError('kernel', { running: `${process.platform} on ${process.arch}` })
  }
  const koffi = loadKoffi()
  // Without a name: the C library that Node itself runs on, whichever that is.
  const library = koffi.load(null)
  const open = library.func('open', 'int', ['str', 'int'])
  const close = library.func('close', 'int', ['int'])
  const pread = library.func('pread', 'long', ['int', 'void *', 'size_t', 'int64_t'])
  const mmap = library.func('mmap', 'void *', ['void *', 'size_t', 'int', 'int', 'int', 'int64_t'])
  const munmap = library.func('munmap', 'int', ['void *', 'size_t'])
  const mlock = library.func('mlock', 'int', ['void *', 'size_t'])
  const madvise = library.func('madvise', 'int', ['void *', 'size_t', 'int'])
  const ioctl = library.func('ioctl', 'int', ['int', 'ulong', 'void *'])
  return {
    open: (path, flags) => open(path, flags),
    close: (fd) => close(fd),
    read(fd, offset, length) {
      const bytes = Buffer.alloc(length)
      const count = Number(pread(fd, bytes, length, offset))
      return count < 0 ? null : new Uint8Array(bytes.subarray(0, count))
    },
    mmap({ length, flags, fd }) {
      const address: unknown = mmap(null, length, READ_WRITE, flags, fd, 0)
      if (typeof address !== 'bigint' || address === MAP_FAILED) return null
      return { address, bytes: new Uint8Array(koffi.view(address, length)) }
    },
    munmap: ({ address, bytes }) => munmap(address, bytes.length),
    mlock: ({ address, bytes }) => mlock(address, bytes.length),
    madvise: ({ address, bytes }, advice) => madvise(address, bytes.length, advice),
    ioctl: (fd, request, argument) => ioctl(fd, request, argument),
    ioctlAsync: (fd, request, argument) =>
      new Promise((resolve) => {
        ioctl.async(fd, request, argument, (error: unknown, result: number) => {
          // The errno of that thread is the callback's own; one turn later it is another's.
          resolve({ result: error ? -1 : result, errno: koffi.errno() })
        })
      }),
    errno: () => koffi.errno(),
  }
}

type Koffi = typeof import('koffi')

/** koffi, as late as possible: whoever never opens a Xen does not need it. */
function loadKoffi(): Koffi {
  // The CommonJS build has no import.meta.url; a __filename beside it may be that of an eval, not of this file.
  const here = typeof import.meta.url === 'string' ? import.meta.url : __filename
  try {
    const koffi: Koffi = createRequire(here)('koffi')
    return koffi
  } catch (cause) {
    throw new XenUnavailableError('koffi', {}, cause)
  }
}
