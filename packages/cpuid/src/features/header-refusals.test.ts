/** What the reader of headers says when it refuses one, and the bounds on either side of a refusal. */
import { describe, expect, it } from 'vitest'
import { FeatureHeaderError, parseFeatureHeader } from './header.js'

const WORD_0 = '/* Bits in CPUID level 0x00000001.edx, word 0 */\n'
const FPU = 'XEN_CPUFEATURE(FPU, 0*32+ 0) /*A fpu */\n'

interface Refusal {
  text: string
  code: string
  reason: string
  /** What stands at the place that the error names; null where it names none. */
  at: string | null
}

const REFUSALS: readonly Refusal[] = [
  {
    text: `${WORD_0}XEN_CPUFEATURE(fpu, 0*32+ 0) /*A fpu */ \t\n`,
    code: 'HEADER_UNREADABLE',
    reason: "Failed to interpret 'XEN_CPUFEATURE(fpu, 0*32+ 0) /*A fpu */'",
    at: 'fpu, 0',
  },
  {
    text: `${WORD_0}XEN_CPUFEATURE(FPU, 0*32+ 0) /*A\u00d7 fpu */`,
    code: 'HEADER_UNREADABLE',
    reason: "Failed to interpret 'XEN_CPUFEATURE(FPU, 0*32+ 0) /*A\u00d7 fpu */'",
    at: 'FPU, 0',
  },
  {
    text: `${WORD_0}XEN_CPUFEATURE(FPU, 0*32+ 0) /*A\x7f fpu */`,
    code: 'HEADER_UNREADABLE',
    reason: "Failed to interpret 'XEN_CPUFEATURE(FPU, 0*32+ 0) /*A\x7f fpu */'",
    at: 'FPU, 0',
  },
  ...['\u00e9', '\u0667', '\u00b2'].map((letter) => ({
    text: `${WORD_0}XEN_CPUFEATURE(FPU, 0*32+ 0) /*A${letter} fpu */`,
    code: 'HEADER_ATTRIBUTE',
    reason: `Unrecognised attribute '${letter}' for FPU`,
    at: `${letter} fpu`,
  })),
  {
    text: `${WORD_0}XEN_CPUFEATURE(FPU, 0*32+ 07) /*A fpu */`,
    code: 'HEADER_NUMBER',
    reason: "'07' is no decimal number",
    at: ' 0*32+ 07',
  },
  {
    text: `${WORD_0}XEN_CPUFEATURE(FPU, 0*32+1024) /*A fpu */`,
    code: 'HEADER_NUMBER',
    reason: "'1024' is too large",
    at: ' 0*32+1024',
  },
  {
    text: `${WORD_0}${FPU}XEN_CPUFEATURE(FPU, 0*32+ 1) /*A again */`,
    code: 'HEADER_DUPLICATE',
    reason: 'Duplicate symbol FPU',
    at: 'FPU, 0*32+ 1',
  },
  {
    text: `${WORD_0}XEN_CPUFEATURE(SSE4_1, 0*32+ 0) /*A */\nXEN_CPUFEATURE(SSE4_1, 0*32+ 1) /*A */\n`,
    code: 'HEADER_DUPLICATE',
    reason: 'Duplicate symbol SSE4_1',
    at: 'SSE4_1, 0*32+ 1',
  },
  {
    text: `${WORD_0}${FPU}XEN_CPUFEATURE(VME, 0*32+ 0) /*A vme */\n`,
    code: 'HEADER_ALIASED',
    reason: 'Aliased value between VME and FPU',
    at: ' 0*32+ 0) /*A vme',
  },
  {
    text: `${WORD_0}${FPU}/* Bits in word 7, word 2 */\n`,
    code: 'HEADER_WORD_ORDER',
    reason: 'Featureset word 2 out of order (last word 0)',
    at: '2 */',
  },
  {
    text: '/* Bits in CPUID level 0x00000001.edx, word  */\n',
    code: 'HEADER_NUMBER',
    reason: 'A word comment without a number',
    at: ' */',
  },
  {
    text: `${WORD_0}`,
    code: 'HEADER_NO_FEATURES',
    reason: 'No features found',
    at: null,
  },
  {
    text: FPU,
    code: 'HEADER_NO_WORDS',
    reason: 'No featureset word info found',
    at: null,
  },
  {
    text: `${WORD_0}${FPU}XEN_CPUFEATURE(AVX2, 5*32+ 5) /*A avx2 */\nXEN_CPUFEATURE(VME, 0*32+ 1) /*A vme */\n`,
    code: 'HEADER_BEYOND_WORDS',
    reason: 'Feature AVX2 (5*32+5) exceeds FEATURESET_NR_ENTRIES (1)',
    at: ' 5*32+ 5) /*A avx2',
  },
  {
    text: `${WORD_0}${FPU}XEN_CPUFEATURE(SSE3, 1*32+ 0) /*A sse3 */\n`,
    code: 'HEADER_BEYOND_WORDS',
    reason: 'Feature SSE3 (1*32+0) exceeds FEATURESET_NR_ENTRIES (1)',
    at: ' 1*32+ 0',
  },
]

