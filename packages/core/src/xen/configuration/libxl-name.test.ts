import { type FeatureName, featureTable } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../../fixtures/recorded.js'
import { libxlName, libxlNameOf } from './libxl-name.js'

interface LibxlEntry {
  leaf?: string
  subleaf?: string | null
  index?: string
  policy?: string
  eax?: string
  ebx?: string
  ecx?: string
  edx?: string
}
interface LibxlRun {
  items: { s: string; rc: number }[]
  result: { cpuid: LibxlEntry[]; msr: LibxlEntry[] }
}

/** What libxl wrote for each featureset word: 32 characters, bit 31 first. */
function writtenWords({ result }: LibxlRun): Map<number, string> {
  const written = new Map<number, string>()
  for (const { index, source } of featureTable().words) {
    if (source === null) continue
    if ('msr' in source) {
      const policy = result.msr.find((entry) => Number(entry.index) === source.msr)?.policy
      const half = source.register === 'edx' ? policy?.slice(0, 32) : policy?.slice(32)
      if (half !== undefined) written.set(index, half)
    } else {
      const leaf = result.cpuid.find(
        (entry) =>
          Number(entry.leaf) === source.leaf &&
          Number(entry.subleaf ?? 0) === (source.subleaf ?? 0),
      )
      const register = leaf?.[source.register]
      if (register !== undefined) written.set(index, register)
    }
  }
  return written
}

describeRecorded('policy/vectors/libxl-strings-head.json', () => {
  const { libxl } = readRecordedJson<{ libxl: LibxlRun[] }>(
    'policy/vectors/libxl-strings-head.json',
  )
  const items = libxl.flatMap((run) => run.items)

  it('refuses what libxl refuses as unknown, and nothing else', () => {
    const named = items.flatMap(({ s, rc }) => {
      const [name = ''] = s.split('=')
      return s.includes('=') ? [{ name, known: rc !== 2 }] : []
    })
    expect(named.length).toBeGreaterThan(100)
    for (const { name, known } of named) {
      expect({ name, known: libxlName(name) !== undefined }).toEqual({ name, known })
    }
  })

  it('sets the bit that libxl sets', () => {
    let checked = 0
    for (const run of libxl) {
      const words = writtenWords(run)
      const last = new Map<number, { name: string; value: string }>()
      for (const { s, rc } of run.items) {
        const [name = '', value = ''] = s.split('=')
        const bit = libxlName(name)?.bit ?? null
        if (rc === 0 && bit !== null) last.set(bit, { name, value })
      }
      for (const [bit, { name, value }] of last) {
        // Other values are read as numbers or letters by rules that are not about names.
        if (!/^[01xk]$/.test(value)) continue
        const written = words.get(bit >>> 5)?.charAt(31 - (bit & 31))
        expect({ name, written }).toEqual({ name, written: value })
        checked++
      }
    }
    expect(checked).toBeGreaterThan(300)
  })
})

describe('libxlNameOf', () => {
  const { features } = featureTable()

  it.each(features.map(({ name }) => name))('%s is taken for itself', (name) => {
    expect(libxlName(libxlNameOf(name))?.feature).toBe(name)
  })

  it('avoids the name that libxl takes for the size of a cache line', () => {
    expect(libxlNameOf('CLFLUSH')).toBe('clfsh')
    expect(libxlName('clflush')).toEqual({ name: 'clflush', bit: null, feature: null })
  })

  it('refuses a name that is no feature', () => {
    const name: string = 'NO_SUCH'
    const isFeature = (text: string): text is FeatureName => text === name
    if (isFeature(name)) expect(() => libxlNameOf(name)).toThrow('no feature named "NO_SUCH"')
  })
})

describe('libxlName', () => {
  it.each([
    ['cmpxchg16', 45, 'CX16'],
    ['sse4-1', 51, 'SSE4_1'],
    ['sse4_1', 51, 'SSE4_1'],
    ['sse4.1', 51, 'SSE4_1'],
    ['psn', 18, null],
    ['lfence+', 354, 'LFENCE_DISPATCH'],
    ['ppin', 279, 'AMD_PPIN'],
    ['maxleaf', null, null],
  ])('takes %s for bit %s, %s', (name, bit, feature) => {
    expect(libxlName(name)).toEqual({ name, bit, feature })
  })

  it.each(['SSE4_1', 'AVX512F', 'Avx512f', '', '51', 'sha-ni', 'avx512vnni', ' avx'])(
    'refuses %j',
    (name) => {
      expect(libxlName(name)).toBeUndefined()
    },
  )
})
