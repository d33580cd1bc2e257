/** For tests: images damaged where it hurts, at headers, lengths, types and counts, and by records that go, come twice or change places. */
import fc from 'fast-check'
import { concat } from '../images.testing.js'

/** Numbers that break arithmetic. */
const NASTY = [
  0, 1, 2, 7, 8, 9, 15, 16, 23, 24, 25, 0xff, 0x1000, 0x1001, 0xffff, 0x8_0000, 0x800_0000,
  0x800_0001, 0x1000_0001, 0x2000_0001, 0x4000_0000, 0x7fff_ffff, 0x8000_0000, 0x8000_0001,
  0xffff_fff8, 0xffff_fff9, 0xffff_fffe, 0xffff_ffff,
]

/** A change; places are parts of the image, so that one fits images of all sizes. */
type Mutation = (image: Uint8Array) => Uint8Array

const place = fc.double({ min: 0, max: 0.999_999, noNaN: true })
const at = (image: Uint8Array, part: number, unit: number) =>
  Math.floor((part * image.length) / unit) * unit

/** Damage is more telling near the beginning, where the headers are. */
const where = fc.tuple(place, fc.boolean()).map(([part, early]) => (early ? part * 0.1 : part))

const mutations: readonly fc.Arbitrary<Mutation>[] = [
  fc.tuple(where, fc.nat(7)).map(([part, bit]) => (image) => {
    const damaged = image.slice()
    const byte = at(image, part, 1)
    damaged[byte] = (damaged[byte] ?? 0) ^ (1 << bit)
    return damaged
  }),
  fc.tuple(where, fc.constantFrom(...NASTY)).map(([part, value]) => (image) => {
    if (image.length < 4) return image
    const damaged = image.slice()
    const word = Math.min(at(image, part, 4), image.length - 4)
    new DataView(damaged.buffer).setUint32(word, value, true)
    return damaged
  }),
  fc.tuple(where, where).map(([a, b]) => (image) => {
    const [from, to] = [at(image, Math.min(a, b), 8), at(image, Math.max(a, b), 8)]
    return concat([image.subarray(0, from), image.subarray(to)])
  }),
  fc.tuple(where, where).map(([a, b]) => (image) => {
    const [from, to] = [at(image, Math.min(a, b), 8), at(image, Math.max(a, b), 8)]
    return concat([image.subarray(0, to), image.subarray(from, to), image.subarray(to)])
  }),
  fc.tuple(where, fc.uint8Array({ maxLength: 40 })).map(([part, bytes]) => (image) => {
    const byte = at(image, part, 8)
    return concat([image.subarray(0, byte), bytes, image.subarray(byte)])
  }),
  where.map((part) => (image) => image.subarray(0, at(image, part, 1))),
]

/** Some changes, one after the other. */
export const damage: fc.Arbitrary<Mutation> = fc
  .array(fc.oneof(...mutations), { minLength: 1, maxLength: 4 })
  .map((changes) => (image) => changes.reduce((damaged, change) => change(damaged), image))
