import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joined, lines, Markup, markup } from './markup.js'
import { parseMarkup, textOf } from './well-formed.testing.js'

describe('markup', () => {
  it.each([
    ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    [`" onload="x" 'y'`, '&quot; onload=&quot;x&quot; &#39;y&#39;'],
    ['a ]]> b &amp; c', 'a ]]&gt; b &amp;amp; c'],
    ['evil\u202egpj.exe', 'evil⟨U+202E⟩gpj.exe'],
    ['a\u200bb\u0000\ufeff', 'a⟨U+200B⟩b⟨U+0000⟩⟨U+FEFF⟩'],
    ['two\nlines\u2028', 'two⟨U+000A⟩lines⟨U+2028⟩'],
    ['half \ud800 a pair, a whole \u{1f5a5}', 'half \ufffd a pair, a whole \u{1f5a5}'],
    ['שלום', 'שלום'],
  ])('shows %j as text', (text, escaped) => {
    expect(markup`<b title="${text}">${text}</b>`.text).toBe(`<b title="${escaped}">${escaped}</b>`)
  })

  it('takes numbers, markup, lists of markup and nothing', () => {
    const items = [markup`<i>${1}</i>`, markup`<i>${'&'}</i>`]
    expect(markup`<p>${items}${null}${new Markup('<hr/>')}</p>`.text).toBe(
      '<p><i>1</i><i>&amp;</i><hr/></p>',
    )
    expect(joined(items, ', ').text).toBe('<i>1</i>, <i>&amp;</i>')
  })

  it('keeps lines where white space is shown', () => {
    expect(lines('<cpu>\n  <x/>').text).toBe('&lt;cpu&gt;\n  &lt;x/&gt;')
  })

  it('cannot be broken out of', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.constantFrom(
          '<',
          '>',
          '&',
          '"',
          "'",
          '/',
          '-',
          ']',
          '\0',
          '\u202e',
          'a',
          '=',
          ' ',
        ),
      }),
    )
    fc.assert(
      fc.property(hostile, (text) => {
        const element = parseMarkup(markup`<a b="${text}"><c>${text}</c></a>`.text)
        expect(element.children).toHaveLength(1)
        expect(element.attributes.b).toBe(textOf(element))
        // Nothing is dropped: what is not itself is named.
        expect(textOf(element).length).toBeGreaterThanOrEqual(text.length)
      }),
      { numRuns: 2000 },
    )
  })
})
