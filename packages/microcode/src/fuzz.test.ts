import { expect, it } from 'vitest'
import { fuzzMicrocode } from './fuzz.testing.js'

it('reads 10 000 damaged files without a fault', () => {
  expect(fuzzMicrocode(10_000, 20_260)).toBe(10_000)
}, 120_000)
