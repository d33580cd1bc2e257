import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecorded, readRecordedJson } from '../../../../fixtures/recorded.js'
import { XenlevelError } from '../errors.js'
import { Featureset } from '../featureset.js'
import { hexWord } from '../words.js'
import { COMMON_1D_FEATURES } from './common-1d.js'
import { FeatureDeclarationError } from './declarations.js'
import { flattenFeatures } from './flatten.js'
import { FeatureHeaderError, parseFeatureHeader } from './header.js'
import { featureDependencies, scriptRules } from './releases.js'
import type { FeatureMask, FeatureTable } from './table.js'
import { featureTable } from './tables.js'

interface Edit {
  line?: number
  replace?: string
  insert?: string
  delete?: boolean
  append?: string
  newline?: 'crlf' | 'none-at-end'
}

interface LanguageCase {
  release: string
  case: string
  header: { text: string } | { base: string; edits: Edit[] }
  outcome:
    | { ok: true; nrEntries: number; sha256: string }
    | { ok: false; by: 'script' | 'interpreter'; error: string }
}

function edited(base: string, edits: readonly Edit[]): string {
  const lines: (string | null)[] = base.replace(/\n$/, '').split('\n')
  const before = new Map<number, string[]>()
  const appended: string[] = []
  for (const edit of edits) {
    const at = (edit.line ?? 0) - 1
    if (edit.replace !== undefined) lines[at] = edit.replace
    if (edit.delete) lines[at] = null
    if (edit.insert !== undefined) before.set(at, [...(before.get(at) ?? []), edit.insert])
    if (edit.append !== undefined) appended.push(edit.append)
  }
  const all = [
    ...lines.flatMap((line, at) => [...(before.get(at) ?? []), ...(line === null ? [] : [line])]),
    ...appended,
  ]
  const newline = edits.some((edit) => edit.newline === 'crlf') ? '\r\n' : '\n'
  const end = edits.some((edit) => edit.newline === 'none-at-end') ? '' : newline
  return all.join(newline) + end
}

const prefixed = (set: Featureset) => set.words.map((word) => `0x${hexWord(word)}`)
const sorted = <Value>(record: Record<string, Value>) =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))

/** What the script of a release prints, as the vectors digest it. */
function digestible(table: FeatureTable<string>, release: string) {
  const rules = scriptRules(release)
  const mask = (which: FeatureMask) => prefixed(table.mask(which))
  const deep: Record<string, string[]> = {}
  const all = Featureset.fromWords(table.words.map(() => 0xffff_ffff))
  const needed = table.features.filter(
    (feature) =>
      table.feature(feature.name) === feature && table.dependents(feature.name).length > 0,
  )
  for (const { name, bit } of needed) {
    const without = all.andNot(Featureset.fromBigInt(1n << BigInt(bit)))
    deep[name] = prefixed(without.andNot(table.clearDependents(without)))
  }
  const bits = needed.reduce((sum, { bit }) => sum | (1n << BigInt(bit)), 0n)
  const deepFeatures = Featureset.fromWords(table.words.map(() => 0)).or(
    Featureset.fromBigInt(bits),
  )
  const masks: Record<string, string[]> = {
    common1d: [`0x${hexWord(COMMON_1D_FEATURES)}`],
    known: mask('known'),
    special: mask('special'),
    deepFeatures: prefixed(deepFeatures),
    ...(rules.includes('accumulated-attribute') ? { simpleOr: mask('accumulated') } : {}),
    ...(rules.includes('max-attributes')
      ? {
          pvDef: mask('pvDefault'),
          pvMax: mask('pvMax'),
          hvmShadowDef: mask('hvmShadowDefault'),
          hvmShadowMax: mask('hvmShadowMax'),
          hvmHapDef: mask('hvmHapDefault'),
          hvmHapMax: mask('hvmHapMax'),
        }
      : {
          pv: mask('pvDefault'),
          hvmShadow: mask('hvmShadowDefault'),
          hvmHap: mask('hvmHapDefault'),
        }),
  }
  return { deep: sorted(deep), masks: sorted(masks) }
}

