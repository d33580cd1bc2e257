/** The device model's xenstore data: each kind of fault once, with its sentence, its place and whom it concerns. */
import { describe, expect, it } from 'vitest'
import { ascii, libxlHeader, record, words } from '../build.testing.js'
import { concat } from '../images.testing.js'
import { CONTEXT, END, judge, STATIC_END, V3 } from './judged.testing.js'

const BEFORE = concat([libxlHeader(), record(1), V3, STATIC_END, CONTEXT, END])
/** Behind the head of the record and that of its body. */
const TEXT = BEFORE.length + 16

type Said = readonly [sentence: string, at: number, rejects: readonly string[]]
const BOTH = ['verify', 'restore']
const LETTERS = 'a key has characters other than A-Z, a-z, 0-9, -, /, _ and @'

const CASES: readonly (readonly [name: string, text: string, said: readonly Said[]])[] = [
  ['no text', '', []],
  ['a key and its value', 'physmap/f0-_@/Name\0vga.vram\0', []],
  ['an empty value', 'a\0\0', []],
  ['any letters in a value', 'a\0 /%\x01\0', []],
  ['a key without a value', 'a\0', [['the last key has no value', 2, BOTH]]],
  ['a key without an end', 'a', [['the last key has no zero that ends it', 1, BOTH]]],
  ['a value without an end', 'a\0b', [['the last value has no zero that ends it', 3, BOTH]]],
  ['an empty key', '\0b\0', [['a key is empty', 0, BOTH]]],
  ['a path of its own', '/a\0b\0', [['a key does not begin below the device model', 0, BOTH]]],
  // libxl does not look at the letters: only the producer is wrong.
  ['other letters in a key', 'a b\0c\0', [[LETTERS, 1, ['verify']]]],
  [
    'a fault again',
    'a b c\0d\0e f\0\0\0\0\0\0',
    [
      [LETTERS, 1, ['verify']],
      ['a key is empty', 13, BOTH],
    ],
  ],
]

describe('the xenstore data of a device model', () => {
  it.each(CASES)('with %s', (_, text, said) => {
    const body = concat([words(2, 0), ascii(text)])
    const { findings } = judge(concat([BEFORE, record(2, body), END]))
    expect(findings).toEqual(
      said.map(([sentence, at, rejects]) => ({
        code: 'BAD_XENSTORE_DATA',
        message: `In the device model's xenstore data ${sentence}`,
        offset: TEXT + at,
        path: findings[0]?.path,
        layer: 'libxl',
        record: 1,
        rejects,
        severity: 'error',
      })),
    )
    for (const { path } of findings) expect(path).toMatch(/^libxl\..*EMULATOR_XENSTORE_DATA/)
  })
})
