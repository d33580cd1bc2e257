/** Which releases of Xen are known, and what each declared. */
import { XenlevelError } from '../errors.js'
import type { FeatureDependencies } from './declarations.js'
import type { ScriptRule } from './declared/types.js'
import { changes, developmentRelease, newestPoints } from './generated/changes.js'
import type { KnownFeatureName, KnownRelease } from './generated/names.js'
import {
  newestDependencies,
  newestFeatures,
  newestWords,
  wordDependencies,
} from './generated/newest.js'
import {
  changesIn,
  declarationsOf,
  type FeatureHistory,
  includesChange,
  type ReleaseDeclarations,
} from './history.js'

/** A minor release of Xen that there are feature tables for. */
export type XenRelease = KnownRelease

/** The minor releases that there are feature tables for, oldest first. The development tree comes after them. */
export const XEN_RELEASES: readonly XenRelease[] = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ newestPoints.map(([minor]) => minor),
)

/** A release that there is no feature table for. Code `RELEASE_UNKNOWN`. */
export class UnknownReleaseError extends XenlevelError {
  constructor(release: string) {
    const points = newestPoints.map((point) => point.join('.'))
    const minor = newestPoints.find(([name]) => release.startsWith(`${name}.`))
    super({
      code: 'RELEASE_UNKNOWN',
      message: `There is no feature table for Xen ${JSON.stringify(release.slice(0, 40))}. ${
        minor === undefined
          ? `There are tables for ${points[0]} to ${points.at(-1)} and ${developmentRelease}; a release is written like "4.17" or "4.17.7".`
          : `The newest point release known of ${minor[0]} is ${minor.join('.')}.`
      }`,
      details: { release },
    })
  }
}

/**
 * The point release that a text means: `'4.17'` is the newest one known of 4.17, `'4.17.0'` is exact.
 *
 * @throws {@link UnknownReleaseError} for a release without a table.
 */
export function pointRelease(release: string): string {
  if (release === developmentRelease) return release
  for (const [minor, newest] of newestPoints) {
    if (release === minor) return `${minor}.${newest}`
    if (!release.startsWith(`${minor}.`)) continue
    const point = release.slice(minor.length + 1)
    if (/^(0|[1-9]\d?)$/.test(point) && Number(point) <= newest) return release
  }
  throw new UnknownReleaseError(release)
}

/** Every release that there is a table for, oldest first: all point releases, then the development tree. */
export function knownReleases(): string[] {
  const points = newestPoints.flatMap(([minor, newest]) =>
    Array.from({ length: newest + 1 }, (_, point) => `${minor}.${point}`),
  )
  return [...points, developmentRelease]
}

function history(): FeatureHistory<KnownFeatureName> {
  return {
    words: newestWords(),
    features: newestFeatures(),
    dependencies: newestDependencies(),
    wordDependencies,
    changes: changes(),
  }
}

/** What a release declared. @throws {@link UnknownReleaseError} for a release without a table. */
export function releaseDeclarations(release: string): ReleaseDeclarations<KnownFeatureName> {
  return declarationsOf(history(), pointRelease(release))
}

/**
 * The release whose tables fit what a host says of its Xen. Distributions add to the number (`'4.17.6-2'`, `'4.17.7-xcp'`), and a host may
 * run a point release that is newer than this library, for which the newest one known of its branch is taken. Undefined if
 * nothing is known of that branch.
 */
export function nearestRelease(release: string): string | undefined {
  const match = /^(\d+\.\d+)(?:\.(\d+))?(?![\d.])/.exec(release)
  if (match === null) return undefined
  const [, minor = '', point] = match
  const known = newestPoints.find(([name]) => name === minor)
  if (known === undefined) {
    return developmentRelease.startsWith(`${minor}-`) ? developmentRelease : undefined
  }
  return `${minor}.${point === undefined ? known[1] : Math.min(Number(point), known[1])}`
}

/** The rules of a release's script; those of the newest for a name that is no release. */
export function scriptRules(release: string): readonly ScriptRule[] {
  const nearest = nearestRelease(release) ?? developmentRelease
  return changesIn({ changes: changes() }, nearest).flatMap((change) => change.rules ?? [])
}

/**
 * The direct dependencies of a release: a feature to those that need it. What {@link flattenFeatures} wants beside the declarations of a
 * header like that release's.
 *
 * @throws {@link UnknownReleaseError} for a release without a table.
 */
export function featureDependencies(release: string = developmentRelease): FeatureDependencies {
  return releaseDeclarations(release).dependencies
}

/** What a feature is called in the newest release that has it; the name itself if it was never renamed. */
export function newestName(name: string): string {
  for (const { renamed } of changes()) {
    for (const [newer, older] of Object.entries(renamed ?? {})) if (older === name) return newer
  }
  return name
}

/** Negative if release `a` is older than `b`, positive if newer; the development tree is the newest. */
export function compareReleases(a: string, b: string): number {
  const order = knownReleases()
  return order.indexOf(pointRelease(a)) - order.indexOf(pointRelease(b))
}

/**
 * Whether a release has a change that first landed in others: it does if that names the release or an earlier one of its branch, or a `.0`
 * of an earlier branch. `['4.18.0', '4.17.2']` is in 4.17.2 and later of 4.17, and in everything from 4.18.0 on.
 *
 * @throws {@link UnknownReleaseError} for a release without a table.
 */
export function releaseHas(release: string, landed: readonly string[]): boolean {
  const exact = pointRelease(release)
  return landed.some((first) => includesChange(exact, first))
}
