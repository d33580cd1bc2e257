/** Microcode files out of names, directories and standard input. */
import { type MicrocodeFile, parseMicrocode, recogniseMicrocode } from '@xenlevel/microcode'
import { CommandError, messageOf } from '../errors.js'
import { readWhole } from '../inputs/binary.js'
import { findSources } from '../inputs/sources.js'
import type { Io } from '../io.js'
import type { Problem } from '../output/printer.js'
import { progressOn } from '../progress.js'

/** One file. */
export interface ReadMicrocode {
  /** As it was named. */
  readonly name: string
  /** All of it. */
  readonly bytes: Uint8Array
  /** What is in it. */
  readonly file: MicrocodeFile
}

/** What was read, and what was not. */
export interface MicrocodeList {
  /** The files, in order. */
  readonly files: readonly ReadMicrocode[]
  /** What could not be read. */
  readonly problems: readonly Problem[]
  /** Files of directories that are something else, such as a README. */
  readonly passedOver: readonly string[]
}

/** What is asked of the reader. */
export interface MicrocodeQuestion {
  /** The verb, for messages. */
  readonly verb: string
  /** Is told what could not be read. */
  readonly tell: (problem: Problem) => void
}

/** Larger than any initrd that is loaded at boot. */
const LIMIT = 1024 * 1024 * 1024

/** @throws {@link CommandError} if there is no microcode at all. */
export async function listMicrocode(
  operands: readonly string[],
  io: Pick<Io, 'files' | 'stdin' | 'stderr'>,
  { verb, tell }: MicrocodeQuestion,
): Promise<MicrocodeList> {
  const files: ReadMicrocode[] = []
  const problems: Problem[] = []
  const passedOver: string[] = []
  const progress = progressOn(io.stderr, 'files')
  const complain = (problem: Problem) => {
    problems.push(problem)
    tell(problem)
  }
  for await (const { source, problem } of findSources(operands, io, { verb, what: 'microcode' })) {
    if (problem !== undefined) {
      complain(problem)
      continue
    }
    const { name } = source
    try {
      const bytes = await readWhole(source.chunks(), LIMIT)
      if (bytes === null)
        complain({
          file: name,
          line: null,
          code: 'TOO_LONG',
          message: 'it is too long for microcode.',
        })
      else if (recogniseMicrocode(bytes) === null && !operands.includes(name) && name !== '-')
        passedOver.push(name)
      else files.push({ name, bytes, file: parseMicrocode(bytes) })
    } catch (error) {
      const message = messageOf(error).replace(`${name}: `, '')
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNREADABLE'
      complain({ file: name, line: null, code, message })
    }
    progress.report(files.length)
  }
  progress.end()
  if (files.length === 0)
    throw new CommandError({
      code: 'NO_MICROCODE',
      message:
        'There is no microcode among the inputs; read are Intel’s files, binary and .dat, AMD containers, and initrds that begin with an early archive.',
    })
  return { files, problems, passedOver }
}
