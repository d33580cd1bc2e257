/** Findings as they are made: all that count for the verdicts, the first thousands of them kept, none of a round that is thrown away. */
import { IMAGE_FINDINGS, type ImageVerdictName } from './codes.js'
import type { Fault, ImageFinding } from './finding.js'

/** Where a fault is, apart from its offset. */
export type Place = Pick<ImageFinding, 'path' | 'layer' | 'record'>

/** So many are kept; of more, only their number. */
const MOST_KEPT = 2000

/** The findings of one image. */
export class FindingList {
  readonly #kept: ImageFinding[] = []
  readonly #counts = new Map<string, number>()
  readonly #rejected = new Set<ImageVerdictName>()
  /** What the round at hand would reject, and where its findings begin among those that are kept. */
  readonly #pending = new Set<ImageVerdictName>()
  #roundStart = 0
  #left = 0
  /** The verdict that was asked for decides what is an error. */
  readonly #mode: ImageVerdictName | undefined

  constructor(mode: ImageVerdictName | undefined) {
    this.#mode = mode
  }

  /** All that are kept, in order. */
  get kept(): readonly ImageFinding[] {
    return this.#kept
  }

  /** How many there are of each code. */
  get counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counts)
  }

  /** Whether a verdict is "yes" so far. */
  ok(verdict: ImageVerdictName): boolean {
    return !this.#rejected.has(verdict) && !this.#pending.has(verdict)
  }

  /** Adds one; its place is asked for where it is kept. */
  add(fault: Fault, place: () => Place): void {
    const { code, message, offset, rejects = IMAGE_FINDINGS[code].rejects } = fault
    this.#counts.set(code, (this.#counts.get(code) ?? 0) + 1)
    for (const verdict of rejects) this.#pending.add(verdict)
    if (this.#kept.length >= MOST_KEPT) {
      this.#left++
      return
    }
    const where = place()
    const path = fault.path ?? where.path
    this.#kept.push(this.#made({ code, message, offset, ...where, path, rejects }))
  }

  /** What was found so far stays: a round is complete. */
  commit(): void {
    for (const verdict of this.#pending) this.#rejected.add(verdict)
    this.#pending.clear()
    this.#roundStart = this.#kept.length
  }

  /** The last round is never used by a receiver: what was found in it is only the producer's matter. */
  forgive(): void {
    this.#pending.delete('restore')
    for (const finding of this.#kept.splice(this.#roundStart))
      this.#kept.push(
        this.#made({
          ...finding,
          rejects: finding.rejects.filter((verdict) => verdict !== 'restore'),
        }),
      )
  }

  /** All that are kept in the order of the image, and a last one where there were more. */
  list(): readonly ImageFinding[] {
    const list = this.#kept.toSorted((a, b) => a.offset - b.offset)
    if (this.#left > 0)
      list.push(
        this.#made({
          code: 'MORE_FINDINGS',
          message: `${this.#left} more findings were counted and not listed`,
          offset: list.at(-1)?.offset ?? 0,
          ...{ path: 'image', layer: null, record: null, rejects: [] },
        }),
      )
    return list
  }

  #made(finding: Omit<ImageFinding, 'severity'>): ImageFinding {
    const { rejects } = finding
    const error = this.#mode === undefined ? rejects.length > 0 : rejects.includes(this.#mode)
    const severity = error
      ? 'error'
      : rejects.length > 0 || finding.code === 'DEEP'
        ? 'warning'
        : 'info'
    return { ...finding, severity }
  }
}
