/** Any leaves and MSRs: an answer or a typed error, never an exception of the engine's. 10^4 in a run; scripts/fuzz.ts for more. */
import { expect, it } from 'vitest'
import { fuzzPolicies } from './fuzz.testing.js'

it('every entry point answers or refuses, for 10,000 structured inputs', {
  timeout: 120_000,
}, () => {
  expect(fuzzPolicies(10_000)).toBeGreaterThanOrEqual(10_000)
})
