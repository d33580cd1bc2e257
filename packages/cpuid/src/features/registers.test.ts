import { expect, it } from 'vitest'
import { Featureset } from '../featureset.js'
import { flattenFeatures } from './flatten.js'
import { featuresetOfPolicy, policyWithFeatureset } from './registers.js'

it('leaves a word of which the header does not say where it is kept alone', () => {
  const table = flattenFeatures<string>(
    {
      words: [
        { index: 0, source: null },
        { index: 1, source: { leaf: 7, subleaf: 0, register: 'ebx' } },
        { index: 2, source: { msr: 0x10a, register: 'edx' } },
      ],
      features: [],
    },
    {},
  )
  const written = policyWithFeatureset(
    { leaves: [], msrs: [] },
    Featureset.fromWords([1, 2, 3]),
    table,
  )
  expect(written).toEqual({
    leaves: [{ leaf: 7, subleaf: 0, a: 0, b: 2, c: 0, d: 0 }],
    msrs: [{ index: 0x10a, flags: 0, value: 3n << 32n }],
  })
  expect(featuresetOfPolicy(written, table).words).toEqual([0, 2, 3])
})
