/** Runs of GNU cpio in the words in which they are recorded. */
import type { GnuCpioRun } from './gnu-cpio.js'

/** What Python takes for the end of a line, beside a newline with a return before it. */
const LINE_ENDS = new Set([0x0a, 0x0b, 0x0c, 0x0d, 0x1c, 0x1d, 0x1e, 0x85, 0x2028, 0x2029])

/** What it prints, decoded and cut into lines. */
export function describeGnuCpio({ messages }: GnuCpioRun): string[] {
  const text = messages.map((message) => `cpio: ${message}\n`).join('')
  const decoded = new TextDecoder().decode(Buffer.from(text, 'latin1'))
  const lines = ['']
  for (const character of decoded.replaceAll('\r\n', '\n')) {
    if (LINE_ENDS.has(character.codePointAt(0) ?? 0)) lines.push('')
    else lines.push((lines.pop() ?? '') + character)
  }
  return lines.slice(0, -1)
}
