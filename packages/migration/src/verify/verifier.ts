/** The judge of images: bytes are pushed in, findings come out. One walk for whoever has the bytes: a stream, a file, a writer. */
import { ImageError } from '../errors.js'
import { ByteQueue } from '../input/queue.js'
import { walkImage } from '../layers/recognise.js'
import type { Step, Steps } from '../walk.js'
import type { ImageFinding } from './finding.js'
import { Judgement } from './judgement.js'
import type { ImageVerifierOptions } from './options.js'
import type { ImageReport } from './report.js'

/** Bytes that a verifier has to see. */
export interface VerifierFill {
  /** They are to be pushed. */
  readonly do: 'fill'
  /** How many more, at least. */
  readonly bytes: number
}

/** Bytes that a verifier has no interest in. */
export interface VerifierPass {
  /** They are to be pushed, or passed over by {@link ImageVerifier.pass}. */
  readonly do: 'pass'
  /** How many. */
  readonly bytes: number
}

/** What a verifier waits for. */
export type VerifierNeed = VerifierFill | VerifierPass

/**
 * Judges an image as its bytes come, synchronously and in bounded memory. Whatever the bytes are, it never throws, and there is a report in
 * the end; it is the same however they were cut.
 */
export class ImageVerifier {
  readonly #queue = new ByteQueue()
  readonly #walk: Steps<void>
  readonly #judgement: Judgement
  /** What the walk asked for and has not got. */
  #step: Step | null = null
  /** Of a skip: how many bytes are passed already. */
  #passed = 0
  #ended = false

  constructor(options: ImageVerifierOptions = {}) {
    this.#judgement = new Judgement(this.#queue, options)
    this.#walk = walkImage(this.#judgement.cursor)
    this.#next(0)
  }

  /** What is found so far, in the order in which it was seen. */
  get findings(): readonly ImageFinding[] {
    return this.#judgement.findings.kept
  }

  /** Whether both verdicts are "yes" so far: nothing that was pushed is wrong, whatever is still missing. */
  get ok(): boolean {
    const { findings } = this.#judgement
    return findings.ok('verify') && findings.ok('restore')
  }

  /** What it waits for; null when the image is read to its end or cannot be followed. What is pushed then is counted as following it. */
  get need(): VerifierNeed | null {
    switch (this.#step?.do) {
      case 'fill':
        return { do: 'fill', bytes: this.#step.bytes - this.#queue.length }
      case 'skip':
        return { do: 'pass', bytes: this.#step.bytes - this.#passed }
      default:
        return null
    }
  }

  /** Which part it is in, outermost first. */
  get path(): string {
    return this.#judgement.cursor.path
  }

  /** How many bytes of the input are behind it. */
  get offset(): number {
    return this.#judgement.cursor.offset + this.#queue.length
  }

  /** Takes the next bytes of the input. They must not change afterwards: some may be looked at with the next ones. */
  push(bytes: Uint8Array): void {
    this.#queue.push(bytes)
    this.#go()
  }

  /** Says that the next bytes of the input are not brought: at most as many as {@link need} says may be passed. */
  pass(bytes: number): void {
    this.#judgement.cursor.pass(bytes)
    if (this.#step === null) this.#judgement.trail(bytes)
    this.#passed += bytes
    this.#go()
  }

  /** Says that the input ends, and asks what was found. */
  end(): ImageReport {
    if (!this.#ended) {
      this.#ended = true
      // A step that cannot be done is answered with what there is, and the walk says what is missing.
      while (this.#step !== null)
        this.#next(this.#step.do === 'skip' ? this.#passed : this.#queue.length)
      this.#judgement.trail(this.#queue.drop(this.#queue.length))
      this.#judgement.end()
    }
    return this.#judgement.report()
  }

  #go(): void {
    for (let step = this.#step; step !== null; step = this.#step) {
      if (step.do === 'fill') {
        if (this.#queue.length < step.bytes) return
        this.#next(this.#queue.length)
      } else if (step.do === 'skip') {
        this.#passed += this.#queue.drop(step.bytes - this.#passed)
        if (this.#passed < step.bytes) return
        this.#next(this.#passed)
      }
    }
    this.#judgement.trail(this.#queue.drop(this.#queue.length))
  }

  /** Answers the walk up to where it waits for bytes. */
  #next(answer: number): void {
    this.#step = null
    this.#passed = 0
    try {
      for (let reply = answer; ; ) {
        const { done, value: step } = this.#walk.next(reply)
        if (done === true) return
        if (step.do === 'fill' || step.do === 'skip') {
          this.#step = step
          return
        }
        reply = step.do === 'begin' ? this.#judgement.begin(step.piece) : 0
        if (step.do === 'event') this.#judgement.event(step.event)
      }
    } catch (error) {
      if (!(error instanceof ImageError)) throw error
      this.#judgement.stop(error)
    }
  }
}
