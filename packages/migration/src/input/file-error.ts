/** What is thrown when a file cannot be opened or read, by what the system says of it. */
import { XenlevelError } from '@xenlevel/cpuid'

/** Stable names of why a file cannot be read. */
export type ImageFileErrorCode =
  | 'FILE_NOT_FOUND'
  | 'FILE_NOT_PERMITTED'
  | 'FILE_IS_DIRECTORY'
  | 'BAD_DESCRIPTOR'
  | 'FILE_UNREADABLE'

interface Reason {
  readonly code: ImageFileErrorCode
  /** What it means and what to do. */
  readonly advice: string
}

const NOT_FOUND: Reason = {
  code: 'FILE_NOT_FOUND',
  advice: 'there is no such file: check the path',
}
const NOT_PERMITTED: Reason = {
  code: 'FILE_NOT_PERMITTED',
  advice: 'this process may not read it; toolstacks save images as root, for root alone',
}
const BAD_DESCRIPTOR: Reason = {
  code: 'BAD_DESCRIPTOR',
  advice: 'it has to be open, and for reading',
}

/** By the name of the system's error. */
const REASONS: Readonly<Record<string, Reason>> = {
  ENOENT: NOT_FOUND,
  ENOTDIR: NOT_FOUND,
  EACCES: NOT_PERMITTED,
  EPERM: NOT_PERMITTED,
  EISDIR: {
    code: 'FILE_IS_DIRECTORY',
    advice: 'it is a directory: name one of the files in it',
  },
  EBADF: BAD_DESCRIPTOR,
  // What Node says of a number that cannot be a descriptor.
  ERR_OUT_OF_RANGE: BAD_DESCRIPTOR,
}

/** A file or descriptor that cannot be read. `details` has `errno`, the system's name of the error, and `cause` is its own. */
export class ImageFileError extends XenlevelError {
  declare readonly code: ImageFileErrorCode

  /** @param what - the path, or which descriptor. */
  constructor(what: string, errno: string, cause?: unknown) {
    const { code, advice } = REASONS[errno] ?? {
      code: 'FILE_UNREADABLE',
      advice: `reading fails with ${errno}: look into the system's log`,
    }
    super({
      code,
      message: `${what} cannot be read: ${advice}`,
      details: { file: what, errno },
      ...(cause === undefined ? {} : { cause }),
    })
  }
}

/** The same for what a call of Node threw; what is no error of the system, such as a wrong type, passes as it is. */
export function fileError(what: string, error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null
  return typeof code === 'string' && (code in REASONS || /^E[A-Z0-9]+$/.test(code))
    ? new ImageFileError(what, code, error)
    : error
}
