/** The one place where Xen's feature bits are written down; everything in ../generated is made from it. */
import { archCapabilityWords } from './arch-capabilities.js'
import { basicLeafWords } from './basic-leaves.js'
import { changesFrom419 } from './changes-from-4.19.js'
import { changesTo415 } from './changes-to-4.15.js'
import { changesTo418 } from './changes-to-4.18.js'
import { declaredDependencies, declaredWordDependencies } from './dependencies.js'
import { extendedLeafWords } from './extended-leaves.js'
import type { DeclaredChange, DeclaredWord } from './types.js'

export { declaredReleases, developmentRelease } from './releases.js'

/** Every featureset word of the newest release, by number. */
export function declaredWords(): readonly DeclaredWord[] {
  return [...basicLeafWords, ...extendedLeafWords, ...archCapabilityWords].sort(
    (a, b) => a.word - b.word,
  )
}

/** What changed since 4.7.0, oldest first. */
export function declaredChanges(): readonly DeclaredChange[] {
  return [...changesTo415, ...changesTo418, ...changesFrom419]
}

/** Direct dependencies of the newest release, a feature to those that need it; without those of whole words. */
export function declaredEdges(): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(declaredDependencies).map(([needed, dependents]) => [
      needed,
      Object.keys(dependents),
    ]),
  )
}

/** Words of which every bit depends on one feature. */
export function declaredWordEdges(): Record<string, readonly number[]> {
  return Object.fromEntries(
    Object.entries(declaredWordDependencies).map(([needed, { words }]) => [needed, words]),
  )
}
