/** Generators as web streams: one chunk goes in when the generator asks for it, and none before what it made of the last was taken. */

/** What a transform does: reads chunks as far as it needs them, to their end, and gives others. */
export type Through = (input: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

/**
 * A transform stream of a generator. Its writable side takes a chunk only while its readable side has demand, as every transform stream
 * does, so that what is held is the chunk at hand and what the generator keeps. An error of the generator is that of both sides.
 */
export function transformOf(through: Through): TransformStream<Uint8Array, Uint8Array> {
  const input = new Handover()
  return new TransformStream<Uint8Array, Uint8Array>({
    start(controller) {
      pump(through(input), controller).then(
        () => input.close(null),
        (error: unknown) => input.close({ error }),
      )
    },
    transform: (chunk) => input.give(chunk),
    flush: () => input.give(null),
  })
}

async function pump(
  output: AsyncIterable<Uint8Array>,
  controller: TransformStreamDefaultController<Uint8Array>,
): Promise<void> {
  for await (const chunk of output) if (chunk.length > 0) controller.enqueue(chunk)
}

/** A chunk that was given; null is the end of the input. */
interface Given {
  readonly chunk: Uint8Array | null
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Between one who gives chunks, one at a time, and one who asks for them. */
class Handover implements AsyncIterable<Uint8Array> {
  /** Set while the next chunk is waited for. */
  #wanted: ((chunk: Uint8Array | null) => void) | null = null
  /** Set from the moment in which a chunk is given until the next is asked for. */
  #given: Given | null = null
  #taken = false
  #closed: { readonly failure: { readonly error: unknown } | null } | null = null

  /** Resolves when the chunk is used up, of the end when everything is given; rejects as the other side fails. */
  give(chunk: Uint8Array | null): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#given = { chunk, resolve, reject }
      const wanted = this.#wanted
      this.#wanted = null
      this.#taken = wanted !== null
      if (this.#closed !== null) this.#settle(this.#closed.failure)
      else wanted?.(chunk)
    })
  }

  /** Nothing more is asked for. */
  close(failure: { readonly error: unknown } | null): void {
    this.#closed = { failure }
    this.#settle(failure)
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let chunk = await this.#next(); chunk !== null; chunk = await this.#next()) yield chunk
  }

  #next(): Promise<Uint8Array | null> {
    if (this.#given !== null && !this.#taken) {
      this.#taken = true
      return Promise.resolve(this.#given.chunk)
    }
    return new Promise((resolve) => {
      this.#wanted = resolve
      this.#settle(null)
    })
  }

  #settle(failure: { readonly error: unknown } | null): void {
    const given = this.#given
    this.#given = null
    if (failure === null) given?.resolve()
    else given?.reject(failure.error)
  }
}
