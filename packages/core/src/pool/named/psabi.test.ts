import { Featureset } from '@xenlevel/cpuid'
import { describe, expect, it } from 'vitest'
import { describeRecorded, readRecordedJson } from '../../../../../fixtures/recorded.js'
import { psabiLevel } from './psabi.js'

describeRecorded(['levelling/psabi-levels.json', 'hosts/index.json'], () => {
  const { definition, hosts } = readRecordedJson<{
    definition: Record<string, string[] | string>
    hosts: { name: string; level: string | null; next: string | null; missingForNext: string[] }[]
  }>('levelling/psabi-levels.json')
  const featuresets = new Map(
    readRecordedJson<{ hosts: { name: string; featureset: string }[] }>(
      'hosts/index.json',
    ).hosts.map(({ name, featureset }) => [name, Featureset.parse(featureset)]),
  )

  it.each(hosts)('$name is $level', ({ name, level, next, missingForNext }) => {
    const featureset = featuresets.get(name)
    expect(featureset).toBeDefined()
    const answer = psabiLevel(featureset ?? Featureset.empty)
    expect(answer).toEqual({ level, missingForNext })
    // What the level asks for makes the recorded next one, so nothing else may be missing for it.
    if (featureset !== undefined && next !== null) {
      const completed = featureset.or(Featureset.fromNames(answer.missingForNext))
      expect(psabiLevel(completed).level).not.toBe(level)
    }
  })

  it('asks for what the definition says, level by level', () => {
    let features: string[] = []
    for (const level of ['x86-64-v1', 'x86-64-v2', 'x86-64-v3', 'x86-64-v4']) {
      const adds = [definition[level] ?? []].flat()
      expect(psabiLevel(Featureset.fromNames(features)).missingForNext).toEqual(
        adds.filter((name) => name !== 'SYSCALL' || !features.includes('LM')),
      )
      features = [...features, ...adds]
      expect(psabiLevel(Featureset.fromNames(features)).level).toBe(level)
    }
  })
})

describe('psabiLevel', () => {
  const v1 = ['CMOV', 'CX8', 'FPU', 'FXSR', 'MMX', 'SSE', 'SSE2']

  it('has no level for a CPU without long mode', () => {
    expect(psabiLevel(Featureset.fromNames(v1))).toEqual({
      level: null,
      missingForNext: ['SYSCALL', 'LM'],
    })
    expect(psabiLevel(Featureset.empty).missingForNext).toHaveLength(9)
  })

  it('takes SYSCALL for granted where LM is', () => {
    expect(psabiLevel(Featureset.fromNames([...v1, 'LM'])).level).toBe('x86-64-v1')
  })

  it('does not reach a level whose predecessor is not reached', () => {
    const avx512 = ['AVX512F', 'AVX512BW', 'AVX512CD', 'AVX512DQ', 'AVX512VL']
    expect(psabiLevel(Featureset.fromNames([...v1, 'LM', ...avx512])).level).toBe('x86-64-v1')
  })
})
