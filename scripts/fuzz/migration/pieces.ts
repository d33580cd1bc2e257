/** Images for the targets of migration: sound ones, damaged ones, noise; and bytes cut anywhere. */
import fc from 'fast-check'
import { pick, type Random } from '../../../packages/cpuid/src/random.testing.js'
import { IMAGES } from '../../../packages/migration/src/build.testing.js'
import { concat } from '../../../packages/migration/src/images.testing.js'
import { damage } from '../../../packages/migration/src/verify/mutations.testing.js'
import { fixture } from '../material.js'

const SAVED = ['guest', 'guest-levelled'].map((name) => fixture(`story/${name}.save`))
const SOUND: readonly Uint8Array[] = [...IMAGES.map(({ image }) => image), ...SAVED]

/** How many bytes at the beginning stay as they are. */
const KEPT = [0, 0, 24, 100, 200, 400, 1200]

/** An image: one in ten is sound, one in ten is noise behind the beginning of one. */
export function oddImage(random: Random): Uint8Array {
  const sound = pick(random, SOUND)
  const kind = random(10)
  if (kind === 0) return sound.slice()
  if (kind === 1) return noise(random, sound)
  const [change] = fc.sample(damage, { numRuns: 1, seed: random(2 ** 31) })
  if (change === undefined) return sound.slice()
  // What is wrong in a header hides everything behind it.
  const kept = pick(random, KEPT)
  return concat([sound.subarray(0, kept), change(sound.subarray(kept))])
}

function noise(random: Random, sound: Uint8Array): Uint8Array {
  const bytes = Uint8Array.from({ length: random(300) }, () => random(256))
  bytes.set(sound.subarray(0, Math.min(random(120), bytes.length)))
  return bytes
}

/** The head of an image alone, which is what a gatekeeper sees. */
export function oddHead(random: Random): Uint8Array {
  return oddImage(random).slice(0, 600 + random(3000))
}

/** Up to five places. */
export function cutsIn(random: Random, bytes: Uint8Array): number[] {
  return Array.from({ length: random(6) }, () =>
    random(2) === 0 ? random(bytes.length + 1) : random(Math.min(bytes.length, 700) + 1),
  )
}

/** The pieces between the places; empty ones are among them. */
export function cutAt(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
  return places.slice(1).map((end, at) => bytes.subarray(places[at] ?? 0, end))
}

/** Pieces as a source. */
export async function* sourceOf(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}
