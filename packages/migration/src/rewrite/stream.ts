/** Generators as web streams: one chunk goes in when the generator asks for it, and none before what it made of the last was taken. */

/** What a transform does: reads chunks as far as it needs them, and gives others. */
export type Through = (input: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>

/**
 * A transform stream of a generator. Its writable side takes a chunk only while its readable side has demand, as every transform stream
 * does, so that what is held is the chunk at hand and what the generator keeps. An error of the generator is that of both sides.
 */
export function transformOf(through: Through): TransformStream<Uint8Array, Uint8Array> {
  const input = new Handover()
  let ended: Promise<void> = Promise.resolve()
  return new TransformStream<Uint8Array, Uint8Array>({
    start(controller) {
      ended = pump(through(input), controller)
      // Whoever gives the next chunk hears of it.
      ended.catch(() => undefined)
    },
    transform: (chunk) => Promise.race([ended, input.give(chunk)]),
    async flush() {
      void input.give(null)
      await ended
    },
  })
}

async function pump(
  output: AsyncIterable<Uint8Array>,
  controller: TransformStreamDefaultController<Uint8Array>,
): Promise<void> {
  for await (const chunk of output) if (chunk.length > 0) controller.enqueue(chunk)
}

/** Between one who gives chunks and one who asks for them. */
class Handover implements AsyncIterable<Uint8Array> {
  /** Set while the next chunk is waited for. */
  #wanted: ((chunk: Uint8Array | null) => void) | null = null
  /** Set from the moment in which a chunk is given until the one after it is asked for. */
  #given: { readonly chunk: Uint8Array | null; taken: boolean; readonly done: () => void } | null =
    null

  /** Resolves when the chunk is used up; null is the end of the input. */
  give(chunk: Uint8Array | null): Promise<void> {
    return new Promise((resolve) => {
      const wanted = this.#wanted
      this.#given = { chunk, taken: wanted !== null, done: resolve }
      this.#wanted = null
      wanted?.(chunk)
    })
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (let chunk = await this.#next(); chunk !== null; chunk = await this.#next()) yield chunk
  }

  #next(): Promise<Uint8Array | null> {
    const given = this.#given
    if (given !== null && !given.taken) {
      given.taken = true
      return Promise.resolve(given.chunk)
    }
    this.#given = null
    return new Promise((resolve) => {
      this.#wanted = resolve
      given?.done()
    })
  }
}
