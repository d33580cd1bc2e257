/** Which names a configuration in libxl's language has to say. */
import type { ReleaseFeatures } from '../../policy/features.js'
import { type FeaturePlan, type NamedWord, namedRegisters, planFeatures } from './feature-plan.js'
import { planFields } from './field-plan.js'
import type { Trial } from './trial.js'
import { type RegisterNames, xlNames } from './xl-names.js'

/**
 * The items, by featureset word and then the numeric keys.
 *
 * @param wanted - words of a policy that the domain can have (see {@link Trial.nearest}).
 * @param release - whose libxl reads them.
 */
export function libxlItems(
  trial: Trial,
  wanted: Uint32Array,
  features: ReleaseFeatures,
  release: string,
): string[] {
  const names = xlNames(release)
  const plan = planFeatures(
    trial,
    wanted,
    features,
    (place) => names.registers.get(place)?.mask ?? 0,
  )
  const values = planFields(trial, wanted, namedRegisters(plan, trial), names.fields)
  return [
    ...featureChoices(plan, names.registers).map(({ name, on }) => `${name}=${on ? 1 : 0}`),
    ...values.map(({ field, value }) => `${field.name}=${value}`),
  ]
}

/** A feature that is named, and what it is to be. */
interface NamedChoice {
  readonly name: string
  readonly on: boolean
}

/** A plan in names. */
export function featureChoices(
  plan: FeaturePlan,
  registers: ReadonlyMap<number, RegisterNames>,
): NamedChoice[] {
  return plan.named.flatMap((unit) => {
    const choices = unit.flatMap((word) => choicesOf(word, registers.get(word.place)))
    return choices.length > 0 ? choices : forTheOthers(unit, registers, plan)
  })
}

function choicesOf({ on, off }: NamedWord, register: RegisterNames | undefined): NamedChoice[] {
  const choices: NamedChoice[] = []
  for (let bit = 0; bit < 32; bit++) {
    const name = register?.names.get(bit)
    if (name !== undefined && (((on | off) >>> bit) & 1) === 1)
      choices.push({ name, on: ((on >>> bit) & 1) === 1 })
  }
  return choices
}

/** One name that changes nothing itself: the shortest that the registers have, of something that is there if there is one. */
function forTheOthers(
  unit: readonly NamedWord[],
  registers: ReadonlyMap<number, RegisterNames>,
  { words }: FeaturePlan,
): NamedChoice[] {
  const choices = unit.flatMap(({ word, place }) =>
    [...(registers.get(place)?.names ?? [])].map(([bit, name]) => ({
      bit: word * 32 + bit,
      name,
      on: (((words[word] ?? 0) >>> bit) & 1) === 1,
    })),
  )
  return choices
    .sort((a, b) => a.name.length - b.name.length || Number(b.on) - Number(a.on) || a.bit - b.bit)
    .slice(0, 1)
}
