/** Files: what lies where is known, so only what is looked at is read. */
import type { Progress } from './progress.js'
import { Rooms } from './rooms.js'

/** What the bytes of a file are brought to: an ImageVerifier. */
export interface Taker {
  /** What it waits for: bytes, or that some are passed over; null if nothing more is of interest. */
  readonly need: { readonly do: 'fill' | 'pass'; readonly bytes: number } | null
  /** Takes the next bytes. */
  push(bytes: Uint8Array): void
  /** Is told that the next bytes are not brought. */
  pass(bytes: number): void
}

/** A file, as far as it is used. */
export interface PositionalFile {
  /** Reads bytes at a position; how many there were, 0 at the end of the file. */
  read(into: Uint8Array, position: number): Promise<number>
  /** How many bytes it has at this moment; infinite if that cannot be told. */
  size(): Promise<number>
}

/** The most that is read at once: beyond it, reading gets no faster. */
export const MOST_READ = 2 ** 18
/** A first read brings a record of Xen's usual batch, 1024 pfns, up to its pages. */
const FIRST_READ = 2 ** 14

/**
 * Brings a file to whoever takes it. Bytes that are not wanted are not read where there are enough of them: one long read is faster than
 * many short ones. Where all is wanted, the next bytes are read while these are looked at.
 */
export async function bringFile(
  taker: Taker,
  file: PositionalFile,
  progress: Progress,
): Promise<void> {
  const reader = new Reader(file)
  let size = await file.size()
  try {
    for (let need = taker.need; need !== null; need = taker.need) {
      progress.moved(reader.position)
      if (need.do === 'fill' || reader.brings(need.bytes)) {
        const bytes = await reader.read(need.bytes)
        if (reader.ended) size = await file.size()
        if (bytes.length === 0) return
        taker.push(bytes)
      } else {
        // Somebody may be writing the file, or cutting it off.
        const end = reader.position + need.bytes
        if (end > size) size = await file.size()
        const passed = Math.max(0, Math.min(need.bytes, size - reader.position))
        taker.pass(passed)
        await reader.pass(passed)
        if (passed < need.bytes) return
      }
    }
    const rest = (await file.size()) - reader.position
    if (rest > 0 && Number.isFinite(rest)) taker.pass(rest)
  } finally {
    await reader.close()
  }
}

/** Reads on and on, at lengths that follow what is asked for. */
class Reader {
  /** Bytes that are read or passed. */
  position = 0
  /** The last read gave less than it could, so the file ends, perhaps earlier than it did before. */
  ended = false
  readonly #file: PositionalFile
  readonly #rooms = new Rooms(MOST_READ)
  #length = FIRST_READ
  /** Where the last long gap ended. */
  #extent = 0
  /** How much was asked for last. */
  #wanted = 0
  /** The bytes behind the position, on their way. */
  #ahead: Promise<number> | null = null

  constructor(file: PositionalFile) {
    this.#file = file
  }

  /** Whether as many bytes, and more, are on their way already. */
  brings(bytes: number): boolean {
    return this.#ahead !== null && bytes < MOST_READ
  }

  /** The next bytes: at least one, unless the file ends. */
  async read(wanted: number): Promise<Uint8Array> {
    const coming = this.#ahead ?? this.#start(wanted)
    this.#ahead = null
    const bytes = this.#rooms.read(await coming)
    this.position += bytes.length
    this.ended = bytes.length < this.#wanted
    if (this.#length === MOST_READ && bytes.length > 0) {
      this.#ahead = this.#start(MOST_READ)
      // Looked at when it is waited for; until then nobody is to be told.
      this.#ahead.catch(() => undefined)
    }
    this.#length = Math.min(this.#length * 2, MOST_READ)
    return bytes
  }

  /** Leaves bytes out. */
  async pass(bytes: number): Promise<void> {
    // What was to come next is not what follows now.
    await this.close()
    this.#rooms.restart()
    const long = bytes > this.#length
    // The records of an image are alike: the next one takes what this one took.
    if (long) this.#length = clamped(this.position - this.#extent)
    this.position += bytes
    if (long) this.#extent = this.position
  }

  /** Waits for what is on its way, as the file must not be closed before. */
  async close(): Promise<void> {
    await this.#ahead?.catch(() => undefined)
    this.#ahead = null
  }

  #start(wanted: number): Promise<number> {
    const room = this.#rooms.next(Math.max(wanted, this.#length))
    this.#wanted = room.length
    return this.#file.read(room, this.position)
  }
}

function clamped(bytes: number): number {
  return Math.max(FIRST_READ, Math.min(bytes, MOST_READ))
}
