import { expect, it } from 'vitest'
import { featureTable } from '../features/tables.js'
import { handWrittenNames } from './names.js'

const rows = handWrittenNames.flatMap(({ word, names }) =>
  names.map(([bit, header, tool]) => ({ bit: word * 32 + bit, header, tool })),
)

it('lists each bit once, in order', () => {
  const bits = rows.map(({ bit }) => bit)
  expect(bits).toEqual([...new Set(bits)].sort((a, b) => a - b))
})

it.each(rows)('$bit is $header in the header and $tool in the tool', ({ bit, header, tool }) => {
  const feature = featureTable('4.18.6').feature(bit)
  expect(feature?.name ?? null).toBe(header)
  expect(feature?.lowerName ?? null).not.toBe(tool)
})