/** Line and column of a character, from 1. */
function placeOf(text: string, offset: number): { line: number; column: number } {
  const lines = text.slice(0, offset).split('\n')
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

describe('a refused header', () => {
  it.each(REFUSALS)('$code: $reason', ({ text, code, reason, at }) => {
    const attempt = () => parseFeatureHeader(text)
    expect(attempt).toThrow(FeatureHeaderError)
    if (at === null) {
      const facts = { line: null, column: null, offset: null, path: 'header' }
      expect(attempt).toThrow(
        expect.objectContaining({
          code,
          reason,
          ...facts,
          message: `The feature header is refused: ${reason}.`,
          details: { reason, ...facts },
        }),
      )
      return
    }
    const offset = text.lastIndexOf(at)
    expect(offset).toBeGreaterThan(0)
    const { line, column } = placeOf(text, offset)
    const path = `line ${line}`
    expect(attempt).toThrow(
      expect.objectContaining({
        code,
        reason,
        line,
        column,
        offset,
        path,
        message: `The feature header is refused: ${reason} (line ${line}, column ${column}).`,
        details: { reason, line, column, offset, path },
      }),
    )
  })
})

describe('a header that is read', () => {
  it('takes numbers up to 1023', () => {
    const text = 'XEN_CPUFEATURE(FPU, 0*1023+1023) /*A fpu */\n'
    const { words, features } = parseFeatureHeader(text, { release: '4.13' })
    expect(features).toEqual([['FPU', 1023, 'A']])
    expect(words).toHaveLength(32)
  })

  it('takes the last feature of the last word, in any order, with any letters and marks', () => {
    const text = `${WORD_0}XEN_CPUFEATURE(PBE, 0*32+31) /*!Sh| */\n${FPU}`
    expect(parseFeatureHeader(text).features).toEqual([
      ['PBE', 31, '!Sh|'],
      ['FPU', 0, 'A'],
    ])
  })

  it('says where each word is kept, as far as its comment does', () => {
    const text = [
      '/* Bits in CPUID level 0x00000007:0.ebx, word 0 */',
      '/* Bits in CPUID level 0x80000001.ecx, word 1 */',
      '/* Bits in MSR_ARCH_CAPS (0x10a.edx), word 2 */',
      '/* Bits in MSR_ARCH_CAPS (0x10a.eax), word 3 */',
      '/* Nothing yet, word 4 */',
      FPU,
    ].join('\n')
    expect(parseFeatureHeader(text).words.map(({ source }) => source)).toEqual([
      { leaf: 7, subleaf: 0, register: 'ebx' },
      { leaf: 0x8000_0001, subleaf: null, register: 'ecx' },
      { msr: 0x10a, register: 'edx' },
      { msr: 0x10a, register: 'eax' },
      null,
    ])
  })

  it('looks for words in comments alone, and only where they begin a line', () => {
    const text = `${WORD_0}${FPU}// word 5 */\n/*word 5 */\n * word 5 */\n#define word 5 */\n`
    expect(parseFeatureHeader(text).words).toHaveLength(1)
  })

  it('of 4.13, whose script did not count the words, keeps what a word without a number says apart', () => {
    const text = `${WORD_0}/* Bits in CPUID level 0x00000007:0.ebx, word  */\n${FPU}`
    expect(parseFeatureHeader(text, { release: '4.13' }).words).toEqual([
      { index: 0, source: { leaf: 1, subleaf: null, register: 'edx' } },
    ])
  })
})
