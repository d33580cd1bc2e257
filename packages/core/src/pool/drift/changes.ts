/** What is not the same: features by set, fields of policies, facts of the host. */
import { type FeatureName, featureTable } from '@xenlevel/cpuid'
import { comparePolicies } from '../../policy/compare.js'
import { compatibilityMask, compatibilityReason } from '../../xen/compatibility-bits.js'
import { explainFact, explainFeature, explainField, type Knowledge } from './explain.js'
import { fieldKey } from './foresight.js'
import { HOST_SETS, type Side } from './sides.js'
import type { FactChange, FeatureChange, FieldChange, HostSet } from './types.js'

/** Features that came or went, by bit; those that the newest table does not name come last. */
export function featureChanges(before: Side, after: Side, knowledge: Knowledge): FeatureChange[] {
  const found = new Map<string, Found>()
  const note = (change: Omit<Found, 'sets'>, set: HostSet) => {
    const key = `${change.bit ?? change.feature} ${change.change}`
    const present = found.get(key) ?? { ...change, sets: [] }
    found.set(key, present)
    present.sets.push(set)
  }
  for (const set of HOST_SETS) {
    for (const each of changedBits(set, before, after)) note(each, set)
    for (const each of changedNames(set, before, after)) note(each, set)
  }
  const last = featureTable().words.length * 32
  return [...found.values()]
    .sort((a, b) => (a.bit ?? last) - (b.bit ?? last))
    .map((each) => featureChange(each, knowledge))
}

interface Found {
  readonly feature?: FeatureName
  readonly bit: number | null
  readonly change: 'gained' | 'lost'
  readonly sets: HostSet[]
}

function changedBits(set: HostSet, before: Side, after: Side): Omit<Found, 'sets'>[] {
  const [a, b] = [before.sets[set], after.sets[set]]
  if (a === undefined || b === undefined) return []
  const isRead = (bit: number) =>
    set !== 'raw' || (before.rawWords(bit >>> 5) && after.rawWords(bit >>> 5))
  return a
    .xor(b)
    .bits()
    .filter(isRead)
    .map((bit) => {
      const feature = featureTable().feature(bit)?.name
      const change = a.has(bit) ? 'lost' : 'gained'
      return { bit, change, ...(feature === undefined ? {} : { feature }) }
    })
}

/** Features that only their own release names. */
function changedNames(set: HostSet, before: Side, after: Side): Omit<Found, 'sets'>[] {
  if (before.sets[set] === undefined || after.sets[set] === undefined) return []
  const [a, b] = [before.unmapped[set] ?? [], after.unmapped[set] ?? []]
  return [
    ...a
      .filter((name) => !b.includes(name))
      .map((feature) => ({ feature, bit: null, change: 'lost' as const })),
    ...b
      .filter((name) => !a.includes(name))
      .map((feature) => ({ feature, bit: null, change: 'gained' as const })),
  ]
}

/** In the words of people. */
const SETS: Readonly<Record<HostSet, string>> = {
  raw: 'what the CPU says',
  host: 'what Xen uses',
  pvDefault: 'what PV guests get',
  pvMax: 'what PV guests may have',
  hvmDefault: 'what HVM guests get',
  hvmMax: 'what HVM guests may have',
}

function featureChange(found: Found, knowledge: Knowledge): FeatureChange {
  const { before, after } = knowledge.known
  const { name, cpu } = after.snapshot
  const { feature, bit, change, sets } = found
  const explanations = explainFeature(found, knowledge)
  const counts = sets.some((set) => set !== 'pvMax' && set !== 'hvmMax')
  // Of two vendors the bits count that count for either.
  const vendor = before.snapshot.cpu.vendor === cpu.vendor ? cpu.vendor : 'AMD'
  const mask = compatibilityMask(vendor, featureTable())
  const uncounted =
    !counts && bit !== null && mask.has(bit) ? compatibilityReason(feature) : undefined
  const [first] = explanations
  const why = first === undefined ? '' : `: ${first.certainty}, ${first.because}`
  return {
    bit,
    change,
    sets,
    explanations,
    message: `${name} ${change} ${feature ?? `the unnamed bit ${bit}`} in ${sets.map((set) => SETS[set]).join(', ')}${why}.`,
    ...(feature === undefined ? {} : { feature }),
    ...(uncounted === undefined ? {} : { uncounted }),
  }
}

/** Whatever else is not the same in policies that both sides have; one entry for the same change in several of them. */
export function fieldChanges(before: Side, after: Side, knowledge: Knowledge): FieldChange[] {
  const found = new Map<string, Omit<FieldChange, 'explanations'> & { readonly sets: HostSet[] }>()
  for (const set of HOST_SETS) {
    const [a, b] = [before.policies[set], after.policies[set]]
    if (a === undefined || b === undefined) continue
    for (const difference of comparePolicies(a, b)) {
      if (difference.kind === 'feature') continue
      const key = `${fieldKey(difference)} ${difference.register} ${difference.a} ${difference.b}`
      const present = found.get(key) ?? { ...difference, sets: [] }
      found.set(key, present)
      present.sets.push(set)
    }
  }
  return [...found.values()].map((each) => ({
    ...each,
    explanations: explainField(each, each.sets, knowledge),
  }))
}

/** What the snapshots say of the host itself. */
export function factChanges(before: Side, after: Side, knowledge: Knowledge): FactChange[] {
  const [a, b] = [before, after].map(factsOf)
  if (a === undefined || b === undefined) return []
  return FACTS.flatMap((fact) =>
    a[fact] === b[fact]
      ? []
      : [
          {
            fact,
            before: a[fact],
            after: b[fact],
            explanations: explainFact(fact, knowledge),
          },
        ],
  )
}

const FACTS = [
  'name',
  'vendor',
  'brand',
  'signature',
  'physAddrBits',
  'microcodeRevision',
  'release',
  'pv',
  'pv32',
  'hvm',
  'hap',
  'commandLine',
] as const satisfies readonly FactChange['fact'][]

function factsOf({ snapshot, commandLine }: Side): Record<FactChange['fact'], FactChange['after']> {
  const { name, cpu, xen } = snapshot
  const pv = xen === null ? null : (xen.pv ?? true)
  return {
    name,
    vendor: cpu.vendor,
    brand: cpu.brand,
    signature: cpu.signature,
    physAddrBits: cpu.physAddrBits,
    microcodeRevision: cpu.microcodeRevision,
    release: xen?.release ?? null,
    pv,
    pv32: xen?.pv32 ?? pv,
    hvm: xen?.hvm ?? null,
    hap: xen?.hap ?? null,
    commandLine,
  }
}
