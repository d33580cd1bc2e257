/** Two policies held against each other, in names and fields. */
import {
  COMMON_1D_FEATURES,
  type CpuRegister,
  cpuSignature,
  describeWordSource,
} from '@xenlevel/cpuid'
import type { CpuPolicy } from './cpu-policy.js'
import {
  FIELDS,
  fieldMask,
  fieldValue,
  type PolicyField,
  textOfRegisters,
  tidyBrand,
  usualSignature,
  xstateName,
} from './fields-table.js'
import {
  ARCH_CAPABILITIES,
  basic,
  EAX,
  EBX,
  ECX,
  EDX,
  extended,
  HYPERVISOR_LIMIT,
  HYPERVISOR_LIMIT_2,
  MSR_ARCH_CAPABILITIES,
  MSR_PLATFORM_INFO,
  PLATFORM_INFO,
  REGISTERS,
  type StoredLeaf,
  storedLeaves,
} from './layout.js'
import { featureWords, type StoredFeatures } from './text-registers.js'

/** One thing in which two policies differ. */
export interface PolicyDifference {
  /**
   * `feature`: one bit of the featureset; `field`: a field that has a name; `register`: bits of a CPUID register that have none, and then
   * the whole register; `msr`: the same for an MSR.
   */
  readonly kind: 'feature' | 'field' | 'register' | 'msr'
  /**
   * A feature as Xen spells it, `<613>` (word times 32 plus bit) for one without a name; a field as in Xen's struct cpu_policy, such as
   * `cache.ways`; a register as people write it, such as `7:1.ebx`.
   */
  readonly name: string
  /** The leaf; null for an MSR. */
  readonly leaf: number | null
  /** Its sub-leaf; null for a leaf without sub-leaves and for an MSR. */
  readonly subleaf: number | null
  /**
   * The register; of an MSR, eax is the low half and edx the high one. Null for text that is spread over several: the vendor (leaf's
   * ebx, ecx and edx) and the brand (that leaf and the two after it).
   */
  readonly register: CpuRegister | null
  /** The MSR; null for a leaf. */
  readonly msr: number | null
  /**
   * The value in the first policy: 0 or 1 for a feature; a number in the field's unit, or a text; the 32 bits of a register. Fields that
   * hold one less than is meant, such as the ways of a cache, are given as they are meant, so that a cache
   * of type 0, which is none, has one way of one set; `extd.nc` is given as it stands.
   */
  readonly a: number | string
  /** The value in the second policy. */
  readonly b: number | string
  /** One sentence for people. */
  readonly message: string
}

type Place = Pick<PolicyDifference, 'leaf' | 'subleaf' | 'msr'>
type Named = Pick<PolicyDifference, 'kind' | 'name' | 'register'>
type Pair<Value = number> = readonly [a: Value, b: Value]

interface StateMask {
  readonly mask: 'xcr0' | 'xss'
  readonly from: number
}

/** The registers of leaf 0xd that have a bit for each state component, from which on (Intel SDM volume 2A, CPUID leaf 0xd). */
const STATES: Readonly<Record<string, StateMask>> = {
  '0.eax': { mask: 'xcr0', from: 0 },
  '0.edx': { mask: 'xcr0', from: 32 },
  '1.ecx': { mask: 'xss', from: 0 },
  '1.edx': { mask: 'xss', from: 32 },
}
/** The word that leaf 0x8000_0001's edx repeats bits of. */
const LEAF_1_EDX = basic(1) + EDX

/**
 * Every difference between two policies, by leaf and then MSRs, also of leaves beyond their limits; none if and only if `a.equals(b)`.
 * Features are named as the first policy's release names them, those that it does not know as the second's does.
 */
export function comparePolicies(a: CpuPolicy, b: CpuPolicy): PolicyDifference[] {
  if (a.equals(b)) return []
  return new Comparison(a, b).run()
}

class Comparison {
  readonly #a: Uint32Array
  readonly #b: Uint32Array
  readonly #features: readonly ReadonlyMap<number, StoredFeatures>[]
  readonly #found: PolicyDifference[] = []

  constructor(a: CpuPolicy, b: CpuPolicy) {
    this.#a = a.words()
    this.#b = b.words()
    this.#features = [featureWords(a.release), featureWords(b.release)]
  }

