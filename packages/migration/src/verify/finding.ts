/** What is wrong with an image, and for whom. */
import type { Finding } from '@xenlevel/core'
import type { ImageLayer } from '../event.js'
import type { ImageFindingCode, ImageVerdictName } from './codes.js'

/** What was noticed in an image. */
export interface ImageFinding extends Finding {
  /** Stable name of what was noticed. */
  readonly code: ImageFindingCode
  /** Where, in bytes from the start of the input. */
  readonly offset: number
  /** Which part, outermost first, such as `xl.libxl.libxc.record 3 (PAGE_DATA)`. */
  readonly path: string
  /** The form in which it is; null before any was recognised, and behind the end. */
  readonly layer: ImageLayer | null
  /** Number of the record among those of its form, from 0; null outside records. */
  readonly record: number | null
  /** The verdicts that it makes "no"; empty for what is only good to know. */
  readonly rejects: readonly ImageVerdictName[]
}

/** A finding, as those say it who are in the midst of reading: the place is known. */
export interface Fault {
  /** What it is. */
  readonly code: ImageFindingCode
  /** One sentence for people. */
  readonly message: string
  /** Where it is wrong, in bytes from the start of the input. */
  readonly offset: number
  /** The verdicts that it makes "no", where they are not those of its code. */
  readonly rejects?: readonly ImageVerdictName[]
  /** Which part, where that is not what is being read. */
  readonly path?: string
}
