/** What each change is put down to. */
import { type FeatureName, featureTable } from '@xenlevel/cpuid'
import type { PolicyDifference } from '../../policy/compare.js'
import { placeOfLeaf } from '../../policy/layout.js'
import type { SameModelDifference } from '../../xen/feature-origins.js'
import { releaseRules } from '../../xen/releases.js'
import { type Circumstances, evidenceOf, surestFirst } from './circumstances.js'
import { explainRaw } from './explain-raw.js'
import { type Factor, type Foresight, fieldKey } from './foresight.js'
import type { Certainty, DriftCauseName, Explanation, FactChange, HostSet } from './types.js'

/** All that explanations are made of. */
export interface Knowledge {
  readonly known: Circumstances
  readonly foresight: Foresight
  readonly raw: ReadonlyMap<number, SameModelDifference>
}

/** A change of a feature as far as it is found. */
export interface FoundFeature {
  readonly feature?: FeatureName
  readonly bit: number | null
  readonly sets: readonly HostSet[]
}

/** Explains a feature over all sets in which it came or went. */
export function explainFeature(found: FoundFeature, knowledge: Knowledge): Explanation[] {
  return surestFirst(found.sets.flatMap((set) => explainIn(set, found, knowledge)))
}

function explainIn(set: HostSet, found: FoundFeature, knowledge: Knowledge): Explanation[] {
  const { known, foresight, raw } = knowledge
  const { bit } = found
  if (set === 'raw') {
    const difference = bit === null ? undefined : raw.get(bit)
    return difference === undefined ? [] : explainRaw(difference, known)
  }
  if (isNewsToOne(found, known)) return [because('xen-release', 'certain', known)]
  const changes = (factor: Factor) => bit !== null && foresight.changesBit(factor, set, bit)
  const explained = [
    ...(changes('release') ? [because('xen-release', 'likely', known)] : []),
    ...(changes('commandLine') ? [because('command-line', 'likely', known)] : []),
    ...(changes('cpu') ? explainByCpu(found, knowledge) : []),
  ]
  return explained.length > 0 ? explained : explainOtherwise(found, knowledge)
}

function because(cause: DriftCauseName, certainty: Certainty, known: Circumstances): Explanation {
  return { cause, certainty, because: evidenceOf(cause, known) }
}

/** Whether one of the two releases does not name the feature: then it cannot have been there under its Xen. */
function isNewsToOne(
  { feature }: FoundFeature,
  { before, after, otherRelease }: Circumstances,
): boolean {
  if (!otherRelease || feature === undefined) return false
  return [before, after].some(
    ({ release }) => release !== undefined && featureTable(release).feature(feature) === undefined,
  )
}

/** The CPU's own word for it, or for what it needs, or for anything else. */
function explainByCpu(
  { feature, bit }: FoundFeature,
  { raw, known }: Pick<Knowledge, 'raw' | 'known'>,
): Explanation[] {
  const table = featureTable()
  const own = bit === null ? undefined : raw.get(bit)
  const needed =
    feature === undefined || table.feature(feature) === undefined
      ? []
      : table.requirements(feature).flatMap((name) => raw.get(table.feature(name)?.bit ?? -1) ?? [])
  const [first, ...rest] = own === undefined ? needed : [own]
  if (first !== undefined) return [first, ...rest].flatMap((each) => explainRaw(each, known))
  return explainHardware(known)
}

/** What may have changed the CPU, where nothing tells of the feature. */
function explainHardware(known: Circumstances): Explanation[] {
  if (known.otherCpu) return [because('cpu-replaced', 'certain', known)]
  return [
    ...(known.otherMicrocode === true ? [because('microcode', 'likely', known)] : []),
    ...(known.otherBrand ? [because('cpu-replaced', 'likely', known)] : []),
    ...(known.otherMicrocode === null ? [because('microcode', 'possible', known)] : []),
    because('firmware', 'possible', known),
  ]
}

