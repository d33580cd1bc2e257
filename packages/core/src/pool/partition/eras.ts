/**
 * The releases that the pools of a fleet may be levelled for. A pool is levelled for the oldest release of its hosts, so what it keeps
 * is counted in the words of that one: its era.
 */
import { compareReleases, type FeatureTable, featureTable, nearestRelease } from '@xenlevel/cpuid'
import type { HostSnapshot } from '../../documents/snapshot.js'
import { type CountedFeature, countedFeatures, type FeatureWeights } from './counted.js'

/** One release, and what counts in it. */
export interface Era {
  readonly table: FeatureTable
  readonly counted: readonly CountedFeature[]
}

/** The releases, oldest first, and the place of each host's among them. */
export interface Eras {
  readonly eras: readonly Era[]
  readonly eraOf: (host: HostSnapshot) => number
}

/** The releases of these hosts, or the one that all pools shall be levelled for. */
export function findEras(
  hosts: readonly HostSnapshot[],
  weights: FeatureWeights,
  release: string | undefined,
): Eras {
  const era = (of: string | undefined): Era => {
    const table = featureTable(of)
    return { table, counted: countedFeatures(table, weights) }
  }
  if (release !== undefined) return { eras: [era(release)], eraOf: () => 0 }
  const runs = new Map<string, string | undefined>()
  for (const { xen } of hosts) {
    if (xen !== null && !runs.has(xen.release)) runs.set(xen.release, nearestRelease(xen.release))
  }
  const known = [...new Set([...runs.values()].flatMap((one) => one ?? []))].sort(compareReleases)
  const places = new Map(known.map((one, at) => [one, at]))
  const unknown = hosts.some(({ xen }) => runs.get(xen?.release ?? '') === undefined)
  return {
    // Hosts whose release is not known count for no pool's age, so theirs is the last: the newest table, which is theirs if they are alone.
    eras: [...known.map(era), ...(unknown ? [era(undefined)] : [])],
    eraOf: ({ xen }) => places.get(runs.get(xen?.release ?? '') ?? '') ?? known.length,
  }
}
