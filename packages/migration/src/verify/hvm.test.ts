/** HVM guests: the list inside of the context, parameters, rounds. */
import { describe, expect, it } from 'vitest'
import { libxcHeaders, libxlHeader, pageData, record, words } from '../build.testing.js'
import { concat } from '../images.testing.js'
import type { ImageVerifierOptions } from './options.js'
import type { ImageReport } from './report.js'
import { ImageVerifier } from './verifier.js'

function judge(image: Uint8Array, options: ImageVerifierOptions = {}): ImageReport {
  const verifier = new ImageVerifier(options)
  for (let at = 0; at < image.length; at += 5) verifier.push(image.subarray(at, at + 5))
  return verifier.end()
}

const found = ({ findings }: ImageReport) =>
  findings.map(({ code, rejects }) => `${code} ${rejects.map((name) => name[0]).join('')}`.trim())

/** A part of the list. */
const part = (type: number, body: Uint8Array) => concat([words(type, body.length), body])
const HEADER = part(1, words(0x5438_1286, 2, 0, 0, 0x306c4, 2_000_000))
const END = part(0, new Uint8Array())
const CPU = part(2, new Uint8Array(17))

const image = (...parts: readonly Uint8Array[]) =>
  concat([libxcHeaders(), record(0x10), ...parts, record(0)])
const context = (...parts: readonly Uint8Array[]) => image(record(9, concat(parts)))

describe('the list inside of the context', () => {
  it.each<[string, Uint8Array, RegExp | null]>([
    ['is right', context(HEADER, CPU, END), null],
    ['has no end', context(HEADER, CPU), /no part that ends it/],
    ['has something behind its end', context(HEADER, END, CPU), /25 bytes follow/],
    ['begins with something else', context(CPU, END), /first part is no header/],
    ['has another magic', context(part(1, words(1, 2)), END), /another magic/],
    ['has no room for the magic', context(part(1, new Uint8Array(3)), END), /too short/],
    [
      'claims 2^32 - 1 bytes',
      context(HEADER, words(2, 0xffff_ffff)),
      /claims 4294967295 bytes of the 0/,
    ],
    ['has an end with a body', context(HEADER, part(0, words(1))), /has a body/],
    ['is cut in a header', context(HEADER, Uint8Array.of(1, 2, 3)), /no part that ends it/],
  ])('%s', (_, bytes, says) => {
    const report = judge(bytes)
    // It is opaque to those who restore.
    expect(report.ok).toBe(true)
    expect(found(report)).toEqual(says === null ? [] : ['DEEP'])
    if (says !== null) {
      expect(report.findings[0]?.message).toMatch(says)
      expect(report.findings[0]?.severity).toBe('warning')
    }
  })
})

const STATE = record(9, concat([HEADER, END]))

describe('parameters', () => {
  const params = (count: number, ...pairs: readonly Uint8Array[]) =>
    judge(image(STATE, record(0xa, concat([words(count, 0), ...pairs]))))

  it.each<[string, ImageReport, string[]]>([
    ['up to 38', params(2, words(4, 0, 1, 0), words(38, 0, 1, 0)), []],
    ['of 39', params(1, words(39, 0, 1, 0)), ['BAD_HVM_PARAM r']],
    [
      'of which several are too high',
      params(2, words(39, 0, 1, 0), words(99, 0, 1, 0)),
      ['BAD_HVM_PARAM r'],
    ],
    ['whose number does not fit 32 bits', params(1, words(1, 1, 1, 0)), ['BAD_HVM_PARAM v']],
    ['that are fewer than said', params(2, words(39, 0, 1, 0)), ['BAD_RECORD_LENGTH vr']],
  ])('%s', (_, report, expected) => expect(found(report)).toEqual(expected))
})

describe('a checkpointed stream of libxl', () => {
  const head = concat([libxlHeader(), record(1), libxcHeaders(), record(0x10)])
  const round = (...more: readonly Uint8Array[]) =>
    concat([pageData([0, 0]), STATE, ...more, record(0xe)])
  const between = (...more: readonly Uint8Array[]) =>
    concat([record(3, words(2, 0)), ...more, record(4)])
  const complete = concat([head, round(), between()])
  const judged = (...more: readonly Uint8Array[]) =>
    judge(concat([complete, ...more]), { checkpointed: true })
  const unknown = record(0x2a)

  it('ends anywhere behind a complete checkpoint', () => {
    expect(found(judged())).toEqual([])
    for (const more of [pageData([0]), round(), concat([round(), record(3, words(2, 0))])]) {
      const report = judged(more)
      expect([found(report), report.ok]).toEqual([['FAILOVER'], true])
      expect(report.checkpoints).toEqual({ complete: 1, lastEnd: complete.length })
    }
  })

  it('is refused for what is wrong in a complete round, and not for what is wrong behind it', () => {
    const dropped = judged(round(unknown))
    expect([found(dropped), dropped.restore.ok]).toEqual([
      ['UNKNOWN_MANDATORY v', 'FAILOVER'],
      true,
    ])
    expect(found(judged(round(unknown), between()))).toEqual(['UNKNOWN_MANDATORY vr'])
    expect(found(judged(round(), between(record(9))))).toEqual(['UNKNOWN_MANDATORY vr'])
  })

  it('has only its own records between two rounds', () => {
    expect(found(judged(round(), between(record(0))))).toEqual(['UNEXPECTED_RECORD vr'])
    expect(found(judged(round(), between(record(1))))).toEqual(['UNEXPECTED_RECORD vr'])
    expect(found(judged(round(), between(record(5, words(0)))))).toEqual(['UNEXPECTED_RECORD vr'])
  })

  it('counts its pages by rounds', () => {
    const { pages } = judged(round(), between())
    expect(pages.rounds).toEqual([
      { listed: 2, withData: 2, resent: 0 },
      { listed: 2, withData: 2, resent: 2 },
    ])
  })

  it('is not sent twice', () => {
    expect(found(judge(concat([head, STATE, record(0), record(4), record(0)])))).toEqual([
      'UNEXPECTED_RECORD vr',
    ])
  })
})
