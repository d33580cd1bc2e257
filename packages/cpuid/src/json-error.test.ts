import fc from 'fast-check'
import { expect, it } from 'vitest'
import { locateJsonError } from './json-error.js'

it.each([
  ['{"format": }', 11, 1, 12],
  ['{"a": [1, 2,]}', 12, 1, 13],
  ['{"a": 1 "b": 2}', 8, 1, 9],
  ['{\n  "a": 1,\n  b: 2\n}', 14, 3, 3],
  ['{"a": "never closed', 6, 1, 7],
  ['{"a": tru', 6, 1, 7],
  ['[1, 2', 5, 1, 6],
  ['', 0, 1, 1],
  ['{} x', 3, 1, 4],
  ['{"a" 1}', 5, 1, 6],
  ['[01]', 2, 1, 3],
  ['["\u0001"]', 1, 1, 2],
])('%j goes wrong at character %i', (text, offset, line, column) => {
  expect(locateJsonError(text)).toEqual({ offset, line, column })
  expect(() => JSON.parse(text)).toThrow(SyntaxError)
})

it('agrees with JSON.parse on what is JSON, and finds a damaged place no later than the damage allows', () => {
  fc.assert(
    fc.property(
      fc.json(),
      fc.nat(),
      fc.constantFrom('', '}', ']', ',', '"', 'x', '\u0000', '\\'),
      (text, place, damage) => {
        expect(locateJsonError(text)).toBeNull()
        const at = place % (text.length + 1)
        const damaged = text.slice(0, at) + damage + text.slice(at + 1)
        let parses = true
        try {
          JSON.parse(damaged)
        } catch {
          parses = false
        }
        expect(locateJsonError(damaged) === null).toBe(parses)
      },
    ),
    { numRuns: 2000 },
  )
})
