/**
 * Where a text stops being JSON (RFC 8259). JSON.parse says that it does, but not every engine says where.
 */

/** A place in a text. */
export interface TextPosition {
  /** Characters before it. */
  readonly offset: number
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
}

const SPACE = /[ \t\r\n]*/y
const SCALAR =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these, and a Unicode class costs time at import
  /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const KEY = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y

/** The first character that no JSON text can have there; the end of the text if it is cut short, null if it is JSON. */
export function locateJsonError(text: string): TextPosition | null {
  const offset = jsonErrorOffset(text)
  if (offset === null) return null
  const before = text.slice(0, offset).split('\n')
  return { offset, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}

function jsonErrorOffset(text: string): number | null {
  /** Closing brackets that are due. */
  const open: ('}' | ']')[] = []
  let at = 0
  let expected: 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'more' = 'value'

  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found === null) return false
    at += found[0].length
    return true
  }

  for (;;) {
    take(SPACE)
    if (expected === 'more' && open.length === 0) return at === text.length ? null : at
    const character = text[at]
    if (character === undefined) return at
    const closes = character === open.at(-1)
    if (closes && (expected === 'more' || expected === 'value or ]' || expected === 'key or }')) {
      open.pop()
      at++
      expected = 'more'
    } else if (expected === 'more') {
      if (character !== ',') return at
      at++
      expected = open.at(-1) === '}' ? 'key' : 'value'
    } else if (expected === 'colon') {
      if (character !== ':') return at
      at++
      expected = 'value'
    } else if (expected === 'key' || expected === 'key or }') {
      if (!take(KEY)) return at
      expected = 'colon'
    } else if (character === '{' || character === '[') {
      open.push(character === '{' ? '}' : ']')
      at++
      expected = character === '{' ? 'key or }' : 'value or ]'
    } else if (take(SCALAR)) {
      expected = 'more'
    } else {
      return at
    }
  }
}
