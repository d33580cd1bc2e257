/** What is thrown when something cannot become part of an image. */
import { XenlevelError } from '@xenlevel/cpuid'
import type { ImageFinding } from '../verify/finding.js'

/** Something that a strict verifier would refuse, or that has no place in the image. The code is that of the finding. */
export class ImageWriterError extends XenlevelError {
  /** What the verifier says, where it was asked. */
  readonly findings: readonly ImageFinding[]

  constructor(code: string, message: string, findings: readonly ImageFinding[] = []) {
    super({ code, message, details: { findings } })
    this.findings = findings
  }
}

/** The error of what the verifier refuses. */
export function refusal(all: readonly ImageFinding[]): ImageWriterError {
  const rejecting = all.filter(({ rejects }) => rejects.length > 0)
  // What is not complete without being wrong is told of by a finding that rejects nothing.
  const findings = rejecting.length > 0 ? rejecting : all.slice(-1)
  const [first] = findings
  return new ImageWriterError(
    first?.code ?? 'UNEXPECTED_RECORD',
    `The image would not be a right one, and what was given last is left out: ${findings
      .map(({ message, path }) => `${message} (${path})`)
      .join('; ')}`,
    findings,
  )
}
