/** A small reader of markup for tests: strict as XML is, but that the text of style and script is taken as HTML takes it. */

/** One element. */
export interface Element {
  /** Its name. */
  readonly name: string
  /** Its attributes. */
  readonly attributes: Readonly<Record<string, string>>
  /** What is in it. */
  readonly children: readonly (Element | string)[]
}

const TAG = /<(\/?)([A-Za-z][\w:-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/y
const ATTRIBUTE = /([\w:-]+)="([^"<]*)"/g
const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
}

/** Reads a document. Throws where it is not well-formed, with the place. */
export function parseMarkup(text: string): Element {
  const start = text.startsWith('<!DOCTYPE html>') ? '<!DOCTYPE html>'.length : 0
  const root = { name: '#root', attributes: {}, children: [] as (Element | string)[] }
  const open: { name: string; children: (Element | string)[] }[] = [root]
  let at = start
  while (at < text.length) {
    const parent = open.at(-1) ?? root
    if (text[at] !== '<') {
      const end = text.indexOf('<', at)
      const piece = text.slice(at, end < 0 ? text.length : end)
      if (piece.trim() !== '' || parent !== root) parent.children.push(decoded(piece, at))
      at += piece.length
      continue
    }
    TAG.lastIndex = at
    const [whole, closing, name = '', attributes = '', alone] = TAG.exec(text) ?? []
    if (whole === undefined) throw new Error(`no tag at ${at}: ${text.slice(at, at + 60)}`)
    at += whole.length
    if (closing === '/') {
      if (open.pop()?.name !== name || open.length === 0)
        throw new Error(`</${name}> at ${at} closes nothing`)
      continue
    }
    const element = { name, attributes: attributesOf(attributes, at), children: [] }
    parent.children.push(element)
    if (alone === '/') continue
    open.push(element)
    if (name === 'style' || name === 'script') {
      const end = text.indexOf(`</${name}`, at)
      open.at(-1)?.children.push(text.slice(at, end))
      at = end
    }
  }
  const [document] = root.children
  if (open.length > 1) throw new Error(`<${open.at(-1)?.name}> is never closed`)
  if (root.children.length !== 1 || document === undefined || typeof document === 'string')
    throw new Error('a document is one element')
  return document
}

function attributesOf(text: string, at: number): Record<string, string> {
  const attributes: Record<string, string> = {}
  for (const [, name = '', value = ''] of text.matchAll(ATTRIBUTE)) {
    if (Object.hasOwn(attributes, name)) throw new Error(`${name} is there twice before ${at}`)
    attributes[name] = decoded(value, at)
  }
  return attributes
}

function decoded(text: string, at: number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(text))
    throw new Error(`a control character after ${at}`)
  return text.replace(/&[^;\s]*;?/g, (entity) => {
    const character = ENTITIES[entity]
    if (character === undefined) throw new Error(`${entity} after ${at} is no entity`)
    return character
  })
}

/** All text in an element. */
export function textOf(element: Element | string): string {
  return typeof element === 'string' ? element : element.children.map(textOf).join('')
}

/** All elements of a name, or with a class, in order. */
export function elements(within: Element, which: string): Element[] {
  const found: Element[] = []
  const visit = (element: Element) => {
    const classes = (element.attributes.class ?? '').split(' ')
    const isIt = which.startsWith('.')
      ? classes.includes(which.slice(1))
      : which.startsWith('#')
        ? element.attributes.id === which.slice(1)
        : element.name === which
    if (isIt) found.push(element)
    for (const child of element.children) if (typeof child !== 'string') visit(child)
  }
  visit(within)
  return found
}
