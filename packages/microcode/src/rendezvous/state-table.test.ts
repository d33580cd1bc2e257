/** The set of moments: as a set of their texts. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { StateTable } from './state-table.js'

it('keeps each moment once, in the order of arrival, however often it grows', () => {
  const moments = fc.array(
    fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 30 }), fc.nat({ max: 0xffff })),
  )
  fc.assert(
    fc.property(moments, fc.nat({ max: 5000 }), (some, count) => {
      const many = Array.from({ length: count }, (_, n): [number, number, number] => [
        n & 3,
        n % 977,
        n % 11,
      ])
      const table = new StateTable(3, 1 << 20)
      const known = new Set<string>()
      for (const moment of [...many, ...some, ...some]) {
        const key = moment.join()
        expect(table.add(Uint16Array.from(moment))).toBe(!known.has(key))
        known.add(key)
      }
      expect(table.size).toBe(known.size)
      const words = new Uint16Array(3)
      const read = Array.from({ length: table.size }, (_, number) => {
        table.read(number, words)
        return words.join()
      })
      expect(read).toEqual([...known])
    }),
    { numRuns: 20 },
  )
})
