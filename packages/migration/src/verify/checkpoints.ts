/** Checkpoints: where they may be, and what is said where nobody announced them. */
import { CHECKPOINT } from '../records/types.js'
import type { Beginning } from '../walk.js'
import type { Bench } from './rules.js'

/** The rules of the CHECKPOINT records of an image. */
export class CheckpointRules {
  readonly #bench: Bench
  #said = false

  constructor(bench: Bench) {
    this.#bench = bench
  }

  /** A record begins. */
  begin({ type, offset }: Beginning): void {
    const { checkpointed } = this.#bench.options
    if (type !== CHECKPOINT || checkpointed === true || this.#said) return
    this.#said = true
    this.#bench.found(
      checkpointed === false
        ? {
            code: 'UNEXPECTED_RECORD',
            message: 'CHECKPOINT is in an image that the receiver is told has none',
            offset,
          }
        : {
            code: 'CHECKPOINTED',
            message:
              'The image has checkpoints: it can only be restored by a receiver that is told so',
            offset,
          },
    )
  }
}
