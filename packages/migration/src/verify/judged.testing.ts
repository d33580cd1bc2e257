/** For tests: an image by its parts, judged, and its findings beside those expected, each with the part that it is in. */
import { expect } from 'vitest'
import { libxcHeaders, pageData, record, words } from '../build.testing.js'
import { concat } from '../images.testing.js'
import type { ImageVerifierOptions } from './options.js'
import type { ImageReport } from './report.js'
import { ImageVerifier } from './verifier.js'

/** An expected finding: code and first letters of the verdicts, the part, where in the part, what its sentence says. */
export type Expected = readonly [code: string, part: number, at: number, says: RegExp]

/** The report on an image. */
export function judge(image: Uint8Array, options: ImageVerifierOptions = {}): ImageReport {
  const verifier = new ImageVerifier(options)
  verifier.push(image)
  return verifier.end()
}

/** Codes, each with the first letters of the verdicts that it makes "no". */
export function codesOf({ findings }: ImageReport): string[] {
  return findings.map(({ code, rejects }) => `${code} ${rejects.map((name) => name[0]).join('')}`)
}

/** Judges an image that is made of these parts, and expects exactly these findings. */
export function expectFindings(
  parts: readonly Uint8Array[],
  expected: readonly Expected[],
  options: ImageVerifierOptions = {},
): ImageReport {
  const report = judge(concat(parts), options)
  const places = expected.map(([, part, at]) => concat(parts.slice(0, part)).length + at)
  expect(codesOf(report).map((code, index) => [code, report.findings[index]?.offset])).toEqual(
    expected.map(([code], index) => [code, places[index]]),
  )
  for (const [index, [, , , says]] of expected.entries())
    expect(report.findings[index]?.message).toMatch(says)
  return report
}

const part = (type: number, body: Uint8Array) => concat([words(type, body.length), body])

/** Parts of an HVM image. */
export const V3 = libxcHeaders()
export const V2 = libxcHeaders({ version: 2 })
export const STATIC_END = record(0x10)
export const MEMORY = pageData([0])
export const TSC = record(8, new Uint8Array(24))
export const CONTEXT = record(
  9,
  concat([part(1, words(0x5438_1286, 2, 0, 0, 0x306c4, 2_000_000)), part(0, new Uint8Array())]),
)
export const CHECKPOINT = record(0xe)
export const END = record(0)