const releaseOf = (label: string) => (label === 'HEAD' ? '4.23-dev' : label)

describeRecorded('policy/vectors/header-language.json', () => {
  const { cases } = readRecordedJson<{ cases: LanguageCase[] }>(
    'policy/vectors/header-language.json',
  )

  it.each(cases)('$release: $case', ({ release: label, header, outcome }) => {
    const release = releaseOf(label)
    const text =
      'text' in header
        ? header.text
        : edited(readRecorded(`policy/headers/${header.base}.h.txt`), header.edits)
    const attempt = () =>
      flattenFeatures(parseFeatureHeader(text, { release }), featureDependencies(release), release)
    if (outcome.ok) {
      const table = attempt()
      expect(table.words).toHaveLength(outcome.nrEntries)
      const digest = createHash('sha256')
        .update(JSON.stringify(digestible(table, release)))
        .digest('hex')
      expect(digest).toBe(outcome.sha256)
      return
    }
    expect(attempt).toThrow(XenlevelError)
    if (outcome.by === 'script')
      expect(attempt).toThrow(expect.objectContaining({ reason: outcome.error }))
  })
})

describeRecorded('policy/headers/HEAD.h.txt', () => {
  it('says what its words are', () => {
    for (const [file, release] of [
      ['HEAD', '4.23-dev'],
      ['4.17.7', '4.17.7'],
      ['4.7.0', '4.7.0'],
    ] as const) {
      const { words } = parseFeatureHeader(readRecorded(`policy/headers/${file}.h.txt`), {
        release,
      })
      expect(words).toEqual(featureTable(release).words)
    }
  })
})

describe('parseFeatureHeader', () => {
  it('says where and why', () => {
    const attempt = () =>
      parseFeatureHeader(
        '/* Bits in CPUID level 0x00000001.edx, word 0 */\nXEN_CPUFEATURE(FPU, 0*32+ 0) /*AQ fpu */\n',
      )
    expect(attempt).toThrow(FeatureHeaderError)
    expect(attempt).toThrow(
      expect.objectContaining({
        code: 'HEADER_ATTRIBUTE',
        reason: "Unrecognised attribute 'Q' for FPU",
        line: 2,
        column: 33,
        offset: 81,
        message:
          "The feature header is refused: Unrecognised attribute 'Q' for FPU (line 2, column 33).",
      }),
    )
  })

  it('does not make a list of words because a number asks for it', () => {
    const huge = 'XEN_CPUFEATURE(FPU, 99999*99999+ 0) /*A fpu */\n'
    expect(() => parseFeatureHeader(huge, { release: '4.13' })).toThrow(FeatureHeaderError)
    expect(() =>
      parseFeatureHeader(`XEN_CPUFEATURE(FPU, ${'9'.repeat(400)}*1+1) /*A fpu */`),
    ).toThrow(FeatureHeaderError)
  })

  it('gives an answer or its error for any text', () => {
    const piece = fc.constantFrom(
      'XEN_CPUFEATURE(',
      'FPU',
      'AVX',
      ',',
      ' ',
      '0*32+ 1',
      '1*32+',
      '7',
      ')',
      ' /*',
      'A',
      '!',
      '|',
      'q',
      ' text */',
      '\n',
      '\r\n',
      '/* Bits, word ',
      '0',
      '1',
      ' */',
      'word',
      '\u00e9',
    )
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 40 }),
        fc.constantFrom('4.7', '4.13', '4.17', '4.19', '4.22'),
        (pieces, release) => {
          try {
            const declarations = parseFeatureHeader(pieces.join(''), { release })
            expect(declarations.features.length).toBeGreaterThan(0)
            flattenFeatures(declarations, {}, release)
          } catch (error) {
            expect(
              error instanceof FeatureHeaderError || error instanceof FeatureDeclarationError,
            ).toBe(true)
          }
        },
      ),
      { numRuns: 2000 },
    )
  })
})
