/** Bits of a policy's registers by the names that a release has for them. */
import type { CpuRegister, FeatureName } from '@xenlevel/cpuid'
import type { ReleaseFeatures } from '../../policy/features.js'
import type { XlField } from './names.js'

/** A register of a leaf, or one half of an MSR. */
export type RegisterPlace =
  | { readonly leaf: number; readonly subleaf: number | null; readonly register: CpuRegister }
  | { readonly msr: number; readonly register: 'eax' | 'edx' }

/** A place as people write it: `7:0.ebx`, `MSR 0x10a`. */
export function placeText(place: RegisterPlace): string {
  if ('msr' in place) return `MSR 0x${place.msr.toString(16)}`
  const leaf = place.leaf < 10 ? String(place.leaf) : `0x${place.leaf.toString(16)}`
  return `${leaf}${place.subleaf === null ? '' : `:${place.subleaf}`}.${place.register}`
}

/** What a finding says of its place. */
export function placeOfFinding(place: RegisterPlace) {
  return 'msr' in place
    ? { msr: place.msr }
    : { leaf: place.leaf, subleaf: place.subleaf, register: place.register }
}

/** A mask split into the features that it names and the bits that have no name. */
interface NamedMask {
  readonly features: readonly FeatureName[]
  /** Bits without a name, of the mask. */
  readonly unnamed: number
}

/** The features of a register that a mask has. */
export function namesIn(mask: number, place: RegisterPlace, features: ReleaseFeatures): NamedMask {
  const word = wordOf(place, features)
  const names: FeatureName[] = []
  let unnamed = 0
  for (let bit = 0; bit < 32; bit++) {
    if (((mask >>> bit) & 1) === 0) continue
    const feature = word < 0 ? undefined : features.table.feature(word * 32 + bit)
    if (feature === undefined) unnamed |= 1 << bit
    else names.push(feature.name)
  }
  return { features: names, unnamed: unnamed >>> 0 }
}

/** The featureset word that a register is; -1 if it is none. */
export function wordOf(place: RegisterPlace, { table }: Pick<ReleaseFeatures, 'table'>): number {
  return table.words.findIndex(({ source }) => {
    if (source === null || source.register !== place.register) return false
    if ('msr' in source) return 'msr' in place && source.msr === place.msr
    return !('msr' in place) && source.leaf === place.leaf && source.subleaf === place.subleaf
  })
}

/** Bits as people write them: `bit 3`, `bits 31 to 26`, `bits 0, 2 and 8`. */
export function bitsText(mask: number): string {
  const bits: number[] = []
  for (let bit = 31; bit >= 0; bit--) if (((mask >>> bit) & 1) === 1) bits.push(bit)
  const [first = 0, last = 0] = [bits[0], bits.at(-1)]
  if (bits.length === 1) return `bit ${first}`
  if (first - last === bits.length - 1) return `bits ${first} to ${last}`
  return `bits ${listText(bits.map(String).reverse())}`
}

/** `1 bit`, `2 bits`. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** `a`, `a and b`, `a, b and c`. */
export function listText(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}

/** libxl's name of a bit in a release; undefined if it has none. */
export function nameOfBit(
  bit: number,
  place: RegisterPlace,
  names: ReadonlyMap<string, XlField>,
): string | undefined {
  for (const [name, field] of names) {
    if (field.kind === 'msr') {
      if ('msr' in place && field.index === place.msr && field.bit === msrBit(bit, place))
        return name
    } else if (
      !('msr' in place) &&
      field.length === 1 &&
      field.bit === bit &&
      field.register === place.register &&
      field.leaf === place.leaf &&
      field.subleaf === place.subleaf
    )
      return name
  }
  return undefined
}

function msrBit(bit: number, { register }: RegisterPlace): number {
  return register === 'edx' ? bit + 32 : bit
}
