/** Images without the guest's memory: small, and without its secrets, for those who look for what is wrong with the rest. */
import { drive } from '../input/drive.js'
import { ByteQueue } from '../input/queue.js'
import { UnreadInput } from '../input/remainder.js'
import { openSource } from '../input/source.js'
import { walkImage } from '../layers/recognise.js'
import { PAGE_DATA } from '../records/types.js'
import { type Beginning, Cursor } from '../walk.js'
import { transformOf } from './stream.js'

/**
 * Leaves out every PAGE_DATA of an image and keeps every other byte, those behind the image as well. State of the guest that is not
 * memory stays: registers, the HVM context, what its device model saved.
 *
 * The stream fails with an {@link ImageError} where the image cannot be read on, behind what was kept until there.
 */
export function trimImage(): TransformStream<Uint8Array, Uint8Array> {
  return transformOf(trimmed)
}

async function* trimmed(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let kept: Uint8Array[] = []
  let dropping = false
  const queue = new ByteQueue((bytes) => {
    if (!dropping) kept.push(bytes)
  })
  const chunks = openSource(input)
  const begin = (piece: Beginning) => {
    dropping = piece.layer === 'libxc' && piece.type === PAGE_DATA
    // Bodies that are shown come piece by piece, so that a long one is not held.
    return dropping ? ('pass' as const) : ('show' as const)
  }
  const walk = walkImage(new Cursor(queue))
  try {
    for await (const { kind } of drive({ walk, queue, chunks, signal: undefined, begin })) {
      yield* kept
      kept = []
      if (kind === 'record') dropping = false
    }
  } catch (error) {
    yield* kept
    throw error
  }
  yield* new UnreadInput(queue, chunks)
}
