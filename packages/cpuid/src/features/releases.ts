/** Which Xen release has which feature table. Tables are built when they are first asked for. */
import { XenlevelError } from '../errors.js'
import { flattenFeatures } from './flatten.js'
import {
  newestDependencies,
  newestFeatures,
  newestRelease,
  newestWords,
} from './generated/newest.js'
import type { FeatureTable } from './table.js'

/** A release that there is no feature table for. Code `RELEASE_UNKNOWN`. */
export class UnknownReleaseError extends XenlevelError {
  constructor(release: string) {
    super({
      code: 'RELEASE_UNKNOWN',
      message: `There is no feature table for Xen ${JSON.stringify(release.slice(0, 40))}; there is one for ${newestRelease}.`,
      details: { release, known: [newestRelease] },
    })
  }
}

// A cache, not state: the same immutable table for everyone who asks, built once because flattening costs about a millisecond.
let newest: FeatureTable | undefined

/**
 * The feature table of a Xen release.
 *
 * @param release - the newest table there is (the development tree, `'4.23-dev'`) without an argument.
 * @throws {@link UnknownReleaseError} for a release without a table.
 */
export function featureTable(release: string = newestRelease): FeatureTable {
  if (release !== newestRelease) throw new UnknownReleaseError(release)
  newest ??= flattenFeatures(
    { words: newestWords, features: newestFeatures },
    newestDependencies,
    newestRelease,
  )
  return newest
}
