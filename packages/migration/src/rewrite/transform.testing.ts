/** For tests: inputs cut in every way, through a transform. */
import { CountedSource, concat } from '../images.testing.js'

/** All that comes out for an input in chunks of these sizes, over and over. */
export async function through(
  transform: TransformStream<Uint8Array, Uint8Array>,
  bytes: Uint8Array,
  sizes: readonly number[] = [bytes.length],
): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for await (const piece of streamOf(bytes, sizes).pipeThrough(transform)) pieces.push(piece)
  return concat(pieces)
}

/** What comes out before it fails, and what it fails with; null if it does not. */
export async function failing(
  transform: TransformStream<Uint8Array, Uint8Array>,
  bytes: Uint8Array,
  sizes: readonly number[] = [bytes.length],
): Promise<{ written: Uint8Array; error: unknown }> {
  const pieces: Uint8Array[] = []
  let error: unknown = null
  try {
    for await (const piece of streamOf(bytes, sizes).pipeThrough(transform)) pieces.push(piece)
  } catch (thrown) {
    error = thrown
  }
  return { written: concat(pieces), error }
}

/** A web stream of bytes in chunks. */
export function streamOf(
  bytes: Uint8Array,
  sizes: readonly number[] = [bytes.length],
): ReadableStream<Uint8Array> {
  const source = new CountedSource(bytes, sizes)[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await source.next()
      if (done === true) controller.close()
      else controller.enqueue(value)
    },
  })
}
