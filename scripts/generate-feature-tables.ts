/**
 * Makes packages/cpuid/src/features/generated from the declared rows.
 *
 *     npm run generate                writes the files
 *     npm run generate -- --check     exits with 1 if they are not what would be written
 */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  resolveDependencies,
  resolveFeatures,
} from '../packages/cpuid/src/features/declarations.js'
import {
  declaredChanges,
  declaredEdges,
  declaredReleases,
  declaredWordEdges,
  declaredWords,
  developmentRelease,
} from '../packages/cpuid/src/features/declared/index.js'
import { declarationsOf, type FeatureHistory } from '../packages/cpuid/src/features/history.js'
import { writeOrCheck } from './write-or-check.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const target = 'packages/cpuid/src/features/generated'

const banner = (what: string) =>
  `// ${what}\n// Made by scripts/generate-feature-tables.ts from packages/cpuid/src/features/declared. Do not edit.\n`

const quote = (text: string) => `'${text}'`
const list = (items: readonly (string | number)[]) =>
  `[${items.map((item) => (typeof item === 'number' ? item : quote(item))).join(', ')}]`
const record = (entries: object) =>
  `{ ${Object.entries(entries)
    .map(
      ([key, value]) => `${/^[A-Z_][A-Z0-9_]*$/.test(key) ? key : quote(key)}: ${literal(value)}`,
    )
    .join(', ')} }`

function literal(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  if (typeof value === 'object' && value !== null) return record(value)
  return String(value)
}

function historyOf(): FeatureHistory<string> {
  const words = declaredWords()
  words.forEach((word, index) => {
    if (word.word !== index) throw new Error(`featureset word ${index} is not declared`)
  })
  return {
    words: words.map(({ word, source }) => ({ index: word, source })),
    features: words.flatMap(({ word, features }) =>
      [...features]
        .sort(([a], [b]) => a - b)
        .map(([bit, name, attributes]) => [name, word * 32 + bit, attributes] as const),
    ),
    dependencies: declaredEdges(),
    wordDependencies: declaredWordEdges(),
    changes: declaredChanges().map(({ about, ...change }) => change),
  }
}

/** Every release, resolved for the checks alone: duplicates, aliases, unknown names and cycles stop the generator, not a user. */
function checkAllReleases(history: FeatureHistory<string>): void {
  const points = declaredReleases.flatMap(([minor, newest]) =>
    Array.from({ length: newest + 1 }, (_, point) => `${minor}.${point}`),
  )
  const known = new Set(history.features.map(([name]) => name))
  for (const change of history.changes) {
    const named = [
      ...(change.add ?? []),
      ...[change.attributes, change.moved, change.renamed, change.needs, change.frees].flatMap(
        (entries) => Object.keys(entries ?? {}),
      ),
    ]
    for (const name of named)
      if (!known.has(name)) throw new Error(`a change names ${name}, which is not declared`)
    for (const release of change.landed) {
      if (release !== developmentRelease && !points.includes(release))
        throw new Error(`a change landed in ${release}, which is no release`)
    }
  }
  for (const release of [...points, developmentRelease]) {
    const { declarations, dependencies } = declarationsOf(history, release)
    resolveDependencies(resolveFeatures(declarations), dependencies, declarations.words.length)
  }
  const newest = declarationsOf(history, developmentRelease).declarations.features
  if (JSON.stringify(newest) !== JSON.stringify(history.features)) {
    throw new Error('the changes do not end at the declared rows')
  }
}

function files(): Record<string, string> {
  const history = historyOf()
  checkAllReleases(history)
  const oldNames = history.changes
    .flatMap(({ renamed }) => Object.values(renamed ?? {}))
    .filter((name) => name !== undefined)
  const names = [...new Set([...history.features.map(([name]) => name), ...oldNames])].sort()
  const minors = declaredReleases.map(([minor]) => minor)
  return {
    [`${target}/names.ts`]: `${banner('The name of every feature and of every release.')}
/** Every feature name of every release, as Xen spells it. */
export type KnownFeatureName =
${names.map((name) => `  | ${quote(name)}`).join('\n')}

/** Every minor release that there are tables for. */
export type KnownRelease = ${minors.map(quote).join(' | ')}
`,
    [`${target}/newest.ts`]: `${banner(`The feature bits and direct dependencies of the newest release, ${developmentRelease}. Functions, so that importing them costs nothing.`)}
import type { FeatureDeclaration } from '../declarations.js'
import type { FeatureWord } from '../table.js'
import type { KnownFeatureName } from './names.js'

export const newestWords = (): readonly FeatureWord[] => [
${history.words.map(({ index, source }) => `  { index: ${index}, source: ${literal(source)} },`).join('\n')}
]

export const newestFeatures = (): readonly FeatureDeclaration<KnownFeatureName>[] => [
${history.features.map((row) => `  ${list(row)},`).join('\n')}
]

export const newestDependencies = (): Readonly<Partial<Record<KnownFeatureName, readonly KnownFeatureName[]>>> => ({
${Object.entries(history.dependencies)
  .map(([needed, dependents]) => `  ${quote(needed)}: ${list(dependents ?? [])},`)
  .join('\n')}
})

export const wordDependencies: Readonly<Record<string, readonly number[]>> = ${record(history.wordDependencies)}
`,
    [`${target}/changes.ts`]: `${banner('Which releases there are, and what changed when, oldest first.')}
import type { FeatureChange } from '../history.js'
import type { KnownFeatureName, KnownRelease } from './names.js'

/** Minor releases with their newest point release. */
export const newestPoints: readonly (readonly [minor: KnownRelease, point: number])[] = [
${declaredReleases.map((row) => `  ${list(row)},`).join('\n')}
]

export const developmentRelease = ${quote(developmentRelease)}

export const changes = (): readonly FeatureChange<KnownFeatureName>[] => [
${history.changes.map((change) => `  ${record(change)},`).join('\n')}
]
`,
  }
}

process.exitCode = writeOrCheck(root, files(), 'npm run generate')
