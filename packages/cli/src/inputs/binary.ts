/** Files that are no text: recognised by their first bytes, so that a verb can say which other verb reads them. */
import type { Source } from './sources.js'

/** What binary files begin with: bytes as characters. */
const MAGICS: readonly (readonly [begins: string, what: BinaryKind])[] = [
  ['Xen save', 'image'],
  ['libvirt-xml', 'image'],
  ['LibxlFmt', 'image'],
  ['XenSaved', 'image'],
  ['\xff\xff\xff\xff\xff\xff\xff\xff', 'image'],
  ['DMA\0', 'microcode'],
  ['\x01\0\0\0', 'microcode'],
  ['070701', 'microcode'],
  ['\x1f\x8b', 'compressed'],
  ['\xfd7zXZ', 'compressed'],
  ['\x28\xb5\x2f\xfd', 'compressed'],
]

/** Kinds of files that are no text. */
export type BinaryKind = 'image' | 'microcode' | 'compressed' | 'binary'

/** What to do with each where text is wanted. */
export const BINARY_ADVICE: Readonly<Record<BinaryKind, string>> = {
  image: 'it is a domain image: "xenlevel image head" and "xenlevel admit" read those.',
  microcode: 'it is microcode, or an initrd: "xenlevel ucode list" reads those.',
  compressed: 'it is compressed: unpack it first, or give it by a pipe.',
  binary: 'it is no text.',
}

/** What the first bytes say; null for text. */
export function binaryKindOf(first: Uint8Array): BinaryKind | null {
  const row = MAGICS.find(([begins]) =>
    [...begins].every((character, at) => first[at] === character.charCodeAt(0)),
  )
  if (row !== undefined) return row[1]
  return first.subarray(0, 4096).includes(0) ? 'binary' : null
}

/** A source whose first bytes were looked at, and can be read as if they had not been. */
export interface PeekedSource {
  /** The first bytes; none of an empty source. */
  readonly first: Uint8Array
  /** All bytes. */
  chunks(): AsyncIterable<Uint8Array>
  /** Gives back what it holds, unread. */
  close(): Promise<void>
}

/** Looks at the first bytes of a source. */
export async function peek(source: Source, least = 64): Promise<PeekedSource> {
  const iterator = source.chunks()[Symbol.asyncIterator]()
  const held: Uint8Array[] = []
  let size = 0
  while (size < least) {
    const next = await iterator.next()
    if (next.done === true) break
    held.push(next.value)
    size += next.value.length
  }
  const first = held.length === 1 && held[0] !== undefined ? held[0] : Buffer.concat(held)
  const close = async () => {
    await iterator.return?.()
  }
  return {
    first,
    close,
    async *chunks() {
      try {
        if (first.length > 0) yield first
        for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
          yield next.value
      } finally {
        await close()
      }
    },
  }
}

/** A whole source; no more than `limit` bytes. */
export async function readWhole(
  chunks: AsyncIterable<Uint8Array>,
  limit: number,
): Promise<Uint8Array | null> {
  const held: Uint8Array[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > limit) return null
    held.push(chunk)
  }
  return Buffer.concat(held, size)
}
