/** Images of any form, judged: from a stream, in bounded memory. */
import { Progress } from './input/progress.js'
import { type AbortLike, abandon, type ImageSource, nextChunk, openSource } from './input/source.js'
import type { ImageJudgeOptions } from './verify/options.js'
import type { ImageReport } from './verify/report.js'
import { ImageVerifier } from './verify/verifier.js'

/** How far judging is. */
export interface VerifyProgress {
  /** Bytes of the input that are behind. */
  readonly bytes: number
  /** What is read now, outermost first, such as `xl.libxl.libxc.record 3 (PAGE_DATA)`. */
  readonly path: string
  /** Findings so far. */
  readonly findings: number
}

/** Options of {@link verifyImage}. */
export interface VerifyImageOptions extends ImageJudgeOptions {
  /** Is told of progress every few megabytes of the image, and at the end. */
  readonly onProgress?: (progress: VerifyProgress) => void
  /** Ends judging with its reason and closes the source. */
  readonly signal?: AbortLike
}

/**
 * Judges an image of xl, libvirt, libxl, xenopsd or libxc by two questions that are kept apart: is its producer right, and must a receiver
 * take it. The whole input is read, as something may follow the image. Nothing in it makes this throw: whatever is wrong is in the report,
 * all of it, with its place.
 *
 * @throws {@link SourceError} for a source that gives something else than bytes, the source's own errors, the reason of the signal.
 */
export async function verifyImage(
  source: ImageSource,
  options: VerifyImageOptions = {},
): Promise<ImageReport> {
  const { onProgress, signal, ...known } = options
  const verifier = new ImageVerifier(known)
  const tell = (bytes: number) =>
    onProgress?.({ bytes, path: verifier.path, findings: verifier.findings.length })
  const progress = new Progress(signal, tell)
  const chunks = openSource(source)
  try {
    for (;;) {
      const chunk = await nextChunk(chunks, signal)
      if (chunk === null) break
      verifier.push(chunk)
      progress.moved(verifier.offset)
    }
  } catch (error) {
    abandon(chunks)
    throw error
  }
  const report = verifier.end()
  tell(verifier.offset)
  return report
}
