/** Where a verb's answer goes: text or JSON to standard output, complaints to standard error. */

import { messageOf } from '../errors.js'
import type { Io } from '../io.js'
import { type Style, styleFor } from './style.js'

/** Something about one input, with its place. */
export interface Problem {
  /** The file; `-` is standard input. */
  readonly file: string
  /** The line in it, from 1; null where it is about the whole file. */
  readonly line: number | null
  /** Stable name of the error. */
  readonly code: string
  /** One sentence for people. */
  readonly message: string
}

/** The output of one run. */
export class Printer {
  /** Stresses text that goes to standard output. */
  readonly style: Style
  readonly #io: Io
  readonly #complaints: Style
  #failing = 0

  constructor(io: Io) {
    this.#io = io
    this.style = styleFor(io.stdout, io.env)
    this.#complaints = styleFor(io.stderr, io.env)
  }

  /** How many problems were told. */
  get problems(): number {
    return this.#failing
  }

  /** How wide text may be. */
  get width(): number {
    return Math.min(Math.max(this.#io.stdout.columns, 40), 120)
  }

  /** Lines of the answer. */
  lines(...lines: readonly string[]): void {
    this.#io.stdout.write(lines.map((line) => `${line}\n`).join(''))
  }

  /** A text as it is. */
  raw(content: string | Uint8Array): void {
    this.#io.stdout.write(content)
  }

  /** The answer as a JSON document. */
  document(document: object): void {
    this.#io.stdout.write(`${JSON.stringify(document, null, 2)}\n`)
  }

  /** What is wrong with one input; the rest goes on. */
  problem(problem: Problem): void {
    this.#failing++
    const place = problem.line === null ? problem.file : `${problem.file}:${problem.line}`
    this.#io.stderr.write(`xenlevel: ${this.#complaints('red', place)}: ${problem.message}\n`)
  }

  /** Something that should be known and is no part of the answer. */
  note(message: string): void {
    this.#io.stderr.write(`xenlevel: ${message}\n`)
  }

  /** What ended the run. */
  failure(error: unknown): void {
    this.#io.stderr.write(`xenlevel: ${this.#complaints('red', messageOf(error))}\n`)
  }
}
