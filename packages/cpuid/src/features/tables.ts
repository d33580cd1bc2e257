/** The feature table of every known release, built when it is first asked for. */
import { flattenFeatures } from './flatten.js'
import { developmentRelease } from './generated/changes.js'
import { pointRelease, releaseDeclarations } from './releases.js'
import type { FeatureTable } from './table.js'

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
  const table: FeatureTable = tables.get(exact) ?? build(exact)
  tables.set(exact, table)
  tables.set(release, table)
  return table
}

function build(release: string): FeatureTable {
  const { declarations, dependencies } = releaseDeclarations(release)
  return flattenFeatures(declarations, dependencies, release)
}
