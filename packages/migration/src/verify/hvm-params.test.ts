/** Parameters and contexts of HVM guests: each finding with its place, its verdicts and its words. */
import { describe, expect, it } from 'vitest'
import { libxcHeaders, record, words } from '../build.testing.js'
import { concat } from '../images.testing.js'
import { ImageVerifier } from './verifier.js'

/** All findings of an image, pushed in pieces of some bytes. */
function found(image: Uint8Array, piece = image.length) {
  const verifier = new ImageVerifier()
  for (let at = 0; at < image.length; at += piece) verifier.push(image.subarray(at, at + piece))
  return verifier.end().findings.map(({ code, offset, rejects, message }) => ({
    ...{ code, offset, rejects: rejects.join(), message },
  }))
}

const part = (type: number, body: Uint8Array) => concat([words(type, body.length), body])
const HEADER = part(1, words(0x5438_1286, 2, 0, 0, 0x306c4, 2_000_000))
const CPU = part(2, new Uint8Array(17))
const END = part(0, new Uint8Array())

const START = concat([libxcHeaders(), record(0x10)])
const STATE = record(9, concat([HEADER, END]))

describe('parameters', () => {
  const at = START.length + STATE.length
  const params = (count: number, ...pairs: readonly Uint8Array[]) =>
    found(concat([START, STATE, record(0xa, concat([words(count, 0), ...pairs])), record(0)]))
  const high = (index: number) => ({
    code: 'BAD_HVM_PARAM',
    rejects: 'restore',
    message: `HVM_PARAMS sets parameter ${index}; the hypervisor has those up to 38`,
  })
  const wide = (index: number) => ({
    code: 'BAD_HVM_PARAM',
    rejects: 'verify',
    message: `HVM_PARAMS has a parameter whose number does not fit 32 bits; Xen takes it for ${index}`,
  })

  it('up to 38 are right', () => {
    expect(params(2, words(4, 0, 1, 0), words(38, 0, 1, 0))).toEqual([])
  })

  it('that are too high, or too wide, are found where the first of them is', () => {
    expect(
      params(
        5,
        words(38, 0, 1, 0),
        words(39, 0, 1, 0),
        words(0x100, 0, 1, 0),
        words(7, 1, 1, 0),
        words(8, 0x100, 1, 0),
      ),
    ).toEqual([
      { ...high(39), offset: at + 16 + 16 },
      { ...wide(7), offset: at + 16 + 3 * 16 },
    ])
  })

  it('may be both', () => {
    expect(params(1, words(99, 1, 1, 0))).toEqual([
      { ...high(99), offset: at + 16 },
      { ...wide(99), offset: at + 16 },
    ])
  })

  it('are not looked at where their count is not their number', () => {
    expect(params(2, words(39, 1, 1, 0))).toEqual([
      {
        code: 'BAD_RECORD_LENGTH',
        offset: at + 8,
        rejects: 'verify,restore',
        message: 'HVM_PARAMS of 2 parameters has 24 bytes, and has to have 40',
      },
    ])
  })
})

describe('the list inside of the context', () => {
  const at = START.length + 8
  const context = (parts: readonly Uint8Array[], piece?: number) =>
    found(concat([START, record(9, concat(parts)), record(0)]), piece).map(
      ({ code, offset, message }) => [code, offset - at, message],
    )
  const deep = (place: number, message: string) => [
    'DEEP',
    place,
    `HVM_CONTEXT: ${message}, which who restores does not look at and the hypervisor refuses`,
  ]
  const length = HEADER.length

  it.each<[string, readonly Uint8Array[], unknown[]]>([
    ['is right', [HEADER, CPU, CPU, END], []],
    ['has no more than the magic in its header', [part(1, words(0x5438_1286)), CPU, END], []],
    [
      'has no room for the magic',
      [part(1, new Uint8Array(3)), END],
      [deep(8, 'its header is too short')],
    ],
    ['has another magic', [part(1, words(1, 2)), END], [deep(12, 'its header has another magic')]],
    ['begins with something else', [CPU, END], [deep(8, 'its first part is no header')]],
    ['has no end', [HEADER, CPU], [deep(length + 25, 'its list has no part that ends it')]],
    [
      'is cut in its first head',
      [Uint8Array.of(1, 0, 0)],
      [deep(3, 'its list has no part that ends it')],
    ],
    [
      'is cut in a later head',
      [HEADER, Uint8Array.of(1, 2, 3)],
      [deep(length + 3, 'its list has no part that ends it')],
    ],
    [
      'claims more than there is',
      [HEADER, words(2, 25), CPU.subarray(1)],
      [deep(length + 8, 'a part of type 2 claims 25 bytes of the 24 that are left')],
    ],
    [
      'has something behind its end',
      [HEADER, END, CPU],
      [deep(length + 8, '25 bytes follow the part that ends its list')],
    ],
    [
      'has an end with a body',
      [HEADER, part(0, words(1))],
      [deep(length + 8, 'the part that ends its list has a body')],
    ],
  ])('%s, however it is cut', (_, parts, expected) => {
    expect(context(parts)).toEqual(expected)
    for (const piece of [1, 3, 5, 9, 13, 29]) expect(context(parts, piece)).toEqual(expected)
  })
})
