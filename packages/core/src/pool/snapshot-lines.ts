/**
 * Snapshots that differ in nothing but the host's name, recognised by their texts: in a fleet there are far fewer kinds of hosts than hosts,
 * and reading JSON is most of the work.
 */

/** A text of a known kind. */
export interface KnownLine<Value> {
  /** The host's name. */
  readonly name: string
  /** What was learned. */
  readonly value: Value
}

/** Characters of texts that are remembered; then they are learned anew. */
const MOST_CHARACTERS = 1 << 24

/** A name without escapes: as it stands, it is the name. Names that are written otherwise are read the long way. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them within a string.
const NAME = /"name"\s*:\s*"([^"\\\u0000-\u001f]+)"/

/** Texts by what surrounds the name. */
export class SnapshotLines<Value> {
  readonly #known = new Map<string, Value>()
  #characters = 0

  /** What was learned of a text that is the same but for the name. */
  find(text: string): KnownLine<Value> | undefined {
    const parts = partsOf(text)
    const value = parts === undefined ? undefined : this.#known.get(parts.around)
    return parts === undefined || value === undefined ? undefined : { name: parts.name, value }
  }

  /** Remembers a text that has been read and is sound. `value` is asked for if the text is one that can be remembered. */
  learn(text: string, name: string, value: () => Value): void {
    const parts = partsOf(text)
    if (parts === undefined || parts.name !== name || !isNamePlace(text, parts)) return
    this.#characters += text.length
    if (this.#characters > MOST_CHARACTERS) this.clear()
    this.#known.set(parts.around, value())
  }

  /** Forgets all. */
  clear(): void {
    this.#known.clear()
    this.#characters = 0
  }
}

interface Parts {
  readonly name: string
  /** Where the name begins. */
  readonly at: number
  /** The text without the name, and where that was. */
  readonly around: string
}

function partsOf(text: string): Parts | undefined {
  const match = NAME.exec(text)
  if (match === null) return undefined
  const [whole, name = ''] = match
  const end = match.index + whole.length - 1
  const at = end - name.length
  return { name, at, around: `${at} ${text.slice(0, at)}${text.slice(end)}` }
}

/** Whether it is the host's name that stands there, and no other field's that looks alike. */
function isNamePlace(text: string, { name, at }: Parts): boolean {
  const other = `${name}'`
  const changed: unknown = JSON.parse(text.slice(0, at) + other + text.slice(at + name.length))
  return (
    typeof changed === 'object' && changed !== null && 'name' in changed && changed.name === other
  )
}
