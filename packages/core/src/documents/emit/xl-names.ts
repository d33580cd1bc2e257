/** libxl's names the other way round: which name a bit or a field of a policy has, the shortest that a release takes. */
import { featureTable } from '@xenlevel/cpuid'
import {
  ARCH_CAPABILITIES,
  HYPERVISOR_LIMIT,
  placeOfLeaf,
  REGISTERS,
  WHOLE_EXTENT,
} from '../../policy/layout.js'
import { type XlField, xlCpuidNames } from '../../xen/configuration/names.js'
import { placeOfWord } from './places.js'

/** The names of the single bits of one register. */
export interface RegisterNames {
  /** The bits that have one. */
  readonly mask: number
  /** The shortest name of each. */
  readonly names: ReadonlyMap<number, string>
}

/** A field of a register that holds no features, or a field of several bits. */
export interface NamedField {
  /** Its name in `cpuid=`. */
  readonly name: string
  /** Where its register is in a policy. */
  readonly place: number
  /** The bits of the register that a value of it settles. */
  readonly mask: number
  /** The field's number in a register; undefined for one that libxl cannot write. */
  readonly number: (register: number) => number | undefined
  /** Whether a letter, for the default's value or the host's, brings all of the field if that register has it. */
  readonly copies: (register: number) => boolean
}

/** The names of a release. */
interface XlNames {
  /** Of registers that hold features, by their place in a policy. */
  readonly registers: ReadonlyMap<number, RegisterNames>
  /** Of everything else, by place and bit. */
  readonly fields: readonly NamedField[]
}

type CpuidField = Exclude<XlField, { kind: 'msr' }>

/** libxl keeps eight bits of a family, and in those from 128 to 142 it sets the highest extended bit where it should not be. */
const UNWRITABLE_FAMILIES = { first: 128, last: 142, beyond: 255 } as const

// A cache, not state: one immutable object a release.
const known = /* @__PURE__ */ new Map<string, XlNames>()

/** The names that a release's libxl takes. @throws {@link @xenlevel/cpuid!UnknownReleaseError} for a release without a table. */
export function xlNames(release: string): XlNames {
  const present = known.get(release)
  if (present !== undefined) return present
  const featureWords = new Set(featureTable(release).words.map(({ source }) => placeOfWord(source)))
  const bits = new Map<number, Map<number, string>>()
  const fields: NamedField[] = []
  for (const field of xlCpuidNames(release).values()) {
    const place = placeOfField(field)
    if (place < 0) continue
    if (field.kind !== 'msr' && (field.length > 1 || !featureWords.has(place)))
      fields.push(namedField(field, place))
    else {
      const names = bits.get(place) ?? new Map<number, string>()
      const shorter = names.get(field.bit & 31)
      if (shorter === undefined || field.name.length < shorter.length)
        names.set(field.bit & 31, field.name)
      bits.set(place, names)
    }
  }
  const made = {
    registers: new Map([...bits].map(([place, names]) => [place, registerNames(names)] as const)),
    fields: fields.sort((a, b) => a.place - b.place || lowestBit(a.mask) - lowestBit(b.mask)),
  }
  known.set(release, made)
  return made
}

/** Where the register of a field is in a policy; -1 for one that no policy holds. */
export function placeOfField(field: XlField): number {
  if (field.kind === 'msr') return ARCH_CAPABILITIES + (field.bit < 32 ? 0 : 1)
  if (field.leaf === 0x4000_0000) return HYPERVISOR_LIMIT
  const leaf = placeOfLeaf(field.leaf, field.subleaf, WHOLE_EXTENT)
  return leaf < 0 ? leaf : leaf + REGISTERS.indexOf(field.register)
}

/** Names by bit, with what is asked of them all. */
export function registerNames(names: ReadonlyMap<number, string>): RegisterNames {
  let mask = 0
  for (const bit of names.keys()) mask |= 1 << bit
  return { mask, names }
}

function lowestBit(mask: number): number {
  return (mask & -mask) >>> 0
}

function namedField({ kind, name, bit, length }: CpuidField, place: number): NamedField {
  if (kind === 'family') return { name, place, ...FAMILY }
  if (kind === 'model') return { name, place, ...MODEL }
  const mask = (length === 32 ? 0xffff_ffff : ((1 << length) - 1) << bit) >>> 0
  return {
    name,
    place,
    mask,
    number: (register) => (register & mask) >>> bit,
    copies: () => true,
  }
}

/** The extended part counts from 15 on, and only there; a letter leaves it zero. */
const FAMILY = {
  mask: 0x0ff0_0f00,
  number: (register: number) => {
    const [base, extended] = [(register >>> 8) & 0xf, (register >>> 20) & 0xff]
    if (base < 15) return extended === 0 ? base : undefined
    const family = base + extended
    const { first, last, beyond } = UNWRITABLE_FAMILIES
    return (family >= first && family <= last) || family > beyond ? undefined : family
  },
  copies: (register: number) => ((register >>> 20) & 0xff) === 0,
} as const

const MODEL = {
  mask: 0x000f_00f0,
  number: (register: number) => ((register >>> 12) & 0xf0) | ((register >>> 4) & 0xf),
  copies: () => true,
} as const
