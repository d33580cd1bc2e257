/** Microcode that no CPU would take: headers with sums that are right, and nothing in them. */

/** An Intel update of 2048 bytes. */
export function emptyUpdate({
  signature = 0x306f2,
  revision = 0x49,
  platforms = 0x6f,
}: {
  readonly signature?: number
  readonly revision?: number
  readonly platforms?: number
} = {}): Uint8Array {
  const words = new Uint32Array(512)
  words.set([1, revision, 0x08122025, signature, 0, 1, platforms, 2000, 2048])
  words[4] = -words.reduce((sum, word) => (sum + word) >>> 0, 0)
  return new Uint8Array(words.buffer)
}
