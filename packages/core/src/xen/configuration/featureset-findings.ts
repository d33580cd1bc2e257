/** What will not be as the featureset asks for that a domain is given. */
import {
  COMMON_1D_FEATURES,
  type FeatureName,
  type Featureset,
  featureTable,
} from '@xenlevel/cpuid'
import type { ApplyTrace, Stage } from './apply-trace.js'
import type { ConfigFinding } from './finding.js'
import { countText, listText } from './named-bits.js'
import { whyFeature } from './reasons.js'

/** A featureset that the toolstack refuses. */
export function tooLong({ options, features, release }: ApplyTrace): ConfigFinding[] {
  const { featureset } = options
  if (featureset === undefined) return []
  const known = features.table.words.length
  const bits = featureset.bits().filter((bit) => bit >= known * 32)
  const names = bits.flatMap((bit) => featureTable().feature(bit)?.name ?? [])
  const newer = names.length === 0 ? '' : ` They are ${listText(names)} to a newer Xen.`
  return [
    {
      code: 'featureset-too-long',
      severity: 'error',
      message: `Xen ${release} knows ${known} featureset words, and ${countText(bits.length, 'bit')} beyond them ${bits.length === 1 ? 'is' : 'are'} set: the toolstack refuses the whole featureset with EOPNOTSUPP before anything is set.${newer} Map the featureset to this release first.`,
      features: names,
    },
  ]
}

/** What a featureset and the policy that Xen makes of it differ in. */
export function featuresetFindings(
  trace: ApplyTrace,
  clamped: NonNullable<Stage['clamped']>,
): ConfigFinding[] {
  const { featureset } = trace.options
  if (featureset === undefined) return []
  const { table } = trace.features
  const asked = table.clearDependents(featureset)
  const got = clamped.policy.featureset
  const different = asked
    .xor(got)
    .bits()
    .filter((bit) => bit < table.words.length * 32 && !isRepeated(bit))
  const differences = different.map((bit): Difference => {
    const name = table.feature(bit)?.name
    return { bit, name, asked: asked.has(bit), msr: isMsr(bit, trace) }
  })
  return [
    ...dependencyFindings(featureset, trace),
    ...msrFindings(
      differences.filter(({ msr }) => msr),
      trace,
    ),
    ...forcedFindings(
      differences.filter(({ name }) => isForced(name)),
      trace,
    ),
    ...clampFindings(
      differences.filter(({ msr, name }) => !msr && !isForced(name)),
      clamped,
    ),
  ]
}

/** A bit that is not as the featureset has it. */
interface Difference {
  readonly bit: number
  readonly name: FeatureName | undefined
  /** The featureset has it. */
  readonly asked: boolean
  readonly msr: boolean
}

/** In 0x80000001.edx AMD repeats bits of 1.edx, and so does Xen; Intel does not: that is no loss and no gain. */
function isRepeated(bit: number): boolean {
  return bit >>> 5 === 2 && ((COMMON_1D_FEATURES >>> (bit & 31)) & 1) === 1
}

function isMsr(bit: number, { features }: ApplyTrace): boolean {
  const source = features.table.words[bit >>> 5]?.source ?? null
  return source !== null && 'msr' in source
}

/** Bits that the toolstack sets for every guest, whatever is asked. */
const FORCED: readonly (FeatureName | undefined)[] = ['HTT', 'CMP_LEGACY']

const isForced = (name: FeatureName | undefined) => FORCED.includes(name)

const namesOf = (differences: readonly Difference[]) =>
  differences.flatMap(({ name }) => name ?? [])

/** Names, and how many bits have none. */
function textOf(differences: readonly Difference[]): string {
  const nameless = differences.filter(({ name }) => name === undefined).length
  return listText([
    ...namesOf(differences),
    ...(nameless === 0 ? [] : [`${countText(nameless, 'bit')} without a name`]),
  ])
}

function dependencyFindings(featureset: Featureset, { features }: ApplyTrace): ConfigFinding[] {
  const cleared = features.table.explainCleared(featureset)
  return grouped(cleared, ({ missing }) => missing.join(', ')).map(([missing, group]) => {
    const one = group.length === 1
    const names = group.map(({ feature }) => feature)
    return {
      code: 'feature-dropped',
      severity: 'warning',
      message: `The featureset has ${listText(names)} without ${missing}, which ${one ? 'it needs' : 'they need'}: the toolstack drops ${one ? 'it' : 'them'}.`,
      features: names,
    }
  })
}

function msrFindings(differences: readonly Difference[], { rules }: ApplyTrace): ConfigFinding[] {
  if (differences.length === 0) return []
  const absent = differences.filter(({ asked }) => asked)
  const extra = differences.filter(({ asked }) => !asked)
  const told = [
    "The toolstack sends no MSRs of a featureset: in MSR 0x10a the guest has the default's bits.",
    ...(absent.length === 0 ? [] : [`It lacks ${textOf(absent)}.`]),
    ...(extra.length === 0 ? [] : [`It has ${textOf(extra)} all the same.`]),
    ...(rules.msrs ? ['Ask for them by name in cpuid=.'] : []),
  ]
  return [
    {
      code: 'featureset-msr-ignored',
      severity: 'warning',
      message: told.join(' '),
      features: namesOf(differences),
      msr: 0x10a,
    },
  ]
}

function forcedFindings(differences: readonly Difference[], { hvm }: ApplyTrace): ConfigFinding[] {
  if (differences.length === 0) return []
  return [
    {
      code: 'feature-forced',
      severity: 'info',
      message: `${textOf(differences)}: whatever the featureset says, ${hvm ? 'HVM guests have HTT and not CMP_LEGACY' : 'PV guests have HTT and CMP_LEGACY as the host has them'}.`,
      features: namesOf(differences),
    },
  ]
}

function clampFindings(
  differences: readonly Difference[],
  { changes }: NonNullable<Stage['clamped']>,
): ConfigFinding[] {
  const why = ({ name }: Difference) =>
    name === undefined ? 'this release does not know what it is' : whyFeature(name, changes).text
  return grouped(differences, (one) => `${one.asked} ${why(one)}`).flatMap(([, group]) => {
    const first = group[0]
    if (first === undefined) return []
    return [
      {
        code: first.asked ? 'feature-dropped' : 'feature-added',
        severity: first.asked ? 'warning' : 'info',
        message: first.asked
          ? `The guest does not get ${textOf(group)} of the featureset: ${why(first)}.`
          : `The guest has ${textOf(group)}, which the featureset has not: ${why(first)}.`,
        features: namesOf(group),
      },
    ]
  })
}

function grouped<Item>(
  items: readonly Item[],
  key: (item: Item) => string,
): (readonly [string, readonly Item[]])[] {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const present = groups.get(key(item))
    if (present === undefined) groups.set(key(item), [item])
    else present.push(item)
  }
  return [...groups]
}
