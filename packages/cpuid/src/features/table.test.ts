import { expect, it } from 'vitest'
import {
  describeWordSource,
  lowerFeatureName,
  UnknownFeatureError,
  upperFeatureName,
} from './table.js'

it.each([
  ['SSE4_1', 'sse4-1'],
  ['AVX512_4VNNIW', 'avx512-4vnniw'],
  ['TSA_L1_NO', 'tsa-l1-no'],
  ['3DNOW', '3dnow'],
])('%s is %s to libxl', (upper, lower) => {
  expect(lowerFeatureName(upper)).toBe(lower)
  expect(upperFeatureName(lower)).toBe(upper)
})

it.each([
  [null, 'a word without a register'],
  [{ leaf: 9, subleaf: null, register: 'eax' } as const, '9.eax'],
  [{ leaf: 10, subleaf: null, register: 'eax' } as const, '0xa.eax'],
  [{ leaf: 7, subleaf: 2, register: 'edx' } as const, '7:2.edx'],
  [{ msr: 0x10a, register: 'edx' } as const, 'MSR 0x10a.edx'],
])('calls %j %j', (source, text) => {
  expect(describeWordSource(source)).toBe(text)
})

it('an unknown name is in the error whole, and in its sentence as far as a sentence bears it', () => {
  const name = 'X'.repeat(100)
  const error = new UnknownFeatureError(name, '4.17.7')
  expect(error.code).toBe('FEATURE_UNKNOWN')
  expect(error.details).toEqual({ name, release: '4.17.7' })
  expect(error.message).toContain(`no feature named "${'X'.repeat(60)}"`)
})
