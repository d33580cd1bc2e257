/** Why an input cannot be read at all. */
import { ParseError } from '@xenlevel/cpuid'

/** An input that is none of the forms of microcode. Code `MICROCODE_UNRECOGNISED`. */
export class MicrocodeFormatError extends ParseError {
  constructor(why: string, details: Readonly<Record<string, unknown>>) {
    super({
      code: 'MICROCODE_UNRECOGNISED',
      message: `This is no microcode file: ${why}. Expected Intel updates (binary or .dat text), AMD containers or a bare AMD patch, or an early cpio archive.`,
      offset: 0,
      path: 'file',
      details,
    })
  }
}
