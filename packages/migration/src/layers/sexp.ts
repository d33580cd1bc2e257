/** S-expressions as OCaml's sexplib writes them: atoms, quoted strings, lists. */

/** An atom, or a list. */
export type Sexp = string | readonly Sexp[]

/** What a backslash and a letter stand for. */
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b', r: '\r' }

/** Reads one s-expression; null for a text that is none. Takes any depth, as it does not call itself. */
export function parseSexp(text: string): Sexp | null {
  // Made anew, as it keeps its place.
  const token = /\s+|[()]|"(?:[^"\\]|\\[\s\S])*"|[^\s()"]+/y
  const whole: Sexp[] = []
  const open: Sexp[][] = []
  let list = whole
  for (let at = 0; at < text.length; ) {
    token.lastIndex = at
    const [found] = token.exec(text) ?? []
    if (found === undefined) return null
    at += found.length
    if (found === '(') {
      const inner: Sexp[] = []
      list.push(inner)
      open.push(list)
      list = inner
    } else if (found === ')') {
      const outer = open.pop()
      if (outer === undefined) return null
      list = outer
    } else if (found.startsWith('"')) list.push(unquoted(found))
    else if (found.trim() !== '') list.push(found)
  }
  const [only, ...others] = whole
  return open.length === 0 && others.length === 0 ? (only ?? null) : null
}

/** The value of the first field `(name value)`, at any depth; undefined if there is none. */
export function sexpField(root: Sexp, name: string): Sexp | undefined {
  const waiting: Sexp[] = [root]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (typeof next === 'string') continue
    const [first, value, ...more] = next
    if (first === name && more.length === 0) return value
    for (let at = next.length - 1; at >= 0; at--) waiting.push(next[at] ?? '')
  }
  return undefined
}

function unquoted(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(
      /\\(?:\r?\n[ \t]*|(\d{3})|x([0-9a-fA-F]{2})|([\s\S]))/g,
      (_, decimal?: string, hex?: string, letter?: string) =>
        decimal !== undefined
          ? String.fromCharCode(Number(decimal) & 0xff)
          : hex !== undefined
            ? String.fromCharCode(Number.parseInt(hex, 16))
            : (ESCAPES[letter ?? ''] ?? letter ?? ''),
    )
}
