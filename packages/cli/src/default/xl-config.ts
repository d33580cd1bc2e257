/**
 * Configuration files of xl, as far as one setting of them is looked for: names, `=` or `+=`, numbers, strings in either quotes with
 * backslashes, lists over several lines, comments, and newlines or semicolons between settings (Xen, tools/libs/util/libxlu_cfg_l.l and
 * libxlu_cfg_y.y). Of a setting that is there twice, the last counts.
 */
import { CommandError } from '../errors.js'

/** One setting of a configuration. */
export interface XlSetting {
  /** Its name. */
  readonly name: string
  /** `=` sets, `+=` adds to what was set before. */
  readonly operator: '=' | '+='
  /** A string, a number as it is written, or a list of strings. */
  readonly value: string | readonly string[]
  /** Where the value begins, in characters. */
  readonly start: number
  /** Where it ends. */
  readonly end: number
}

const TOKEN =
  /[ \t\r]+|#[^\n]*|(?<separator>[\n;])|(?<name>[A-Za-z][_0-9A-Za-z]*)|(?<number>-?[0-9][0-9A-Fa-fxX]*)|(?<text>'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|(?<operator>\+?=)|(?<mark>[[\],])/y

interface Token {
  readonly kind: 'separator' | 'name' | 'number' | 'text' | 'operator' | 'mark'
  readonly text: string
  readonly start: number
}

/** @throws {@link CommandError} where the text is no configuration of xl, with the line. */
export function readXlConfig(text: string): XlSetting[] {
  const tokens = tokensOf(text)
  const settings: XlSetting[] = []
  let at = 0
  const complain = (what: string): CommandError => {
    const place = tokens[at]?.start ?? text.length
    const line = text.slice(0, place).split('\n').length
    return new CommandError({
      code: 'XL_CONFIG',
      message: `The configuration is none of xl: expected ${what} in line ${line}.`,
      details: { line },
    })
  }
  const take = (kind: Token['kind'], what: string): Token => {
    const token = tokens[at]
    if (token?.kind !== kind) throw complain(what)
    at++
    return token
  }
  const isMark = (mark: string) => tokens[at]?.kind === 'mark' && tokens[at]?.text === mark
  const skipSeparators = () => {
    while (tokens[at]?.kind === 'separator') at++
  }
  const value = (): XlSetting['value'] => {
    const token = tokens[at]
    if (token?.kind === 'number' || token?.kind === 'text') {
      at++
      return token.kind === 'text' ? unquoted(token.text) : token.text
    }
    if (!isMark('[')) throw complain('a string, a number or a list')
    at++
    const items: string[] = []
    for (skipSeparators(); !isMark(']'); skipSeparators()) {
      const item = value()
      items.push(...[item].flat())
      skipSeparators()
      if (isMark(',')) at++
      else if (!isMark(']')) throw complain('"," or "]"')
    }
    at++
    return items
  }
  for (skipSeparators(); at < tokens.length; skipSeparators()) {
    const name = take('name', 'the name of a setting').text
    const operator = take('operator', '"="').text === '+=' ? '+=' : '='
    const start = tokens[at]?.start ?? text.length
    const read = value()
    const last = tokens[at - 1]
    settings.push({
      name,
      operator,
      value: read,
      start,
      end: (last?.start ?? 0) + (last?.text.length ?? 0),
    })
    if (at < tokens.length && tokens[at]?.kind !== 'separator')
      throw complain('the end of the line')
  }
  return settings
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  TOKEN.lastIndex = 0
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at
    const found = TOKEN.exec(text)
    if (found === null) {
      const line = text.slice(0, at).split('\n').length
      throw new CommandError({
        code: 'XL_CONFIG',
        message: `The configuration is none of xl: ${JSON.stringify(text.slice(at, at + 12))} in line ${line} cannot stand there.`,
        details: { line },
      })
    }
    for (const kind of KINDS)
      if (found.groups?.[kind] !== undefined) tokens.push({ kind, text: found[0], start: at })
  }
  return tokens
}

const KINDS = ['separator', 'name', 'number', 'text', 'operator', 'mark'] as const
const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

function unquoted(text: string): string {
  return text
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-fA-F]{2})|([0-7]{3})|(.))/g, (_, hex, octal, letter) =>
      hex !== undefined
        ? String.fromCharCode(Number.parseInt(hex, 16))
        : octal !== undefined
          ? String.fromCharCode(Number.parseInt(octal, 8) & 0xff)
          : (ESCAPES[letter] ?? letter),
    )
}

/** The setting that counts; undefined if there is none. */
export function lastSetting(settings: readonly XlSetting[], name: string): XlSetting | undefined {
  return settings.findLast((setting) => setting.name === name)
}

/** The kind of guest that a configuration makes: what `type` says, or `builder` of older ones, PV by default (xl.cfg(5)). */
export function kindOfXlConfig(settings: readonly XlSetting[]): 'pv' | 'hvm' | 'pvh' {
  const type = lastSetting(settings, 'type')?.value
  if (type === 'hvm' || type === 'pvh' || type === 'pv') return type
  const builder = lastSetting(settings, 'builder')?.value
  return builder === 'hvm' ? 'hvm' : 'pv'
}
