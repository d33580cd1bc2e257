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
  readonly rules?: readonly ReleaseRule[]
}

/** Peculiarities that older releases did not share, as ./declared/types.ts describes them. */
export type ReleaseRule = 'common-1d-once' | 'arch-caps-named-bits'

/** Everything that is known of all releases. */
export interface FeatureHistory<Name extends string> {
  readonly words: readonly FeatureWord[]
  readonly features: readonly FeatureDeclaration<Name>[]
  /** Direct dependencies, a feature to those that need it. */
  readonly dependencies: Readonly<Partial<Record<Name, readonly Name[]>>>
  /** Features that every bit of some words depends on. */
  readonly wordDependencies: Readonly<Partial<Record<Name, readonly number[]>>>
  /** Oldest first. */
  readonly changes: readonly FeatureChange<Name>[]
}

/** What one release declared. */
export interface ReleaseDeclarations<Name extends string> {
  readonly declarations: FeatureDeclarations<Name>
  readonly dependencies: FeatureDependencies
  readonly rules: readonly ReleaseRule[]
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
  const changes = history.changes.filter(({ landed }) =>
    landed.some((first) => includes(release, first)),
  )
  const words = changes.reduce((most, change) => Math.max(most, change.words ?? 0), FIRST_WORDS)
  const rules = changes.flatMap((change) => change.rules ?? [])
  const features = featuresOf(history, changes)
  return {
    declarations: {
      words: history.words.slice(0, words),
      features: [...features.values()].map(({ name, bit, attributes }) => [name, bit, attributes]),
    },
    dependencies: {
      ...dependenciesOf(history, changes, features),
      ...wordDependenciesOf(history, features, words, rules),
    },
    rules,
  }
}

/** Whether a release has what first landed in another. */
function includes(release: string, landed: string): boolean {
  const [minor, point] = numbersOf(release)
  const [landedMinor, landedPoint] = numbersOf(landed)
  return landedMinor === minor ? landedPoint <= point : landedMinor < minor && landedPoint === 0
}

function numbersOf(release: string): [minor: number, point: number] {
  const [, minor, point] = release.split(/[.-]/)
  return [Number(minor), point === 'dev' ? 0 : Number(point)]
}

interface FeatureAt<Name extends string> {
  name: Name
  bit: number
  attributes: string
}

/** The features of a release, by their newest names. */
function featuresOf<Name extends string>(
  history: FeatureHistory<Name>,
  changes: readonly FeatureChange<Name>[],
): Map<Name, FeatureAt<Name>> {
  const later = new Set(history.changes.flatMap(({ add }) => add ?? []))
  const added = new Set(changes.flatMap(({ add }) => add ?? []))
  const renamed = new Set(changes.flatMap((change) => keysOf(change.renamed)))
  const features = new Map<Name, FeatureAt<Name>>()
  for (const [name, bit, attributes] of history.features) {
    if (later.has(name) && !added.has(name)) continue
    const oldName = history.changes
      .map((change) => change.renamed?.[name])
      .find((old) => old !== undefined)
    features.set(name, {
      name: oldName === undefined || renamed.has(name) ? name : oldName,
      bit: valueAt(name, bit, history.changes, changes, (change) => change.moved?.[name]),
      attributes: valueAt(
        name,
        attributes,
        history.changes,
        changes,
        (change) => change.attributes?.[name],
      ),
    })
  }
  return features
}

/** A value of which the newest is known: what it was before the first change, then step by step through those that were taken. */
function valueAt<Name extends string, Value>(
  name: Name,
  newest: Value,
  all: readonly FeatureChange<Name>[],
  taken: readonly FeatureChange<Name>[],
  stepOf: (change: FeatureChange<Name>) => readonly [before: Value, after: Value] | undefined,
): Value {
  const steps = (changes: readonly FeatureChange<Name>[]) =>
    changes.map(stepOf).filter((step) => step !== undefined)
  return steps(taken).reduce((value, [before, after]) => {
    if (before !== value) {
      throw new FeatureDeclarationError({
        code: 'HISTORY_BROKEN',
        message: `A change says that ${name} was ${JSON.stringify(before)}, but it was ${JSON.stringify(value)}.`,
        details: { name, before, value },
      })
    }
    return after
  }, steps(all)[0]?.[0] ?? newest)
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

function wordDependenciesOf<Name extends string>(
  history: FeatureHistory<Name>,
  features: ReadonlyMap<Name, FeatureAt<Name>>,
  words: number,
  rules: readonly ReleaseRule[],
): Record<string, (string | number)[]> {
  const nameOf = new Map([...features.values()].map(({ bit, name }) => [bit, name]))
  const dependencies: Record<string, (string | number)[]> = {}
  for (const needed of keysOf(history.wordDependencies)) {
    const bits = (history.wordDependencies[needed] ?? [])
      .filter((word) => word < words)
      .flatMap((word) => Array.from({ length: 32 }, (_, bit) => word * 32 + bit))
      .flatMap((bit) => nameOf.get(bit) ?? (rules.includes('arch-caps-named-bits') ? [] : bit))
    if (bits.length > 0 && features.has(needed)) dependencies[needed] = bits
  }
  return dependencies
}

function edgesOf<Name extends string>(
  dependencies: Readonly<Partial<Record<Name, readonly Name[]>>> | undefined,
): string[] {
  return keysOf(dependencies).flatMap((needed) =>
    (dependencies?.[needed] ?? []).map((dependent) => `${needed}>${dependent}`),
  )
}

/** The keys of a record as what its type says they are. */
function keysOf<Key extends string>(
  record: Readonly<Partial<Record<Key, unknown>>> | undefined,
): Key[] {
  const keys: Key[] = []
  for (const key in record) keys.push(key)
  return keys
}
