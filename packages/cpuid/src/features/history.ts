/**
 * The declarations of any release, from those of the newest and the list of what changed when.
 *
 * Knows nothing of featuresets or tables, so that the generator of tables can check it before there is one.
 */
import {
  type FeatureDeclaration,
  FeatureDeclarationError,
  type FeatureDeclarations,
  type FeatureDependencies,
} from './declarations.js'
import type { ScriptRule } from './declared/types.js'
import type { FeatureWord } from './table.js'

/** One change, as ./declared/types.ts describes it. */
export interface FeatureChange<Name extends string> {
  readonly landed: readonly string[]
  readonly add?: readonly Name[]
  readonly attributes?: Readonly<Partial<Record<Name, readonly [before: string, after: string]>>>
  readonly moved?: Readonly<Partial<Record<Name, readonly [before: number, after: number]>>>
  readonly renamed?: Readonly<Partial<Record<Name, Name>>>
  readonly needs?: Readonly<Partial<Record<Name, readonly Name[]>>>
  readonly frees?: Readonly<Partial<Record<Name, readonly Name[]>>>
  readonly words?: number
  readonly rules?: readonly ScriptRule[]
}

/** Everything that is known of all releases. */
export interface FeatureHistory<Name extends string> {
  readonly words: readonly FeatureWord[]
  readonly features: readonly FeatureDeclaration<Name>[]
  /** Direct dependencies, a feature to those that need it. */
  readonly dependencies: Readonly<Partial<Record<Name, readonly Name[]>>>
  /** Features that every bit of some words depends on. */
  readonly wordDependencies: Readonly<Record<string, readonly number[]>>
  /** Oldest first. */
  readonly changes: readonly FeatureChange<Name>[]
}

/** What one release declared. */
export interface ReleaseDeclarations<Name extends string> {
  readonly declarations: FeatureDeclarations<Name>
  readonly dependencies: FeatureDependencies
}

/** Words of the first release, 4.7.0. */
const FIRST_WORDS = 9

/**
 * What a release declared.
 *
 * @param history - all that is known.
 * @param release - a point release (`'4.17.7'`) or the development tree (`'4.23-dev'`).
 * @throws {@link FeatureDeclarationError} with code `HISTORY_BROKEN` if a change does not fit what was before it.
 */
export function declarationsOf<Name extends string>(
  history: FeatureHistory<Name>,
  release: string,
): ReleaseDeclarations<Name> {
  const changes = changesIn(history, release)
  const words = changes.reduce((most, change) => Math.max(most, change.words ?? 0), FIRST_WORDS)
  const features = featuresOf(history, changes)
  return {
    declarations: {
      words: history.words.slice(0, words),
      features: [...features.values()].map(({ name, bit, attributes }) => [name, bit, attributes]),
    },
    dependencies: {
      ...dependenciesOf(history, changes, features),
      ...wordDependenciesOf(history, features, words),
    },
  }
}

/** The changes that a release has, oldest first. */
export function changesIn<Name extends string>(
  history: Pick<FeatureHistory<Name>, 'changes'>,
  release: string,
): readonly FeatureChange<Name>[] {
  return history.changes.filter(({ landed }) =>
    landed.some((first) => includesChange(release, first)),
  )
}

/** Whether a release has what first landed in another. */
export function includesChange(release: string, landed: string): boolean {
  const [minor, point] = numbersOf(release)
  const [landedMinor, landedPoint] = numbersOf(landed)
  return landedMinor === minor ? landedPoint <= point : landedMinor < minor && landedPoint === 0
}

function numbersOf(release: string): [minor: number, point: number] {
  const [, minor, point] = release.split(/[.-]/)
  return [Number(minor), point === 'dev' ? 0 : Number(point)]
}

interface FeatureAt<Name extends string> {
  /** What the newest release calls it. */
  readonly newest: Name
  name: Name
  bit: number
  attributes: string
}