/** Nothing that was foreseen makes it: what is left is what cannot be foreseen. */
function explainOtherwise(
  found: FoundFeature,
  { known, foresight, raw }: Knowledge,
): Explanation[] {
  const sameCpu = foresight.by !== null && raw.size === 0 && !known.otherCpu
  const left: Explanation[] = []
  if (known.otherCpu) left.push(because('cpu-replaced', 'likely', known))
  if (known.otherRelease)
    left.push(because('xen-release', foresight.by === null ? 'likely' : 'possible', known))
  if (known.otherCommandLine === true) left.push(because('command-line', 'likely', known))
  if (known.otherCommandLine === null && known.bothXen)
    left.push(
      because('command-line', sameCpu && !known.otherRelease ? 'likely' : 'possible', known),
    )
  if (known.otherMicrocode === true) left.push(because('microcode', 'likely', known))
  if (!sameCpu && !known.otherCpu) left.push(...explainByCpu(found, { raw, known }))
  return left.length > 0 ? left : [because('unknown', 'possible', known)]
}

/**
 * Fields of the raw policy that show what was switched on, or on which CPU they were read (Intel SDM volume 2A, CPUID leaves 1, 0xb and
 * 0xd). Newer releases of Xen leave the sizes out, as recorded with 4.20.3 and 4.22.0.
 */
const OF_THE_MOMENT: readonly string[] = [
  'xstate.size',
  'xstate.compacted_size',
  'basic.apic_id',
  'topo.x2apic_id',
]

/** Explains something in policies that is no feature. */
export function explainField(
  difference: PolicyDifference,
  sets: readonly HostSet[],
  { known, foresight }: Knowledge,
): Explanation[] {
  if (isKeptByOne(difference, known)) return [because('xen-release', 'certain', known)]
  if (sets.every((set) => set === 'raw') && OF_THE_MOMENT.includes(difference.name))
    return surestFirst([
      ...(known.otherRelease ? [because('xen-release', 'likely', known)] : []),
      because('software', known.otherRelease ? 'possible' : 'likely', known),
    ])
  const changes = (factor: Factor) =>
    sets.some((set) => foresight.changesField(factor, set, fieldKey(difference)))
  const found = [
    ...(changes('release') ? [because('xen-release', 'likely', known)] : []),
    ...(changes('commandLine') ? [because('command-line', 'likely', known)] : []),
    ...(changes('cpu') || sets.includes('raw') ? explainHardware(known) : []),
  ]
  if (found.length > 0) return surestFirst(found)
  return surestFirst([
    ...(known.otherRelease ? [because('xen-release', 'possible', known)] : []),
    ...(known.otherCommandLine === false ? [] : [because('command-line', 'possible', known)]),
    ...explainHardware(known),
  ])
}

/** Whether one of the two releases does not keep the leaf at all. */
function isKeptByOne(
  { leaf, subleaf }: PolicyDifference,
  { before, after }: Circumstances,
): boolean {
  if (leaf === null || before.release === undefined || after.release === undefined) return false
  const [first, second] = [before.release, after.release].map(
    (release) => placeOfLeaf(leaf, subleaf, releaseRules(release)) >= 0,
  )
  return first !== second
}

/** Explains what the snapshots say of the host itself; what is a cause by itself needs none. */
export function explainFact(fact: FactChange['fact'], { known, raw }: Knowledge): Explanation[] {
  const table = featureTable()
  const rawHas = (names: readonly FeatureName[]) =>
    names.flatMap((name) => raw.get(table.feature(name)?.bit ?? -1) ?? [])
  switch (fact) {
    case 'physAddrBits':
      // Memory encryption takes bits away while firmware has it switched on (AMD APM volume 2, 7.10; Intel SDM volume 3A, 4.1.4, TME-MK).
      return known.otherCpu
        ? [because('cpu-replaced', 'certain', known)]
        : [because('firmware', 'likely', known)]
    case 'hvm':
    case 'hap': {
      const seen = rawHas(['VMX', 'SVM']).flatMap((each) => explainRaw(each, known))
      if (seen.length > 0) return surestFirst(seen)
      return surestFirst([
        ...(known.otherCpu ? [because('cpu-replaced', 'likely', known)] : []),
        because('firmware', known.otherRelease ? 'possible' : 'likely', known),
        ...(known.otherRelease ? [because('xen-release', 'possible', known)] : []),
        ...(known.otherCommandLine === false ? [] : [because('command-line', 'possible', known)]),
      ])
    }
    case 'pv':
    case 'pv32':
      return surestFirst([
        ...(known.otherRelease ? [because('xen-release', 'likely', known)] : []),
        ...(known.otherCommandLine === false ? [] : [because('command-line', 'likely', known)]),
        ...(known.otherCommandLine === false && !known.otherRelease
          ? [because('unknown', 'possible', known)]
          : []),
      ])
    default:
      return []
  }
}
