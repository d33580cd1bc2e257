/** EMULATOR_XENSTORE_DATA: keys and values in turns, a zero behind each (tools/libs/light/libxl_dom_save.c). */
import type { Fault } from './finding.js'
import type { Bench, BodyReader } from './rules.js'

const SLASH = 0x2f
/** What a key is made of, by the specification; libxl does not look. */
const KEY_CHARACTERS = /* @__PURE__ */ (() =>
  new Set(
    Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/_@', (character) =>
      character.charCodeAt(0),
    ),
  ))()

/** Follows the keys and values of one record. Of each kind of fault only the first is said. */
export class XenstoreData implements BodyReader {
  readonly #bench: Bench
  #offset: number
  readonly #said = new Set<string>()
  /** What the text at hand is, and whether it has a character. */
  #is: 'key' | 'value' = 'key'
  #begun = false

  constructor(bench: Bench, offset: number) {
    this.#bench = bench
    this.#offset = offset
  }

  take(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0
      if (this.#is === 'key') this.#key(byte)
      if (byte === 0) this.#is = this.#is === 'key' ? 'value' : 'key'
      this.#begun = byte !== 0
      this.#offset++
    }
  }

  end(): void {
    if (this.#begun) this.#wrong(`the last ${this.#is} has no zero that ends it`)
    else if (this.#is === 'value') this.#wrong('the last key has no value')
  }

  #key(byte: number): void {
    if (!this.#begun && byte === 0) this.#wrong('a key is empty')
    else if (!this.#begun && byte === SLASH)
      this.#wrong('a key does not begin below the device model')
    else if (byte !== 0 && !KEY_CHARACTERS.has(byte))
      this.#wrong('a key has characters other than A-Z, a-z, 0-9, -, /, _ and @', {
        rejects: ['verify'],
      })
  }

  #wrong(message: string, forWhom: Pick<Fault, 'rejects'> = {}): void {
    if (this.#said.has(message)) return
    this.#said.add(message)
    this.#bench.found({
      code: 'BAD_XENSTORE_DATA',
      message: `In the device model's xenstore data ${message}`,
      offset: this.#offset,
      ...forWhom,
    })
  }
}
