/**
 * Markup that cannot be broken out of: whatever is put into a template is escaped, unless it is markup itself. What it makes is at once HTML
 * and well-formed XML.
 */

/** A piece of markup. */
export class Markup {
  /** The markup. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** What can be put into a template; null is nothing. */
export type Hole = string | number | null | Markup | readonly Markup[]

/** A template of markup: names and numbers in it are escaped. */
export function markup(pieces: TemplateStringsArray, ...holes: readonly Hole[]): Markup {
  let text = pieces[0] ?? ''
  holes.forEach((hole, at) => {
    text += `${textOf(hole)}${pieces[at + 1] ?? ''}`
  })
  return new Markup(text)
}

/** Pieces one after another, with something between them. */
export function joined(pieces: readonly Markup[], between = ''): Markup {
  return new Markup(pieces.map(({ text }) => text).join(between))
}

/** Text of several lines, for where white space is shown as it is. */
export function lines(text: string): Markup {
  return new Markup(text.split('\n').map(escaped).join('\n'))
}

function textOf(hole: Hole): string {
  if (hole === null) return ''
  if (hole instanceof Markup) return hole.text
  if (typeof hole === 'string') return escaped(hole)
  return typeof hole === 'number' ? String(hole) : hole.map(({ text }) => text).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/**
 * Characters that nobody sees, and that can turn what stands beside them round (U+202E) or make two names look the same (U+200B); among
 * them those that XML does not allow.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\uFFFE\uFFFF]/gu
const HALF_A_PAIR = /\p{Surrogate}/gu

/** Text as markup: it stays text in an element, in an attribute, and in XML. Characters that cannot be seen are named. */
function escaped(text: string): string {
  return text
    .replace(HALF_A_PAIR, '\uFFFD')
    .replace(UNSEEN, codePoint)
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character)
}

function codePoint(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase()
  return `⟨U+${code.padStart(4, '0')}⟩`
}
