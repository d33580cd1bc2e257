/** Which registers a configuration in the xend language has to name, and how it says so. */
import type { CpuRegister } from '@xenlevel/cpuid'
import type { ReleaseFeatures } from '../../policy/features.js'
import {
  HYPERVISOR_LIMIT,
  HYPERVISOR_LIMIT_2,
  REGISTERS,
  storedLeaves,
} from '../../policy/layout.js'
import { namedRegisters, planFeatures } from './feature-plan.js'
import { isArchCapabilities, placeOfWord } from './places.js'
import type { NamedRegisters, Trial } from './trial.js'

/** A register, by what people call it. */
interface RegisterPlace {
  readonly leaf: number
  readonly subleaf: number | null
  readonly register: CpuRegister
  readonly place: number
}

/**
 * The items, one a leaf: bits that are the default's are `x`.
 *
 * @param wanted - words of a policy that the domain can have (see {@link Trial.nearest}).
 */
export function xendItems(trial: Trial, wanted: Uint32Array, features: ReleaseFeatures): string[] {
  const plan = planFeatures(trial, wanted, features, (place) =>
    isArchCapabilities(place) ? 0 : -1,
  )
  const places = registerPlaces()
  const named = withRegisters(trial, wanted, namedRegisters(plan, trial), features, places)
  const leaves = new Map<string, string[]>()
  for (const { leaf, subleaf, register, place } of places) {
    const value = named.get(place)
    if (value === undefined) continue
    const number = leaf < 10 ? String(leaf) : `0x${leaf.toString(16)}`
    const key = subleaf === null ? number : `${number},${subleaf}`
    const bits = characters(value, trial.unnamed[place] ?? 0)
    leaves.set(key, [...(leaves.get(key) ?? []), `${register}=${bits}`])
  }
  return [...leaves].map(([leaf, registers]) => `${leaf}:${registers.join(',')}`)
}

/** Adds the registers that hold no features and are not what is wanted, but for those that become it anyway. */
function withRegisters(
  trial: Trial,
  wanted: Uint32Array,
  named: NamedRegisters,
  { table }: ReleaseFeatures,
  places: readonly RegisterPlace[],
): NamedRegisters {
  const come = trial.come(named)
  if (come === null) return named
  const ofFeatures = new Set(table.words.map(({ source }) => placeOfWord(source)))
  const others = places
    .map(({ place }) => place)
    .filter((place) => come[place] !== wanted[place])
    .filter((place) => !ofFeatures.has(place) && trial.canName(place))
  let registers: NamedRegisters = new Map([
    ...named,
    ...others.map((place) => [place, wanted[place] ?? 0] as const),
  ])
  const all = trial.come(registers)
  if (all === null) return named
  for (const place of others) {
    const without = new Map(registers)
    without.delete(place)
    if (trial.come(without)?.every((word, at) => word === all[at]) === true) registers = without
  }
  return registers
}

function registerPlaces(): RegisterPlace[] {
  const leaves = storedLeaves().flatMap(({ leaf, subleaf, at }) =>
    REGISTERS.map((register, offset) => ({ leaf, subleaf, register, place: at + offset })),
  )
  const limit = (leaf: number, place: number) =>
    ({ leaf, subleaf: null, register: 'eax', place }) as const
  return [...leaves, limit(0x4000_0000, HYPERVISOR_LIMIT), limit(0x4000_0100, HYPERVISOR_LIMIT_2)]
}

function characters(value: number, byDefault: number): string {
  let text = ''
  for (let bit = 31; bit >= 0; bit--) {
    const digit = (value >>> bit) & 1
    text += digit === ((byDefault >>> bit) & 1) ? 'x' : String(digit)
  }
  return text
}
