/** The one place where the feature bits of the newest Xen are written down; everything in ../generated is made from it. */
import { archCapabilityWords } from './arch-capabilities.js'
import { basicLeafWords } from './basic-leaves.js'
import { declaredDependencies, declaredWordDependencies } from './dependencies.js'
import { extendedLeafWords } from './extended-leaves.js'
import type { DeclaredWord } from './types.js'

/** The release that the declared rows describe: the development tree, commit c447b7308b of August 2026. */
export const declaredRelease = '4.23-dev'

/** Every featureset word of the declared release, by number. */
export function declaredWords(): readonly DeclaredWord[] {
  return [...basicLeafWords, ...extendedLeafWords, ...archCapabilityWords].sort(
    (a, b) => a.word - b.word,
  )
}

/** Direct dependencies in the form of {@link flattenFeatures}: needed feature to its dependents, word rules spelled out. */
export function declaredEdges(): Record<string, string[]> {
  const edges: Record<string, string[]> = {}
  for (const [needed, dependents] of Object.entries(declaredDependencies)) {
    edges[needed] = Object.keys(dependents)
  }
  for (const [needed, rule] of Object.entries(declaredWordDependencies)) {
    const named = declaredWords()
      .filter((word) => rule.words.includes(word.word))
      .flatMap((word) => word.features.map(([, name]) => name))
    edges[needed] = [...(edges[needed] ?? []), ...named]
  }
  return edges
}
