/** Spans run in a thread that is watched: an input that never comes back, or takes all memory, is a fault as any other. */
import { Worker } from 'node:worker_threads'
import { type Fault, processorTime, type Span, type SpanResult, textOf } from './run.js'
import type { Job } from './worker.js'

/** An input that uses the processor longer, in seconds, is ended; many times what is slow. */
const BUSY = 30
/** So is one that waits longer for what never comes, in seconds of the clock: machines are shared, and sleep. */
const WAITING = 1800

/** The most that a thread may hold, in MiB. */
const MEMORY = 1024

/** Runs spans one after the other in a thread, and in a new one after each that had to be ended. */
export class WatchedThread {
  #worker: Worker | null = null
  readonly #program: URL
  readonly #numbers = new Float64Array(new SharedArrayBuffer(8))

  /** @param program - what bundleThread made. */
  constructor(program: URL) {
    this.#program = program
  }

  /** The number of the input that runs. */
  get number(): number {
    return this.#numbers[0] ?? 0
  }

  /** Runs a span. */
  async run(target: string, span: Span): Promise<SpanResult> {
    const start = processorTime()
    const worker = this.#worker ?? this.#start()
    this.#worker = worker
    const faulty = async (error: string): Promise<SpanResult> => {
      await this.end()
      const number = Math.max(this.number, span.first)
      const fault: Fault = { target, seed: span.seed, number, error }
      const milliseconds = processorTime() - start
      return { ran: number - span.first + 1, milliseconds, slowest: 0, fault }
    }
    return await new Promise((resolve) => {
      let [seen, clock, processor] = [-1, 0, 0]
      const watch = setInterval(() => {
        const now = { clock: performance.now() / 1000, processor: processorTime() / 1000 }
        // Until the thread has read the library, no input runs.
        if (this.number === seen && seen >= 0) {
          if (now.processor - processor > BUSY || now.clock - clock > WAITING)
            settle(() => faulty('the input did not come back'))
        } else {
          seen = this.number
          clock = now.clock
          processor = now.processor
        }
      }, 1000)
      const settle = (result: () => SpanResult | Promise<SpanResult>) => {
        clearInterval(watch)
        worker.off('message', onResult).off('error', onError).off('exit', onExit)
        resolve(result())
      }
      const onResult = (result: SpanResult) => settle(() => result)
      const onError = (error: unknown) => settle(() => faulty(textOf(error)))
      const onExit = (code: number) => settle(() => faulty(`the thread ended with ${code}`))
      worker.on('message', onResult).on('error', onError).on('exit', onExit)
      const job: Job = { target, ...span }
      this.#numbers[0] = -1
      worker.postMessage(job)
    })
  }

  /** Ends the thread. */
  async end(): Promise<void> {
    const worker = this.#worker
    this.#worker = null
    // Whatever a thread that is ended has to say is of no interest.
    worker?.on('error', () => undefined)
    await worker?.terminate()
  }

  #start(): Worker {
    return new Worker(this.#program, {
      execArgv: [],
      workerData: this.#numbers.buffer,
      resourceLimits: { maxOldGenerationSizeMb: MEMORY },
    })
  }
}
