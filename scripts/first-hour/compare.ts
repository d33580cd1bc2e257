/** What a page shows of a command's answer, held against the answer. */

/** What differs from one machine and one minute to the next, and what stands for it on both sides. */
const OPEN: readonly (readonly [what: RegExp, instead: string, why: string])[] = [
  [
    /^added \d+ packages?(, and audited \d+ packages?)? in [\d.]+m?s$/,
    'added some packages in some seconds',
    'how many depends on the newest releases of others, and whether they are audited on the registry',
  ],
]

/** What npm says of itself, now and then. */
const ASIDE = /^npm notice/

/** Stands for any number of lines. */
const LEFT_OUT = '[…]'

/** Why the answer is not what is shown; undefined if it is. */
export function differenceOf(shown: readonly string[], answer: string): string | undefined {
  const real = openLines(answer.split('\n').filter((line) => !ASIDE.test(line)))
  const parts = partsOf(openLines(shown))
  let from = 0
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1
    const at = last ? Math.max(from, real.length - part.length) : from
    const found = index === 0 || last ? startsAt(real, part, at) : find(real, part, from)
    if (found === undefined || (last && index === 0 && real.length !== part.length))
      return `shown is\n${part.join('\n')}\nbut it prints\n${real.slice(from).join('\n')}`
    from = found + part.length
  }
  return undefined
}

/** Without blank lines around; what is open is alike. */
function openLines(lines: readonly string[]): readonly string[] {
  const text = lines.map((line) => line.trimEnd()).join('\n')
  return text
    .replace(/^\n+|\n+$/g, '')
    .split('\n')
    .map((line) => OPEN.reduce((changed, [what, instead]) => changed.replace(what, instead), line))
}

/** The lines between what is left out. */
function partsOf(shown: readonly string[]): readonly (readonly string[])[] {
  const parts: string[][] = [[]]
  for (const line of shown) {
    if (line === LEFT_OUT) parts.push([])
    else parts.at(-1)?.push(line)
  }
  return parts
}

function startsAt(real: readonly string[], part: readonly string[], at: number) {
  return part.every((line, offset) => real[at + offset] === line) ? at : undefined
}

function find(real: readonly string[], part: readonly string[], from: number) {
  for (let at = from; at <= real.length - part.length; at++)
    if (startsAt(real, part, at) !== undefined) return at
  return undefined
}
