/** What goes wrong, as a message that names the next step. */
import { XenlevelError } from '@xenlevel/cpuid'

/** A command line that asks for nothing that can be done. Code `USAGE`. */
export class UsageError extends XenlevelError {
  /** The verb whose help says more; undefined for that of the whole command. */
  readonly verb: string | undefined

  constructor(message: string, verb?: string) {
    super({ code: 'USAGE', message, details: { verb } })
    this.verb = verb
  }
}

/** An input that cannot be used at all, or a thing that could not be done. Code as given. */
export class CommandError extends XenlevelError {}

/** What the system says, by errno, in words with what to do. */
const SYSTEM: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; look at its name, or at the directory you are in',
  ENOTDIR: 'part of its path is no directory',
  EISDIR: 'it is a directory; name a file in it',
  EACCES: 'permission is denied; run as a user who may, or choose another place',
  EPERM: 'it is not permitted; run as a user who may, or choose another place',
  EROFS: 'its file system is read-only; choose another place',
  ENOSPC: 'no space is left on its file system; make room, or choose another place',
  EFBIG: 'the file would be larger than this process may write (ulimit -f); raise the limit',
  EDQUOT: 'the disk quota is used up; make room, or choose another place',
  EIO: 'the device answers with an error; look at the kernel log (dmesg)',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'its links lead round in a circle',
}

/** An error that Node's own modules throw. */
export interface SystemError extends Error {
  /** The errno by name. */
  readonly code: string
  /** What it is about. */
  readonly path?: string
}

/** Whether it is one of those. */
export function isSystemError(error: unknown): error is SystemError {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    'syscall' in error
  )
}

/** One message for people, without a stack trace. */
export function messageOf(error: unknown): string {
  if (error instanceof XenlevelError) return error.message
  if (isSystemError(error)) {
    const what = SYSTEM[error.code] ?? `the system answers ${error.code}`
    return error.path === undefined ? `${what}.` : `${error.path}: ${what}.`
  }
  return error instanceof Error ? error.message : String(error)
}