/** The features of a release, by their newest names: back from the newest to the first release, then forward through what it has. */
function featuresOf<Name extends string>(
  history: FeatureHistory<Name>,
  changes: readonly FeatureChange<Name>[],
): Map<Name, FeatureAt<Name>> {
  const all = new Map<Name, FeatureAt<Name>>(
    history.features.map(([name, bit, attributes]) => [
      name,
      { newest: name, name, bit, attributes },
    ]),
  )
  const absent = new Set<Name>()
  for (const change of [...history.changes].reverse()) {
    for (const [feature, [before]] of changed(all, change.attributes)) feature.attributes = before
    for (const [feature, [before]] of changed(all, change.moved)) feature.bit = before
    for (const [feature, before] of changed(all, change.renamed)) feature.name = before
    for (const name of change.add ?? []) absent.add(name)
  }
  for (const change of changes) {
    for (const [feature, step] of changed(all, change.attributes)) {
      feature.attributes = afterStep(feature.newest, feature.attributes, step)
    }
    for (const [feature, step] of changed(all, change.moved)) {
      feature.bit = afterStep(feature.newest, feature.bit, step)
    }
    for (const [feature] of changed(all, change.renamed)) feature.name = feature.newest
    for (const name of change.add ?? []) absent.delete(name)
  }
  for (const name of absent) all.delete(name)
  return all
}

/** The features that a part of a change is about, and what it says of each. */
function changed<Name extends string, Value>(
  features: ReadonlyMap<string, FeatureAt<Name>>,
  part: Readonly<Partial<Record<Name, Value>>> | undefined,
): [FeatureAt<Name>, Value][] {
  return entriesOf<Value>(part).flatMap(([name, value]): [FeatureAt<Name>, Value][] => {
    const feature = features.get(name)
    return feature === undefined ? [] : [[feature, value]]
  })
}

/** What a value becomes; it must be what the change says that it was. */
function afterStep<Value>(
  name: string,
  value: Value,
  [before, after]: readonly [before: Value, after: Value],
): Value {
  if (before === value) return after
  throw new FeatureDeclarationError({
    code: 'HISTORY_BROKEN',
    message: `A change says that ${name} was ${JSON.stringify(before)}, but it was ${JSON.stringify(value)}.`,
    details: { name, before, value },
  })
}

function dependenciesOf<Name extends string>(
  history: FeatureHistory<Name>,
  changes: readonly FeatureChange<Name>[],
  features: ReadonlyMap<Name, FeatureAt<Name>>,
): Record<string, string[]> {
  const edges = new Set(edgesOf(history.dependencies))
  const mentioned = new Set<string>()
  for (const change of history.changes) {
    for (const [kind, came] of [
      ['needs', true],
      ['frees', false],
    ] as const) {
      for (const edge of edgesOf(change[kind])) {
        if (mentioned.has(edge)) continue
        mentioned.add(edge)
        if (came) edges.delete(edge)
        else edges.add(edge)
      }
    }
  }
  for (const change of changes) {
    for (const edge of edgesOf(change.needs)) edges.add(edge)
    for (const edge of edgesOf(change.frees)) edges.delete(edge)
  }
  const present = new Map<string, string>([...features].map(([newest, { name }]) => [newest, name]))
  const dependencies: Record<string, string[]> = {}
  for (const edge of edges) {
    const [needed, dependent] = edge.split('>').map((name) => present.get(name))
    if (needed === undefined || dependent === undefined) continue
    dependencies[needed] = [...(dependencies[needed] ?? []), dependent]
  }
  return dependencies
}

/** Named features of words that one feature enumerates; the script of each release decides about the other bits. */
function wordDependenciesOf<Name extends string>(
  history: FeatureHistory<Name>,
  features: ReadonlyMap<Name, FeatureAt<Name>>,
  words: number,
): Record<string, string[]> {
  const dependencies: Record<string, string[]> = {}
  for (const [needed, whole] of Object.entries(history.wordDependencies)) {
    const present = whole.filter((word) => word < words)
    if (present.length === 0) continue
    dependencies[needed] = [...features.values()]
      .filter(({ bit }) => present.includes(bit >>> 5))
      .map(({ name }) => name)
  }
  return dependencies
}

function edgesOf<Name extends string>(
  dependencies: Readonly<Partial<Record<Name, readonly Name[]>>> | undefined,
): string[] {
  return entriesOf<readonly Name[]>(dependencies).flatMap(([needed, dependents]) =>
    dependents.map((dependent) => `${needed}>${dependent}`),
  )
}

function entriesOf<Value>(
  part: Readonly<Partial<Record<string, Value>>> | undefined,
): [string, Value][] {
  return Object.entries(part ?? {}).flatMap(([name, value]): [string, Value][] =>
    value === undefined ? [] : [[name, value]],
  )
}
