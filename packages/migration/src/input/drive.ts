/** Brings bytes from a source to a walk, as few as it asks for. */

import type { ImageEvent } from '../event.js'
import type { Beginning, Steps } from '../walk.js'
import type { ByteQueue } from './queue.js'
import { type AbortLike, type Chunks, nextChunk, throwIfAborted } from './source.js'

/** What a walk is driven with. */
export interface Drive {
  /** The walk. */
  readonly walk: Steps<void>
  /** The bytes that have come. */
  readonly queue: ByteQueue
  /** Where more come from. */
  readonly chunks: Chunks
  /** Ends it. */
  readonly signal: AbortLike | undefined
  /** Asked at the beginning of each piece, of which nothing is used yet: go on, show its body as well, or stop before it. */
  readonly begin: (piece: Beginning) => 'pass' | 'show' | 'stop'
}

/** The events of a walk. A chunk is asked for when a byte of it is needed, and not before the event before it was taken. */
export async function* drive({
  walk,
  queue,
  chunks,
  signal,
  begin,
}: Drive): AsyncGenerator<ImageEvent, void, undefined> {
  let answer = 0
  for (;;) {
    const { done, value: step } = walk.next(answer)
    if (done) return
    switch (step.do) {
      case 'event':
        yield step.event
        throwIfAborted(signal)
        break
      case 'begin': {
        const wish = begin(step.piece)
        if (wish === 'stop') return
        answer = wish === 'show' ? 1 : 0
        break
      }
      case 'fill': {
        while (queue.length < step.bytes) {
          const chunk = await nextChunk(chunks, signal)
          if (chunk === null) break
          queue.push(chunk)
        }
        answer = queue.length
        break
      }
      case 'skip': {
        let left = step.bytes
        while (left > 0) {
          const chunk = await nextChunk(chunks, signal)
          if (chunk === null) break
          queue.push(chunk)
          left -= queue.drop(left)
        }
        answer = step.bytes - left
        break
      }
    }
  }
}
