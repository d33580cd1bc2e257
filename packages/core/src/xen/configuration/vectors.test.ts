/** The configuration languages, held against what libxl's own code answered. */
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../../fixtures/recorded.js'
import { LABELS } from '../../policy/recorded.testing.js'
import { parseXlCpuid } from './parse.js'

interface RecordedCase {
  items: { s: string; rc: number }[]
  result: {
    cpuid: {
      leaf: string
      subleaf: string | null
      eax?: string
      ebx?: string
      ecx?: string
      edx?: string
    }[]
    msr: { index: string; policy: string }[]
  }
}

describe.each(LABELS)('%s', (label, release) => {
  const file = `policy/vectors/libxl-strings-${label}.json`

  describeRecorded(file, () => {
    const recorded = readRecordedJson<{ libxl: RecordedCase[]; xend: RecordedCase[] }>(file)

    it('has as many cases as the README says', () => {
      expect([recorded.libxl.length, recorded.xend.length]).toEqual([248, 200])
    })

    describe.each(['libxl', 'xend'] as const)('%s', (language) => {
      it.each(recorded[language].map((one, at) => ({ ...one, at })))('$at', ({ items, result }) => {
        const parsed = parseXlCpuid(
          items.map(({ s }) => s),
          { language, release },
        )
        expect(parsed.items.map(({ rc }) => rc)).toEqual(items.map(({ rc }) => rc))
        expect(
          parsed.cpuid.map((entry) => ({
            ...entry,
            leaf: `0x${entry.leaf.toString(16)}`,
            subleaf: entry.subleaf === null ? null : `0x${entry.subleaf.toString(16)}`,
          })),
        ).toEqual(result.cpuid)
        expect(
          parsed.msr.map(({ index, policy }) => ({ index: `0x${index.toString(16)}`, policy })),
        ).toEqual(result.msr)
        for (const { rc, finding } of parsed.items) if (rc !== 0) expect(finding).toBeDefined()
      })
    })
  })
})
