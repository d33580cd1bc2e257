/**
 * Makes packages/cpuid/src/features/generated from the declared rows.
 *
 *     npx pnpm generate            writes the files
 *     npx pnpm generate --check    exits with 1 if they are not what would be written
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  resolveDependencies,
  resolveFeatures,
} from '../packages/cpuid/src/features/declarations.js'
import {
  declaredEdges,
  declaredRelease,
  declaredWords,
} from '../packages/cpuid/src/features/declared/index.js'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const target = join(root, 'packages/cpuid/src/features/generated')

const banner = (what: string) =>
  `// ${what}\n// Made by scripts/generate-feature-tables.ts from packages/cpuid/src/features/declared (Xen ${declaredRelease}). Do not edit.\n`

function quote(name: string): string {
  return `'${name}'`
}

function files(): Record<string, string> {
  const words = declaredWords()
  const features = words.flatMap((word) =>
    [...word.features]
      .sort(([a], [b]) => a - b)
      .map(([bit, name, attributes]) => [name, word.word * 32 + bit, attributes] as const),
  )
  words.forEach((word, index) => {
    if (word.word !== index) throw new Error(`featureset word ${index} is not declared`)
  })
  const declarations = {
    words: words.map((word) => ({ index: word.word, source: word.source })),
    features,
  }
  // Resolved for the checks alone: duplicates, aliases, unknown names and cycles stop the generator, not a user.
  resolveDependencies(resolveFeatures(declarations), declaredEdges())

  const names = [...new Set(features.map(([name]) => name))].sort()
  const wordRows = declarations.words.map(({ index, source }) =>
    'msr' in source
      ? `  { index: ${index}, source: { msr: 0x${source.msr.toString(16)}, register: '${source.register}' } },`
      : `  { index: ${index}, source: { leaf: 0x${source.leaf.toString(16)}, subleaf: ${source.subleaf}, register: '${source.register}' } },`,
  )
  const featureRows = features.map(
    ([name, bit, attributes]) => `  [${quote(name)}, ${bit}, ${quote(attributes)}],`,
  )
  const edgeRows = Object.entries(declaredEdges()).map(
    ([needed, dependents]) => `  ${quote(needed)}: [${dependents.map(quote).join(', ')}],`,
  )
  return {
    'names.ts': `${banner('The name of every feature.')}
/** Every feature name, as Xen spells it. */
export type KnownFeatureName =
${names.map((name) => `  | ${quote(name)}`).join('\n')}
`,
    'newest.ts': `${banner('The newest feature table, not yet flattened.')}
import type { FeatureDeclaration, FeatureDependencies } from '../declarations.js'
import type { FeatureWord } from '../table.js'
import type { KnownFeatureName } from './names.js'

export const newestRelease = ${quote(declaredRelease)}

export const newestWords: readonly FeatureWord[] = [
${wordRows.join('\n')}
]

export const newestFeatures: readonly FeatureDeclaration<KnownFeatureName>[] = [
${featureRows.join('\n')}
]

export const newestDependencies: FeatureDependencies = {
${edgeRows.join('\n')}
}
`,
  }
}

const check = process.argv.includes('--check')
let stale = 0
mkdirSync(target, { recursive: true })
for (const [name, text] of Object.entries(files())) {
  const path = join(target, name)
  if (check) {
    let present = ''
    try {
      present = readFileSync(path, 'utf8')
    } catch {
      // an absent file is a stale one
    }
    if (present !== text) {
      stale++
      console.error(`stale: ${name}; run "npx pnpm generate" and commit the result`)
    }
  } else {
    writeFileSync(`${path}.new`, text)
    renameSync(`${path}.new`, path)
  }
}
if (check && stale === 0) console.log('generated tables are fresh')
process.exit(stale === 0 ? 0 : 1)
