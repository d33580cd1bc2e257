/** S-expressions as sexplib writes them. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseSexp, type Sexp, sexpField } from './sexp.js'

/** As sexplib writes it, every atom quoted. */
function written(sexp: Sexp): string {
  return typeof sexp === 'string'
    ? `"${sexp.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`
    : `(${sexp.map(written).join(' ')})`
}

const sexps = fc.letrec<{ sexp: Sexp }>((tie) => ({
  sexp: fc.oneof({ maxDepth: 5 }, fc.string(), fc.array(tie('sexp'), { maxLength: 5 })),
})).sexp

describe('an s-expression', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(sexps, (sexp) => {
        expect(parseSexp(written(sexp))).toEqual(sexp)
      }),
    )
  })

  it.each([
    ['(a(b c)"d e")', ['a', ['b', 'c'], 'd e']],
    [' a ', 'a'],
    ['"\\065\\x42\\t\\"\\q"', 'AB\t"q'],
    ['"a\\\n   b"', 'ab'],
    ['()', []],
  ])('%s', (text, value) => expect(parseSexp(text)).toEqual(value))

  it.each(['', '(', ')', '(a', 'a)', 'a b', '"a', '"a\\"', '(a))('])('%s is none', (text) =>
    expect(parseSexp(text)).toBeNull(),
  )

  it('of any depth and any text is read or refused', () => {
    expect(parseSexp(`${'('.repeat(200_000)}${')'.repeat(200_000)}`)).not.toBeNull()
    expect(parseSexp(`"${'\\a'.repeat(200_000)}"`)).toBe('a'.repeat(200_000))
    fc.assert(fc.property(fc.string(), (text) => void parseSexp(text)))
  })

  it('has fields at any depth, the first of a name first', () => {
    const sexp = parseSexp('((x(y z))(p((q(r 1))(r 2)))(r 3 4))') ?? ''
    expect(sexpField(sexp, 'r')).toBe('1')
    expect(sexpField(sexp, 'x')).toEqual(['y', 'z'])
    expect(sexpField(sexp, 'none')).toBeUndefined()
    expect(sexpField('r', 'r')).toBeUndefined()
  })
})
