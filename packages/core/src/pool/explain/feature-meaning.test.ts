import { featureTable, knownReleases } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { featureMeaning, MEANING_ROWS } from './feature-meaning.js'

describe('the table of meanings', () => {
  const rows = MEANING_ROWS.flatMap(({ features }) => features)

  it('has every feature of the newest release once', () => {
    const names = featureTable().features.map(({ name }) => name)
    expect(names).toHaveLength(287)
    expect(names.filter((name) => !rows.includes(name))).toEqual([])
    expect(rows.filter((name, at) => rows.indexOf(name) !== at)).toEqual([])
    expect(rows.filter((name) => !names.includes(name))).toEqual(['AVX512IFMA', 'AVX512VBMI'])
  })

  it('knows the features of every release, also those that were renamed', () => {
    const unknown = new Set<string>()
    for (const release of knownReleases())
      for (const { name } of featureTable(release).features)
        if (featureMeaning(name).losing.startsWith('Nothing is known')) unknown.add(name)
    expect([...unknown]).toEqual([])
    expect(featureMeaning('AVX512IFMA')).toEqual(featureMeaning('AVX512_IFMA'))
  })

  it('weighs from 0 to 10 and says one sentence each', () => {
    for (const { weight, losing } of MEANING_ROWS) {
      expect(weight).toBeGreaterThanOrEqual(0)
      expect(weight).toBeLessThanOrEqual(10)
      expect(losing).toMatch(/^[A-Z0-9].*\.$/)
    }
  })

  it.each([
    ['AESNI', 'crypto', 'speed'],
    ['AVX2', 'vector', 'speed'],
    ['AVX512F', 'vector', 'speed'],
    ['ERMS', 'string', 'speed'],
    ['FSRM', 'string', 'speed'],
    ['SHA', 'crypto', 'speed'],
    ['IBRSB', 'mitigation', 'security'],
    ['STIBP', 'mitigation', 'security'],
    ['SSBD', 'mitigation', 'security'],
    ['MD_CLEAR', 'mitigation', 'security'],
    ['L1D_FLUSH', 'mitigation', 'security'],
    ['RRSBA', 'mitigation', 'security'],
    ['RDCL_NO', 'immunity', 'security'],
    ['SMEP', 'protection', 'security'],
    ['TSC_DEADLINE', 'timing', 'function'],
    ['VMX', 'virtualisation', 'function'],
  ] as const)('says of %s that it is for %s, about %s', (feature, group, aspect) => {
    expect(featureMeaning(feature)).toMatchObject({ group, aspect })
  })

  it('calls every immunity one of security', () => {
    const immune = featureTable().features.filter(({ name }) => /_NO$/.test(name))
    expect(immune.length).toBeGreaterThan(15)
    for (const { name } of immune)
      expect([name, featureMeaning(name).group]).toEqual([name, 'immunity'])
  })
})
