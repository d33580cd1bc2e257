/** The whole answer of who judges an image. */
import type { ImageFormat, ImageLayer } from '../event.js'
import type { ImageFinding } from './finding.js'
import type { PageSummary } from './pages.js'

/** One of the two verdicts. */
export interface ImageVerdict {
  /** It is "yes". */
  readonly ok: boolean
  /** The findings that make it "no", in the order of the image. */
  readonly findings: readonly ImageFinding[]
}

/** Checkpoints of an image. */
export interface ImageCheckpoints {
  /** How many are complete. */
  readonly complete: number
  /** Where the last complete one ends, in bytes from the start of the input: a restore needs no byte behind it. Null without one. */
  readonly lastEnd: number | null
}

/** What was found of an image. */
export interface ImageReport {
  /** The verdict that was asked for is "yes"; without a `mode`, both are. */
  readonly ok: boolean
  /** Is the producer right: nothing in the image is against the specification. */
  readonly verify: ImageVerdict
  /** Must a receiver take it. */
  readonly restore: ImageVerdict
  /** All findings in the order of the image, those that reject nothing among them. */
  readonly findings: readonly ImageFinding[]
  /** How many findings of each code there are, those that were left out of `findings` among them. */
  readonly counts: Readonly<Record<string, number>>
  /** The outermost form; null if none was recognised. */
  readonly format: ImageFormat | null
  /** The forms inside each other, outermost first. */
  readonly layers: readonly ImageLayer[]
  /** Version of the libxc image; null if it was not reached. */
  readonly version: number | null
  /** Major and minor number of the Xen that wrote it; null if they were not reached. */
  readonly xen: readonly [major: number, minor: number] | null
  /** The kind of guest by the domain header, which calls a PVH guest HVM; null if it was not reached or says neither. */
  readonly kind: 'pv' | 'hvm' | null
  /** Whether the image was read up to its end. */
  readonly complete: boolean
  /** How many bytes the image has; of one that is not complete, those that could be followed. */
  readonly size: number
  /** How many bytes of the input are behind those. */
  readonly trailing: number
  /** How many records of each name there are, as `libxl.END`. */
  readonly records: Readonly<Record<string, number>>
  /** The pages of its PAGE_DATA. */
  readonly pages: PageSummary
  /** Its checkpoints. */
  readonly checkpoints: ImageCheckpoints
  /** What was not looked into, a sentence each; nothing of it is judged. */
  readonly unseen: readonly string[]
}
