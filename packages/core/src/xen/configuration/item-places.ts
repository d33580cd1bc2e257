/** Which items of a configuration name a register, a leaf or an MSR. */
import type { RegisterPlace } from './named-bits.js'
import { parseXlCpuid, type XlCpuidLanguage } from './parse.js'

/** Which items of a configuration name a place. */
export class ItemPlaces {
  readonly #items: ReadonlyMap<string, readonly { readonly item: number; readonly text: string }[]>

  constructor(items: readonly string[], language: XlCpuidLanguage, release: string) {
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
    const key =
      'msr' in place
        ? `msr ${place.msr}.${place.register}`
        : `${place.leaf}:${place.subleaf}.${place.register}`
    return this.#items
      .get(key)
      ?.findLast(({ text }) =>
        [...text].some((character, at) => character !== 'x' && ((mask >>> (31 - at)) & 1) === 1),
      )?.item
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