  run(): PolicyDifference[] {
    const stored = storedLeaves()
    for (const leaf of stored.filter((each) => each.leaf < 0x4000_0000)) this.#leaf(leaf)
    const limits = [
      [0x4000_0000, HYPERVISOR_LIMIT],
      [0x4000_0100, HYPERVISOR_LIMIT_2],
    ] as const
    for (const [leaf, at] of limits) this.#register({ leaf, subleaf: null, msr: null }, at, EAX)
    for (const leaf of stored.filter((each) => each.leaf >= 0x8000_0000)) this.#leaf(leaf)
    this.#platformInfo()
    const archCapabilities = { leaf: null, subleaf: null, msr: MSR_ARCH_CAPABILITIES }
    this.#register(archCapabilities, ARCH_CAPABILITIES, EAX)
    this.#register(archCapabilities, ARCH_CAPABILITIES + 1, EDX)
    return this.#found
  }

  #leaf({ leaf, subleaf, at }: StoredLeaf): void {
    const place = { leaf, subleaf, msr: null }
    if (leaf === 0 || leaf === 0x8000_0000) {
      this.#register(place, at, EAX)
      const name = leaf === 0 ? 'basic.vendor' : 'extd.vendor'
      this.#text(place, name, 'vendor', [at + EBX, at + EDX, at + ECX], (text) => text)
    } else if (leaf === 0x8000_0002) {
      const places = Array.from({ length: 12 }, (_, index) => extended(2) + index)
      this.#text(place, 'extd.brand', 'brand string', places, tidyBrand)
    } else if (leaf !== 0x8000_0003 && leaf !== 0x8000_0004) {
      for (let register = EAX; register <= EDX; register++)
        this.#register(place, at + register, register)
    }
  }

  #register(place: Place, at: number, register: number): void {
    const pair = [this.#a[at] ?? 0, this.#b[at] ?? 0] as const
    if (pair[0] === pair[1]) return
    const { leaf, subleaf } = place
    const states = leaf !== 0xd ? undefined : STATES[`${subleaf}.${REGISTERS[register]}`]
    if (this.#features.some((features) => features.has(at))) this.#featureBits(place, at, pair)
    else if ((leaf === 1 || leaf === 0x8000_0001) && register === EAX) this.#signature(place, pair)
    else if (states !== undefined) this.#states(place, states, register, pair)
    else this.#fields(place, register, pair)
  }

  /** A bit is what the first release calls it, then the second; the copies of leaf 1's bits on AMD's CPUs are called as there. */
  #featureBits(place: Place, at: number, [a, b]: Pair): void {
    const words = this.#features.map((features) => features.get(at))
    const known = words.find((word) => word !== undefined)
    if (known === undefined) return
    const { source } = known
    for (const bit of bitsOf(a ^ b)) {
      const repeated =
        place.leaf === 0x8000_0001 &&
        source.register === 'edx' &&
        ((COMMON_1D_FEATURES >>> bit) & 1) === 1
      const name =
        words.map((word) => word?.names[bit]).find((each) => each !== undefined) ??
        (repeated ? this.#features[0]?.get(LEAF_1_EDX)?.names[bit] : undefined) ??
        `<${known.firstBit + bit}>`
      const inA = (a >>> bit) & 1
      this.#add(
        place,
        { kind: 'feature', name, register: source.register },
        [inA, 1 - inA],
        `${name} (${describeWordSource(source)} bit ${bit}) is only in the ${inA === 1 ? 'first' : 'second'} policy.`,
      )
    }
  }

  /** Bits of the register that family, model and stepping leave open are told apart by what they would be in the usual encoding. */
  #signature(place: Place, pair: Pair): void {
    const prefix = place.leaf === 1 ? 'basic' : 'extd'
    const [first, second] = [cpuSignature(pair[0]), cpuSignature(pair[1])]
    for (const part of ['family', 'model', 'stepping'] as const) {
      if (first[part] !== second[part])
        this.#field(place, `${prefix}.${part}`, EAX, part, [first[part], second[part]])
    }
    const [open, otherOpen] = [pair[0] ^ usualSignature(pair[0]), pair[1] ^ usualSignature(pair[1])]
    if (open !== otherOpen) this.#whole(place, EAX, pair)
  }

  #states(place: Place, { mask, from }: StateMask, register: number, [a, b]: Pair): void {
    for (const bit of bitsOf(a ^ b)) {
      const name = xstateName(from + bit)
      const inA = (a >>> bit) & 1
      const text = `${mask === 'xcr0' ? 'user' : 'supervisor'} state component ${from + bit}`
      this.#field(place, `xstate.${mask}.${name}`, register, text, [inA, 1 - inA])
    }
  }

  #fields(place: Place, register: number, [a, b]: Pair): void {
    let open = a ^ b
    for (const [name, field] of Object.entries(FIELDS)) {
      const mask = fieldMask(field)
      if (field.register !== register || !isOf(field, place) || (open & mask) === 0) continue
      open &= ~mask
      this.#field(place, name, register, field.text, [fieldValue(field, a), fieldValue(field, b)])
    }
    if (open !== 0) this.#whole(place, register, [a, b])
  }

  /** Of PLATFORM_INFO one bit has a name (Intel SDM volume 4, MSR_PLATFORM_INFO, bit 31). */
  #platformInfo(): void {
    const place = { leaf: null, subleaf: null, msr: MSR_PLATFORM_INFO }
    const [a = 0, b = 0] = [this.#a[PLATFORM_INFO], this.#b[PLATFORM_INFO]]
    const faulting = [a >>> 31, b >>> 31] as const
    if (faulting[0] !== faulting[1])
      this.#field(place, 'platform_info.cpuid_faulting', EAX, 'CPUID faulting', faulting)
    if (((a ^ b) & 0x7fff_ffff) !== 0) this.#whole(place, EAX, [a, b])
  }

  /** Texts that are the same once they are tidied are given as they stand: they do differ. */
  #text(
    place: Place,
    name: string,
    text: string,
    places: readonly number[],
    tidy: (text: string) => string,
  ): void {
    const read = (words: Uint32Array) => textOfRegisters(places.map((at) => words[at] ?? 0))
    const [a, b] = [read(this.#a), read(this.#b)]
    if (a === b) return
    const differ = tidy(a) !== tidy(b)
    this.#field(place, name, null, text, differ ? [tidy(a), tidy(b)] : [a, b])
  }

  #field(
    place: Place,
    name: string,
    register: number | null,
    text: string,
    pair: Pair<number | string>,
  ): void {
    const [a, b] = pair.map((value) => {
      if (typeof value === 'string') return JSON.stringify(value)
      return name.endsWith('max_leaf') ? hex(value) : String(value)
    })
    this.#add(
      place,
      { kind: 'field', name, register: register === null ? null : (REGISTERS[register] ?? null) },
      pair,
      `${name} (${text}, ${registerName(place, register)}) is ${a} in the first policy and ${b} in the second.`,
    )
  }

  #whole(place: Place, register: number, pair: Pair): void {
    const name = registerName(place, register)
    const kind = place.msr === null ? 'register' : 'msr'
    const message = `${name} is ${hex(pair[0])} in the first policy and ${hex(pair[1])} in the second.`
    this.#add(place, { kind, name, register: REGISTERS[register] ?? null }, pair, message)
  }

  #add(
    { leaf, subleaf, msr }: Place,
    { kind, name, register }: Named,
    [a, b]: Pair<number | string>,
    message: string,
  ): void {
    this.#found.push({ kind, name, leaf, subleaf, register, msr, a, b, message })
  }
}

function isOf({ leaf, subleaves }: PolicyField, place: Place): boolean {
  if (leaf !== place.leaf) return false
  if (subleaves === null || place.subleaf === null) return subleaves === place.subleaf
  return place.subleaf >= subleaves[0] && place.subleaf <= subleaves[1]
}

function bitsOf(word: number): number[] {
  return Array.from({ length: 32 }, (_, bit) => bit).filter((bit) => ((word >>> bit) & 1) === 1)
}

function registerName({ leaf, subleaf, msr }: Place, register: number | null): string {
  if (msr !== null) return `MSR 0x${msr.toString(16)}${register === EDX ? ', upper half' : ''}`
  const number = leaf === null || leaf < 10 ? String(leaf) : `0x${leaf.toString(16)}`
  const place = `${number}${subleaf === null ? '' : `:${subleaf}`}`
  return register === null ? `leaf ${place}` : `${place}.${REGISTERS[register]}`
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`
}
