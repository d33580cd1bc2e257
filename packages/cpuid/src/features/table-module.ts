/** A feature table as a module of its own, for a downstream Xen whose header has bits that no release has. */
import type { FeatureDeclarations, FeatureDependencies } from './declarations.js'

/** What a table module is made from. */
export interface TableModuleInit {
  /** Words and features, such as {@link parseFeatureHeader} reads them. */
  readonly declarations: FeatureDeclarations
  /** Direct dependencies. */
  readonly dependencies: FeatureDependencies
  /** What the table is to be called: `'4.17.7-acme'`. */
  readonly release: string
  /** What the module says it was made from. */
  readonly source: string
}

/**
 * The text of a TypeScript module that exports `FeatureName` (the union of its names), `declarations`, `dependencies` and
 * `featureTable()`, which flattens them when it is first asked.
 */
export function formatTableModule({
  declarations,
  dependencies,
  release,
  source,
}: TableModuleInit): string {
  const names = declarations.features.map(([name]) => name)
  return `// Made by xenlevel-gen from ${oneLine(source)}. Do not edit.
import { type FeatureDeclarations, type FeatureTable, flattenFeatures } from '@xenlevel/cpuid'

export type FeatureName =
${[...new Set(names)]
  .sort()
  .map((name) => `  | ${JSON.stringify(name)}`)
  .join('\n')}

export const release = ${JSON.stringify(release)}

export const declarations: FeatureDeclarations<FeatureName> = {
  words: [
${declarations.words.map((word) => `    ${JSON.stringify(word)},`).join('\n')}
  ],
  features: [
${declarations.features.map((feature) => `    ${JSON.stringify(feature)},`).join('\n')}
  ],
}

export const dependencies: Readonly<Record<string, readonly string[]>> = {
${Object.entries(dependencies)
  .map(([needed, dependents]) => `  ${JSON.stringify(needed)}: ${JSON.stringify(dependents)},`)
  .join('\n')}
}

let table: FeatureTable<FeatureName> | undefined

/** The table, flattened when it is first asked for. */
export function featureTable(): FeatureTable<FeatureName> {
  table ??= flattenFeatures(declarations, dependencies, release)
  return table
}
`
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n\u2028\u2029]+/g, ' ')
}
