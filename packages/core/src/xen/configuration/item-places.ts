/** Which items of a configuration name a register, a leaf or an MSR. */
import type { RegisterPlace } from './named-bits.js'
import { type XlField, xlCpuidNames } from './names.js'
import { parseXlCpuid, type XlCpuidLanguage } from './parse.js'

/** Which items of a configuration name a place. */
export class ItemPlaces {
  readonly #items: ReadonlyMap<string, readonly { readonly item: number; readonly text: string }[]>
  readonly #language: XlCpuidLanguage
  readonly #texts: readonly string[]
  readonly #names: ReadonlyMap<string, XlField>

  constructor(items: readonly string[], language: XlCpuidLanguage, release: string) {
    this.#language = language
    this.#texts = items
    this.#names = xlCpuidNames(release)
    const places = new Map<string, { item: number; text: string }[]>()
    items.forEach((text, item) => {
      const parsed = parseXlCpuid([text], { language, release })
      const add = (key: string, characters: string) => {
        const before = places.get(key)
        if (before === undefined) places.set(key, [{ item, text: characters }])
        else before.push({ item, text: characters })
      }
      for (const { leaf, subleaf, ...registers } of parsed.cpuid) {
        add(`${leaf}:${subleaf}`, '')
        for (const [register, characters] of Object.entries(registers))
          add(`${leaf}:${subleaf}.${register}`, characters)
      }
      for (const { index, policy } of parsed.msr) {
        add(`msr ${index}`, '')
        add(`msr ${index}.edx`, policy.slice(0, 32))
        add(`msr ${index}.eax`, policy.slice(32))
      }
    })
    this.#items = places
  }

  /** The last item that asks for one of the bits of a mask. */
  ofBits(place: RegisterPlace, mask: number): number | undefined {
    return this.#items
      .get(keyOf(place))
      ?.findLast(({ text }) =>
        [...text].some((character, at) => character !== 'x' && ((mask >>> (31 - at)) & 1) === 1),
      )?.item
  }

  /** The last item that names a register. */
  ofRegister(place: RegisterPlace): number | undefined {
    return this.#items.get(keyOf(place))?.at(-1)?.item
  }

  /** The bits of a register that items name, also those of which they ask for the default; none that xend's language lists. */
  named(place: RegisterPlace): number {
    if (this.#language === 'xend') return 0
    let mask = 0
    for (const { item } of this.#items.get(keyOf(place)) ?? []) {
      const field = this.#names.get(this.#texts[item]?.split('=')[0] ?? '')
      if (field === undefined) continue
      mask |= maskOf(field, place.register === 'edx')
    }
    return mask
  }

  /** The first item that names a leaf. */
  ofLeaf(leaf: number, subleaf: number | null): number | undefined {
    return this.#items.get(`${leaf}:${subleaf}`)?.[0]?.item
  }

  /** The first item that names an MSR. */
  ofMsr(index: number): number | undefined {
    return this.#items.get(`msr ${index}`)?.[0]?.item
  }
}

function keyOf(place: RegisterPlace): string {
  return 'msr' in place
    ? `msr ${place.msr}.${place.register}`
    : `${place.leaf}:${place.subleaf}.${place.register}`
}

/** The bits of a field in its register, or in one half of its MSR. */
function maskOf(field: XlField, high: boolean): number {
  switch (field.kind) {
    case 'msr':
      return field.bit >= 32 === high ? 1 << (field.bit & 31) : 0
    case 'family':
      return 0x0ff0_0f00
    case 'model':
      return 0x000f_00f0
    case 'bits':
      return (field.length === 32 ? -1 : (1 << field.length) - 1) << field.bit
  }
}
