import { expect, it } from 'vitest'
import { scanWord } from './numbers.js'

it.each([
  ['12:', 0x12, 2],
  ['\t\n +0X1Fg', 0x1f, 8],
  ['0x', 0, 2],
  ['0x0x1', 0, 3],
  ['-0x2', 0xffff_fffe, 4],
  ['-0', 0, 2],
  ['123456789abcdef0', 0x9abc_def0, 16],
  ['-123456789abcdef0', 0x6543_2110, 17],
  ['123456789abcdef01', 0xffff_ffff, 17],
  ['-123456789abcdef01', 0xffff_ffff, 18],
  [`${'0'.repeat(40)}1`, 1, 41],
])('%j', (text, word, length) => {
  expect(scanWord(text)).toEqual({ word, length })
})

it.each(['', '-', '+', '- 1', 'x1', ':1', '\xa01'])('no number in %j', (text) => {
  expect(scanWord(text)).toBeUndefined()
})
