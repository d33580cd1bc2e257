/**
 * Snapshots that differ only in what no level depends on, recognised by their texts: the host's name, its brand string, signature,
 * microcode revision and notes. In a fleet there are far fewer kinds of hosts than hosts, and reading JSON is most of the work.
 *
 * Fields may stand in any order, with any blanks between them, as long as texts of a kind have the same.
 */

/** A text of a known kind. */
export interface KnownText<Value> {
  /** The host's name. */
  readonly name: string
  /** What was learned. */
  readonly value: Value
}

/** Characters of texts that are remembered; then they are learned anew. */
const MOST_CHARACTERS = 1 << 24

/** Stands where a value was cut out. JSON has none of it outside of escapes. */
const CUT = '\u0000'

const TEXT = '"(?:[^"\\\\\\u0000-\\u001f]+)"'
const REGISTER = '"0x[0-9a-fA-F]{8}"'
const LIST = `\\[\\s*(?:${TEXT}\\s*(?:,\\s*${TEXT}\\s*)*)?\\]`

/**
 * The fields whose values are cut out, each with the form that its value must have, so that whatever has that form is as sound as the
 * text that was learned from. Values that are written otherwise, as with escapes, stay in and are compared like everything else.
 */
const FIELDS = /* @__PURE__ */ [
  { key: 'name', form: TEXT, probe: 'a' },
  { key: 'brand', form: `${TEXT}|""`, probe: 'b' },
  { key: 'signature', form: REGISTER, probe: '0x00000001' },
  { key: 'microcodeRevision', form: `${REGISTER}|null`, probe: '0x00000002' },
  { key: 'notes', form: LIST, probe: ['c'] },
] as const

type FieldKey = (typeof FIELDS)[number]['key']

/** A text in pieces. */
interface Parts {
  /** All but the values that were cut out. */
  readonly around: string
  /** Where the values were, in the order of the text. */
  readonly cuts: readonly Cut[]
  /** The host's name. */
  readonly name: string
}

interface Cut {
  readonly key: FieldKey
  readonly from: number
  readonly to: number
}

/** Texts by all but those values. */
export class SnapshotTexts<Value> {
  readonly #known = new Map<string, Value>()
  readonly #fields = new RegExp(
    FIELDS.map(({ key, form }) => `"${key}"\\s*:\\s*(${form})`).join('|'),
    'g',
  )
  #characters = 0

  /** What was learned of a text that is of the same kind. */
  find(text: string): KnownText<Value> | undefined {
    const parts = this.#partsOf(text)
    const value = parts === undefined ? undefined : this.#known.get(parts.around)
    return parts === undefined || value === undefined ? undefined : { name: parts.name, value }
  }

  /** Remembers a text that has been read and is sound. `value` is asked for if the text is one that can be remembered. */
  learn(text: string, value: () => Value): void {
    const parts = this.#partsOf(text)
    if (parts === undefined || !areInPlace(text, parts.cuts)) return
    this.#characters += parts.around.length
    if (this.#characters > MOST_CHARACTERS) {
      this.clear()
      this.#characters = parts.around.length
    }
    this.#known.set(parts.around, value())
  }

  /** Forgets all. */
  clear(): void {
    this.#known.clear()
    this.#characters = 0
  }

  #partsOf(text: string): Parts | undefined {
    if (text.includes(CUT)) return undefined
    const cuts: Cut[] = []
    let around = ''
    let name: string | undefined
    let from = 0
    this.#fields.lastIndex = 0
    for (let match = this.#fields.exec(text); match !== null; match = this.#fields.exec(text)) {
      const field = FIELDS.findIndex((_, at) => match?.[at + 1] !== undefined)
      const value = match[field + 1] ?? ''
      const to = this.#fields.lastIndex
      const key = FIELDS[field]?.key ?? 'name'
      if (key === 'name') name = value.slice(1, -1)
      cuts.push({ key, from: to - value.length, to })
      around += text.slice(from, to - value.length) + CUT
      from = to
    }
    if (name === undefined) return undefined
    return { around: around + text.slice(from), cuts, name: ownCopy(name) }
  }
}

/** A text cut out of another keeps that in memory, in V8 at least; this one keeps nothing but itself. */
function ownCopy(text: string): string {
  return `${text} `.slice(0, -1)
}

/** Whether the values that were cut out are those of the fields, and not others that look alike, and each is there once. */
function areInPlace(text: string, cuts: readonly Cut[]): boolean {
  if (new Set(cuts.map(({ key }) => key)).size < cuts.length) return false
  const probes = new Map<string, unknown>(FIELDS.map(({ key, probe }) => [key, probe]))
  const changed = [...cuts]
    .reverse()
    .reduce(
      (rest, { key, from, to }) =>
        rest.slice(0, from) + JSON.stringify(probes.get(key)) + rest.slice(to),
      text,
    )
  const expected = withProbes(JSON.parse(text), cuts, probes)
  return JSON.stringify(JSON.parse(changed)) === JSON.stringify(expected)
}

/** The same document with other values in these fields. */
function withProbes(
  document: unknown,
  cuts: readonly Cut[],
  probes: ReadonlyMap<string, unknown>,
): unknown {
  if (typeof document !== 'object' || document === null) return document
  const keys = new Set<string>(cuts.map(({ key }) => key))
  const replace = (fields: object): [string, unknown][] =>
    Object.entries(fields).map(([key, value]) => [key, keys.has(key) ? probes.get(key) : value])
  return Object.fromEntries(
    replace(document).map(([key, value]) =>
      key === 'cpu' && typeof value === 'object' && value !== null
        ? [key, Object.fromEntries(replace(value))]
        : [key, value],
    ),
  )
}
