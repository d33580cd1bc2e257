/** Colours for people: none where output is no terminal, where NO_COLOR is set (no-color.org), or on a dumb terminal. */
import type { Io, Output } from '../io.js'

/** SGR codes (ECMA-48, 8.3.117): on and off. `styleText` of node:util would do, but Node 20.11 does not have it. */
const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
} as const

/** Ways to stress a text. */
type StyleName = keyof typeof CODES

/** Stresses a text, or leaves it as it is. */
export type Style = (name: StyleName, text: string) => string

/** The style for an output. */
export function styleFor(output: Output, env: Io['env']): Style {
  if (!wantsColours(output, env)) return (_, text) => text
  return (name, text) => {
    const [on, off] = CODES[name]
    return `\u001b[${on}m${text}\u001b[${off}m`
  }
}

function wantsColours({ isTTY }: Output, { NO_COLOR, FORCE_COLOR, TERM }: Io['env']): boolean {
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '' && FORCE_COLOR !== '0') return true
  return isTTY && TERM !== 'dumb'
}
