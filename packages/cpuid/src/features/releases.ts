/** Which Xen release has which feature table. Tables are built when they are first asked for. */
import { XenlevelError } from '../errors.js'
import { flattenRelease } from './flatten.js'
import { changes, developmentRelease, newestPoints } from './generated/changes.js'
import type { KnownFeatureName, KnownRelease } from './generated/names.js'
import {
  newestDependencies,
  newestFeatures,
  newestWords,
  wordDependencies,
} from './generated/newest.js'
import { declarationsOf, type FeatureHistory } from './history.js'
import type { FeatureName, FeatureTable } from './table.js'

/** A minor release of Xen that there are feature tables for. */
export type XenRelease = KnownRelease

/** The minor releases that there are feature tables for, oldest first. The development tree comes after them. */
export const XEN_RELEASES: readonly XenRelease[] = /* @__PURE__ */ Object.freeze(
  /* @__PURE__ */ newestPoints.map(([minor]) => minor),
)

/** A release that there is no feature table for. Code `RELEASE_UNKNOWN`. */
export class UnknownReleaseError extends XenlevelError {
  constructor(release: string) {
    const [oldest, newest] = [newestPoints[0], newestPoints.at(-1)]
    const minor = newestPoints.find(([name]) => release.startsWith(`${name}.`))
    super({
      code: 'RELEASE_UNKNOWN',
      message: `There is no feature table for Xen ${JSON.stringify(release.slice(0, 40))}. ${
        minor === undefined
          ? `There are tables for ${oldest?.join('.')} to ${newest?.join('.')} and ${developmentRelease}; a release is written like "4.17" or "4.17.7".`
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

const history: FeatureHistory<KnownFeatureName> = {
  words: newestWords,
  features: newestFeatures,
  dependencies: newestDependencies,
  wordDependencies,
  changes,
}

// A cache, not state: the same immutable table for everyone who asks, built once because flattening costs about a millisecond.
const tables = /* @__PURE__ */ new Map<string, FeatureTable>()

/**
 * The feature table of a Xen release.
 *
 * @param release - a minor release (`'4.17'`: its newest point release known), a point release (`'4.17.0'`) or the development tree
 * (`'4.23-dev'`, also without an argument: the newest table there is).
 * @throws {@link UnknownReleaseError} for a release without a table.
 */
export function featureTable(release: string = developmentRelease): FeatureTable {
  const present = tables.get(release)
  if (present !== undefined) return present
  const exact = pointRelease(release)
  const table: FeatureTable =
    tables.get(exact) ?? flattenRelease<FeatureName>(declarationsOf(history, exact), exact)
  tables.set(exact, table)
  tables.set(release, table)
  return table
}
