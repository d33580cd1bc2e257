/**
 * What would be if only one of CPU, Xen and command line had changed: each is foreseen from the raw policy, or from the raw featureset
 * where no more is known. A change that follows from one of them is put down to it.
 */
import { type Featureset, featureTable, mapFeatureset } from '@xenlevel/cpuid'
import { comparePolicies } from '../../policy/compare.js'
import { derivePolicies } from '../../xen/derive.js'
import { estimateHostFeatureset } from '../../xen/estimate.js'
import { offeredFeaturesets } from '../../xen/offered-featuresets.js'
import {
  HOST_SETS,
  type KnownPolicies,
  type KnownSets,
  policiesByName,
  type Side,
} from './sides.js'
import type { HostSet } from './types.js'

/** What can change by itself. */
export type Factor = 'cpu' | 'release' | 'commandLine'
const FACTORS = ['cpu', 'release', 'commandLine'] as const satisfies readonly Factor[]

/** What follows from the change of one factor. */
export interface Foresight {
  /** `policy`: whole policies were derived; `featureset`: raw words went through the release's static masks. Null if neither could be. */
  readonly by: 'policy' | 'featureset' | null
  /** Whether a factor changes a bit of a set. */
  changesBit(factor: Factor, set: HostSet, bit: number): boolean
  /** Whether a factor changes a field of a policy. */
  changesField(factor: Factor, set: HostSet, field: string): boolean
}

/** One way things could be. */
interface World {
  readonly sets: KnownSets
  readonly policies: KnownPolicies
}

/** Foresees both sides and all that is between them. */
export function foresee(before: Side, after: Side): Foresight {
  const sides = [before, after] as const
  const by = sides.every(canDerive) ? 'policy' : sides.every(canEstimate) ? 'featureset' : null
  const known = new Map<string, World>()
  const world = (cpu: Side, release: Side, commandLine: Side): World => {
    const key = [cpu, release, commandLine].map((side) => (side === before ? 0 : 1)).join('')
    const present = known.get(key)
    if (present !== undefined) return present
    const made = by === 'policy' ? derived(cpu, release, commandLine) : estimated(cpu, release)
    known.set(key, made)
    return made
  }
  /** Pairs of worlds that differ in one factor: from where it was, and to where it is, so that both directions say the same. */
  const pairs = (factor: Factor): (readonly [World, World])[] => {
    if (by === null || isSame(factor, before, after)) return []
    return sides.map((rest) => {
      const [first, second] = sides.map((own) =>
        world(
          factor === 'cpu' ? own : rest,
          factor === 'release' ? own : rest,
          factor === 'commandLine' ? own : rest,
        ),
      )
      return [first ?? { sets: {}, policies: {} }, second ?? { sets: {}, policies: {} }] as const
    })
  }
  const bits = new Map(FACTORS.map((factor) => [factor, flippedBits(pairs(factor))]))
  const fields = new Map(FACTORS.map((factor) => [factor, changedFields(pairs(factor))]))
  return {
    by,
    changesBit: (factor, set, bit) =>
      bits
        .get(factor)
        ?.get(set)
        ?.some((flipped) => flipped.has(bit)) ?? false,
    changesField: (factor, set, field) => fields.get(factor)?.has(`${set} ${field}`) ?? false,
  }
}

function canDerive({ policies, release }: Side): boolean {
  return policies.raw !== undefined && release !== undefined
}

function canEstimate({ sets }: Side): boolean {
  return sets.raw !== undefined
}

function isSame(factor: Factor, before: Side, after: Side): boolean {
  if (factor === 'release') return before.release === after.release
  if (factor === 'commandLine')
    return (
      before.commandLine === null ||
      after.commandLine === null ||
      before.commandLine === after.commandLine
    )
  const [a, b] = [before.sets.raw, after.sets.raw]
  const [first, second] = [before.policies.raw, after.policies.raw]
  return (
    a !== undefined &&
    b !== undefined &&
    a.equals(b) &&
    (first === undefined || second === undefined || first.equals(second))
  )
}

function derived(cpu: Side, { release = '' }: Side, { commandLine }: Side): World {
  const raw = cpu.policies.raw
  if (raw === undefined) return { sets: {}, policies: {} }
  const { featureset, facts } = estimateHostFeatureset(raw, {
    release,
    commandLine: commandLine ?? '',
  })
  const policies = policiesByName(
    derivePolicies(raw, { ...facts, release, hostFeatureset: featureset }),
  )
  const sets: Partial<Record<HostSet, Featureset>> = {}
  for (const set of HOST_SETS) {
    const policy = policies[set]
    if (policy !== undefined)
      sets[set] = mapFeatureset(policy.featureset, featureTable(release), featureTable()).featureset
  }
  return { sets, policies }
}

function estimated({ snapshot, sets: { raw } }: Side, { release }: Side): World {
  if (raw === undefined) return { sets: {}, policies: {} }
  const { policies: _, ...bare } = snapshot
  const xen = snapshot.xen === null || release === undefined ? null : { ...snapshot.xen, release }
  const { pv, hvm } = offeredFeaturesets({ ...bare, xen, featuresets: { raw } }, featureTable())
  return {
    sets: {
      ...(pv === null ? {} : { pvDefault: pv.default, pvMax: pv.max }),
      ...(hvm === null ? {} : { hvmDefault: hvm.default, hvmMax: hvm.max }),
    },
    policies: {},
  }
}

function flippedBits(
  pairs: readonly (readonly [World, World])[],
): ReadonlyMap<HostSet, readonly Featureset[]> {
  return new Map(
    HOST_SETS.map((set) => [
      set,
      pairs.flatMap(([first, second]) => {
        const [a, b] = [first.sets[set], second.sets[set]]
        return a === undefined || b === undefined ? [] : [a.xor(b)]
      }),
    ]),
  )
}

function changedFields(pairs: readonly (readonly [World, World])[]): ReadonlySet<string> {
  const changed = new Set<string>()
  for (const [first, second] of pairs) {
    for (const set of HOST_SETS) {
      const [a, b] = [first.policies[set], second.policies[set]]
      if (a === undefined || b === undefined) continue
      for (const difference of comparePolicies(a, b)) changed.add(`${set} ${fieldKey(difference)}`)
    }
  }
  return changed
}

/** What a field is told apart by. */
export function fieldKey({
  name,
  leaf,
  subleaf,
  msr,
}: {
  readonly name: string
  readonly leaf: number | null
  readonly subleaf: number | null
  readonly msr: number | null
}): string {
  return `${name} ${leaf} ${subleaf} ${msr}`
}
